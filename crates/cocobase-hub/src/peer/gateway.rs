//! Surface G: many collections and rooms on one socket.

use alloc::boxed::Box;
use alloc::format;

use cocobase_proto::wire::{self, ClientMessage, ClientMessageError, ErrorMessage, code, encode};
use cocobase_proto::{Instant, Text};

use super::room::enter_error;
use super::{Hello, Wish, invalid, message_error, unknown};
use crate::connection::Subject;
use crate::connections::ConnectionId;
use crate::hub::Hub;
use crate::rooms::Mode;
use crate::watch::Watch;

/// The first message: who the client is.
pub(super) fn hello(text: &str) -> Result<Hello, Box<ErrorMessage>> {
    match ClientMessage::decode(text) {
        Ok(ClientMessage::Auth { credentials, user }) => {
            Ok(Hello { credentials, wish: Wish::Gateway, user: Some(user) })
        }
        Err(error @ ClientMessageError::Json(_)) => Err(Box::new(message_error(error))),
        _ => {
            let detail = "the first message must be {\"type\":\"auth\",\"token\":\"…\"}";
            Err(Box::new(ErrorMessage::new(ErrorMessage::INVALID_TOKEN).with_detail(detail)))
        }
    }
}

/// The longest name of a collection, in bytes, as everywhere in this server.
const MAX_NAME_BYTES: usize = 255;

impl Hub {
    pub(super) fn hear_gateway(
        &mut self,
        id: ConnectionId,
        text: &str,
        message: ClientMessage<'_>,
        now: Instant,
    ) {
        match message {
            ClientMessage::Subscribe { collection, filter, resume, snapshot } => {
                let collection = Text::from(&*collection);
                let subject = Subject::Collection(collection.clone());
                if let Err(error) = self.admit(id, &subject) {
                    return self.report(id, &error.of_collection(collection));
                }
                let written_filter = wire::Hello::written_filter(text).map(Text::from);
                self.watch(
                    id,
                    Watch {
                        collection,
                        filter,
                        written_filter,
                        resume,
                        wants_snapshot: snapshot,
                        wants_greeting: true,
                    },
                );
            }
            ClientMessage::Unsubscribe { collection } => {
                self.untie(id, &Subject::Collection(Text::from(&*collection)));
                self.say_text(id, &encode::unsubscribed(&collection));
            }
            ClientMessage::Join { room, resume } => {
                if let Err(error) = self.admit(id, &Subject::Room(Text::from(&*room))) {
                    return self.report(id, &error.of_room(&*room));
                }
                let room = Text::from(&*room);
                if let Err(error) = self.join(id, &room, Mode::JoinOrCreate, resume.as_ref(), now) {
                    self.report(id, &enter_error(error).of_room(room));
                }
            }
            ClientMessage::Leave { room } => {
                self.untie(id, &Subject::Room(Text::from(&*room)));
                self.say_text(id, &encode::left(&room));
            }
            ClientMessage::Broadcast { room, message } => {
                self.post_room(id, &Text::from(&*room), &message, now);
            }
            ClientMessage::Auth { .. } => {
                self.report(id, &invalid("the credentials were accepted before; send them once"));
            }
            _ => self.report(id, &unknown(wire::Surface::Gateway)),
        }
    }

    /// Whether the connection may be told of one more subject.
    fn admit(&self, id: ConnectionId, subject: &Subject) -> Result<(), Box<ErrorMessage>> {
        if let Subject::Collection(name) = subject
            && (name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control))
        {
            let detail = format!(
                "a name has at most {MAX_NAME_BYTES} bytes, none of them control characters"
            );
            let error = ErrorMessage::new(ErrorMessage::NO_COLLECTION).with_detail(detail);
            return Err(Box::new(error));
        }
        let Some(connection) = self.connections.get(id) else { return Ok(()) };
        let limit = self.config.max_subscriptions;
        if connection.is_tied_to(subject) || connection.load() < limit {
            return Ok(());
        }
        let detail = format!(
            "one connection may have {limit} collections and rooms; end one, or open another connection"
        );
        let error = ErrorMessage::new("Too many subscriptions").with_code(code::ERROR);
        Err(Box::new(error.with_detail(detail)))
    }
}
