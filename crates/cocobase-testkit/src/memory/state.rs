//! What a world is made of: the server's machine, its data, the links, and the time.

use std::collections::{BTreeMap, VecDeque};
use std::task::Waker;
use std::time::Duration;

use cocobase_hub::{
    Commit, ConnectionId, Entrance, FrameKind, HistoryPage, Hub, HubAction, HubConfig, PeerInput,
    Verdict,
};
use cocobase_proto::rest::WatchQuery;
use cocobase_proto::{CloseCause, Credentials, Input, Instant, Text};

use super::store::Store;

/// A link, by the start of the server that it leads to.
pub(super) type LineId = (u64, ConnectionId);

#[derive(Debug)]
pub(super) struct State {
    pub(super) key: String,
    pub(super) now: Instant,
    pub(super) is_reachable: bool,
    pub(super) store: Store,
    pub(super) lines: BTreeMap<LineId, Line>,
    /// Who wants to be woken when. Numbers keep those apart who want the same.
    pub(super) timers: BTreeMap<(Instant, u64), Waker>,
    pub(super) numbers: u64,
    hub: Hub,
    /// How often the server was started.
    start: u64,
    epochs: u64,
}

/// What is on its way to a client.
#[derive(Debug, Default)]
pub(super) struct Line {
    pub(super) inbox: VecDeque<Input>,
    pub(super) waker: Option<Waker>,
}

/// A day in 2025: the hub stamps messages with the time since 1970.
const BEGINNING: Duration = Duration::from_secs(1_750_000_000);

impl State {
    pub(super) fn new(key: String) -> Self {
        let now = Instant::default() + BEGINNING;
        let mut state = Self {
            key,
            now,
            is_reachable: true,
            store: Store::default(),
            lines: BTreeMap::new(),
            timers: BTreeMap::new(),
            numbers: 0,
            hub: Hub::new(HubConfig::default(), now),
            start: 0,
            epochs: 1,
        };
        state.start_server();
        state
    }

    pub(super) fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// The server dies and is there again.
    pub(super) fn restart(&mut self, keeps_data: bool) {
        if !keeps_data {
            self.store = Store::default();
            self.epochs += 1;
        }
        self.start_server();
        self.cut();
    }

    fn start_server(&mut self) {
        self.start += 1;
        let epoch = format!("e{}", self.epochs).into();
        let config = HubConfig { epoch, seed: self.start, ..HubConfig::default() };
        self.hub = Hub::new(config, self.now);
        for (name, collection) in &self.store.collections {
            self.hub.set_position(name.clone(), collection.history.len() as u64);
        }
    }

    /// All links break.
    pub(super) fn cut(&mut self) {
        let (start, now) = (self.start, self.now);
        for ((of, id), line) in &mut self.lines {
            if *of == start {
                self.hub.handle_input(*id, PeerInput::Gone, now);
            }
            line.put(Input::Closed(CloseCause::Io("the world broke the link".into())));
        }
        self.serve();
    }

    pub(super) fn publish(&mut self, commit: &Commit) {
        self.hub.publish(commit, self.now);
        self.serve();
    }

    pub(super) fn open(&mut self, entrance: Entrance) -> Result<LineId, Input> {
        if !self.is_reachable {
            let reason = Text::from_static("the world lets nobody through");
            return Err(Input::Closed(CloseCause::Connect(reason)));
        }
        let id = (self.start, self.hub.open(entrance, self.now));
        self.lines.insert(id, Line::default());
        self.serve();
        Ok(id)
    }

    pub(super) fn hear(&mut self, (start, id): LineId, input: PeerInput<'_>) {
        if start == self.start {
            self.hub.handle_input(id, input, self.now);
            self.serve();
        }
    }

    pub(super) fn leave(&mut self, line: LineId) {
        if self.lines.remove(&line).is_some() {
            self.hear(line, PeerInput::Gone);
        }
    }

    /// The next moment at which anything happens by itself.
    pub(super) fn next_moment(&self) -> Option<Instant> {
        let timer = self.timers.keys().next().map(|(at, _)| *at);
        timer.into_iter().chain(self.hub.poll_timeout()).min()
    }

    /// Lets time pass, and whoever waited for it go on.
    pub(super) fn advance(&mut self, to: Instant) {
        self.now = self.now.max(to);
        self.hub.handle_timeout(self.now);
        self.serve();
        while let Some(timer) = self.timers.first_entry() {
            if timer.key().0 > self.now {
                return;
            }
            timer.remove().wake();
        }
    }

    /// Does what the hub wants, until it wants nothing more.
    fn serve(&mut self) {
        loop {
            if let Some(action) = self.hub.poll_action() {
                self.carry_out(action);
            } else if let Some(id) = self.hub.poll_transmit() {
                self.transmit(id);
            } else {
                return;
            }
        }
    }

    fn carry_out(&mut self, action: HubAction) {
        match action {
            HubAction::Authenticate { id, credentials } => {
                let (Credentials::ApiKey(secret) | Credentials::Token(secret)) = credentials;
                let is_right = secret.expose() == self.key;
                let verdict = if is_right { Verdict::Accepted } else { Verdict::Refused };
                self.hub.handle_verdict(id, verdict, self.now);
            }
            HubAction::ReadHistory { id, collection, after } => {
                let commits = self.store.history(&collection, after);
                let page = HistoryPage { commits: &commits, reaches_back: true };
                self.hub.handle_history(id, &collection, Some(page), self.now);
            }
            HubAction::ReadSnapshot { id, collection, filter } => {
                let page = self.store.snapshot(&collection, &filter);
                self.hub.handle_snapshot(id, &collection, Some(page), self.now);
            }
        }
    }

    fn transmit(&mut self, id: ConnectionId) {
        let frames: Vec<_> = self.hub.frames(id, usize::MAX).cloned().collect();
        self.hub.handle_sent(id, frames.len(), self.now);
        for frame in frames {
            let input = match frame.kind() {
                FrameKind::Text => match frame.text() {
                    Some(text) => Input::Text(text.into()),
                    None => Input::Binary,
                },
                FrameKind::Block => Input::Bytes(frame.bytes().clone()),
                FrameKind::Ping | FrameKind::Pong => Input::Alive,
                FrameKind::Close(code) => {
                    Input::Closed(CloseCause::Closed { code: Some(code), reason: Text::default() })
                }
            };
            if let Some(line) = self.lines.get_mut(&(self.start, id)) {
                line.put(input);
            }
            match frame.kind() {
                // A WebSocket library would answer.
                FrameKind::Ping => self.hub.handle_input(id, PeerInput::Alive, self.now),
                FrameKind::Close(_) => self.hub.handle_input(id, PeerInput::Gone, self.now),
                _ => {}
            }
        }
    }
}

impl Line {
    fn put(&mut self, input: Input) {
        self.inbox.push_back(input);
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

/// Where a client wants to go, by the path of its request.
pub(super) fn entrance(url: &str, headers: &[(&'static str, String)]) -> Option<Entrance> {
    let decoded = |part: &str| {
        let part = percent_encoding::percent_decode_str(part).decode_utf8().ok()?;
        Some(Text::from(part.into_owned()))
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let parts: Vec<&str> = path.split('/').collect();
    Some(match parts.as_slice() {
        [.., "realtime"] => Entrance::Gateway,
        [.., "realtime", "broadcast"] => Entrance::Broadcast,
        [.., "realtime", "collections", name] => Entrance::Collection(decoded(name)?),
        [.., "realtime", "rooms", room] => Entrance::Room(decoded(room)?),
        [.., "realtime", "sse", name] => {
            let header = |wanted: &str| {
                headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| &**value)
            };
            let key = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
            Entrance::Events {
                collection: decoded(name)?,
                query: WatchQuery::from_query(query).ok()?,
                written_filter: WatchQuery::written_filter(query),
                credentials: key.map(|key| Credentials::Token(key.into())),
                last_event_id: header("last-event-id").map(Text::from),
            }
        }
        _ => return None,
    })
}
