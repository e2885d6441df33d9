//! What an honest client makes of what it is told, beside what happened.

use std::collections::{BTreeMap, BTreeSet};

use cocobase_hub::{Commit, Frame, FrameKind, Overflow};
use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::wire::ServerMessage;
use cocobase_proto::{Position, Text};

/// Everything that was committed, by collection, and how much of it was published.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) commits: BTreeMap<String, Vec<Commit>>,
    pub(crate) published: BTreeMap<String, u64>,
}

/// A client's books.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// What the hub was asked to do when more waits than may.
    pub(crate) coalesces: bool,
    /// The filter of an event stream, which may not be greeted.
    pub(crate) stream_filter: Option<Filter>,
    watched: BTreeMap<String, Watched>,
    /// The last number heard in each room, and on the broadcast as `None`.
    pub(crate) heard: BTreeMap<Option<String>, u64>,
    /// Who is in the room (R).
    pub(crate) people: Option<BTreeSet<String>>,
    snapshot: Vec<Text>,
    pub(crate) is_closed: bool,
}

#[derive(Debug)]
struct Watched {
    matcher: Matcher,
    start: u64,
    last: u64,
    /// What a lag has taken.
    lost: Vec<(u64, u64)>,
    told: BTreeSet<u64>,
}

impl Log {
    fn of(&self, collection: &str) -> &[Commit] {
        self.commits.get(collection).map(Vec::as_slice).unwrap_or_default()
    }

    /// The numbers in a stretch that concern someone with this filter.
    fn matching(&self, collection: &str, matcher: &Matcher, after: u64, until: u64) -> Vec<u64> {
        let concerns = |commit: &&Commit| {
            after < commit.seq
                && commit.seq <= until
                && [Some(&commit.data), commit.old.as_ref()]
                    .into_iter()
                    .flatten()
                    .any(|fields| matcher.matches(&commit.metadata().flat_view(fields).unwrap()))
        };
        self.of(collection).iter().filter(concerns).map(|commit| commit.seq).collect()
    }

    /// The ids of the documents that match at a number.
    fn snapshot(&self, collection: &str, matcher: &Matcher, seq: u64) -> Vec<Text> {
        let mut ids = BTreeSet::new();
        for commit in self.of(collection).iter().filter(|commit| commit.seq <= seq) {
            match matcher.matches(&commit.metadata().flat_view(&commit.data).unwrap()) {
                true => ids.insert(commit.id.clone()),
                false => ids.remove(&commit.id),
            };
        }
        ids.into_iter().collect()
    }
}

impl Witness {
    pub(crate) fn new(overflow: Overflow) -> Self {
        Self { coalesces: overflow == Overflow::Coalesce, ..Self::default() }
    }

    pub(crate) fn hear(&mut self, frame: &Frame, log: &Log) {
        assert!(!self.is_closed, "nothing comes after the close: {frame:?}");
        if let FrameKind::Close(_) = frame.kind() {
            self.is_closed = true;
            return;
        }
        let id = std::str::from_utf8(frame.bytes())
            .ok()
            .and_then(|block| block.strip_prefix("id: "))
            .and_then(|block| Position::from_event_id(block.lines().next().unwrap()));
        let Some(text) = frame.text() else {
            // A stream that is not greeted says where it is.
            if let (Some(position), Some(filter)) = (id, &self.stream_filter) {
                let filter = filter.clone();
                self.start("A", &filter, position.seq);
            }
            return;
        };
        let text = Text::from(text);
        let message = ServerMessage::decode(&text).unwrap();
        if let (Some(seq), Some(position)) = (seq_of(&message), &id) {
            assert_eq!(seq, position.seq);
        }
        self.read(message, &text, log);
    }

    fn read(&mut self, message: ServerMessage, text: &Text, log: &Log) {
        match message {
            ServerMessage::Greeting(greeting) if greeting.project_id.is_some() => {
                self.heard.insert(None, greeting.position.unwrap().seq);
            }
            ServerMessage::Greeting(greeting) | ServerMessage::Subscribed(greeting) => {
                let collection = greeting.collection.unwrap().to_string();
                let seq = greeting.position.unwrap().seq;
                let filter = greeting
                    .filters
                    .map_or(Filter::new(), |filters| Filter::from_json(&filters).unwrap());
                if let Some(count) = greeting.snapshot {
                    let expected = log.snapshot(&collection, &Matcher::new(&filter), seq);
                    assert_eq!(expected.len() as u64, count);
                    // What was sent of a snapshot that was broken off stands before.
                    assert!(self.snapshot.ends_with(&expected), "{:?} {expected:?}", self.snapshot);
                    self.snapshot.clear();
                }
                self.start(&collection, &filter, seq);
            }
            ServerMessage::Snapshot(document) => {
                self.snapshot.push(document.document.id().unwrap());
            }
            ServerMessage::Unsubscribed { collection } => {
                self.watched.remove(&*collection);
            }
            ServerMessage::Created(change) | ServerMessage::Updated(change) => {
                self.change(&change.collection.unwrap(), change.seq.unwrap(), log);
            }
            ServerMessage::Deleted(deleted) => {
                self.change(&deleted.collection.unwrap(), deleted.seq.unwrap(), log);
            }
            ServerMessage::Lagged(lagged) => {
                let at = lagged.position.unwrap().seq;
                if let Some(room) = self.lagging_room(lagged.room) {
                    let heard = self.heard.get_mut(&room).unwrap();
                    assert_eq!(lagged.missed, Some(at - *heard));
                    *heard = at;
                    return;
                }
                let collection = lagged.collection.as_deref().unwrap_or("A");
                let coalesces = self.coalesces;
                let watched = self.watched.get_mut(collection).unwrap();
                let missed = log.matching(collection, &watched.matcher, watched.last, at).len();
                if let Some(said) = lagged.missed.filter(|_| !coalesces) {
                    assert_eq!(said, missed as u64, "{text}");
                }
                watched.lost.push((watched.last, at));
                watched.last = at;
            }
            ServerMessage::Joined(joined) => {
                let room = joined.room.id.unwrap().to_string();
                self.heard.insert(Some(room), joined.position.unwrap().seq);
                let people = joined.participants.unwrap();
                let people: BTreeSet<_> = people.iter().map(|one| one.id.to_string()).collect();
                assert_eq!(joined.room.participants, Some(people.len() as u64));
                if text.contains(r#""event":"joined""#) {
                    self.people = Some(people);
                }
            }
            ServerMessage::Left { room } => {
                self.heard.remove(&Some(room.to_string()));
            }
            ServerMessage::Message(message) => {
                let room = message.room.id.map(|room| room.to_string());
                let heard = self.heard.get_mut(&room).unwrap();
                assert_eq!(message.seq, Some(*heard + 1), "{text}");
                *heard += 1;
            }
            ServerMessage::UserJoined(who) => {
                let people = self.people.as_mut().unwrap();
                assert!(people.insert(who.user_id.unwrap().to_string()), "{text}");
                assert_eq!(who.room.participants, Some(people.len() as u64));
            }
            ServerMessage::UserLeft(who) => {
                let people = self.people.as_mut().unwrap();
                assert!(people.remove(&*who.user_id.unwrap()), "{text}");
                assert_eq!(who.room.participants, Some(people.len() as u64));
            }
            ServerMessage::Authenticated | ServerMessage::Pong | ServerMessage::Error(_) => {}
            other => panic!("{other:?}"),
        }
    }

    fn start(&mut self, collection: &str, filter: &Filter, seq: u64) {
        let watched = Watched {
            matcher: Matcher::new(filter),
            start: seq,
            last: seq,
            lost: Vec::new(),
            told: BTreeSet::new(),
        };
        self.watched.insert(collection.to_owned(), watched);
    }

    fn change(&mut self, collection: &str, seq: u64, log: &Log) {
        let watched = self.watched.get_mut(collection).unwrap();
        let expected = log.matching(collection, &watched.matcher, watched.last, seq);
        assert!(expected.contains(&seq), "{collection} {seq} does not fit, or came before");
        if !self.coalesces {
            assert_eq!(expected, [seq], "{collection}: something was left out");
        }
        watched.last = seq;
        watched.told.insert(seq);
    }

    /// The room that a lag is about, if it is not about a collection.
    fn lagging_room(&self, room: Option<Text>) -> Option<Option<String>> {
        match room {
            Some(room) => Some(Some(room.to_string())),
            // Only the gateway names what lags.
            None if self.watched.is_empty() => self.heard.keys().next().cloned(),
            None => None,
        }
    }

    /// Nothing waits any more: everything published was told, or told to be lost.
    pub(crate) fn check(&self, log: &Log) {
        for (collection, watched) in &self.watched {
            let published = log.published.get(collection).copied().unwrap_or_default();
            let concerned = log.matching(collection, &watched.matcher, watched.start, published);
            let is_lost =
                |seq: u64| watched.lost.iter().any(|(from, to)| *from < seq && seq <= *to);
            let made_up_for = |seq: u64| {
                let commits = log.of(collection);
                let id = |seq: u64| &commits[seq as usize - 1].id;
                self.coalesces
                    && concerned.iter().any(|later| *later > seq && id(*later) == id(seq))
            };
            for seq in &concerned {
                assert!(
                    watched.told.contains(seq) || is_lost(*seq) || made_up_for(*seq),
                    "{collection} {seq} was never told: {watched:?}"
                );
            }
        }
    }
}

fn seq_of(message: &ServerMessage) -> Option<u64> {
    match message {
        ServerMessage::Created(change) | ServerMessage::Updated(change) => change.seq,
        ServerMessage::Deleted(deleted) => deleted.seq,
        _ => None,
    }
}
