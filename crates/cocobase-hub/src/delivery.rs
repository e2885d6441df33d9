//! Handing events to those who are told of them.

use alloc::vec::Vec;

use cocobase_proto::wire::Surface;
use cocobase_proto::{JsonError, Text};

use crate::close::{POLICY, TRY_AGAIN};
use crate::commit::Commit;
use crate::config::Overflow;
use crate::connection::{Connection, Lag, Subject, TieState};
use crate::connections::{ConnectionId, Connections};
use crate::encoded::Encoded;
use crate::event::encoded;
use crate::filter_set::FilterSet;
use crate::frame::{Frame, Weight};
use crate::hub::Hub;
use crate::outlet::Outlet;

/// One collection, as far as the hub knows it.
#[derive(Debug, Default)]
pub(crate) struct Topic {
    /// The number of the last commit that was published.
    pub(crate) seq: u64,
    /// Whoever is live, by filter.
    pub(crate) filters: FilterSet,
    /// How many connections watch it, live or not.
    pub(crate) watchers: usize,
}

impl Hub {
    pub(crate) fn deliver_commit(&mut self, commit: &Commit) {
        let topic = match self.topics.get_mut(&commit.collection) {
            Some(topic) => topic,
            None => self.topics.entry(commit.collection.clone()).or_default(),
        };
        if commit.seq <= topic.seq {
            return;
        }
        topic.seq = commit.seq;
        let mut receivers = core::mem::take(&mut self.receivers);
        // The log holds JSON objects only; anything else concerns nobody.
        if !topic.filters.is_empty() && collect(commit, &mut topic.filters, &mut receivers).is_ok()
        {
            let epoch = self.config.epoch.clone();
            let mut event = encoded(commit, &epoch, self.config.shape);
            let subject = || Subject::Collection(commit.collection.clone());
            self.hand_out(&receivers, commit.seq, subject, &mut event);
        }
        receivers.clear();
        self.receivers = receivers;
    }

    /// Queues an event for each receiver, in the frame for its surface.
    pub(crate) fn hand_out<F: Fn(Surface) -> Option<Frame>>(
        &mut self,
        receivers: &[ConnectionId],
        seq: u64,
        subject: impl FnOnce() -> Subject,
        event: &mut Encoded<F>,
    ) {
        let mut unsteady = core::mem::take(&mut self.unsteady);
        let Self { connections, outlet, .. } = self;
        for id in receivers {
            if !queue(connections, outlet, *id, event) {
                unsteady.push(*id);
            }
        }
        if !unsteady.is_empty() {
            let subject = subject();
            for id in unsteady.drain(..) {
                let surface = self.connections.get(id).map(|connection| connection.surface);
                if let Some(frame) = surface.and_then(|surface| event.frame(surface)) {
                    self.deliver_with_care(id, &subject, seq, frame, self.config.overflow);
                }
            }
        }
        self.unsteady = unsteady;
    }

    /// Queues an event for a client that may not be told of it yet, or lags, or is about to: then
    /// `overflow` happens.
    pub(crate) fn deliver_with_care(
        &mut self,
        id: ConnectionId,
        subject: &Subject,
        seq: u64,
        frame: &Frame,
        overflow: Overflow,
    ) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        match connection.state(subject) {
            Some(TieState::Live) => {}
            Some(TieState::After(first)) => {
                if seq <= *first {
                    return;
                }
                connection.set_state(subject, TieState::Live);
            }
            Some(TieState::Lagging(lag)) => {
                lag.missed += 1;
                lag.seq = seq;
                return;
            }
            Some(TieState::CatchingUp(_)) | None => return,
        }
        if self.outlet.fits(&connection.queue, frame.cost()) {
            return self.outlet.push(id, connection, frame.clone());
        }
        match overflow {
            Overflow::Disconnect => return self.cut_off(id, TRY_AGAIN, TOO_SLOW),
            Overflow::Coalesce => {
                self.outlet.release(connection.queue.coalesce());
                // A queue that is nearly full again would have to be searched for every event.
                let room = self.config.queue_bytes / 4;
                if self.outlet.fits(&connection.queue, frame.cost().max(room)) {
                    return self.outlet.push(id, connection, frame.clone());
                }
            }
            Overflow::Lag => {}
        }
        connection.set_state(subject, TieState::Lagging(Lag { missed: 1, seq }));
    }

    /// Queues what must not be left out: an answer, a greeting, an error.
    pub(crate) fn say(&mut self, id: ConnectionId, frame: Frame) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        if connection.is_closing() {
            return;
        }
        if !self.outlet.takes_control(&connection.queue, frame.cost()) {
            return self.cut_off(id, POLICY, "too many answers wait to be read");
        }
        self.outlet.push(id, connection, frame);
    }

    /// The same for a text as the client's surface carries it.
    pub(crate) fn say_text(&mut self, id: ConnectionId, text: &str) {
        let Some(connection) = self.connections.get(id) else { return };
        let frame = match connection.surface {
            Surface::Events => Frame::block(None, Some(text), Weight::Control),
            _ => Frame::message(text, Weight::Control),
        };
        self.say(id, frame);
    }

    /// Goes on with what has waited for place in the client's queue.
    pub(crate) fn refill(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get(id) else { return };
        if connection.is_steady || connection.is_closing() {
            return;
        }
        for subject in connection.unsteady_subjects() {
            let Some(connection) = self.connections.get_mut(id) else { return };
            if !self.outlet.is_low(&connection.queue) {
                return;
            }
            match (connection.state(&subject), &subject) {
                (Some(TieState::Lagging(lag)), _) => {
                    let Lag { missed, seq } = *lag;
                    connection.set_state(&subject, TieState::Live);
                    self.tell_lag(id, &subject, Some(missed), seq);
                }
                (Some(TieState::CatchingUp(_)), Subject::Collection(collection)) => {
                    self.go_on(id, collection);
                }
                _ => {}
            }
        }
    }

    /// The name of the history that a subject's numbers count in.
    pub(crate) fn epoch_of(&self, subject: &Subject) -> Option<Text> {
        match subject {
            Subject::Collection(_) => Some(self.config.epoch.clone()),
            Subject::Room(room) => Some(self.rooms.get(room)?.channel().position().epoch),
            Subject::Broadcast => Some(self.broadcast.position().epoch),
        }
    }
}

pub(crate) const TOO_SLOW: &str = "too slow: events were dropped; come back and resume";

/// The common case, which has to be fast; `false` if this is not it.
fn queue<F: Fn(Surface) -> Option<Frame>>(
    connections: &mut Connections<Connection>,
    outlet: &mut Outlet,
    id: ConnectionId,
    event: &mut Encoded<F>,
) -> bool {
    let Some(connection) = connections.get_mut(id) else { return true };
    if !connection.is_steady {
        return false;
    }
    let Some(frame) = event.frame(connection.surface) else { return true };
    let fits = outlet.fits(&connection.queue, frame.cost());
    if fits {
        outlet.push(id, connection, frame.clone());
    }
    fits
}

fn collect(
    commit: &Commit,
    filters: &mut FilterSet,
    receivers: &mut Vec<ConnectionId>,
) -> Result<(), JsonError> {
    if filters.needs_documents() {
        let new = commit.metadata().flat_view(&commit.data)?;
        let old = commit.old.as_ref().map(|old| commit.metadata().flat_view(old)).transpose()?;
        filters.collect(old.as_ref(), &new, receivers);
    } else {
        filters.collect_unfiltered(receivers);
    }
    Ok(())
}
