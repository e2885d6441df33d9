//! A hub with a shell around it that does everything at once.

use std::collections::BTreeMap;
use std::time::Duration;

use cocobase_hub::{
    Commit, ConnectionId, Entrance, Frame, FrameKind, HistoryPage, Hub, HubAction, HubConfig,
    PeerInput, SnapshotDocument, SnapshotPage, Verdict,
};
use cocobase_proto::filter::Matcher;
use cocobase_proto::rest::WatchQuery;
use cocobase_proto::{ChangeKind, Credentials, Instant};

/// A hub, its log, and the time. The key is `k`.
pub(crate) struct Shell {
    pub(crate) hub: Hub,
    pub(crate) now: Instant,
    /// What the log holds, by collection.
    pub(crate) log: BTreeMap<String, Vec<Commit>>,
    /// How far back it reaches.
    pub(crate) kept_after: u64,
}

/// The start of the time in these tests: 2024-01-15T10:50:00Z.
pub(crate) const START: u64 = 1_705_315_800;

impl Shell {
    pub(crate) fn new(config: HubConfig) -> Self {
        let now = Instant::from_nanos(START * 1_000_000_000);
        let hub = Hub::new(HubConfig { epoch: "e".into(), ..config }, now);
        Self { hub, now, log: BTreeMap::new(), kept_after: 0 }
    }

    pub(crate) fn open(&mut self, entrance: Entrance) -> ConnectionId {
        let id = self.hub.open(entrance, self.now);
        self.act();
        id
    }

    pub(crate) fn gateway(&mut self, user: &str) -> ConnectionId {
        let id = self.open(Entrance::Gateway);
        self.say(id, &format!(r#"{{"type":"auth","token":"k","user_id":"{user}"}}"#));
        assert_eq!(self.heard(id), [r#"{"type":"authenticated"}"#]);
        id
    }

    pub(crate) fn watch(&mut self, hello: &str) -> ConnectionId {
        let id = self.open(Entrance::Collection("users".into()));
        self.say(id, hello);
        id
    }

    pub(crate) fn room(&mut self, room: &str, user: &str, action: &str) -> ConnectionId {
        let id = self.open(Entrance::Room(room.into()));
        let hello = format!(
            r#"{{"api_key":"k","user_id":"{user}","user_name":"The {user}","action":"{action}","room_title":"T"}}"#
        );
        self.say(id, &hello);
        id
    }

    pub(crate) fn stream(&mut self, query: &str, last_event_id: Option<&str>) -> ConnectionId {
        self.open(Entrance::Events {
            collection: "users".into(),
            query: WatchQuery::from_query(query).unwrap(),
            written_filter: WatchQuery::written_filter(query),
            credentials: Some(Credentials::Token("k".into())),
            last_event_id: last_event_id.map(Into::into),
        })
    }

    pub(crate) fn say(&mut self, id: ConnectionId, text: &str) {
        self.input(id, PeerInput::Text(text));
    }

    pub(crate) fn input(&mut self, id: ConnectionId, input: PeerInput<'_>) {
        self.hub.handle_input(id, input, self.now);
        self.act();
    }

    /// Lets the time pass, with every wake-up on the way.
    pub(crate) fn wait(&mut self, seconds: u64) {
        let until = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.hub.poll_timeout().filter(|at| *at <= until) {
            self.now = at;
            self.hub.handle_timeout(at);
            assert!(self.hub.poll_timeout().is_none_or(|next| next > at));
        }
        self.now = until;
    }

    /// Commits a change and publishes it.
    pub(crate) fn commit(&mut self, collection: &str, id: &str, data: &str) -> u64 {
        let commit = self.append(collection, id, data);
        self.hub.publish(&commit, self.now);
        commit.seq
    }

    /// Commits a change that is not published yet.
    pub(crate) fn append(&mut self, collection: &str, id: &str, data: &str) -> Commit {
        let log = self.log.entry(collection.into()).or_default();
        let old = log.iter().rev().find(|commit| commit.id == *id).map(|commit| &commit.data);
        let commit = Commit {
            collection: collection.into(),
            seq: log.len() as u64 + 1,
            kind: if old.is_some() { ChangeKind::Updated } else { ChangeKind::Created },
            id: id.into(),
            created_at: "t".into(),
            updated_at: "u".into(),
            data: data.into(),
            old: old.cloned(),
        };
        log.push(commit.clone());
        commit
    }

    /// Carries out what the hub asks for.
    pub(crate) fn act(&mut self) {
        while let Some(action) = self.hub.poll_action() {
            match action {
                HubAction::Authenticate { id, credentials } => {
                    let verdict = match credentials.secret().expose() {
                        "k" => Verdict::Accepted,
                        _ => Verdict::Refused,
                    };
                    self.hub.handle_verdict(id, verdict, self.now);
                }
                HubAction::ReadHistory { id, collection, after } => {
                    self.answer_history(id, &collection, after);
                }
                HubAction::ReadSnapshot { id, collection, filter } => {
                    let page = self.snapshot(&collection, &Matcher::new(&filter));
                    self.hub.handle_snapshot(id, &collection, Some(page), self.now);
                }
            }
        }
    }

    /// Two commits at a time.
    pub(crate) fn answer_history(&mut self, id: ConnectionId, collection: &str, after: u64) {
        let log = self.log.get(collection).map(Vec::as_slice).unwrap_or_default();
        let after_ = usize::try_from(after).unwrap().min(log.len());
        let commits = &log[after_..(after_ + 2).min(log.len())];
        let page = HistoryPage { commits, reaches_back: after >= self.kept_after };
        self.hub.handle_history(id, collection, Some(page), self.now);
    }

    pub(crate) fn snapshot(&self, collection: &str, matcher: &Matcher) -> SnapshotPage {
        let log = self.log.get(collection).map(Vec::as_slice).unwrap_or_default();
        let mut documents = BTreeMap::new();
        for commit in log {
            let document = SnapshotDocument {
                id: commit.id.clone(),
                created_at: commit.created_at.clone(),
                updated_at: commit.updated_at.clone(),
                fields: commit.data.clone(),
            };
            match matcher.matches(&commit.metadata().flat_view(&commit.data).unwrap()) {
                true => documents.insert(commit.id.clone(), document),
                false => documents.remove(&commit.id),
            };
        }
        SnapshotPage { seq: log.len() as u64, documents: documents.into_values().collect() }
    }

    /// Everything that waits, which counts as written then.
    pub(crate) fn frames(&mut self, id: ConnectionId) -> Vec<Frame> {
        let mut frames = Vec::new();
        loop {
            let some: Vec<_> = self.hub.frames(id, 3).cloned().collect();
            if some.is_empty() {
                return frames;
            }
            self.hub.handle_sent(id, some.len(), self.now);
            frames.extend(some);
            self.act();
        }
    }

    /// The texts of all that waits, and what else it is.
    pub(crate) fn heard(&mut self, id: ConnectionId) -> Vec<String> {
        self.frames(id).iter().map(word).collect()
    }

    pub(crate) fn one(&mut self, id: ConnectionId) -> String {
        let mut heard = self.heard(id);
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.remove(0)
    }
}

/// What a frame says.
pub(crate) fn word(frame: &Frame) -> String {
    match (frame.text(), frame.kind()) {
        (Some(text), _) => text.to_owned(),
        (None, FrameKind::Block) => format!("{:?}", std::str::from_utf8(frame.bytes()).unwrap()),
        (None, kind) => format!("{kind:?}"),
    }
}
