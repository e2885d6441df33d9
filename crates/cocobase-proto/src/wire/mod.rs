//! The messages of the protocol and their JSON, both ways.
//!
//! What a client reads a server can write, and the reverse: [`ServerMessage::decode`] accepts every
//! dialect and [`encode`] writes the documented spellings; the hellos and [`ClientMessage`] likewise
//! from the client to the server.
//!
//! | surface | first message | then, from the client | from the server |
//! |---|---|---|---|
//! | C | [`Hello`] | [`ClientMessage::Ping`] | [`Greeting`], [`Change`], [`Deleted`] |
//! | C′ | [`SelfHostedHello`] | [`ClientMessage::Ping`] | the same |
//! | B | [`BroadcastHello`] | [`ClientMessage::Message`] | [`Greeting`], [`RoomMessage`] |
//! | R | [`RoomHello`] | [`ClientMessage::Message`] | [`Joined`], [`Presence`], [`RoomMessage`] |
//! | G | [`ClientMessage::Auth`] | the other [`ClientMessage`]s | all of it |
//! | S | an HTTP request: [`rest::Request::watch`](crate::rest::Request::watch) | | [`Greeting`], [`Change`], [`Deleted`] |
//!
//! On all of them a server may send an [`ErrorMessage`].

pub(crate) mod keys;
pub(crate) mod lenient;
pub(crate) mod raw;
pub(crate) mod write;

mod client;
pub mod encode;
mod error_message;
mod server;
mod surface;

pub use client::{
    BroadcastHello, ClientMessage, ClientMessageError, Hello, HelloError, RoomAction, RoomHello,
    SelfHostedHello, Split, User,
};
pub use error_message::{ErrorMessage, code};
pub use server::{
    Change, Deleted, Greeting, Joined, Lagged, Participant, Position, Presence, RoomInfo,
    RoomMessage, ServerMessage, SnapshotDocument,
};
pub(crate) use server::{Templates, participants};
pub use surface::Surface;
