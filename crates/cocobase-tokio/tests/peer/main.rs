//! The client against a scripted peer, which says and does what no good server would.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broadcast;
mod gateway;
mod lists;
mod rooms;
mod spawned;
mod support;
