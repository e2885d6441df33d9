//! Who is in which room, and what was said there last.
//!
//! A registry without peers and without queues: it is told who enters, leaves and posts, and answers
//! who is to hear of it. `M` names a connection.
//!
//! - Whoever creates a room that is there enters it; its title and its creator stay as they are.
//! - A room outlives its last member by a grace time. When it is made anew, its epoch is another, so
//!   that nobody resumes in the new room from the numbers of the old one.
//! - A user may come over several connections and is one participant. The first connection brings
//!   the user, the last takes them away.
//!
//! Every call takes logarithmic time. All maps are ordered, as clients choose the ids: there is no
//! hash to collide, and the same calls give the same answers.

mod archive;
mod channel;
mod config;
mod error;
mod history;
mod members;
mod room;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::sync::Arc;

use cocobase_proto::rest::RoomList;
use cocobase_proto::{Instant, Participant, Text};

use self::archive::{Archive, Share};
pub(crate) use self::channel::Channel;
pub use self::config::RoomsConfig;
pub(crate) use self::error::EnterError;
pub(crate) use self::history::StoredMessage;
pub(crate) use self::room::Room;

/// All rooms of a server.
#[derive(Debug)]
pub(crate) struct Rooms<M> {
    config: RoomsConfig,
    epoch: Text,
    /// How many rooms there have been: each has an epoch of its own.
    made: u64,
    rooms: BTreeMap<Text, Room<M>>,
    /// The empty rooms, by when they vanish.
    empty: BTreeSet<(Instant, Text)>,
    archive: Archive,
}

/// How a connection comes into a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode<'a> {
    /// Makes the room, or enters the one that is there.
    Create { title: Option<&'a str> },
    /// Enters a room that is there.
    Join,
    /// Makes the room if need be, without a title: the gateway has no other way to make one.
    JoinOrCreate,
}

/// A connection is in a room.
#[derive(Debug)]
pub(crate) struct Entered<'a, M> {
    pub(crate) room: &'a Room<M>,
    /// The user is new here: the others are to hear of it. Entering again changes nothing.
    pub(crate) is_first_of_user: bool,
}

/// A connection is no longer in a room.
#[derive(Debug)]
pub(crate) struct Left<'a, M> {
    pub(crate) room: &'a Room<M>,
    /// Whose connection it was, with the name given last.
    pub(crate) user: Arc<Participant>,
    /// The user is no longer here: the others are to hear of it.
    pub(crate) is_last_of_user: bool,
}

/// A message was taken for all members of a room, the sender too.
#[derive(Debug)]
pub(crate) struct Posted<'a, M> {
    pub(crate) room: &'a Room<M>,
    pub(crate) message: StoredMessage,
}

impl<M: Copy + Ord> Rooms<M> {
    /// No rooms. What is kept of a room ends with this value, so `epoch` must be another for each.
    pub(crate) fn new(config: RoomsConfig, epoch: Text) -> Self {
        Self {
            config,
            epoch,
            made: 0,
            rooms: BTreeMap::new(),
            empty: BTreeSet::new(),
            archive: Archive::default(),
        }
    }

    /// The room with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Room<M>> {
        self.rooms.get(id)
    }

    /// All rooms in the order of their ids, those that are empty but have not vanished too.
    pub(crate) fn list(&self) -> RoomList {
        RoomList {
            rooms: self.rooms.values().map(Room::listed).collect(),
            total: self.rooms.len() as u64,
        }
    }

    /// Brings a connection into a room. `user` is kept as it is: its texts should be no slices of a
    /// frame.
    pub(crate) fn enter(
        &mut self,
        id: &str,
        member: M,
        user: &Arc<Participant>,
        mode: Mode<'_>,
        now: Instant,
    ) -> Result<Entered<'_, M>, EnterError> {
        let title = mode.title();
        self.config.check_room(id, title)?;
        self.config.check_user(user)?;
        let id = self.admit(id, member, mode)?;

        let room = self.rooms.entry(id.clone()).or_insert_with(|| {
            self.made += 1;
            let epoch = Text::from(format!("{}.{}", self.epoch, self.made));
            Room::new(id.clone(), title, user, Channel::new(epoch, &self.config), now)
        });
        if room.channel.user(member).is_some() {
            return Ok(Entered { room, is_first_of_user: false });
        }
        if let Some(at) = room.vanishes_at.take() {
            self.empty.remove(&(at, id.clone()));
        }
        let is_first_of_user = room.enter(member, user);
        Ok(Entered { room, is_first_of_user })
    }

    /// Takes a connection out of a room; `None` if it is not there.
    pub(crate) fn leave(&mut self, id: &str, member: M, now: Instant) -> Option<Left<'_, M>> {
        let room = self.rooms.get_mut(id)?;
        let (user, is_last_of_user) = room.leave(member)?;
        if room.channel.members().is_empty() {
            let at = now + self.config.grace;
            room.vanishes_at = Some(at);
            self.empty.insert((at, room.id.clone()));
        }
        Some(Left { room, user, is_last_of_user })
    }

    /// Takes a message, which is JSON, for a room; `None` if the sender is not there.
    pub(crate) fn post(
        &mut self,
        id: &str,
        member: M,
        content: &str,
        now: Instant,
    ) -> Option<Posted<'_, M>> {
        let room = self.rooms.get_mut(id)?;
        let before = Share::of(room);
        let message = room.channel.post(member, content, now)?;
        self.archive.replace(&room.id, &before, &Share::of(room));
        self.forget();
        Some(Posted { room: self.rooms.get(id)?, message })
    }

    /// When the next empty room vanishes.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.empty.first().map(|(at, _)| *at)
    }

    /// Lets the rooms vanish that have been empty for the grace time.
    pub(crate) fn handle_timeout(&mut self, now: Instant) {
        while self.poll_timeout().is_some_and(|at| at <= now) {
            self.vanish_next();
        }
    }

    /// The id of the room that `member` may now enter, or make: whether it is there and has place.
    fn admit(&mut self, id: &str, member: M, mode: Mode<'_>) -> Result<Text, EnterError> {
        let found = self.rooms.get_key_value(id);
        let channel = found.map(|(_, room)| &room.channel);
        let limit = self.config.max_members;
        if channel.map_or(0, |channel| channel.members().len()) >= limit
            && channel.is_none_or(|channel| channel.user(member).is_none())
        {
            return Err(EnterError::Full { limit });
        }
        match found {
            Some((id, _)) => Ok(id.clone()),
            None if mode == Mode::Join => Err(EnterError::NotFound),
            None => self.make_way().map(|()| Text::from(id)),
        }
    }

    /// Makes place for another room.
    fn make_way(&mut self) -> Result<(), EnterError> {
        let limit = self.config.max_rooms;
        if limit > 0 && self.rooms.len() >= limit {
            self.vanish_next();
        }
        if self.rooms.len() >= limit {
            return Err(EnterError::TooManyRooms { limit });
        }
        Ok(())
    }

    /// Removes the empty room that has been so for longest, if there is one.
    fn vanish_next(&mut self) {
        if let Some((_, id)) = self.empty.pop_first()
            && let Some(room) = self.rooms.remove(&id)
        {
            self.archive.replace(&id, &Share::of(&room), &Share::EMPTY);
        }
    }

    /// Gives up the oldest messages until all histories together keep to their bound.
    fn forget(&mut self) {
        while let Some(id) = self.archive.excess(self.config.total_history_bytes)
            && let Some(room) = self.rooms.get_mut(&id)
        {
            let before = Share::of(room);
            room.channel.drop_oldest();
            self.archive.replace(&id, &before, &Share::of(room));
        }
    }
}

impl<'a> Mode<'a> {
    const fn title(self) -> Option<&'a str> {
        match self {
            Self::Create { title } => title,
            Self::Join | Self::JoinOrCreate => None,
        }
    }
}
