//! Why a connection cannot enter a room.

use core::fmt;

/// Why a connection cannot enter a room. Nothing has changed when it is returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EnterError {
    /// It wants to join a room that is not there.
    NotFound,
    /// There is no place for another room.
    TooManyRooms { limit: usize },
    /// There is no place for another connection in this room.
    Full { limit: usize },
    /// What the client gave is longer than the server takes.
    TooLong { field: Field, bytes: usize, limit: usize },
}

/// What is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    RoomId,
    RoomTitle,
    UserId,
    UserName,
}

impl core::error::Error for EnterError {}

impl fmt::Display for EnterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound => f.write_str("there is no such room; create it first"),
            Self::TooManyRooms { limit } => {
                write!(f, "the server has all {limit} rooms it may have; try again later")
            }
            Self::Full { limit } => {
                write!(f, "the room has all {limit} connections it may have; try again later")
            }
            Self::TooLong { field, bytes, limit } => {
                write!(f, "{field} takes {bytes} bytes; shorten it to {limit}")
            }
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RoomId => "the room's id",
            Self::RoomTitle => "the room's title",
            Self::UserId => "the user's id",
            Self::UserName => "the user's name",
        })
    }
}
