//! Starting other programs, and counting the tests that they report.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::report::{Outcome, Tally};

/// The stream on which a test runner prints its totals.
#[derive(Clone, Copy)]
pub(crate) enum Totals {
    Stdout,
    Stderr,
}

/// The cargo that runs us, with arguments as one would type them.
pub(crate) fn cargo(arguments: &str) -> Command {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = program(Path::new(&cargo));
    command.args(arguments.split_whitespace());
    command
}

/// A program without the variables by which `cargo run` describes this crate: a build script that watches
/// one of them would otherwise run again with every change between `cargo xtask` and plain `cargo`.
pub(crate) fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a program that is one check: its exit status is the result.
pub(crate) fn check(mut command: Command) -> Outcome {
    announce(&command);
    match command.status() {
        Ok(status) if status.success() => Outcome::passed(),
        Ok(status) => Outcome::failed(format!("`{}`: {status}", shown(&command))),
        Err(error) => Outcome::failed(format!("cannot start `{}`: {error}", shown(&command))),
    }
}

/// Runs a test runner, shows what it prints, and counts its tests. The exit status has the last word.
pub(crate) fn tests(mut command: Command, totals: Totals) -> Outcome {
    announce(&command);
    match totals {
        Totals::Stdout => command.stdout(Stdio::piped()),
        Totals::Stderr => command.stderr(Stdio::piped()),
    };
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            return Outcome::failed(format!("cannot start `{}`: {error}", shown(&command)));
        }
    };
    let mut tally = Tally::default();
    if let Some(stdout) = child.stdout.take() {
        tally += echo_and_count(stdout);
    }
    if let Some(stderr) = child.stderr.take() {
        tally += echo_and_count(stderr);
    }
    match child.wait() {
        Ok(status) if status.success() && tally.failed == 0 => {
            if tally == Tally::default() {
                return Outcome::failed(format!("`{}` ran no test", shown(&command)));
            }
            Outcome { tally, note: String::new() }
        }
        Ok(status) => {
            tally.failed = tally.failed.max(1);
            Outcome { tally, note: format!("`{}`: {status}", shown(&command)) }
        }
        Err(error) => Outcome::failed(format!("lost `{}`: {error}", shown(&command))),
    }
}

/// What a program prints on standard output, or why there is nothing.
pub(crate) fn output(mut command: Command) -> Result<String, String> {
    match command.stderr(Stdio::piped()).output() {
        Ok(output) if output.status.success() => {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Ok(output) => Err(format!(
            "`{}`: {}\n{}",
            shown(&command),
            output.status,
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("cannot start `{}`: {error}", shown(&command))),
    }
}

fn announce(command: &Command) {
    println!("$ {}", shown(command));
    let _ = std::io::stdout().flush();
}

fn shown(command: &Command) -> String {
    let mut text = Path::new(command.get_program())
        .file_stem()
        .unwrap_or(command.get_program())
        .to_string_lossy()
        .into_owned();
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}

fn echo_and_count(stream: impl Read) -> Tally {
    let mut reader = BufReader::new(stream);
    let mut stdout = std::io::stdout();
    let mut tally = Tally::default();
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let _ = stdout.write_all(&line).and_then(|()| stdout.flush());
        tally += count(&String::from_utf8_lossy(&line));
        line.clear();
    }
    tally
}

/// Reads a line of totals as libtest, nextest, Node's test runner and Python's unittest print it; any other line counts nothing.
fn count(line: &str) -> Tally {
    let line = line.trim();
    let words = || line.split([' ', ';', ',', '.']).filter(|word| !word.is_empty());
    let mut tally = Tally::default();
    let mut add = |what: &str, number: &str| {
        let Ok(number) = number.parse::<u64>() else { return };
        match what {
            "passed" | "pass" => tally.passed += number,
            "failed" | "fail" | "cancelled" => tally.failed += number,
            "ignored" | "skipped" | "todo" => tally.skipped += number,
            _ => {}
        }
    };
    if line.starts_with("test result:") || line.starts_with("Summary [") {
        words().zip(words().skip(1)).for_each(|(number, what)| add(what, number));
    } else if line.starts_with("ℹ ") {
        words().zip(words().skip(1)).for_each(|(what, number)| add(what, number));
    } else if line.starts_with("test_")
        && let Some((_, how)) = line.split_once(" ... ")
    {
        // Python's unittest gives no totals that passed; libtest's lines begin with "test ".
        match how {
            "ok" => add("passed", "1"),
            "FAIL" | "ERROR" => add("failed", "1"),
            _ if how.starts_with("skipped") => add("skipped", "1"),
            _ => {}
        }
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_what_each_runner_prints() {
        let table = [
            (
                "test result: FAILED. 12 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.05s",
                (12, 2, 1),
            ),
            (
                "     Summary [   1.207s] 35 tests run: 33 passed (2 slow), 2 failed, 4 skipped",
                (33, 2, 4),
            ),
            ("     Summary [   0.013s] 1 test run: 1 passed, 0 skipped", (1, 0, 0)),
            ("ℹ pass 41", (41, 0, 0)),
            ("ℹ fail 3", (0, 3, 0)),
            ("ℹ cancelled 1", (0, 1, 0)),
            ("ℹ tests 41", (0, 0, 0)),
            ("test_watch (__main__.Documented.test_watch) ... ok", (1, 0, 0)),
            ("test_watch (__main__.Documented.test_watch) ... ERROR", (0, 1, 0)),
            ("test command::tests::counts ... ok", (0, 0, 0)),
            ("        PASS [   0.004s] xtask tests::passed 7 failed", (0, 0, 0)),
            ("", (0, 0, 0)),
        ];
        for (line, (passed, failed, skipped)) in table {
            assert_eq!(count(line), Tally { passed, failed, skipped }, "{line}");
        }
    }
}
