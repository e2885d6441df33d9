//! What a client on each surface says and is told, scene by scene.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broadcast;
mod collection;
mod events;
mod gateway;
mod life;
mod limits;
mod overflow;
mod room;
#[path = "../shell/mod.rs"]
mod shell;
