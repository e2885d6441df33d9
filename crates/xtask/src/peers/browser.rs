//! `cargo xtask browser`: a browser's own EventSource, WebSocket and fetch against `cocobase serve`, bare and
//! under the core as WebAssembly.

use std::path::{Path, PathBuf};

use crate::command::{Totals, cargo, check, output, program, tests};
use crate::report::{Outcome, Step};
use crate::toolchain;

use super::node;

pub(crate) const STEPS: &[Step] = &[Step { name: "headless Chromium", run: browser }];

/// The scripts of the browser's tests use those of the vendor's to start a server.
const SOURCES: &[&str] = &[
    "crates/cocobase-server/tests/vendor",
    "crates/cocobase-server/tests/browser",
    "examples/browser/page",
    "examples/browser/tests",
];
const TESTS: [&str; 2] = ["browser.test.js", "page.test.js"];

const WASM: &str = "wasm32-unknown-unknown";

const CHROMIUM: &[&str] =
    &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn browser() -> Outcome {
    run().unwrap_or_else(|outcome| outcome)
}

fn run() -> Result<Outcome, Outcome> {
    node::is_recent()?;
    let chromium = chromium().map_err(|why| {
        Outcome::left_out(format!(
            "needs Chromium on the PATH (or its path in the variable CHROMIUM): {why}"
        ))
    })?;
    let cocobase = super::cocobase()?;
    let wasm = wasm(&cocobase)?;
    let (workplace, _) = super::workplace(&cocobase, "browser-tests", SOURCES)?;
    let mut node = node::tests(&workplace, &TESTS.map(str::to_owned));
    node.env("COCOBASE", cocobase).env("CHROMIUM", chromium).env("WASM", wasm);
    Ok(tests(node, Totals::Stdout))
}

/// The example `browser`, in the same folder of builds as the program.
fn wasm(cocobase: &Path) -> Result<PathBuf, Outcome> {
    toolchain::target(WASM).map_err(Outcome::left_out)?;
    let build = check(cargo(&format!("build -p browser --lib --locked --target {WASM}")));
    if build.tally.failed > 0 {
        return Err(build);
    }
    let target = cocobase.parent().and_then(Path::parent).unwrap_or(Path::new("target"));
    Ok(target.join(WASM).join("debug").join("browser.wasm"))
}

fn chromium() -> Result<PathBuf, String> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    if let Some(found) = named.or_else(installed) {
        return Ok(found);
    }
    install()?;
    installed().ok_or_else(|| "it was installed, but under no name that is known".into())
}

fn installed() -> Option<PathBuf> {
    CHROMIUM.iter().map(PathBuf::from).find(|name| {
        let mut chromium = program(name);
        chromium.arg("--version");
        output(chromium).is_ok()
    })
}

/// Installs Debian's package where that takes no password: a container of continuous integration.
fn install() -> Result<(), String> {
    for arguments in [&["update"][..], &["install", "--yes", "--no-install-recommends", "chromium"]]
    {
        let mut apt = program(Path::new("apt-get"));
        apt.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        output(apt)?;
    }
    Ok(())
}
