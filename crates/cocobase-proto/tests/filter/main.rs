//! Filters: their meaning, their wire forms and their expressions.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod expressions;
mod generate;
mod list_query;
mod meaning;
mod oracle;
mod traps;
mod wire;

use serde_json::{Map, Value};

/// The object of a JSON text.
fn document(json: &str) -> Map<String, Value> {
    serde_json::from_str(json).expect(json)
}
