//! Parts of the Rust toolchain that a minimal installation lacks, and that rustup can add.

use std::path::Path;

use crate::command::{cargo, output, program};

/// A component that is a subcommand of cargo: `fmt` of `rustfmt`, `clippy` of `clippy`.
pub(crate) fn component(subcommand: &str, component: &str) -> Result<(), String> {
    if output(cargo(&format!("{subcommand} --version"))).is_ok() {
        return Ok(());
    }
    rustup("component", component)
}

/// The standard library of another target.
pub(crate) fn target(triple: &str) -> Result<(), String> {
    let mut rustc = program(Path::new("rustc"));
    rustc.args(["--print", "target-libdir", "--target", triple]);
    match output(rustc) {
        Ok(folder) if Path::new(folder.trim()).is_dir() => Ok(()),
        _ => rustup("target", triple),
    }
}

fn rustup(kind: &str, name: &str) -> Result<(), String> {
    let mut rustup = program(Path::new("rustup"));
    rustup.args([kind, "add", name]);
    output(rustup).map(drop).map_err(|error| {
        format!("the {kind} {name} is not installed and could not be added: {error}")
    })
}
