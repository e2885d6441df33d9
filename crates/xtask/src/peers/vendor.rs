//! `cargo xtask vendor`: the vendor's published JavaScript SDK, unchanged, against `cocobase serve`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::command::{Totals, output, program, tests};
use crate::report::{Outcome, Step};

use super::node;

pub(crate) const STEPS: &[Step] = &[Step { name: "vendor's JavaScript SDK", run: vendor }];

const SOURCE: &str = "crates/cocobase-server/tests/vendor";

fn vendor() -> Outcome {
    run().unwrap_or_else(|outcome| outcome)
}

fn run() -> Result<Outcome, Outcome> {
    node::is_recent()?;
    let cocobase = super::cocobase()?;
    let (workplace, scripts) = super::workplace(&cocobase, "vendor-tests", &[SOURCE])?;
    install(&workplace).map_err(|why| {
        // A package whose bytes are not those of the lockfile is no reason to leave the test out.
        if why.contains("EINTEGRITY") {
            Outcome::failed(why)
        } else {
            Outcome::left_out(format!("npm could not install the packages: {why}"))
        }
    })?;
    let mut node = node::tests(&workplace, &scripts);
    node.env("COCOBASE", cocobase);
    Ok(tests(node, Totals::Stdout))
}

/// Installs what the lockfile names, byte for byte, unless that is there already.
fn install(workplace: &Path) -> Result<(), String> {
    let (wanted, installed) = (workplace.join("package-lock.json"), workplace.join("installed"));
    let wanted = fs::read(wanted).map_err(|error| format!("the lockfile: {error}"))?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    let mut npm = npm();
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"]);
    npm.arg("--loglevel=error").current_dir(workplace);
    output(npm)?;
    fs::write(installed, wanted).map_err(|error| error.to_string())
}

fn npm() -> Command {
    program(Path::new(if cfg!(windows) { "npm.cmd" } else { "npm" }))
}
