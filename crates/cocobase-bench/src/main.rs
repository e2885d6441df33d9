//! What the clients cost: CPU time for an event, memory for an idle watch, and how they come back
//! together. Beside the same done with their WebSocket libraries alone, in the same run.
//!
//! `cargo run --release -p cocobase-bench`; docs/performance.md says what the figures mean. Linux
//! only.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod child;
mod events;
mod idle;
mod quake;
mod server;
mod storm;
mod system;
mod targets;

use std::process::ExitCode;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const HELP: &str = "cargo run --release -p cocobase-bench -- [WHAT]

  events [NAME]  CPU time for an event, by adapter; only of those whose names contain NAME
  idle           memory of an idle watch
  storm          2,000 watches whose server drops them all
  (none)         all of these";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        [] => events::measure(None).and_then(|()| idle::measure()).and_then(|()| storm::measure()),
        ["events"] => events::measure(None),
        ["events", name] => events::measure(Some(name)),
        ["idle"] => idle::measure(),
        ["storm"] => storm::measure(),
        ["--serve"] => server::serve(),
        ["--consume", name, address] => events::consume(name, address),
        ["--hold", who, address] => idle::hold(who, address),
        _ => {
            println!("{HELP}");
            return ExitCode::from(u8::from(!matches!(arguments[..], ["help" | "--help" | "-h"])));
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cocobase-bench: {error}");
            ExitCode::FAILURE
        }
    }
}
