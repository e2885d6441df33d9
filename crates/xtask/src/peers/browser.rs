//! `cargo xtask browser`: a browser's own EventSource, WebSocket and fetch against `cocobase serve`.

use std::path::{Path, PathBuf};

use crate::command::{Totals, output, program, tests};
use crate::report::{Outcome, Step};

use super::node;

pub(crate) const STEPS: &[Step] = &[Step { name: "headless Chromium", run: browser }];

/// The scripts of the browser's tests use those of the vendor's to start a server.
const SOURCES: &[&str] =
    &["crates/cocobase-server/tests/vendor", "crates/cocobase-server/tests/browser"];
const TESTS: &str = "browser.test.js";

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
    let (workplace, _) = super::workplace(&cocobase, "browser-tests", SOURCES)?;
    let mut node = node::tests(&workplace, &[TESTS.to_owned()]);
    node.env("COCOBASE", cocobase).env("CHROMIUM", chromium);
    Ok(tests(node, Totals::Stdout))
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
