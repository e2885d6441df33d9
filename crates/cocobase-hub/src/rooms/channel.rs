//! What a room and the project's broadcast have in common.

use alloc::sync::Arc;

use cocobase_proto::{Instant, Participant, Position, Text};

use super::config::RoomsConfig;
use super::history::{History, StoredMessage};
use super::members::Members;

/// Connections that hear each other, and the last of what they said. The broadcast is one.
#[derive(Debug)]
pub(crate) struct Channel<M> {
    epoch: Text,
    history: History,
    members: Members<M>,
}

impl<M: Copy + Ord> Channel<M> {
    /// A channel without members, whose messages are numbered from 1 in `epoch`. No other channel
    /// of the same name may ever have had this epoch.
    pub(crate) const fn new(epoch: Text, config: &RoomsConfig) -> Self {
        let history = History::new(config.history_len, config.history_bytes);
        Self { epoch, history, members: Members::new() }
    }

    /// The members, side by side; their order says nothing.
    pub(crate) fn members(&self) -> &[M] {
        self.members.list()
    }

    /// Who a member is, if it is one.
    pub(crate) fn user(&self, member: M) -> Option<&Arc<Participant>> {
        self.members.user(member)
    }

    /// The end of what has been said: from here on messages follow.
    pub(crate) fn position(&self) -> Position {
        Position { epoch: self.epoch.clone(), seq: self.history.seq() }
    }

    /// What was said after `position`; `None` when that it is whole cannot be proved, as the
    /// position is of another epoch, in the future, or before what is kept.
    pub(crate) fn since(
        &self,
        position: &Position,
    ) -> Option<impl ExactSizeIterator<Item = &StoredMessage> + use<'_, M>> {
        (position.epoch == self.epoch).then(|| self.history.since(position.seq)).flatten()
    }

    /// Adds a member. One that is there stays who it is: `false`.
    pub(crate) fn enter(&mut self, member: M, user: Arc<Participant>) -> bool {
        self.members.insert(member, user)
    }

    /// Removes a member, if it is one, and says who it was.
    pub(crate) fn leave(&mut self, member: M) -> Option<Arc<Participant>> {
        self.members.remove(member)
    }

    /// Takes a member's message, which is JSON, for all [`members`](Self::members), the sender too.
    pub(crate) fn post(&mut self, member: M, content: &str, at: Instant) -> Option<StoredMessage> {
        let sender = Arc::clone(self.members.user(member)?);
        Some(self.history.push(sender, content, at))
    }

    pub(super) const fn history(&self) -> &History {
        &self.history
    }

    pub(super) fn drop_oldest(&mut self) {
        self.history.drop_oldest();
    }
}
