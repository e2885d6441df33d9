//! The server's shell: the hub, and what carries bytes, time and answers to it.

use std::collections::BTreeMap;
use std::time::Duration;

use cocobase_hub::{
    Commit, ConnectionId, Entrance, HistoryPage, Hub, HubConfig, PeerInput, SnapshotPage,
    Verdict as Accepted,
};
use cocobase_proto::rest::WatchQuery;
use cocobase_proto::{CloseCause, Credentials, Instant, Text};

use super::link::{Down, Up};
use super::plan::Plan;
use super::store::{COLLECTIONS, Store};
use super::world::{Happening, Verdict, World};

pub(super) const KEY: &str = "right";

/// The server's process, running or not.
#[derive(Debug)]
pub(super) struct Server {
    pub(super) hub: Option<Hub>,
    pub(super) incarnation: u32,
    pub(super) epoch: Text,
    connections: BTreeMap<ConnectionId, usize>,
    /// How far each collection's changes have been passed on to the hub.
    tailed: BTreeMap<&'static str, u64>,
}

/// An answer to a question of the hub.
#[derive(Debug)]
pub(super) enum Answer {
    Verdict { id: ConnectionId, is_right: bool },
    History { id: ConnectionId, collection: Text, commits: Vec<Commit>, reaches_back: bool },
    Snapshot { id: ConnectionId, collection: Text, page: SnapshotPage },
}

impl Server {
    pub(super) fn start(plan: &Plan, store: &Store, incarnation: u32, now: Instant) -> Self {
        let config = HubConfig {
            epoch: store.epoch().clone(),
            seed: plan.hub.seed.wrapping_add(u64::from(incarnation)),
            ..plan.hub.clone()
        };
        let mut hub = Hub::new(config, now);
        let mut tailed = BTreeMap::new();
        for name in COLLECTIONS {
            let seq = store.position(name).seq;
            hub.set_position(name.into(), seq);
            tailed.insert(name, seq);
        }
        Self {
            hub: Some(hub),
            incarnation,
            epoch: store.epoch().clone(),
            connections: BTreeMap::new(),
            tailed,
        }
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.hub.as_ref()?.poll_timeout()
    }

    pub(super) const fn hub(&self) -> Option<&Hub> {
        self.hub.as_ref()
    }

    /// The links that the shell holds.
    pub(super) fn links(&self) -> Vec<usize> {
        self.connections.values().copied().collect()
    }

    pub(super) fn link_of(&self, id: ConnectionId) -> Option<usize> {
        self.connections.get(&id).copied()
    }
}

/// # Inputs of the hub
impl World {
    pub(super) fn wake_server(&mut self) -> Verdict {
        let now = self.now;
        if let Some(hub) = &mut self.server.hub {
            hub.handle_timeout(now);
            if hub.poll_timeout().is_some_and(|next| next <= now) {
                return Err("the hub's deadline is due again after it was served".into());
            }
        }
        self.serve()
    }

    pub(super) fn at_server(&mut self, at: usize) -> Verdict {
        let now = self.now;
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        if link.up.held_until > now {
            self.agenda.enter(link.up.held_until, Happening::AtServer(at));
            return Ok(());
        }
        let Some(item) = link.up.receive(now) else { return Ok(()) };
        if let Up::Connect = item {
            return self.accept(at);
        }
        let is_present = link.incarnation == self.server.incarnation;
        let (Some(id), Some(hub)) =
            (link.connection.filter(|_| is_present), self.server.hub.as_mut())
        else {
            if !matches!(item, Up::Gone) {
                self.send_down(at, Down::Closed(CloseCause::Io("reset by peer".into())));
            }
            return Ok(());
        };
        match &item {
            Up::Text(text) => {
                let is_open = !hub.is_closing(id);
                for _ in 0..self.injected.takes(content_in(text).is_some()) {
                    hub.handle_input(id, PeerInput::Text(text), now);
                }
                if is_open {
                    self.note_accepted(at, &text.clone());
                }
            }
            Up::Pong => hub.handle_input(id, PeerInput::Alive, now),
            Up::Gone | Up::Connect => {
                hub.handle_input(id, PeerInput::Gone, now);
                self.forget(id);
            }
        }
        self.say(|_| format!("server: link {at} {item:?}"));
        self.serve()
    }

    fn note_accepted(&mut self, link: usize, text: &str) {
        let Some(content) = content_in(text) else { return };
        let Some(client) = self.links.get(link).map(|link| link.client) else { return };
        if let Some(client) = self.clients.get_mut(client)
            && let Some(topic) = client.topics_of.get(&content).cloned()
        {
            client.audit.accepted(&topic, &content);
        }
    }

    fn accept(&mut self, at: usize) -> Verdict {
        let now = self.now;
        if self.server.hub.is_none() {
            self.send_down(at, Down::Closed(CloseCause::Connect("refused".into())));
            return Ok(());
        }
        if self.refusals > 0 {
            self.refusals -= 1;
            let refusal = match self.random.index(4) {
                0 => Down::Refused { status: 503, retry_after: None },
                1 => Down::Refused {
                    status: 429,
                    retry_after: Some(Duration::from_secs(self.random.below(15))),
                },
                2 => Down::Refused { status: 502, retry_after: Some(Duration::from_secs(1)) },
                _ => Down::Closed(CloseCause::Connect("no route".into())),
            };
            self.send_down(at, refusal);
            return Ok(());
        }
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        let Some(entrance) = entrance(&link.path, &link.carrier) else {
            return Err(format!("a client asks for {}", link.path));
        };
        let Some(hub) = &mut self.server.hub else { return Ok(()) };
        let id = hub.open(entrance, now);
        link.connection = Some(id);
        link.incarnation = self.server.incarnation;
        link.epoch = self.server.epoch.clone();
        self.server.connections.insert(id, at);
        self.send_down(at, Down::Opened);
        self.serve()
    }

    pub(super) fn answer(&mut self, incarnation: u32, answer: Answer) -> Verdict {
        let now = self.now;
        let Some(hub) = self.server.hub.as_mut() else { return Ok(()) };
        if incarnation != self.server.incarnation {
            return Ok(());
        }
        match answer {
            Answer::Verdict { id, is_right } => {
                let verdict = if is_right { Accepted::Accepted } else { Accepted::Refused };
                hub.handle_verdict(id, verdict, now);
            }
            Answer::History { id, collection, commits, reaches_back } => {
                let page = HistoryPage { commits: &commits, reaches_back };
                hub.handle_history(id, &collection, Some(page), now);
            }
            Answer::Snapshot { id, collection, page } => {
                hub.handle_snapshot(id, &collection, Some(page), now);
            }
        }
        self.serve()
    }

    /// Passes on the next change of a collection, if the hub has not heard of it.
    pub(super) fn tail(&mut self, incarnation: u32, collection: &'static str) -> Verdict {
        let now = self.now;
        let Some(hub) = self.server.hub.as_mut() else { return Ok(()) };
        if incarnation != self.server.incarnation {
            return Ok(());
        }
        let next = self.server.tailed.get(collection).map_or(1, |seq| seq + 1);
        let history = self.store.history(&self.server.epoch, collection);
        let Some(entry) = history.and_then(|history| history.entry(next)) else { return Ok(()) };
        if !self.injected.skips_commit() {
            hub.publish(&entry.commit, now);
        }
        self.server.tailed.insert(collection, next);
        self.say(|_| format!("server: {collection} {next} is published"));
        self.serve()
    }

    pub(super) fn give_up(&mut self, incarnation: u32, link: usize) -> Verdict {
        let now = self.now;
        let connection = self.links.get(link).and_then(|link| link.connection);
        let (Some(hub), Some(id)) = (self.server.hub.as_mut(), connection) else { return Ok(()) };
        if incarnation == self.server.incarnation && self.server.connections.contains_key(&id) {
            hub.handle_input(id, PeerInput::Gone, now);
            self.forget(id);
            self.send_down(link, Down::Closed(CloseCause::Io("reset by peer".into())));
        }
        self.serve()
    }

    pub(super) fn forget(&mut self, id: ConnectionId) {
        if let Some(link) = self.server.connections.remove(&id)
            && let Some(link) = self.links.get_mut(link)
        {
            link.connection = None;
        }
    }
}

/// # Its life
impl World {
    /// The process ends: at once, or after telling everyone.
    pub(super) fn stop_server(&mut self, is_gentle: bool) -> Verdict {
        let now = self.now;
        if is_gentle {
            if let Some(hub) = self.server.hub.as_mut() {
                hub.shut_down(now);
            }
            self.serve()?;
        }
        self.server.hub = None;
        self.server.connections.clear();
        for at in 0..self.links.len() {
            let Some(link) = self.links.get_mut(at) else { continue };
            if link.connection.take().is_some() {
                if self.random.chance(70) {
                    self.send_down(at, Down::Closed(CloseCause::Io("reset by peer".into())));
                } else if let Some(link) = self.links.get_mut(at) {
                    // The machine went down, and says nothing.
                    link.down.is_dead = true;
                    link.up.is_dead = true;
                }
            }
        }
        Ok(())
    }

    pub(super) fn start_server(&mut self) -> Verdict {
        if self.server.hub.is_none() {
            let incarnation = self.server.incarnation + 1;
            self.server = Server::start(&self.plan, &self.store, incarnation, self.now);
            self.say(|world| format!("server: starts in epoch {}", world.server.epoch));
        }
        Ok(())
    }
}

/// The test message in a text that a client sends.
pub(super) fn content_in(text: &str) -> Option<Text> {
    let start = text.find("\"m")?;
    let tail = text.get(start..)?;
    let found = tail.match_indices("\"m").find_map(|(at, _)| {
        let rest = tail.get(at + 2..)?;
        let end = rest.find('"')?;
        let number = rest.get(..end)?;
        let is_content = number.contains('.')
            && number.bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
        is_content.then(|| format!("\"m{number}\""))
    });
    found.map(Text::from)
}

fn entrance(path: &str, carrier: &cocobase_proto::Carrier) -> Option<Entrance> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let parts: Vec<&str> = path.split('/').skip(2).collect();
    match (&parts[..], carrier) {
        ([], _) => Some(Entrance::Gateway),
        (["collections", name], _) => Some(Entrance::Collection((*name).into())),
        (["broadcast"], _) => Some(Entrance::Broadcast),
        (["rooms", room], _) => Some(Entrance::Room((*room).into())),
        (["sse", name], cocobase_proto::Carrier::EventStream { headers }) => {
            let header = |wanted: &str| {
                headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| &**value)
            };
            let key = header("authorization").and_then(|value| value.strip_prefix("Bearer "));
            Some(Entrance::Events {
                collection: (*name).into(),
                query: WatchQuery::from_query(query).ok()?,
                written_filter: WatchQuery::written_filter(query),
                credentials: key.map(|key| Credentials::Token(key.into())),
                last_event_id: header("last-event-id").map(Text::from),
            })
        }
        _ => None,
    }
}
