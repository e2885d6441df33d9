//! The commands of this repository: `cargo xtask test` and its parts.
//!
//! `cargo xtask test` needs nothing but Rust. What a part needs beyond that (a target of rustc, Node) it adds
//! by itself where it can; else that part is named as left out, or fails where `CI=true`.
//! A failing step does not stop the steps after it, so that one run tells everything.

#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "its output is its purpose")]

mod architecture;
mod command;
mod lint;
mod peers;
mod report;
mod suite;
mod toolchain;
mod unit;

use std::process::ExitCode;

use peers::{browser, python, vendor};

const USAGE: &str = "\
Usage: cargo xtask <COMMAND>

  test     everything below but `suite`, in this order
  lint     rustfmt, clippy and rustdoc, without a warning
  unit     unit, integration and documentation tests
  core     the architecture's invariants: targets without std, dependencies, unsafe code
  suite    the adapter suite as a table, cases by adapters; its cells are tests of `unit` too
  vendor   the vendor's published JavaScript SDK against `cocobase serve` (needs Node 20 or later, and npm)
  browser  a browser against `cocobase serve` (needs Node 20 or later, and Chromium)
  python   the vendor's Python examples against `cocobase serve` (needs Python 3)

With CI=true a part that would be left out for want of a tool fails instead.
The last line is `N passed, N failed, N skipped`: tests where a step runs tests, else the step itself.";

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let steps = match (arguments.next().as_deref(), arguments.next()) {
        (Some("test"), None) => {
            let peers = [vendor::STEPS, browser::STEPS, python::STEPS].concat();
            [lint::STEPS, unit::STEPS, architecture::STEPS, &peers].concat()
        }
        (Some("lint"), None) => lint::STEPS.to_vec(),
        (Some("unit"), None) => unit::STEPS.to_vec(),
        (Some("core"), None) => architecture::STEPS.to_vec(),
        (Some("suite"), None) => suite::STEPS.to_vec(),
        (Some("vendor"), None) => vendor::STEPS.to_vec(),
        (Some("browser"), None) => browser::STEPS.to_vec(),
        (Some("python"), None) => python::STEPS.to_vec(),
        (Some("help" | "--help" | "-h"), _) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match enter_workspace() {
        Ok(()) => report::run(&steps),
        Err(error) => {
            eprintln!("cannot enter the workspace's folder: {error}");
            ExitCode::from(2)
        }
    }
}

/// Every path in this program is relative to the top of the repository.
fn enter_workspace() -> std::io::Result<()> {
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}
