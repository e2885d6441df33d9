//! How long a client may be silent.

use cocobase_proto::Instant;
use cocobase_proto::wire::{ErrorMessage, Surface};

use super::Phase;
use crate::close::POLICY;
use crate::connections::ConnectionId;
use crate::frame::Frame;
use crate::hub::Hub;

impl Hub {
    /// Makes sure that the connection is looked at then, or before.
    pub(crate) fn wake_at(&mut self, id: ConnectionId, at: Instant, now: Instant) {
        if let Some(connection) = self.connections.get_mut(id) {
            self.timers.arm(id.index(), &mut connection.alarm, at, now);
        }
    }

    /// From now on the client's silence is watched.
    pub(super) fn watch_life(&mut self, id: ConnectionId, now: Instant) {
        let surface = self.connections.get(id).map(|connection| connection.surface);
        let pause = match surface {
            Some(Surface::Events) => self.config.peer.keep_alive,
            _ => self.config.peer.ping_after,
        };
        self.wake_at(id, now + pause, now);
    }

    /// The alarm of a connection has gone off. It may have been set before the client spoke last.
    pub(crate) fn wake(&mut self, id: ConnectionId, now: Instant) {
        let Some(connection) = self.connections.get(id) else { return };
        match &connection.phase {
            Phase::Closing => {}
            Phase::Silent { until, .. } if now < *until => self.wake_at(id, *until, now),
            Phase::Silent { .. } => {
                self.refuse(id, &ErrorMessage::new(ErrorMessage::AUTHENTICATION_TIMEOUT));
            }
            _ if connection.surface == Surface::Events => self.keep_alive(id, now),
            _ => self.check_life(id, now),
        }
    }

    /// A client that is silent gets a ping, and one that stays silent is let go. A wake-up that comes
    /// late says that it was we who were away, so the ping comes first in any case.
    fn check_life(&mut self, id: ConnectionId, now: Instant) {
        let config = self.config.peer;
        let Some(connection) = self.connections.get_mut(id) else { return };
        let (last_heard, silence) = (connection.last_heard, now.since(connection.last_heard));
        if silence >= config.dead_after && connection.is_pinged {
            return self.cut_off(id, POLICY, "nothing heard for too long");
        }
        let mut patience = config.ping_after;
        if silence >= config.ping_after {
            patience = config.dead_after;
            if !core::mem::replace(&mut connection.is_pinged, true) {
                self.say(id, Frame::ping());
            }
        }
        // A late ping leaves time for its answer.
        self.wake_at(id, (last_heard + patience).max(now + config.ping_after / 3), now);
    }

    /// A stream on which nothing happens gets a comment. One whose client has long taken nothing of
    /// what waits is let go.
    fn keep_alive(&mut self, id: ConnectionId, now: Instant) {
        let config = self.config.peer;
        let Some(connection) = self.connections.get_mut(id) else { return };
        if connection.queue.is_empty() {
            connection.last_heard = connection.last_heard.max(now);
            connection.is_pinged = false;
            self.say(id, Frame::comment());
        } else if now.since(connection.last_heard) >= config.dead_after {
            // As above: a second look comes first.
            if core::mem::replace(&mut connection.is_pinged, true) {
                return self.cut_off(id, POLICY, "nothing taken for too long");
            }
        }
        self.wake_at(id, now + config.keep_alive, now);
    }

    pub(crate) fn sent(&mut self, id: ConnectionId, frames: usize, now: Instant) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        self.outlet.release(connection.queue.remove_sent(frames));
        if connection.queue.is_empty() {
            connection.is_announced = false;
        }
        if connection.surface == Surface::Events && frames > 0 {
            connection.last_heard = connection.last_heard.max(now);
            connection.is_pinged = false;
        }
        self.refill(id);
    }
}
