//! `cargo xtask python`: the vendor's Python examples, with websocket-client, against `cocobase serve`.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{Totals, output, program, tests};
use crate::report::{Outcome, Step};

pub(crate) const STEPS: &[Step] = &[Step { name: "Python's websocket-client", run: python }];

const SOURCE: &str = "crates/cocobase-server/tests/python";
const REQUIREMENTS: &str = "requirements.txt";

fn python() -> Outcome {
    run().unwrap_or_else(|outcome| outcome)
}

fn run() -> Result<Outcome, Outcome> {
    let cocobase = super::cocobase()?;
    let (workplace, _) = super::workplace(&cocobase, "python-tests", &[SOURCE])?;
    let interpreter = install(&workplace).map_err(|why| {
        Outcome::left_out(format!("needs Python 3 with venv and websocket-client: {why}"))
    })?;
    let mut python = program(&interpreter);
    python.args(["-B", "-W", "ignore::ResourceWarning", "documented.py"]).current_dir(&workplace);
    python.env("COCOBASE", cocobase);
    Ok(tests(python, Totals::Stderr))
}

/// An environment of its own with what `requirements.txt` names, by the checksums there.
fn install(workplace: &Path) -> Result<PathBuf, String> {
    let environment = workplace.join("environment");
    let interpreter = if cfg!(windows) {
        environment.join("Scripts").join("python.exe")
    } else {
        environment.join("bin").join("python")
    };
    let installed = environment.join("installed");
    let wanted = fs::read(workplace.join(REQUIREMENTS))
        .map_err(|error| format!("{REQUIREMENTS}: {error}"))?;
    if fs::read(&installed).is_ok_and(|installed| installed == wanted) {
        return Ok(interpreter);
    }
    let mut venv = program(Path::new(if cfg!(windows) { "python" } else { "python3" }));
    venv.args(["-m", "venv", "environment"]).current_dir(workplace);
    output(venv)?;
    let mut pip = program(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--require-hashes", "--requirement", REQUIREMENTS]);
    pip.current_dir(workplace);
    output(pip)?;
    fs::write(installed, wanted).map_err(|error| error.to_string())?;
    Ok(interpreter)
}
