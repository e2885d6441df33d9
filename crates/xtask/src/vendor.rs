//! `cargo xtask vendor`: the vendor's published JavaScript SDK, unchanged, against `cocobase serve`.
//! The tests are plain Node scripts; here they get their packages and the program that they test.

use std::fs;
use std::path::Path;

use crate::command::{Totals, cargo, check, output, program, tests};
use crate::report::{Outcome, Step};

pub(crate) const STEPS: &[Step] = &[Step { name: "vendor's JavaScript SDK", run: vendor }];

const SOURCE: &str = "crates/cocobase-server/tests/vendor";
/// Node finds packages beside or above a script, and the source tree is no place to install any: so the
/// scripts move.
const WORKPLACE: &str = "vendor-tests";
const OLDEST_NODE: u32 = 20;

fn vendor() -> Outcome {
    if let Err(why) = node_is_recent() {
        return Outcome::left_out(format!("needs Node {OLDEST_NODE} or later, and npm: {why}"));
    }
    // As the tests of the step before were built, so that nothing is compiled for this one alone.
    let build = check(cargo("build --workspace --all-targets --locked"));
    if build.tally.failed > 0 {
        return build;
    }
    // This program was built into the same folder, wherever cargo was told to build.
    let cocobase = match std::env::current_exe() {
        Ok(xtask) => xtask.with_file_name(format!("cocobase{}", std::env::consts::EXE_SUFFIX)),
        Err(error) => return Outcome::failed(format!("cannot find the program: {error}")),
    };
    let workplace = cocobase.with_file_name(WORKPLACE);
    let scripts = match copy_scripts(&workplace) {
        Ok(scripts) => scripts,
        Err(error) => {
            return Outcome::failed(format!("cannot write {}: {error}", workplace.display()));
        }
    };
    if let Err(why) = install(&workplace) {
        // A package whose bytes are not those of the lockfile is no reason to leave the test out.
        return if why.contains("EINTEGRITY") {
            Outcome::failed(why)
        } else {
            Outcome::left_out(format!("npm could not install the packages: {why}"))
        };
    }
    let mut node = program(Path::new("node"));
    node.args(["--test", "--test-reporter=spec"]).args(scripts);
    node.current_dir(&workplace);
    node.env("COCOBASE", cocobase);
    tests(node, Totals::Stdout)
}

fn node_is_recent() -> Result<(), String> {
    let mut node = program(Path::new("node"));
    node.arg("--version");
    let version = output(node)?;
    let major = version.trim_start_matches('v').split('.').next().and_then(|v| v.parse().ok());
    if major.is_none_or(|major: u32| major < OLDEST_NODE) {
        return Err(format!("this is Node {}", version.trim()));
    }
    let mut npm = npm();
    npm.arg("--version");
    output(npm).map(drop)
}

fn npm() -> std::process::Command {
    program(Path::new(if cfg!(windows) { "npm.cmd" } else { "npm" }))
}

/// Returns the names of the scripts that hold tests.
fn copy_scripts(workplace: &Path) -> std::io::Result<Vec<String>> {
    fs::create_dir_all(workplace)?;
    let mut scripts = Vec::new();
    for entry in fs::read_dir(SOURCE)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        fs::copy(Path::new(SOURCE).join(&name), workplace.join(&name))?;
        if name.ends_with(".test.js") {
            scripts.push(name);
        }
    }
    scripts.sort();
    Ok(scripts)
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
