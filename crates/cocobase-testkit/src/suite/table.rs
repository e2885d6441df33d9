//! The table: cases by adapters.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use super::adapter::Adapter;
use super::list::CASES;
use super::run::{Case, Verdict};

/// An adapter in the table: its name, and how to make a new one for each case.
pub type Column = (&'static str, fn() -> Box<dyn Adapter>);

/// What became of a column's cells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cells that passed.
    pub passed: usize,
    /// Cells that failed.
    pub failed: usize,
    /// Cells of cases that are about something which the adapter does not have.
    pub left_out: usize,
}

/// What is counted, and how it is called.
type Count = (&'static str, fn(&Totals) -> usize);

const COUNTS: [Count; 3] = [
    ("passed", |totals| totals.passed),
    ("failed", |totals| totals.failed),
    ("not applicable", |totals| totals.left_out),
];

/// Runs every case whose name contains `wanted` with every adapter, and writes a line for each as it
/// comes: `ok`, `FAILED`, or `n/a` where the case is about something that the adapter does not have.
/// The counts and reasons follow the table. Answers with what became of each column.
///
/// # Errors
///
/// When `out` takes no more.
pub fn table(columns: &[Column], wanted: &str, out: &mut impl Write) -> io::Result<Vec<Totals>> {
    let begun = Instant::now();
    let cases: Vec<_> = CASES.iter().filter(|case| case.to_string().contains(wanted)).collect();
    let width = cases.iter().map(|case| case.to_string().len()).max().unwrap_or(0);
    line(out, width, "case", columns, columns.iter().map(|(name, _)| (*name).to_owned()))?;
    let mut totals = vec![Totals::default(); columns.len()];
    let (mut failures, mut reasons, mut slowest) = (Vec::new(), BTreeMap::new(), None);
    for case in &cases {
        let mut cells = Vec::new();
        let columns_and_totals = columns.iter().zip(&mut totals);
        for (((name, _), totals), verdict) in columns_and_totals.zip(row(case, columns)) {
            cells.push(match verdict {
                Verdict::Passed { slowest_close } => {
                    totals.passed += 1;
                    slowest =
                        slowest.max(slowest_close.map(|took| (took, case.to_string(), *name)));
                    "ok".to_owned()
                }
                Verdict::LeftOut(why) => {
                    totals.left_out += 1;
                    *reasons.entry((*name, why)).or_insert(0) += 1;
                    "n/a".to_owned()
                }
                Verdict::Failed(why) => {
                    totals.failed += 1;
                    failures.push(format!("FAILED {case}, {name}: {why}"));
                    "FAILED".to_owned()
                }
            });
        }
        line(out, width, &case.to_string(), columns, cells)?;
    }
    writeln!(out)?;
    for (word, count) in COUNTS {
        line(out, width, word, columns, totals.iter().map(|totals| count(totals).to_string()))?;
    }
    writeln!(out)?;
    for ((name, why), count) in reasons {
        writeln!(out, "not applicable to {name}, {count} cases: {why}")?;
    }
    for failure in failures {
        writeln!(out, "\n{failure}")?;
    }
    if let Some((took, case, name)) = slowest {
        writeln!(out, "\nthe slowest close took {} ms ({case}, {name})", millis(took))?;
    }
    let [passed, failed, left_out] =
        COUNTS.map(|(_, count)| totals.iter().map(count).sum::<usize>());
    let (count, adapters, took) = (cases.len(), columns.len(), begun.elapsed().as_secs_f64());
    writeln!(
        out,
        "{count} cases with {adapters} adapters in {took:.0} s: {passed} cells passed, {failed} \
         failed, {left_out} not applicable"
    )?;
    Ok(totals)
}

/// Writes a line of the table.
fn line(
    out: &mut impl Write,
    width: usize,
    head: &str,
    columns: &[Column],
    cells: impl IntoIterator<Item = String>,
) -> io::Result<()> {
    write!(out, "{head:width$}")?;
    for ((name, _), cell) in columns.iter().zip(cells) {
        let width = name.len().max(6);
        write!(out, "  {cell:>width$}")?;
    }
    writeln!(out)?;
    out.flush()
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
