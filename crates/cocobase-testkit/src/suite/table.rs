//! The table: cases by adapters.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::adapter::Adapter;
use super::list::CASES;
use super::run::{Case, Verdict};

/// An adapter in the table: its name, and how to make a new one for each case.
pub type Column = (&'static str, fn() -> Box<dyn Adapter>);

/// What a table came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cells that passed.
    pub passed: usize,
    /// Cells that failed.
    pub failed: usize,
    /// Cells that were left out.
    pub left_out: usize,
}

/// Runs every case whose name contains `wanted` with every adapter, and writes a line for each as it
/// comes: `ok`, `FAILED`, or `-` where the adapter lacks what the case is about. The reasons follow
/// the table.
///
/// # Errors
///
/// When `out` takes no more.
pub fn table(columns: &[Column], wanted: &str, out: &mut impl Write) -> io::Result<Totals> {
    let begun = Instant::now();
    let cases: Vec<_> = CASES.iter().filter(|case| case.to_string().contains(wanted)).collect();
    let width = cases.iter().map(|case| case.to_string().len()).max().unwrap_or(0);
    let mut head = format!("{:width$}", "case");
    for (name, _) in columns {
        let _ = write!(head, "  {name:>6}");
    }
    writeln!(out, "{head}")?;
    let (mut totals, mut reasons, mut slowest) = (Totals::default(), Vec::new(), None);
    for case in &cases {
        write!(out, "{:width$}", case.to_string())?;
        for ((name, _), verdict) in columns.iter().zip(row(case, columns)) {
            let (cell, count, reason) = match verdict {
                Verdict::Passed { slowest_close } => {
                    slowest =
                        slowest.max(slowest_close.map(|took| (took, case.to_string(), *name)));
                    ("ok", &mut totals.passed, None)
                }
                Verdict::LeftOut(why) => ("-", &mut totals.left_out, Some(why)),
                Verdict::Failed(why) => ("FAILED", &mut totals.failed, Some(why)),
            };
            *count += 1;
            reasons.extend(reason.map(|why| format!("{cell} {case}, {name}: {why}")));
            let width = name.len().max(6);
            write!(out, "  {cell:>width$}")?;
        }
        writeln!(out)?;
        out.flush()?;
    }
    for reason in reasons {
        writeln!(out, "\n{reason}")?;
    }
    if let Some((took, case, name)) = slowest {
        writeln!(out, "\nthe slowest close took {} ms ({case}, {name})", millis(took))?;
    }
    let Totals { passed, failed, left_out } = totals;
    let (count, adapters, took) = (cases.len(), columns.len(), begun.elapsed().as_secs_f64());
    writeln!(
        out,
        "{count} cases with {adapters} adapters in {took:.0} s: {passed} passed, {failed} failed, \
         {left_out} left out"
    )?;
    Ok(totals)
}

/// A case with all adapters, side by side.
fn row(case: &Case, columns: &[Column]) -> Vec<Verdict> {
    std::thread::scope(|scope| {
        let run = |(_, adapter): &Column| {
            let adapter = *adapter;
            scope.spawn(move || case.run(adapter))
        };
        let threads: Vec<_> = columns.iter().map(run).collect();
        let died = |_| Verdict::Failed("its thread died".into());
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(died)).collect()
    })
}

fn millis(took: Duration) -> String {
    format!("{:.1}", took.as_secs_f64() * 1000.0)
}
