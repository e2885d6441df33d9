//! How a connection ends: the codes of RFC 6455, 7.4.1, and of its registry.

use cocobase_proto::wire::Surface;

use crate::connection::{Connection, Subject, Tie, TieState};
use crate::connections::ConnectionId;
use crate::frame::Frame;
use crate::hub::Hub;
use crate::peer::Phase;

/// The server goes away, and the client may come back.
pub(crate) const GOING_AWAY: u16 = 1001;
/// The client sent text that is none.
pub(crate) const NOT_UTF8: u16 = 1007;
/// The client broke the rules of the protocol, or is dead.
pub(crate) const POLICY: u16 = 1008;
/// The client sent more than the server takes.
pub(crate) const TOO_LARGE: u16 = 1009;
/// The server cannot do what it should.
pub(crate) const INTERNAL: u16 = 1011;
/// The client is too slow, and may come back.
pub(crate) const TRY_AGAIN: u16 = 1013;

impl Hub {
    /// Says goodbye behind everything that was said before. From now on the client is told nothing,
    /// and nothing is heard of it but that it is gone.
    pub(crate) fn close(&mut self, id: ConnectionId, code: u16, reason: &str) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        if matches!(connection.phase, Phase::Closing) {
            return;
        }
        connection.phase = Phase::Closing;
        self.timers.disarm(id.index(), &mut connection.alarm);
        let frame = match connection.surface {
            Surface::Events => Frame::end_of_stream(code),
            _ => Frame::close(code, reason),
        };
        // Named again even while its queue is not empty: the shell is to know that this is the end.
        connection.is_announced = false;
        self.outlet.push(id, connection, frame);
        self.untie_all(id);
    }

    /// Says goodbye at once, as what waits would only delay it.
    pub(crate) fn cut_off(&mut self, id: ConnectionId, code: u16, reason: &str) {
        if let Some(connection) = self.connections.get_mut(id) {
            self.outlet.release(connection.queue.drop_waiting());
        }
        self.close(id, code, reason);
    }

    /// Forgets a connection that is over.
    pub(crate) fn forget(&mut self, id: ConnectionId) {
        self.untie_all(id);
        let Some(mut connection) = self.connections.remove(id) else { return };
        self.timers.disarm(id.index(), &mut connection.alarm);
        self.outlet.release(connection.queue.bytes());
        if connection.may_have_asked() {
            self.actions.retain(|action| action.id() != id);
        }
    }

    fn untie_all(&mut self, id: ConnectionId) {
        while let Some(tie) = self.connections.get_mut(id).and_then(Connection::untie_last) {
            self.untied(id, tie);
        }
    }

    /// Takes note that a connection is no longer told of something.
    pub(crate) fn untied(&mut self, id: ConnectionId, tie: Tie) {
        match tie.subject {
            Subject::Collection(collection) => {
                if let Some(topic) = self.topics.get_mut(&collection) {
                    topic.filters.remove(id);
                    topic.watchers -= 1;
                    if topic.watchers == 0 && topic.seq == 0 {
                        self.topics.remove(&collection);
                    }
                }
                if let TieState::CatchingUp(catch_up) = tie.state {
                    self.outlet.release(catch_up.bytes());
                    if let Some(connection) = self.connections.get_mut(id)
                        && catch_up.is_reading()
                    {
                        connection.stale.push(collection);
                    }
                }
            }
            Subject::Room(room) => self.leaving.push_back((id, room)),
            Subject::Broadcast => {
                self.broadcast.leave(id);
            }
        }
    }
}

impl Connection {
    /// Whether the shell may not have carried out everything that it was asked for this connection.
    fn may_have_asked(&self) -> bool {
        matches!(self.phase, Phase::Asking(_) | Phase::Closing) || !self.stale.is_empty()
    }
}
