//! The client against a server that follows a script, and against the real one, over loopback sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod peer;
mod server;
mod streams;
