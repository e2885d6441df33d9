//! A server that is a plain map of documents, and the link to it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use cocobase_proto::{
    Change, Deleted, Disconnected, Document, Event, Fault, Gap, GapCause, Greeting, Instant,
    Missed, Position, Snapshot, Topic,
};

/// The values that documents have, in the order of lists; the last two are equal, and last.
pub(crate) const VALUES: [&str; 9] =
    ["false", "true", "-1", "2", "2.5", "\"a\"", "\"b\"", "[1]", "null"];

/// What the server knows of our extensions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Skills {
    pub(crate) numbers: bool,
    pub(crate) resume: bool,
    pub(crate) snapshot: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stored {
    pub(crate) id: String,
    pub(crate) created: u64,
    pub(crate) value: usize,
    pub(crate) group: u64,
}

impl Stored {
    /// As events write it.
    fn flat(&self) -> Document {
        let Self { id, created, value, group } = self;
        let value = VALUES[*value];
        Document::new(
            format!(
                r#"{{"id":"{id}","value":{value},"group":{group},"created_at":"{created:06}"}}"#
            )
            .into(),
        )
    }

    /// As lists write it.
    pub(crate) fn nested(&self) -> Document {
        let Self { id, created, value, group } = self;
        let value = VALUES[*value];
        Document::new(
            format!(
                r#"{{"created_at":"{created:06}","id":"{id}","data":{{"group":{group},"value":{value}}}}}"#
            )
            .into(),
        )
    }

    pub(crate) fn matches(&self) -> bool {
        self.group == 1
    }
}

pub(crate) struct Server {
    pub(crate) skills: Skills,
    pub(crate) documents: BTreeMap<String, Stored>,
    clock: u64,
    /// Every change: the document before and after it.
    log: Vec<(Option<Stored>, Option<Stored>)>,
    /// Events on their way, if there is a link, and the number of their change.
    link: Option<VecDeque<(Event, Option<u64>)>>,
    /// Up to where the client has received changes.
    received: Option<u64>,
    was_connected: bool,
}

impl Server {
    pub(crate) fn new(skills: Skills) -> Self {
        Self {
            skills,
            documents: BTreeMap::new(),
            clock: 0,
            log: Vec::new(),
            link: None,
            received: None,
            was_connected: false,
        }
    }

    fn seq(&self) -> u64 {
        self.log.len() as u64
    }

    pub(crate) fn position(&self) -> Option<Position> {
        self.skills.numbers.then(|| Position { epoch: "e".into(), seq: self.seq() })
    }

    pub(crate) fn is_connected(&self) -> bool {
        self.link.is_some()
    }

    pub(crate) fn create(&mut self, value: usize, group: u64, ticks: bool) {
        self.clock += u64::from(ticks);
        let id = format!("d{:04}", self.log.len());
        let document = Stored { id: id.clone(), created: self.clock, value, group };
        self.commit(&id, Some(document));
    }

    pub(crate) fn update(&mut self, which: usize, value: usize, group: u64) {
        let Some(id) = self.nth(which) else { return };
        let document = Stored { value, group, ..self.documents[&id].clone() };
        self.commit(&id, Some(document));
    }

    pub(crate) fn delete(&mut self, which: usize) {
        let Some(id) = self.nth(which) else { return };
        self.commit(&id, None);
    }

    fn nth(&self, which: usize) -> Option<String> {
        self.documents.keys().nth(which % self.documents.len().max(1)).cloned()
    }

    fn commit(&mut self, id: &str, after: Option<Stored>) {
        let before = self.documents.remove(id);
        if let Some(after) = after.clone() {
            self.documents.insert(id.into(), after);
        }
        self.log.push((before, after));
        let seq = self.seq();
        let event = self.event(seq);
        if let Some(link) = &mut self.link {
            link.extend(event.map(|event| (event, Some(seq))));
        }
    }

    /// What a watcher is told of a change: when the document matches, or did.
    fn event(&self, seq: u64) -> Option<Event> {
        let (before, after) = &self.log[seq as usize - 1];
        if !before.iter().chain(after).any(Stored::matches) {
            return None;
        }
        let number = self.skills.numbers.then_some(seq);
        let change =
            |document: Document| Change { collection: None, document, old: None, seq: number };
        Some(match (before, after) {
            (None, Some(after)) => Event::Created(change(after.flat())),
            (_, Some(after)) => Event::Updated(change(after.flat())),
            (before, None) => {
                let id = before.as_ref().map(|before| before.id.as_str().into());
                let document = Document::new(r"{}".into());
                Event::Deleted(Deleted { collection: None, id, document, seq: number })
            }
        })
    }

    pub(crate) fn connect(&mut self) {
        if self.link.is_some() {
            return;
        }
        let mut link = VecDeque::new();
        let position = self.position();
        let greeting = Greeting { position, ..Greeting::default() };
        let resumes = self.skills.resume && self.skills.numbers && self.received.is_some();
        if resumes {
            let greeting = Greeting { resumed: Some(true), ..greeting };
            link.push_back((Event::Connected(greeting), None));
            let missed = self.received.unwrap_or_default() + 1..=self.seq();
            link.extend(missed.filter_map(|seq| Some((self.event(seq)?, Some(seq)))));
        } else if self.skills.snapshot {
            let mut count = 0;
            for document in self.documents.values().filter(|document| document.matches()) {
                let part = Snapshot { collection: None, document: document.flat() };
                link.push_back((Event::Snapshot(part), None));
                count += 1;
            }
            let greeting = Greeting { snapshot: Some(count), ..greeting };
            link.push_back((Event::Connected(greeting), Some(self.seq())));
        } else {
            let has_missed = !self.skills.numbers || self.received != Some(self.seq());
            link.push_back((Event::Connected(greeting), Some(self.seq())));
            if self.was_connected && has_missed {
                link.push_back((gap(GapCause::Reconnected), None));
            }
        }
        self.was_connected |= !self.skills.snapshot;
        self.link = Some(link);
    }

    /// The link is lost, with all that is on its way.
    pub(crate) fn cut(&mut self) -> Option<Event> {
        self.link.take()?;
        Some(Event::Disconnected(Disconnected {
            cause: Fault::ConnectTimeout,
            retry_in: Duration::ZERO,
            attempt: 1,
        }))
    }

    /// The next event arrives.
    pub(crate) fn arrival(&mut self) -> Option<Event> {
        let (event, seq) = self.link.as_mut()?.pop_front()?;
        if seq.is_some() {
            self.received = seq;
        }
        Some(event)
    }

    /// The client's queue overflows: some events give way to a gap.
    pub(crate) fn overflow(&mut self, count: usize) -> Option<Event> {
        let is_greeted = |(event, _): &(Event, _)| !matches!(event, Event::Connected(_));
        let waiting = self.link.as_ref()?.iter().take_while(|one| is_greeted(one)).count();
        let dropped = count.min(waiting);
        if dropped == 0 {
            return None;
        }
        for _ in 0..dropped {
            self.arrival();
        }
        Some(gap(GapCause::Overflow))
    }
}

fn gap(cause: GapCause) -> Event {
    Event::Gap(Gap {
        topic: Topic::Collection("c".into()),
        since: Instant::default(),
        lasted: Duration::ZERO,
        missed: Missed::Unknown,
        cause,
    })
}
