//! Runs the adapter suite with every adapter of this repository, and prints a table:
//! `cargo run -p cocobase-testkit --features driver,server --example suite -- [PART OF A NAME]`.
//!
//! To add an adapter, add a line to `COLUMNS`.

#![allow(clippy::print_stderr, clippy::expect_used, reason = "its output is its purpose")]

#[path = "../../cocobase-blocking/tests/suite/adapter.rs"]
mod blocking_adapter;
#[path = "../../cocobase-futures-io/tests/suite/adapter.rs"]
mod futures_io_adapter;
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
];

fn main() -> ExitCode {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    match table(COLUMNS, &wanted, &mut std::io::stdout().lock()) {
        Ok(totals) if totals.failed == 0 && totals.passed > 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot write the table: {error}");
            ExitCode::from(2)
        }
    }
}
