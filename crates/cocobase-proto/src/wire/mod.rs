//! The messages of the protocol and their JSON, both ways.
//!
//! What a client reads a server can write, and the reverse: [`ServerMessage::decode`] accepts every
//! dialect and [`encode`] writes the documented spellings; [`Hello`] and [`ClientMessage`] likewise
//! from the client to the server.

pub(crate) mod keys;
pub(crate) mod lenient;
pub(crate) mod write;

mod client;
pub mod encode;
mod error_message;
mod server;

pub use client::{ClientMessage, Hello, HelloError};
pub use error_message::ErrorMessage;
pub use server::{Change, Deleted, Greeting, Position, ServerMessage};
