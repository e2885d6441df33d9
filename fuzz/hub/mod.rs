//! The bodies of the hub's fuzz targets.
//!
//! They stand here once. `fuzz_targets/` hands them to libFuzzer, and the test `fuzz` of `cocobase-hub`,
//! which includes this file, runs them over the seeds and findings on stable Rust.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stderr)]

#[path = "../../crates/cocobase-hub/tests/filter_set/both.rs"]
mod both;
mod filters;
#[path = "../../crates/cocobase-hub/tests/laws/run.rs"]
mod run;
#[path = "../../crates/cocobase-hub/tests/laws/story.rs"]
mod story;
mod text;
#[path = "../../crates/cocobase-hub/tests/laws/witness.rs"]
mod witness;

pub use filters::filter_set;
pub use text::hub_text;

/// A target's body.
pub type Target = fn(&[u8]);

/// Every target, by the name of its binary and its folders.
pub const TARGETS: [(&str, Target); 3] =
    [("filter_set", filter_set), ("hub_calls", hub_calls), ("hub_text", hub_text)];

/// Calls of a hub: the laws hold after each of them.
pub fn hub_calls(input: &[u8]) {
    story::tell(input);
}
