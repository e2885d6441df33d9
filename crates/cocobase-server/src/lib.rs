//! The self-hosted, wire-compatible Cocobase realtime server.
//!
//! [`Server::bind`] opens the data and an address, [`Server::run`] serves until it is told to stop.
//! Documents are changed over HTTP; each change is made durable in the [`log`], which is the truth,
//! and from there reaches those who watch.
//!
//! Every error is answered as `{"error":true,"message":…}` with a fitting status, but for bytes that
//! are no HTTP request at all: those get an empty answer of status 400.

#![forbid(unsafe_code)]

mod api;
mod app;
mod clock;
mod config;
mod connections;
mod fields;
mod key_file;
mod keys;
mod limits;
pub mod log;
mod server;
mod ws;

pub use config::Config;
pub use key_file::KeyFileError;
pub use keys::Keys;
pub use limits::Limits;
pub use server::{Error, Server};
