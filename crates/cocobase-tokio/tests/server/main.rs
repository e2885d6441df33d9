//! The client against the real server, over loopback sockets.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod live;
mod support;
mod surfaces;
mod watch;
