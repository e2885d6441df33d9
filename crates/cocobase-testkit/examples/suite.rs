//! Runs the adapter suite with every adapter of this repository, and prints a table:
//! `cargo run -p cocobase-testkit --features driver,server --example suite -- [PART OF A NAME]`.
//!
//! To add an adapter, add a line to `COLUMNS`.

#![allow(clippy::print_stderr, clippy::expect_used, reason = "its output is its purpose")]

#[path = "../../cocobase-blocking/tests/suite/adapter.rs"]
mod blocking_adapter;
#[path = "../../cocobase-futures-io/tests/suite/adapter.rs"]
mod futures_io_adapter;
#[path = "../../cocobase-sse/tests/suite/adapter.rs"]
mod sse_adapter;
#[path = "../../cocobase-tokio/tests/suite/adapter.rs"]
mod tokio_adapter;

use std::process::ExitCode;

use cocobase_testkit::suite::{Column, table};

const COLUMNS: &[Column] = &[
    ("tokio pulled", || Box::new(tokio_adapter::pulled())),
    ("tokio spawned", || Box::new(tokio_adapter::spawned())),
    ("smol pulled", || Box::new(futures_io_adapter::smol(false))),
    ("smol spawned", || Box::new(futures_io_adapter::smol(true))),
    ("async-std pulled", || Box::new(futures_io_adapter::async_std(false))),
    ("async-std spawned", || Box::new(futures_io_adapter::async_std(true))),
    ("blocking pulled", || Box::new(blocking_adapter::pulled())),
    ("blocking spawned", || Box::new(blocking_adapter::spawned())),
    ("sse pulled", || Box::new(sse_adapter::pulled())),
    ("sse spawned", || Box::new(sse_adapter::spawned())),
    ("blocking sse pulled", || Box::new(blocking_adapter::events_pulled())),
    ("blocking sse spawned", || Box::new(blocking_adapter::events_spawned())),
];

/// Those that are by server-sent events come last. The others have everything: no case may be left out.
const WITH_WEBSOCKETS: usize = 8;

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    match table(COLUMNS, &wanted, &mut std::io::stdout().lock()) {
        Ok(totals) => {
            let is_complete =
                totals.iter().take(WITH_WEBSOCKETS).all(|column| column.left_out == 0);
            let has_passed = totals.iter().any(|column| column.passed > 0);
            match has_passed && is_complete && totals.iter().all(|column| column.failed == 0) {
                true => ExitCode::SUCCESS,
                false => ExitCode::FAILURE,
            }
        }
        Err(error) => {
            eprintln!("cannot write the table: {error}");
            ExitCode::from(2)
        }
    }
}
