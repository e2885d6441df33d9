//! One client, from its first word to its end: what it says, and how long it may be silent.
//!
//! | surface | module | first message | then |
//! |---|---|---|---|
//! | C | [`collection`] | hello with a filter | pings |
//! | S | [`events`] | none: the request says it all | nothing |
//! | G | [`gateway`] | `auth` | subscriptions, rooms, broadcasts, pings |
//! | B | [`broadcast`] | hello with a user | messages, pings |
//! | R | [`room`] | hello with a user and an action | messages, pings |

mod broadcast;
mod collection;
mod events;
mod gateway;
mod life;
mod room;
mod user;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;
use core::mem;

use cocobase_proto::rest::WatchQuery;
use cocobase_proto::wire::{
    ClientMessage, ClientMessageError, ErrorMessage, HelloError, Surface, encode,
};
use cocobase_proto::{Credentials, Instant, Position, Text, User};

use self::room::RoomWish;
use crate::action::{HubAction, Verdict};
use crate::close::{NOT_UTF8, POLICY, TOO_LARGE};
use crate::connection::Connection;
use crate::connections::ConnectionId;
use crate::frame::Frame;
use crate::hub::Hub;
use crate::watch::Watch;

/// What a client has connected to.
#[derive(Debug, Clone, PartialEq)]
pub enum Entrance {
    /// G: many collections and rooms on one WebSocket.
    Gateway,
    /// C: this collection, on a WebSocket.
    Collection(Text),
    /// B: the project's broadcast, on a WebSocket.
    Broadcast,
    /// R: this room, on a WebSocket.
    Room(Text),
    /// S: a collection by server-sent events. The request says everything; more is never heard.
    Events {
        /// The collection's name.
        collection: Text,
        /// Which documents, and what is sent before them.
        query: WatchQuery,
        /// The filter as the client wrote it.
        written_filter: Option<String>,
        /// What the client proves itself with.
        credentials: Option<Credentials>,
        /// The id of the last event that the client has, as it says.
        last_event_id: Option<Text>,
    },
}

/// What the shell hears from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerInput<'a> {
    /// A text message.
    Text(&'a str),
    /// A message that is no text.
    Binary,
    /// A text message whose bytes are not UTF-8. Nothing can be read after it.
    NotUtf8,
    /// A message of more bytes than this. Nothing can be read after it.
    TooLarge(usize),
    /// A sign of life below the protocol's messages, such as a WebSocket pong.
    Alive,
    /// A WebSocket ping with its payload. A pong is queued.
    Ping(&'a [u8]),
    /// The connection is over, whoever ended it. Its id means nothing any more.
    Gone,
}

/// How far a client has come.
#[derive(Debug)]
pub(crate) enum Phase {
    /// It has not said hello, and may do so until then.
    Silent { door: Door, until: Instant },
    /// Its credentials are being checked.
    Asking(Box<Asking>),
    /// It is who it says it is.
    Inside,
    /// The last frame is in its queue.
    Closing,
}

/// Where a client stands before it says hello.
#[derive(Debug)]
pub(crate) enum Door {
    Gateway,
    Collection(Text),
    Broadcast,
    Room(Text),
}

/// A client whose credentials are being checked.
pub(crate) struct Asking {
    wish: Wish,
    /// What it has said meanwhile.
    early: Vec<Text>,
    early_bytes: usize,
}

impl fmt::Debug for Asking {
    /// What clients say may hold keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking")
            .field("wish", &self.wish)
            .field("early_bytes", &self.early_bytes)
            .finish_non_exhaustive()
    }
}

/// What a client has said hello for.
#[derive(Debug)]
enum Wish {
    Watch(Watch),
    Gateway,
    Broadcast { resume: Option<Position> },
    Room(RoomWish),
}

/// How much a client may say before its credentials are checked, in bytes: room for a gateway's
/// thousand subscriptions.
const MAX_EARLY: usize = 256 << 10;

/// What a text that waits takes beside its bytes.
const EARLY_OVERHEAD: usize = 64;

impl Hub {
    pub(crate) fn enter(&mut self, entrance: Entrance, now: Instant) -> ConnectionId {
        let (surface, door) = match entrance {
            Entrance::Gateway => (Surface::Gateway, Door::Gateway),
            Entrance::Collection(collection) => (Surface::Collection, Door::Collection(collection)),
            Entrance::Broadcast => (Surface::Broadcast, Door::Broadcast),
            Entrance::Room(room) => (Surface::Room, Door::Room(room)),
            Entrance::Events { collection, query, written_filter, credentials, last_event_id } => {
                let watch =
                    events::watch(collection, query, written_filter, last_event_id.as_deref());
                return self.enter_stream(watch, credentials, now);
            }
        };
        let until = now + self.config.peer.hello_timeout;
        let phase = Phase::Silent { door, until };
        let id = self.connections.insert(Connection::new(surface, phase, now));
        self.wake_at(id, until, now);
        id
    }

    /// The client said something, or showed that it is alive.
    pub(crate) fn hear(&mut self, id: ConnectionId, input: PeerInput<'_>, now: Instant) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        if connection.is_closing() {
            return;
        }
        connection.last_heard = connection.last_heard.max(now);
        if mem::take(&mut connection.is_pinged) {
            self.wake_at(id, now + self.config.peer.ping_after, now);
        }
        match input {
            PeerInput::Text(text) => self.hear_text(id, text, now),
            PeerInput::Binary => self.hear_binary(id),
            PeerInput::Ping(payload) => self.say(id, Frame::pong(payload)),
            PeerInput::NotUtf8 => {
                self.report(id, &invalid("the text is not UTF-8"));
                self.close(id, NOT_UTF8, "the text is not UTF-8");
            }
            PeerInput::TooLarge(limit) => {
                let detail = format!("a message may have at most {limit} bytes");
                self.report(id, &invalid(&detail));
                self.close(id, TOO_LARGE, &detail);
            }
            PeerInput::Alive | PeerInput::Gone => {}
        }
    }

    fn hear_text(&mut self, id: ConnectionId, text: &str, now: Instant) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let surface = connection.surface;
        match &mut connection.phase {
            // Nothing is heard on an event stream.
            _ if surface == Surface::Events => {}
            Phase::Silent { door, .. } => {
                let hello = match door {
                    Door::Gateway => gateway::hello(text),
                    Door::Collection(collection) => collection::hello(text, collection),
                    Door::Broadcast => broadcast::hello(text),
                    Door::Room(room) => room::hello(text, room),
                };
                match hello {
                    Ok(hello) => self.ask(id, hello, now),
                    Err(error) => self.refuse(id, &error),
                }
            }
            Phase::Asking(asking) => {
                asking.early_bytes += text.len() + EARLY_OVERHEAD;
                if asking.early_bytes > MAX_EARLY {
                    return self.cut_off(id, POLICY, "too much was said before the greeting");
                }
                asking.early.push(Text::from(text));
            }
            Phase::Inside => self.hear_message(id, surface, text, now),
            Phase::Closing => {}
        }
    }

    fn hear_binary(&mut self, id: ConnectionId) {
        let Some(connection) = self.connections.get(id) else { return };
        match &connection.phase {
            _ if connection.surface == Surface::Events => {}
            Phase::Silent { .. } => self.refuse(id, &invalid(NO_BINARY)),
            _ => self.report(id, &invalid(NO_BINARY)),
        }
    }

    fn hear_message(&mut self, id: ConnectionId, surface: Surface, text: &str, now: Instant) {
        let message = match ClientMessage::decode(text) {
            Ok(ClientMessage::Ping) => return self.say_text(id, encode::PONG),
            Ok(message) => message,
            Err(error) => return self.report(id, &message_error(error)),
        };
        match (surface, message) {
            (Surface::Gateway, message) => self.hear_gateway(id, text, message, now),
            (Surface::Broadcast, ClientMessage::Message { content }) => {
                self.post_broadcast(id, &content, now);
            }
            (Surface::Room, ClientMessage::Message { content }) => {
                self.post_own_room(id, &content, now);
            }
            (surface, _) => self.report(id, &unknown(surface)),
        }
    }

    fn ask(&mut self, id: ConnectionId, hello: Hello, now: Instant) {
        let Hello { credentials, wish, user } = hello;
        let user = match user.map(|user| self.identify(user)).transpose() {
            Ok(user) => user,
            Err(error) => return self.refuse(id, &invalid(&error.to_string())),
        };
        let Some(connection) = self.connections.get_mut(id) else { return };
        connection.user = user;
        let asking = Asking { wish, early: Vec::new(), early_bytes: 0 };
        connection.phase = Phase::Asking(Box::new(asking));
        self.actions.push_back(HubAction::Authenticate { id, credentials });
        self.watch_life(id, now);
    }

    pub(crate) fn judge(&mut self, id: ConnectionId, verdict: Verdict, now: Instant) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let surface = connection.surface;
        if !matches!(connection.phase, Phase::Asking(_)) {
            return;
        }
        if verdict == Verdict::Refused {
            let said = match surface {
                Surface::Gateway => ErrorMessage::INVALID_TOKEN,
                _ => ErrorMessage::INVALID_API_KEY,
            };
            return self.refuse(id, &ErrorMessage::new(said));
        }
        let Phase::Asking(asking) = mem::replace(&mut connection.phase, Phase::Inside) else {
            return;
        };
        connection.recount();
        match asking.wish {
            Wish::Watch(watch) => self.watch(id, watch),
            Wish::Gateway => self.say_text(id, encode::AUTHENTICATED),
            Wish::Broadcast { resume } => self.join_broadcast(id, resume.as_ref()),
            Wish::Room(wish) => self.enter_own_room(id, &wish, now),
        }
        for text in asking.early {
            if self.connections.get(id).is_none_or(Connection::is_closing) {
                return;
            }
            self.hear_message(id, surface, &text, now);
        }
    }

    /// Says what is wrong. That ends nothing.
    pub(crate) fn report(&mut self, id: ConnectionId, error: &ErrorMessage) {
        if let Some(connection) = self.connections.get(id) {
            let text = error.encode(connection.surface);
            self.say_text(id, &text);
        }
    }

    /// Says what is wrong when there is nothing more to say.
    pub(crate) fn refuse(&mut self, id: ConnectionId, error: &ErrorMessage) {
        self.report(id, error);
        self.close(id, POLICY, &error.message);
    }
}

/// What a client's first message says.
#[derive(Debug)]
struct Hello {
    credentials: Credentials,
    wish: Wish,
    /// Who the client is to the others, on surfaces that have others.
    user: Option<User>,
}

fn hello_error(error: &HelloError) -> ErrorMessage {
    match error {
        HelloError::NoCredentials => ErrorMessage::new(ErrorMessage::API_KEY_REQUIRED),
        HelloError::Filter(error) => {
            ErrorMessage::new(ErrorMessage::INVALID_FILTERS).with_detail(error.to_string())
        }
        error => invalid(&error.to_string()),
    }
}

fn message_error(error: ClientMessageError) -> ErrorMessage {
    match error {
        ClientMessageError::Filter { collection, error } => {
            ErrorMessage::new(ErrorMessage::INVALID_FILTERS)
                .with_detail(error.to_string())
                .of_collection(collection)
        }
        error => invalid(&error.to_string()),
    }
}

fn invalid(detail: &str) -> ErrorMessage {
    ErrorMessage::new(ErrorMessage::INVALID_MESSAGE).with_detail(detail)
}

fn unknown(surface: Surface) -> ErrorMessage {
    let understood = match surface {
        Surface::Gateway => {
            "the gateway understands `subscribe`, `unsubscribe`, `join`, `leave`, `broadcast` and `ping`"
        }
        Surface::Broadcast => "the broadcast understands `message`, with `data`, and `ping`",
        Surface::Room => "a room understands `message`, with `content`, and `ping`",
        _ => "a collection's watch understands {\"type\":\"ping\"}",
    };
    ErrorMessage::new(ErrorMessage::UNKNOWN_MESSAGE).with_detail(understood)
}

const NO_BINARY: &str = "send text, not binary";
