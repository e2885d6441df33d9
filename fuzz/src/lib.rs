//! The bodies of the fuzz targets: each takes any bytes and panics if the protocol does not hold.
//!
//! They stand here once. `fuzz_targets/` hands them to libFuzzer, and the test `fuzz` of
//! `cocobase-proto`, which includes this file, runs them over the seeds and findings on stable Rust.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr)]

mod filter;
pub mod laws;
#[path = "../../crates/cocobase-proto/tests/filter/oracle.rs"]
mod oracle;
#[path = "../../crates/cocobase-proto/tests/sse/reference.rs"]
mod reference;
mod rest;
mod round_trip;
mod session;
mod sse;
mod text;
mod token;

pub use filter::{filter_json, query, where_expression};
pub use rest::rest;
pub use round_trip::round_trip;
pub use session::session;
pub use sse::sse;
pub use text::{client_text, server_text};
pub use token::token;

/// A target's body.
pub type Target = fn(&[u8]);

/// Every target, by the name of its binary and its folders.
pub const TARGETS: [(&str, Target); 10] = [
    ("client_text", client_text),
    ("filter_json", filter_json),
    ("query", query),
    ("rest", rest),
    ("round_trip", round_trip),
    ("server_text", server_text),
    ("session", session),
    ("sse", sse),
    ("token", token),
    ("where_expression", where_expression),
];
