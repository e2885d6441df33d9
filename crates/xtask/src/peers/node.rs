//! Node, which runs the scripts.

use std::path::Path;
use std::process::Command;

use crate::command::{output, program};
use crate::report::Outcome;

const OLDEST: u32 = 20;

/// Node's test runner over those of `scripts` that hold tests.
pub(super) fn tests(workplace: &Path, scripts: &[String]) -> Command {
    let mut node = program(Path::new("node"));
    node.args(["--test", "--test-reporter=spec"]);
    node.args(scripts.iter().filter(|name| name.ends_with(".test.js")));
    node.current_dir(workplace);
    node
}

pub(super) fn is_recent() -> Result<(), Outcome> {
    let mut node = program(Path::new("node"));
    node.arg("--version");
    let version = output(node);
    let major = |version: &str| version.trim_start_matches('v').split('.').next()?.parse().ok();
    match &version {
        Ok(text) if major(text).is_some_and(|major: u32| major >= OLDEST) => Ok(()),
        Ok(text) => {
            Err(Outcome::left_out(format!("needs Node {OLDEST} or later; this is {}", text.trim())))
        }
        Err(why) => Err(Outcome::left_out(format!("needs Node {OLDEST} or later: {why}"))),
    }
}
