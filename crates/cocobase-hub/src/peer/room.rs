//! Surface R: one room.

use alloc::boxed::Box;
use alloc::string::ToString;

use cocobase_proto::wire::{self, ErrorMessage, RoomAction};
use cocobase_proto::{Instant, Position, Text};

use super::{Hello, Wish, hello_error, invalid};
use crate::connection::Subject;
use crate::connections::ConnectionId;
use crate::hub::Hub;
use crate::rooms::{EnterError, Mode};

/// How a client wants to enter its room.
#[derive(Debug)]
pub(super) struct RoomWish {
    room: Text,
    action: RoomAction,
    title: Option<Text>,
    resume: Option<Position>,
}

pub(super) fn hello(text: &str, room: &Text) -> Result<Hello, Box<ErrorMessage>> {
    let hello = wire::RoomHello::decode(text).map_err(|error| hello_error(&error))?;
    let wish = RoomWish {
        room: room.clone(),
        action: hello.action,
        title: hello.title,
        resume: hello.resume,
    };
    let wish = Wish::Room(wish);
    Ok(Hello { credentials: hello.credentials, wish, user: Some(hello.user) })
}

/// Why a client cannot enter a room, in the protocol's words.
pub(super) fn enter_error(error: EnterError) -> ErrorMessage {
    match error {
        EnterError::NotFound => {
            ErrorMessage::new(ErrorMessage::ROOM_NOT_FOUND).with_detail(error.to_string())
        }
        EnterError::TooLong { .. } => invalid(&error.to_string()),
        EnterError::Full { .. } | EnterError::TooManyRooms { .. } => {
            ErrorMessage::new("No place").with_detail(error.to_string())
        }
    }
}

impl Hub {
    pub(super) fn enter_own_room(&mut self, id: ConnectionId, wish: &RoomWish, now: Instant) {
        let mode = match wish.action {
            RoomAction::Create => Mode::Create { title: wish.title.as_deref() },
            RoomAction::Join => Mode::Join,
        };
        if let Err(error) = self.join(id, &wish.room, mode, wish.resume.as_ref(), now) {
            self.refuse(id, &enter_error(error).of_room(wish.room.clone()));
        }
    }

    pub(super) fn post_own_room(&mut self, id: ConnectionId, content: &str, now: Instant) {
        let Some(connection) = self.connections.get(id) else { return };
        if let Some(Subject::Room(room)) = connection.ties().first().map(|tie| &tie.subject) {
            let room = room.clone();
            self.post_room(id, &room, content, now);
        }
    }
}
