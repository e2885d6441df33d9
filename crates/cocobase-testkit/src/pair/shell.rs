//! What the server does for its hub: finds out what it asks, and writes what it says.

use std::time::Duration;

use cocobase_hub::{
    ConnectionId, Frame, FrameKind, HubAction, PeerInput, SnapshotDocument, SnapshotPage,
};
use cocobase_proto::filter::Filter;
use cocobase_proto::{CloseCause, Credentials, Text};

use super::link::Down;
use super::query::QUERIES;
use super::server::{Answer, KEY};
use super::world::{Happening, Verdict, World};

/// How long a connection that is to be closed may take to take its last frames.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// How long the server's system waits for a dead client to acknowledge what it was sent.
const UNACKNOWLEDGED: Duration = Duration::from_secs(100);

impl World {
    /// Does what the hub wants, until it wants nothing more.
    pub(super) fn serve(&mut self) -> Verdict {
        loop {
            let Some(hub) = self.server.hub.as_mut() else { return Ok(()) };
            if let Some(action) = hub.poll_action() {
                self.carry_out(action);
            } else if let Some(id) = hub.poll_transmit() {
                self.flush(id)?;
            } else {
                return Ok(());
            }
        }
    }

    fn carry_out(&mut self, action: HubAction) {
        let (least, most) = (Duration::from_millis(1), Duration::from_millis(80));
        let at = self.now + self.random.between(least, most);
        let answer = match action {
            HubAction::Authenticate { id, credentials } => {
                let (Credentials::ApiKey(secret) | Credentials::Token(secret)) = credentials;
                Answer::Verdict { id, is_right: secret.expose() == KEY }
            }
            HubAction::ReadHistory { id, collection, after } => {
                let history = self.store.history(&self.server.epoch, &collection);
                let (commits, reaches_back) =
                    history.map(|one| one.page(after, self.plan.page)).unwrap_or_default();
                Answer::History { id, collection, commits, reaches_back }
            }
            HubAction::ReadSnapshot { id, collection, filter } => {
                let page = self.injected.snapshot(self.snapshot(&collection, &filter));
                Answer::Snapshot { id, collection, page }
            }
        };
        let incarnation = self.server.incarnation;
        self.agenda.enter(at, Happening::Answer { incarnation, answer });
    }

    fn snapshot(&self, collection: &str, filter: &Filter) -> SnapshotPage {
        let query = QUERIES.iter().find(|query| (query.filter)() == *filter);
        let history = self.store.history(&self.server.epoch, collection);
        let (Some(query), Some(history)) = (query, history) else {
            return SnapshotPage { seq: 0, documents: Vec::new() };
        };
        let all = history.documents().iter();
        let documents = all
            .filter(|(_, stored)| (query.matches)(&stored.fields))
            .map(|(id, stored)| SnapshotDocument {
                id: id.clone(),
                created_at: stored.created_at.clone(),
                updated_at: stored.updated_at.clone(),
                fields: stored.fields.json().into(),
            })
            .collect();
        SnapshotPage { seq: history.end(), documents }
    }

    /// Writes what the socket takes.
    pub(super) fn flush(&mut self, id: ConnectionId) -> Verdict {
        let now = self.now;
        let Some(at) = self.server.link_of(id) else { return Ok(()) };
        let (Some(hub), Some(link)) = (self.server.hub.as_mut(), self.links.get(at)) else {
            return Ok(());
        };
        let mut room = match link.down.is_dead {
            // Nobody takes anything, but the system's buffers have not said so yet.
            true => usize::MAX,
            false => link.window.saturating_sub(link.unread()),
        };
        let mut is_all = true;
        let mut frames: Vec<Frame> = Vec::new();
        loop {
            let next = hub.frames(id, 1).next().cloned();
            let Some(frame) = next else { break };
            let len = frame.bytes().len();
            // What does not fit into an empty window goes through it in pieces.
            if len > room && room < link.window {
                is_all = false;
                break;
            }
            room = room.saturating_sub(len);
            frames.push(frame);
            hub.handle_sent(id, 1, now);
        }
        let is_last = is_all && matches!(frames.last().map(Frame::kind), Some(FrameKind::Close(_)));
        let is_stuck = hub.is_closing(id) && !is_all;
        let incarnation = self.server.incarnation;
        if is_stuck {
            self.agenda.enter(now + LAST_WORDS, Happening::GiveUp { incarnation, link: at });
        }
        if let Some(link) = self.links.get_mut(at).filter(|link| link.down.is_dead)
            && !frames.is_empty()
            && !std::mem::replace(&mut link.is_expiring, true)
        {
            self.agenda.enter(now + UNACKNOWLEDGED, Happening::GiveUp { incarnation, link: at });
        }
        for frame in frames {
            self.write(at, &frame);
        }
        if is_last {
            if let Some(hub) = self.server.hub.as_mut() {
                hub.handle_input(id, PeerInput::Gone, now);
            }
            self.forget(id);
        }
        Ok(())
    }

    fn write(&mut self, at: usize, frame: &Frame) {
        match frame.kind() {
            FrameKind::Text => {
                let Some(text) = frame.text() else { return };
                for text in self.injected.deliver(at, text.into()) {
                    self.send_down(at, Down::Text(text));
                }
            }
            FrameKind::Block => self.send_down(at, Down::Bytes(frame.bytes().clone())),
            FrameKind::Ping => self.send_down(at, Down::Ping),
            FrameKind::Pong => self.send_down(at, Down::Pong),
            FrameKind::Close(code) => {
                let cause = CloseCause::Closed { code: Some(code), reason: Text::default() };
                self.send_down(at, Down::Closed(cause));
            }
        }
    }
}
