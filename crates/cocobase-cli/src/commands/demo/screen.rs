//! What the demo shows while it runs: every event on a terminal, a word now and then elsewhere.

use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::plan::Kind;
use super::quake::Quake;
use super::watchers::Watcher;
use crate::fields::printable;
use crate::output::{self, BAD, DIM, GOOD, NAME, NOTE, STRONG, line, paint};

/// Where the show takes place.
pub(crate) enum Screen {
    /// Lines for the filtered watchers, and a bar below them.
    Terminal(ProgressBar),
    /// A line for every tenth of the way.
    Plain { total: u64, sent: u64 },
    /// Nowhere.
    Dark,
}

impl Screen {
    /// A show of `total` writes.
    pub(crate) fn new(dark: bool, total: u64) -> Self {
        if dark {
            return Self::Dark;
        }
        if !output::on_terminal() {
            return Self::Plain { total, sent: 0 };
        }
        let bar = ProgressBar::new(total);
        if let Ok(style) =
            ProgressStyle::with_template("{bar:30.cyan/blue} {pos}/{len} writes   {msg}")
        {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self::Terminal(bar)
    }

    /// Says something.
    pub(crate) fn say(&self, text: &str) -> io::Result<()> {
        match self {
            Self::Terminal(bar) => bar.suspend(|| line(text)),
            Self::Plain { .. } => line(text),
            Self::Dark => Ok(()),
        }
    }

    /// A write is sent.
    pub(crate) fn sent(&mut self) -> io::Result<()> {
        match self {
            Self::Terminal(bar) => bar.inc(1),
            Self::Plain { total, sent } => {
                *sent += 1;
                let tenth = |sent: u64| sent * 10 / *total;
                if tenth(*sent) > tenth(*sent - 1) {
                    line(format_args!("  {sent} of {total} writes"))?;
                }
            }
            Self::Dark => {}
        }
        Ok(())
    }

    /// How many events each watcher has received.
    pub(crate) fn counts(&self, counts: impl Iterator<Item = (&'static str, u64)>) {
        if let Self::Terminal(bar) = self {
            let counts: Vec<String> =
                counts.map(|(name, count)| format!("{name} {count}")).collect();
            bar.set_message(counts.join("   "));
        }
    }

    /// A filtered watcher received an event.
    pub(crate) fn event(
        &self,
        watcher: &Watcher,
        kind: Kind,
        quake: &Quake,
        latency: Duration,
    ) -> io::Result<()> {
        if !matches!(self, Self::Terminal(_)) || watcher.condition.is_empty() {
            return Ok(());
        }
        let (sign, style) = match kind {
            Kind::Created => ("+ reported", GOOD),
            Kind::Updated => ("~ reviewed", NOTE),
            Kind::Deleted => ("- deleted ", BAD),
        };
        let magnitude = match quake.mag {
            4.5.. => BAD,
            2.5.. => NOTE,
            _ => DIM,
        };
        // `2018-01-31T01:49:59.650Z`: the day and the minute are enough here.
        let time = quake.time.get(5..16).unwrap_or_default().replace('T', " ");
        let place: String = printable(&quake.place).chars().take(44).collect();
        self.say(&format!(
            "{}  {}  {}  {}  {place:<44} {}",
            paint(NAME, format_args!("{:<6}", watcher.name)),
            paint(DIM, time),
            paint(style, sign),
            paint(magnitude, format_args!("M {:>4.1}", quake.mag)),
            paint(DIM, format_args!("{:>7.2} ms", latency.as_secs_f64() * 1e3)),
        ))
    }

    /// A watcher is in trouble.
    pub(crate) fn trouble(&self, watcher: &Watcher, text: &str) {
        output::remark(format_args!("{}: {text}", paint(STRONG, watcher.name)));
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        if let Self::Terminal(bar) = self {
            bar.finish_and_clear();
        }
    }
}
