//! Runs the pair tests for many seeds: `cargo run --release -p cocobase-testkit --example pair -- 1000000`.
//!
//! The arguments are the number of seeds, and the first of them (0). Of a single seed that fails it
//! shows all steps.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "its output is its purpose")]

use std::process::ExitCode;
use std::time::Instant;

use cocobase_testkit::pair;

fn main() -> ExitCode {
    let mut numbers = std::env::args().skip(1).map(|number| number.parse::<u64>());
    let (Ok(count), Ok(first)) =
        (numbers.next().unwrap_or(Ok(10_000)), numbers.next().unwrap_or(Ok(0)))
    else {
        eprintln!("usage: pair [HOW_MANY [FIRST]]");
        return ExitCode::from(2);
    };
    let start = Instant::now();
    let outcome = pair::run_all(first..first.saturating_add(count));
    let seconds = start.elapsed().as_secs_f64();
    match outcome {
        Ok(report) => {
            println!(
                "{count} seeds in {seconds:.1} s, {:.0} a second: {} steps, {} links, {} events, {} gaps",
                count as f64 / seconds,
                report.steps,
                report.links,
                report.events,
                report.gaps,
            );
            ExitCode::SUCCESS
        }
        Err(failure) => {
            match count {
                1 => println!("{failure:#}"),
                _ => println!("{failure}"),
            }
            ExitCode::FAILURE
        }
    }
}
