//! The demo's last word: a table for people, one JSON object for programs.

use std::iter;
use std::time::Duration;

use comfy_table::{Cell, CellAlignment, LineStyle, Table, presets};
use serde_json::{Value, json};

use super::desk::Talks;
use super::tally::Sum;
use super::watchers::{WATCHERS, Watcher};
use crate::output::{BAD, GOOD, counted, paint};

/// What the demo did and saw.
pub(crate) struct Report {
    /// Writes that the server acknowledged.
    pub(crate) writes: u64,
    /// How long the replay took.
    pub(crate) took: Duration,
    /// What each of [`WATCHERS`] received.
    pub(crate) sums: Vec<Sum>,
    /// What was said and heard.
    pub(crate) talks: Talks,
}

impl Report {
    /// Whether every watcher was told of everything, once and in order.
    pub(crate) fn is_right(&self) -> bool {
        let heard = self.talks.room.is_right() && self.talks.broadcast.is_right();
        heard && self.sums.len() == WATCHERS.len() && self.sums.iter().all(Sum::is_right)
    }

    fn rows(&self) -> impl Iterator<Item = (&'static Watcher, &Sum)> {
        WATCHERS.iter().zip(&self.sums)
    }

    /// The report for people.
    pub(crate) fn to_text(&self) -> String {
        let mut table = Table::new();
        table.load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()));
        let mut row = |name: &str, value: &dyn Fn(&Watcher, &Sum) -> String| {
            let values = self.rows().map(|(watcher, sum)| right(value(watcher, sum)));
            table.add_row(iter::once(Cell::new(name)).chain(values));
        };
        row("filter", &|watcher, _| watcher.label.into());
        row("sent", &|_, _| self.writes.to_string());
        row("expected by filter", &|_, sum| sum.expected.to_string());
        row("received", &|_, sum| sum.received.to_string());
        row("missing", &|_, sum| sum.missing.to_string());
        row("doubled", &|_, sum| sum.doubled.to_string());
        row("out of order", &|_, sum| sum.out_of_order.to_string());
        row("unexpected", &|_, sum| sum.unexpected.to_string());
        row("latency p50", &|_, sum| format!("{:.2} ms", millis(sum.p50)));
        row("latency p99", &|_, sum| format!("{:.2} ms", millis(sum.p99)));
        let names = self.rows().map(|(watcher, _)| right(watcher.name.into()));
        table.set_header(iter::once(Cell::new("watcher")).chain(names));
        let received: u64 = self.sums.iter().map(|sum| sum.received).sum();
        let verdict = if self.is_right() {
            paint(GOOD, "Every expected event arrived, once and in order")
        } else {
            paint(BAD, "Events went wrong")
        };
        let took = self.took.as_secs_f64();
        let (writes, events) = (counted(self.writes, "write"), counted(received, "event"));
        let (room, everyone) = (self.talks.room.counts(), self.talks.broadcast.counts());
        let talk = format!(
            "In the room: {} said, {} heard. To everyone: {} said, {} heard.",
            room.0, room.1, everyone.0, everyone.1
        );
        format!("{table}\n{talk}\n{verdict}: {writes}, {events}, {took:.1} s.")
    }

    /// The report for programs.
    pub(crate) fn to_json(&self) -> Value {
        let watchers: Vec<Value> = self
            .rows()
            .map(|(watcher, sum)| {
                json!({
                    "name": watcher.name,
                    "filter": watcher.condition,
                    "sent": self.writes,
                    "expected": sum.expected,
                    "received": sum.received,
                    "missing": sum.missing,
                    "doubled": sum.doubled,
                    "out_of_order": sum.out_of_order,
                    "unexpected": sum.unexpected,
                    "p50_ms": millis(sum.p50),
                    "p99_ms": millis(sum.p99),
                })
            })
            .collect();
        json!({
            "ok": self.is_right(),
            "writes": self.writes,
            "seconds": self.took.as_secs_f64(),
            "watchers": watchers,
            "room": self.talks.room.to_json(),
            "broadcast": self.talks.broadcast.to_json(),
        })
    }
}

fn right(text: String) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(missing: u64) -> Report {
        let right = Sum {
            expected: 7,
            received: 7 - missing,
            missing,
            doubled: 0,
            out_of_order: 0,
            unexpected: 0,
            p50: Duration::from_micros(812),
            p99: Duration::from_millis(3),
        };
        let sums = vec![right; WATCHERS.len()];
        Report { writes: 9, took: Duration::from_millis(1500), sums, talks: Talks::default() }
    }

    #[test]
    fn the_verdict_is_that_of_the_watchers() {
        assert!(report(0).is_right() && !report(1).is_right());
        assert!(!Report { sums: Vec::new(), ..report(0) }.is_right());
        let text = |missing| anstream::adapter::strip_str(&report(missing).to_text()).to_string();
        assert!(text(0).contains("once and in order: 9 writes, 21 events, 1.5 s."));
        assert!(text(1).contains("Events went wrong"));
        assert_eq!(report(1).to_json()["ok"], false);
        assert_eq!(report(0).to_json()["watchers"][1]["p50_ms"], 0.812);
    }
}
