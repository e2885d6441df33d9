//! Runs the steps one after another and tells what came of them.

use std::io::Write as _;
use std::ops::AddAssign;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// One line of the final table.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) run: fn() -> Outcome,
}

/// How many tests a step ran, or one for a step that is itself the test.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// What came of one step, with what the reader should know about it.
pub(crate) struct Outcome {
    pub(crate) tally: Tally,
    pub(crate) note: String,
}

impl Outcome {
    pub(crate) fn passed() -> Self {
        Self { tally: Tally { passed: 1, ..Tally::default() }, note: String::new() }
    }

    pub(crate) fn failed(note: impl Into<String>) -> Self {
        Self { tally: Tally { failed: 1, ..Tally::default() }, note: note.into() }
    }

    /// The step needs something that this machine does not have.
    pub(crate) fn left_out(why: impl Into<String>) -> Self {
        let why = why.into();
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            return Self::failed(format!("{why} (CI=true leaves nothing out)"));
        }
        Self { tally: Tally { skipped: 1, ..Tally::default() }, note: why }
    }

    fn verdict(&self) -> &'static str {
        match self.tally {
            Tally { failed: 1.., .. } => "FAILED",
            Tally { passed: 0, .. } => "left out",
            _ => "passed",
        }
    }
}

/// Runs every step, also after a failure, and ends with the table and the one line of totals.
pub(crate) fn run(steps: &[Step]) -> ExitCode {
    let begin = Instant::now();
    let mut rows = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        println!("\n=== {}/{} {}", index + 1, steps.len(), step.name);
        // The tools write to the same terminal on their own: what we said must stand before it.
        let _ = std::io::stdout().flush();
        let start = Instant::now();
        let outcome = (step.run)();
        let time = start.elapsed();
        println!("=== {} {} in {}", step.name, outcome.verdict(), seconds(time));
        rows.push((step.name, outcome, time));
    }

    let mut total = Tally::default();
    println!("\n{:<28} {:<8} {:>6} {:>9}", "step", "result", "tests", "time");
    for (name, outcome, time) in &rows {
        total += outcome.tally;
        let tests = outcome.tally.passed + outcome.tally.failed;
        println!("{name:<28} {:<8} {tests:>6} {:>9}", outcome.verdict(), seconds(*time));
    }
    println!("{:<28} {:<8} {:>6} {:>9}\n", "together", "", "", seconds(begin.elapsed()));
    for (name, outcome, _) in rows.iter().filter(|(_, outcome, _)| !outcome.note.is_empty()) {
        println!("{name} {}: {}", outcome.verdict(), outcome.note);
    }
    println!("{} passed, {} failed, {} skipped", total.passed, total.failed, total.skipped);
    if total.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
