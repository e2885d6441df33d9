//! One room.

use alloc::collections::BTreeMap;
use alloc::string::ToString;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cocobase_proto::rest::ListedRoom;
use cocobase_proto::wire::encode;
use cocobase_proto::{Instant, Participant, Text};

use super::channel::Channel;

/// A channel with a name, in which one sees who is there.
#[derive(Debug)]
pub(crate) struct Room<M> {
    pub(super) id: Text,
    title: Option<Text>,
    created_by: Text,
    created_at: Instant,
    pub(super) channel: Channel<M>,
    /// By id. A user is one participant, over however many connections.
    users: BTreeMap<Text, Presence>,
    /// When the room vanishes, while it is empty.
    pub(super) vanishes_at: Option<Instant>,
}

#[derive(Debug)]
struct Presence {
    /// With the name that was given last.
    user: Arc<Participant>,
    connections: usize,
}

impl<M: Copy + Ord> Room<M> {
    pub(super) fn new(
        id: Text,
        title: Option<&str>,
        creator: &Participant,
        channel: Channel<M>,
        now: Instant,
    ) -> Self {
        Self {
            id,
            title: title.map(Text::from),
            created_by: creator.id.clone(),
            created_at: now,
            channel,
            users: BTreeMap::new(),
            vanishes_at: None,
        }
    }

    /// The members, the position and the history.
    pub(crate) const fn channel(&self) -> &Channel<M> {
        &self.channel
    }

    /// What messages say about the room, as it is now.
    pub(crate) fn info(&self) -> encode::Room<'_> {
        encode::Room {
            id: &self.id,
            title: self.title.as_deref(),
            participants: Some(self.users.len() as u64),
        }
    }

    /// The users who are here, in the order of their ids, each with the name given last.
    pub(crate) fn participants(&self) -> impl ExactSizeIterator<Item = &Participant> {
        self.users.values().map(|presence| &*presence.user)
    }

    /// The room in a list of rooms.
    pub(super) fn listed(&self) -> ListedRoom {
        let participant_list: Vec<Participant> = self.participants().cloned().collect();
        ListedRoom {
            id: self.id.clone(),
            title: self.title.clone(),
            created_by: Some(self.created_by.clone()),
            participants: Some(participant_list.len() as u64),
            participant_list,
            created_at: Some(Text::from((self.created_at.as_nanos() / 1_000_000_000).to_string())),
        }
    }

    /// Adds a connection that is not here, and says whether its user was not here before.
    pub(super) fn enter(&mut self, member: M, user: &Arc<Participant>) -> bool {
        self.channel.enter(member, Arc::clone(user));
        let presence = self
            .users
            .entry(user.id.clone())
            .or_insert_with(|| Presence { user: Arc::clone(user), connections: 0 });
        presence.connections += 1;
        // A connection that gives no name does not take one away.
        if user.name.is_some() {
            presence.user = Arc::clone(user);
        }
        presence.connections == 1
    }

    /// Removes a connection, if it is here: its user, and whether that was the user's last.
    pub(super) fn leave(&mut self, member: M) -> Option<(Arc<Participant>, bool)> {
        let connection = self.channel.leave(member)?;
        let presence = self.users.get_mut(&connection.id)?;
        presence.connections -= 1;
        let user = Arc::clone(&presence.user);
        let is_last = presence.connections == 0;
        if is_last {
            self.users.remove(&connection.id);
        }
        Some((user, is_last))
    }
}
