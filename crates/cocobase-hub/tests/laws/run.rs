//! Two hubs that are told the same, beside the books of an honest shell, and the laws that hold after
//! every call.
//!
//! The numbers are those of the documentation of `cocobase-hub`.

// The fuzzers read this file by its path as well, from elsewhere.
#[path = "shell.rs"]
mod shell;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use cocobase_hub::{
    ConnectionId, Entrance, Frame, HistoryPage, Hub, HubAction, HubConfig, Overflow, PeerInput,
    RoomsConfig, SnapshotPage, Verdict,
};
use cocobase_proto::rest::WatchQuery;
use cocobase_proto::{Credentials, Instant};

use super::witness::{Log, Witness};

/// One call, or time that passes. Connections are meant by their place in the order of opening, counted
/// round; so are outstanding questions.
#[derive(Debug, Clone)]
pub(crate) enum Call {
    /// The clock goes on, and nobody calls.
    Wait(Duration),
    ClockBack(Duration),
    /// The wake-up is served, so much too late.
    Wake(Duration),
    /// A wake-up that nobody asked for.
    Timeout,
    Open(Door),
    Text(usize, String),
    Binary(usize),
    NotUtf8(usize),
    TooLarge(usize),
    Alive(usize),
    Ping(usize, Vec<u8>),
    Gone(usize),
    /// News and answers for all connections that are gone.
    AfterGone,
    /// Answers that nobody has asked for.
    Unasked(usize),
    /// Answers the nth question: with no, or with an error, if `well` is false; otherwise truly, at
    /// most `len` commits of a history at a time.
    Answer {
        nth: usize,
        well: bool,
        len: usize,
    },
    /// A change is committed, and published at once or later.
    Commit {
        collection: u8,
        document: u8,
        value: u8,
        deleted: bool,
        publish: bool,
    },
    /// Whatever is committed is published.
    Publish,
    /// The history forgets the oldest changes of a collection.
    Forget(u8),
    /// Some of what waits is written.
    Write(usize, usize),
    /// The shell looks at some of what waits, and has not written it yet.
    Look(usize, usize),
    ShutDown,
    /// Every question is answered and everything written, until nothing is left.
    Settle,
}

/// Where a client connects to.
#[derive(Debug, Clone)]
pub(crate) enum Door {
    Gateway,
    Collection,
    Broadcast,
    Room(u8),
    Events { query: String, key: Option<String>, last: Option<String> },
}

pub(crate) const NAMES: [&str; 2] = ["A", "B"];

/// A configuration whose bounds are easily reached.
#[must_use]
pub(crate) fn narrow(overflow: Overflow, seed: u64) -> HubConfig {
    HubConfig {
        epoch: "e".into(),
        seed,
        queue_bytes: QUEUE,
        total_queue_bytes: TOTAL,
        snapshot_bytes: 1_500,
        overflow,
        max_subscriptions: MAX_SUBSCRIPTIONS,
        rooms: RoomsConfig {
            max_rooms: 1,
            max_members: 4,
            history_len: 4,
            max_user_bytes: 8,
            ..RoomsConfig::default()
        },
        ..HubConfig::default()
    }
}

const QUEUE: usize = 2_000;
const TOTAL: usize = 6_000;
const MAX_SUBSCRIPTIONS: usize = 3;
/// The longest frame: what a client wrote comes back in greetings and errors.
const LONGEST: usize = 8_000;
const MAX_CONNECTIONS: usize = 6;

#[derive(Debug)]
struct Client {
    id: ConnectionId,
    witness: Witness,
    /// What the shell has looked at and not written.
    looked_at: Vec<Frame>,
}

/// The hubs and the books.
pub(crate) struct Run {
    hub: Hub,
    /// It is polled in another order.
    twin: Hub,
    now: Instant,
    overflow: Overflow,
    clients: Vec<Client>,
    gone: Vec<ConnectionId>,
    questions: Vec<HubAction>,
    log: Log,
    /// Up to where a collection's history has been forgotten.
    forgotten: BTreeMap<String, u64>,
    is_shut_down: bool,
}

impl Run {
    #[must_use]
    pub(crate) fn new(overflow: Overflow, seed: u64) -> Self {
        let now = Instant::from_nanos(1 << 60);
        let config = narrow(overflow, seed);
        Self {
            hub: Hub::new(config.clone(), now),
            twin: Hub::new(config, now),
            now,
            overflow,
            clients: Vec::new(),
            gone: Vec::new(),
            questions: Vec::new(),
            log: Log::default(),
            forgotten: BTreeMap::new(),
            is_shut_down: false,
        }
    }

    /// The call, and then every law.
    pub(crate) fn call(&mut self, call: &Call) {
        self.take(call);
        self.poll();
        self.check();
    }

    /// How many connections there are.
    #[must_use]
    pub(crate) fn clients(&self) -> usize {
        self.clients.len()
    }

    /// How many questions are open.
    #[must_use]
    pub(crate) fn questions(&self) -> usize {
        self.questions.len()
    }

    fn each(&mut self, mut what: impl FnMut(&mut Hub)) {
        what(&mut self.hub);
        what(&mut self.twin);
    }

    fn take(&mut self, call: &Call) {
        let now = self.now;
        match call {
            Call::Wait(time) => self.now = now + *time,
            Call::ClockBack(time) => self.now = now.earlier(*time),
            Call::Wake(late) => {
                if let Some(at) = self.hub.poll_timeout() {
                    self.now = now.max(at + *late);
                    self.timeout();
                }
            }
            Call::Timeout => self.timeout(),
            Call::Open(door) => self.open(door),
            Call::Text(nth, text) => self.input(*nth, PeerInput::Text(text)),
            Call::Binary(nth) => self.input(*nth, PeerInput::Binary),
            Call::NotUtf8(nth) => self.input(*nth, PeerInput::NotUtf8),
            Call::TooLarge(nth) => self.input(*nth, PeerInput::TooLarge(100)),
            Call::Alive(nth) => self.input(*nth, PeerInput::Alive),
            Call::Ping(nth, payload) => self.input(*nth, PeerInput::Ping(payload)),
            Call::Gone(nth) => self.depart(*nth),
            Call::AfterGone => self.law_6(),
            Call::Unasked(nth) => {
                if let Some(client) = self.client(*nth) {
                    let id = client.id;
                    if !self.questions.iter().any(|question| question.id() == id) {
                        self.answers_change_nothing(id);
                    }
                }
            }
            Call::Answer { nth, well, len } => {
                if !self.questions.is_empty() {
                    let question = self.questions.remove(nth % self.questions.len());
                    self.answer(&question, *well, *len);
                }
            }
            Call::Commit { collection, document, value, deleted, publish } => {
                self.commit(*collection, *document, *value, *deleted);
                if *publish {
                    self.publish();
                }
            }
            Call::Publish => self.publish(),
            Call::Forget(collection) => {
                let name = NAMES[usize::from(*collection) % NAMES.len()];
                let len = self.log.commits.get(name).map_or(0, Vec::len) as u64;
                self.forgotten.insert(name.into(), len / 2);
            }
            Call::Write(nth, count) => self.write(*nth, *count),
            Call::Look(nth, count) => {
                if let Some(client) = self.client(*nth) {
                    let id = client.id;
                    self.twin.frames(id, *count).for_each(drop);
                    let frames: Vec<_> = self.hub.frames(id, *count).cloned().collect();
                    let client = self.client(*nth).unwrap();
                    if frames.len() > client.looked_at.len() {
                        client.looked_at = frames;
                    }
                }
            }
            Call::ShutDown => {
                self.is_shut_down = true;
                self.each(|hub| hub.shut_down(now));
            }
            Call::Settle => self.settle(),
        }
    }

    fn client(&mut self, nth: usize) -> Option<&mut Client> {
        let len = self.clients.len();
        self.clients.get_mut(nth.checked_rem(len)?)
    }

    fn open(&mut self, door: &Door) {
        if self.clients.len() == MAX_CONNECTIONS {
            return;
        }
        let mut witness = Witness::new(self.overflow);
        let entrance = match door {
            Door::Gateway => Entrance::Gateway,
            Door::Collection => Entrance::Collection(NAMES[0].into()),
            Door::Broadcast => Entrance::Broadcast,
            Door::Room(room) => Entrance::Room(NAMES[usize::from(*room) % NAMES.len()].into()),
            Door::Events { query, key, last } => {
                let Ok(read) = WatchQuery::from_query(query) else { return };
                witness.stream_filter = Some(read.filter.clone());
                Entrance::Events {
                    collection: NAMES[0].into(),
                    query: read,
                    written_filter: WatchQuery::written_filter(query),
                    credentials: key.as_deref().map(|key| Credentials::ApiKey(key.into())),
                    last_event_id: last.as_deref().map(Into::into),
                }
            }
        };
        let id = self.hub.open(entrance.clone(), self.now);
        assert_eq!(self.twin.open(entrance, self.now), id);
        assert!(!self.gone.contains(&id), "an id is used once");
        assert!(self.clients.iter().all(|client| client.id != id));
        self.clients.push(Client { id, witness, looked_at: Vec::new() });
    }

    fn input(&mut self, nth: usize, input: PeerInput<'_>) {
        let now = self.now;
        if let Some(client) = self.client(nth) {
            let id = client.id;
            let is_gone = input == PeerInput::Gone;
            let was_closing =
                (self.hub.is_closing(id) && !is_gone).then(|| format!("{:?}", self.hub));
            self.each(|hub| hub.handle_input(id, input, now));
            if let Some(before) = was_closing {
                unchanged(&before, &self.hub, "law 5");
            }
        }
    }

    fn depart(&mut self, nth: usize) {
        self.input(nth, PeerInput::Gone);
        let len = self.clients.len();
        if let Some(nth) = nth.checked_rem(len) {
            let id = self.clients.remove(nth).id;
            self.gone.push(id);
            self.questions.retain(|question| question.id() != id);
        }
    }

    fn timeout(&mut self) {
        let now = self.now;
        let is_early = self.hub.poll_timeout().is_none_or(|at| now < at);
        let before = is_early.then(|| format!("{:?}", self.hub));
        self.each(|hub| hub.handle_timeout(now));
        if let Some(before) = before {
            unchanged(&before, &self.hub, "law 2");
        }
        assert!(self.hub.poll_timeout().is_none_or(|at| at > now), "law 3");
    }

    fn law_6(&mut self) {
        let now = self.now;
        for id in self.gone.clone() {
            let before = format!("{:?}", self.hub);
            for input in [
                PeerInput::Text("{}"),
                PeerInput::Binary,
                PeerInput::NotUtf8,
                PeerInput::TooLarge(1),
                PeerInput::Alive,
                PeerInput::Ping(b""),
                PeerInput::Gone,
            ] {
                self.hub.handle_input(id, input, now);
            }
            self.hub.handle_sent(id, 1, now);
            self.hub.handle_verdict(id, Verdict::Accepted, now);
            assert_eq!(self.hub.frames(id, 9).count(), 0);
            assert!(!self.hub.is_closing(id));
            unchanged(&before, &self.hub, "law 6");
            self.answers_change_nothing(id);
        }
    }

    fn answers_change_nothing(&mut self, id: ConnectionId) {
        let before = format!("{:?}", self.hub);
        for name in NAMES {
            let commits = self.log.commits.get(name).map(Vec::as_slice).unwrap_or_default();
            let page = HistoryPage { commits, reaches_back: true };
            self.hub.handle_history(id, name, Some(page), self.now);
            self.hub.handle_history(id, name, None, self.now);
            let page = SnapshotPage { seq: 7, documents: Vec::new() };
            self.hub.handle_snapshot(id, name, Some(page), self.now);
            self.hub.handle_snapshot(id, name, None, self.now);
        }
        unchanged(&before, &self.hub, "law 6");
    }

    fn write(&mut self, nth: usize, count: usize) {
        let now = self.now;
        let Some(client) = self.client(nth) else { return };
        let id = client.id;
        let frames: Vec<_> = self.hub.frames(id, count).cloned().collect();
        let same: Vec<_> = self.twin.frames(id, count).cloned().collect();
        assert_eq!(frames, same, "law 9");
        self.each(|hub| hub.handle_sent(id, frames.len(), now));
        let Self { clients, log, .. } = self;
        let client = clients.iter_mut().find(|client| client.id == id).unwrap();
        let seen = client.looked_at.len().min(frames.len());
        assert_eq!(frames[..seen], client.looked_at[..seen], "what the shell may be writing stays");
        client.looked_at.drain(..seen);
        frames.iter().for_each(|frame| client.witness.hear(frame, log));
    }

    fn settle(&mut self) {
        for round in 0.. {
            assert!(round < 10_000, "it never ends");
            self.poll();
            let before = self.questions.len();
            for question in std::mem::take(&mut self.questions) {
                self.answer(&question, true, 3);
            }
            self.poll();
            let mut written = 0;
            for nth in 0..self.clients.len() {
                let id = self.clients[nth].id;
                written += self.hub.frames(id, 1).count();
                self.write(nth, 1);
            }
            if before + written == 0 {
                break;
            }
        }
        assert_eq!(self.hub.waiting_bytes(), 0);
        self.check_witnesses();
    }

    /// Everything was told.
    fn check_witnesses(&self) {
        let mut heard: BTreeMap<_, BTreeSet<u64>> = BTreeMap::new();
        let rooms = self.hub.rooms();
        for client in self.clients.iter().filter(|client| !client.witness.is_closed) {
            client.witness.check(&self.log);
            for (room, seq) in &client.witness.heard {
                heard.entry(room.clone()).or_default().insert(*seq);
            }
            if let Some(people) = &client.witness.people {
                let room = client.witness.heard.keys().next().unwrap().clone().unwrap();
                let listed = rooms.rooms.iter().find(|listed| *listed.id == room).unwrap();
                let listed = listed.participant_list.iter().map(|one| one.id.to_string());
                assert_eq!(*people, listed.collect::<BTreeSet<_>>());
            }
        }
        for (room, seqs) in heard {
            assert_eq!(seqs.len(), 1, "{room:?}: all have heard the same");
        }
    }

    /// Takes the hubs' questions, in another order from each.
    fn poll(&mut self) {
        let named = |hub: &mut Hub| {
            let all: Vec<_> = std::iter::from_fn(|| hub.poll_transmit()).collect();
            assert_eq!((hub.poll_transmit(), hub.poll_transmit()), (None, None), "law 1");
            all
        };
        let asked = |hub: &mut Hub| {
            let all: Vec<_> = std::iter::from_fn(|| hub.poll_action()).collect();
            assert_eq!((hub.poll_action(), hub.poll_action()), (None, None), "law 1");
            all
        };
        let (names, questions) = (named(&mut self.hub), asked(&mut self.hub));
        let same = asked(&mut self.twin);
        assert_eq!((&names, &questions), (&named(&mut self.twin), &same), "laws 4 and 9");
        assert!(names.iter().all(|id| self.clients.iter().any(|client| client.id == *id)));
        self.questions.extend(questions);
    }

    fn check(&mut self) {
        assert_eq!(self.hub.poll_timeout(), self.twin.poll_timeout(), "law 9");
        assert_eq!(self.hub.rooms(), self.twin.rooms(), "law 9");
        assert_eq!(self.hub.connections(), self.clients.len());
        let questions = self.clients.len() * (1 + MAX_SUBSCRIPTIONS);
        assert!(self.questions.len() <= questions, "law 8: {:?}", self.questions);
        let most = TOTAL + self.clients.len() * 2 * (QUEUE + LONGEST);
        assert!(self.hub.waiting_bytes() <= most, "law 8: {}", self.hub.waiting_bytes());
        if self.is_shut_down {
            assert!(self.clients.iter().all(|client| self.hub.is_closing(client.id)));
        }
        for client in &self.clients {
            assert_eq!(self.hub.is_closing(client.id), self.twin.is_closing(client.id), "law 9");
        }
    }

    /// Ends the story: everything is told, everybody leaves, and nothing is left.
    pub(crate) fn end(&mut self) {
        self.publish();
        self.settle();
        for nth in (0..self.clients.len()).rev() {
            let client = &self.clients[nth];
            assert_eq!(client.witness.is_closed, self.hub.is_closing(client.id), "law 5");
            self.depart(nth);
        }
        assert_eq!((self.hub.connections(), self.hub.waiting_bytes()), (0, 0));
        assert_eq!(self.hub.poll_action(), None);
        assert_eq!(self.hub.poll_transmit(), None);
    }
}

/// Nothing that can be seen of the hub is different.
fn unchanged(before: &str, hub: &Hub, law: &str) {
    let after = format!("{hub:?}");
    if let Some(at) = before.bytes().zip(after.bytes()).position(|(one, other)| one != other) {
        let part = |text: &str| {
            text.get(at.saturating_sub(200)..).unwrap_or(text).chars().take(400).collect::<String>()
        };
        panic!("{law}: {}\nis now {}", part(before), part(&after));
    }
    assert_eq!(before.len(), after.len(), "{law}");
}
