//! The protocol's vectors, as far as they say what a server reads and writes, run against a whole hub.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod reading;
#[allow(dead_code)]
#[path = "../shell/mod.rs"]
mod shell;
mod writing;

use serde_json::Value;

/// The vectors of a file of `cocobase-proto`.
fn vectors(file: &str) -> Vec<Value> {
    let path = format!("{}/../cocobase-proto/vectors/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["vectors"].as_array().unwrap().clone()
}
