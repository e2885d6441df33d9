//! Traces: what is recorded plays back with the same outputs, and tells no secret.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod faults;
mod random;
