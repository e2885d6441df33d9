//! Every example as a process, against the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod machines;
mod patterns;
mod support;
mod surfaces;
