//! `cargo xtask lint`: formatting, clippy and the documentation, each without a warning.

use crate::command::{cargo, check};
use crate::report::{Outcome, Step};
use crate::toolchain;

pub(crate) const STEPS: &[Step] = &[
    Step { name: "rustfmt", run: rustfmt },
    Step { name: "clippy", run: clippy },
    Step { name: "clippy without features", run: clippy_without_features },
    Step { name: "clippy on wasm32", run: clippy_on_wasm },
    Step { name: "rustdoc", run: rustdoc },
];

fn rustfmt() -> Outcome {
    match toolchain::component("fmt", "rustfmt") {
        Ok(()) => check(cargo("fmt --all --check")),
        Err(why) => Outcome::left_out(why),
    }
}

fn clippy() -> Outcome {
    match toolchain::component("clippy", "clippy") {
        Ok(()) => {
            check(cargo("clippy --workspace --all-targets --all-features --locked -- -D warnings"))
        }
        Err(why) => Outcome::left_out(why),
    }
}

/// What is left over where a feature is switched off.
fn clippy_without_features() -> Outcome {
    match toolchain::component("clippy", "clippy") {
        Ok(()) => check(cargo("clippy --workspace --locked -- -D warnings")),
        Err(why) => Outcome::left_out(why),
    }
}

/// One module of the example `browser` is compiled for WebAssembly alone.
fn clippy_on_wasm() -> Outcome {
    const TRIPLE: &str = "wasm32-unknown-unknown";
    match toolchain::component("clippy", "clippy").and_then(|()| toolchain::target(TRIPLE)) {
        Ok(()) => check(cargo(&format!(
            "clippy -p browser --lib --locked --target {TRIPLE} -- -D warnings"
        ))),
        Err(why) => Outcome::left_out(why),
    }
}

fn rustdoc() -> Outcome {
    let mut doc = cargo("doc --workspace --all-features --no-deps --locked");
    doc.env("RUSTDOCFLAGS", "-D warnings");
    check(doc)
}
