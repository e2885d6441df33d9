//! `cargo xtask core`: the architecture's invariants that a build or a look at the dependency tree can check.
//! docs/architecture.md lists all of them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::command::{cargo, check, output};
use crate::report::{Outcome, Step};
use crate::toolchain;

pub(crate) const STEPS: &[Step] = &[
    Step { name: "core on thumbv7em", run: || core_on("thumbv7em-none-eabihf") },
    Step { name: "core on wasm32", run: || core_on("wasm32-unknown-unknown") },
    Step { name: "example without std", run: example_without_std },
    Step { name: "core's dependencies", run: core_dependencies },
    Step { name: "one TLS stack", run: one_tls_stack },
    Step { name: "async-std fenced in", run: async_std_fenced_in },
    Step { name: "blocking without a runtime", run: blocking_without_a_runtime },
    Step { name: "no unsafe code", run: no_unsafe_code },
];

/// Every crate that the two cores may bring into a program. None of them opens, sleeps, spawns, reads a
/// clock or draws a random number: whoever adds a line here has looked.
const CORE_MAY_USE: &[&str] = &[
    "base64",
    "bytes",
    "bytestring",
    "cocobase-hub",
    "cocobase-proto",
    "foldhash",
    "form_urlencoded",
    "hashbrown",
    "itoa",
    "memchr",
    "percent-encoding",
    "serde",
    "serde_core",
    "serde_json",
    "thiserror",
    "zmij",
];

fn core_on(triple: &str) -> Outcome {
    match toolchain::target(triple) {
        Ok(()) => check(cargo(&format!(
            "check -p cocobase-proto -p cocobase-hub --no-default-features --locked --target {triple}"
        ))),
        Err(why) => Outcome::left_out(why),
    }
}

/// The firmware of the example `embedded-style`, for a Cortex-M4.
fn example_without_std() -> Outcome {
    const TRIPLE: &str = "thumbv7em-none-eabihf";
    match toolchain::target(TRIPLE) {
        Ok(()) => {
            check(cargo(&format!("check -p embedded-style --lib --locked --target {TRIPLE}")))
        }
        Err(why) => Outcome::left_out(why),
    }
}

fn core_dependencies() -> Outcome {
    // What a procedural macro uses runs in the compiler and is no part of the program.
    match packages("-p cocobase-proto -p cocobase-hub --edges normal,no-proc-macro") {
        Ok(found) => {
            let strangers: Vec<_> = found
                .iter()
                .filter(|package| !CORE_MAY_USE.contains(&package.name.as_str()))
                .map(|package| package.name.as_str())
                .collect();
            verdict(&strangers, "the cores depend on crates that are not on their list")
        }
        Err(why) => Outcome::failed(why),
    }
}

/// A second provider of cryptography makes rustls panic when it has to choose; a second rustls cannot share
/// the first one's configuration.
fn one_tls_stack() -> Outcome {
    match packages("--workspace --edges normal,build,dev") {
        Ok(found) => {
            let versions = found.iter().filter(|package| package.name == "rustls").count();
            if versions != 1 {
                return Outcome::failed(format!("{versions} versions of rustls, expected one"));
            }
            let unwanted: Vec<_> = found
                .iter()
                .map(|package| package.name.as_str())
                .filter(|name| matches!(*name, "aws-lc-sys" | "aws-lc-rs" | "openssl-sys"))
                .collect();
            verdict(&unwanted, "crates that bring a second TLS stack")
        }
        Err(why) => Outcome::failed(why),
    }
}

/// async-std is discontinued: it reaches nobody who has not chosen its adapter.
fn async_std_fenced_in() -> Outcome {
    match packages("--workspace --edges normal,build --invert async-std") {
        Ok(found) => {
            let dependents: Vec<_> = found
                .iter()
                .map(|package| package.name.as_str())
                .filter(|name| {
                    !matches!(*name, "async-std" | "cocobase-async-std" | "cocobase-bench")
                })
                .collect();
            verdict(&dependents, "crates that bring async-std")
        }
        Err(why) => Outcome::failed(why),
    }
}

/// Whoever wants plain threads gets no asynchronous runtime with them. `futures-core` has but a trait.
fn blocking_without_a_runtime() -> Outcome {
    match packages("-p cocobase-blocking --edges normal,build") {
        Ok(found) => {
            let strangers: Vec<_> = found
                .iter()
                .map(|package| package.name.as_str())
                .filter(|name| {
                    ["tokio", "async", "smol", "futures"].iter().any(|word| name.starts_with(word))
                        && *name != "futures-core"
                })
                .collect();
            verdict(&strangers, "cocobase-blocking brings parts of an asynchronous runtime")
        }
        Err(why) => Outcome::failed(why),
    }
}

/// Names that JavaScript can find are unsafe to declare. This example has a module that does, and its own
/// lints, which deny unsafe code everywhere else in it.
const ACROSS_A_BORDER: &str = "examples/browser";

/// The attribute in each crate's root stands whatever lints a dependent or an editor switches off; the
/// workspace's lints cover tests, examples and benches as well.
fn no_unsafe_code() -> Outcome {
    let mut missing = Vec::new();
    let mut folders = Vec::new();
    for parent in ["crates", "examples"] {
        match fs::read_dir(parent) {
            Ok(entries) => folders.extend(entries.flatten().map(|entry| entry.path())),
            Err(error) => return Outcome::failed(format!("cannot read {parent}/: {error}")),
        }
    }
    for folder in folders {
        let has = |path: &Path, text: &str| {
            fs::read_to_string(path).is_ok_and(|content| content.contains(text))
        };
        if folder == Path::new(ACROSS_A_BORDER) {
            continue;
        }
        let manifest = folder.join("Cargo.toml");
        if manifest.is_file() && !has(&manifest, "[lints]\nworkspace = true") {
            missing.push(format!("{} without the workspace's lints", manifest.display()));
        }
        for root in [folder.join("src/lib.rs"), folder.join("src/main.rs")] {
            if root.is_file() && !has(&root, "#![forbid(unsafe_code)]") {
                missing.push(format!("{} without forbid(unsafe_code)", root.display()));
            }
        }
    }
    let missing: Vec<_> = missing.iter().map(String::as_str).collect();
    verdict(&missing, "unsafe code is not ruled out")
}

fn verdict(found: &[&str], what: &str) -> Outcome {
    if found.is_empty() {
        return Outcome::passed();
    }
    Outcome::failed(format!("{what}: {}", found.join(", ")))
}

#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Package {
    name: String,
    version: String,
}

/// The packages of a dependency tree, on whatever platform, each once.
fn packages(selection: &str) -> Result<BTreeSet<Package>, String> {
    let tree = format!("tree {selection} --locked --target all --prefix none --format {{p}}");
    let text = output(cargo(&tree))?;
    let package = |line: &str| {
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Package { name: words.next()?, version: words.next()? })
    };
    Ok(text.lines().filter_map(package).collect())
}
