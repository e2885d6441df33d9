//! What the rooms of a server may take.

use core::time::Duration;

use cocobase_proto::Participant;

use super::error::{EnterError, Field};

/// Bounds of rooms, their histories and the words in them. The defaults are our decision.
///
/// ```
/// use cocobase_hub::RoomsConfig;
///
/// let config = RoomsConfig { max_rooms: 10, ..RoomsConfig::default() };
/// assert_eq!(config.grace.as_secs(), 60);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomsConfig {
    /// Rooms at a time: 100,000. When there are so many, the one that has been empty for longest
    /// gives way to a new one; when none is empty, no room is made.
    pub max_rooms: usize,
    /// Connections in a room at a time: 100,000.
    pub max_members: usize,
    /// Messages that a room keeps for those who resume: 1,000.
    pub history_len: usize,
    /// Bytes that the messages kept by a room may take, what belongs to them included: 1 MiB.
    pub history_bytes: usize,
    /// Bytes that the messages kept by all rooms may take: 256 MiB. Beyond that, the oldest message
    /// of all is given up first.
    pub total_history_bytes: usize,
    /// How long a room outlives its last member: 60 seconds.
    pub grace: Duration,
    /// Bytes of a room's id: 255.
    pub max_id_bytes: usize,
    /// Bytes of a room's title: 255.
    pub max_title_bytes: usize,
    /// Bytes of a user's id, and of a user's name: 255.
    pub max_user_bytes: usize,
}

impl Default for RoomsConfig {
    fn default() -> Self {
        Self {
            max_rooms: 100_000,
            max_members: 100_000,
            history_len: 1_000,
            history_bytes: 1 << 20,
            total_history_bytes: 256 << 20,
            grace: Duration::from_secs(60),
            max_id_bytes: 255,
            max_title_bytes: 255,
            max_user_bytes: 255,
        }
    }
}

impl RoomsConfig {
    /// Whether a user's id and name are short enough, in a room or on the broadcast.
    pub(crate) fn check_user(&self, user: &Participant) -> Result<(), EnterError> {
        check(Field::UserId, &user.id, self.max_user_bytes)?;
        check(Field::UserName, user.name.as_deref().unwrap_or_default(), self.max_user_bytes)
    }

    pub(super) fn check_room(&self, id: &str, title: Option<&str>) -> Result<(), EnterError> {
        check(Field::RoomId, id, self.max_id_bytes)?;
        check(Field::RoomTitle, title.unwrap_or_default(), self.max_title_bytes)
    }
}

const fn check(field: Field, text: &str, limit: usize) -> Result<(), EnterError> {
    if text.len() > limit {
        return Err(EnterError::TooLong { field, bytes: text.len(), limit });
    }
    Ok(())
}
