//! Every example of an adapter as a process, against the server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod patterns;
mod surfaces;
