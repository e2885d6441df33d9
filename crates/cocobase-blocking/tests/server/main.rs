//! The client for plain threads against the real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod closing;
mod support;
mod surfaces;
mod threads;
mod tls;
