//! Programs that are not ours, against `cocobase serve`: `cargo xtask vendor`, `browser` and `python`.

pub(crate) mod browser;
mod node;
pub(crate) mod python;
pub(crate) mod vendor;

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{cargo, check};
use crate::report::Outcome;

/// The program under test, as the tests of the steps before were built, so that nothing is compiled for
/// these steps alone.
fn cocobase() -> Result<PathBuf, Outcome> {
    let build = check(cargo("build --workspace --all-targets --locked"));
    if build.tally.failed > 0 {
        return Err(build);
    }
    // This program was built into the same folder, wherever cargo was told to build.
    match std::env::current_exe() {
        Ok(xtask) => Ok(xtask.with_file_name(format!("cocobase{}", std::env::consts::EXE_SUFFIX))),
        Err(error) => Err(Outcome::failed(format!("cannot find the program: {error}"))),
    }
}

/// A folder beside the program, with copies of all scripts in `sources`: packages are found beside or above
/// a script, and the source tree is no place to install any. Returns the names of the scripts as well.
fn workplace(
    cocobase: &Path,
    name: &str,
    sources: &[&str],
) -> Result<(PathBuf, Vec<String>), Outcome> {
    let workplace = cocobase.with_file_name(name);
    match copy_scripts(&workplace, sources) {
        Ok(scripts) => Ok((workplace, scripts)),
        Err(error) => {
            Err(Outcome::failed(format!("cannot write {}: {error}", workplace.display())))
        }
    }
}

fn copy_scripts(workplace: &Path, sources: &[&str]) -> std::io::Result<Vec<String>> {
    fs::create_dir_all(workplace)?;
    let mut scripts = Vec::new();
    for source in sources {
        for entry in fs::read_dir(source)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            fs::copy(Path::new(source).join(&name), workplace.join(&name))?;
            scripts.push(name);
        }
    }
    scripts.sort();
    Ok(scripts)
}
