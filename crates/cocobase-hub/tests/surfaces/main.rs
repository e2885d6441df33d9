//! What a client on each surface says and is told, scene by scene.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod collection;
mod shell;
