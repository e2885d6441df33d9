//! How much all histories take, and which of them begins with the oldest message.

use alloc::collections::BTreeSet;

use cocobase_proto::{Instant, Text};

use super::room::Room;

/// A sum over the histories of all rooms, kept up to date as each of them changes.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: usize,
    /// Each room that has a history, by the time of its oldest message.
    oldest: BTreeSet<(Instant, Text)>,
}

/// What the sum holds of one room.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Share {
    bytes: usize,
    oldest: Option<Instant>,
}

impl Share {
    pub(super) fn of<M: Copy + Ord>(room: &Room<M>) -> Self {
        let history = room.channel.history();
        Self { bytes: history.bytes(), oldest: history.oldest().map(|message| message.at) }
    }

    pub(super) const EMPTY: Self = Self { bytes: 0, oldest: None };
}

impl Archive {
    /// Takes note that a room's history was changed.
    pub(super) fn replace(&mut self, room: &Text, before: &Share, after: &Share) {
        self.bytes = self.bytes - before.bytes + after.bytes;
        if before.oldest != after.oldest {
            if let Some(at) = before.oldest {
                self.oldest.remove(&(at, room.clone()));
            }
            if let Some(at) = after.oldest {
                self.oldest.insert((at, room.clone()));
            }
        }
    }

    /// The room that has the oldest message, when all of them take more than `limit`.
    pub(super) fn excess(&self, limit: usize) -> Option<Text> {
        if self.bytes <= limit {
            return None;
        }
        self.oldest.first().map(|(_, room)| room.clone())
    }
}
