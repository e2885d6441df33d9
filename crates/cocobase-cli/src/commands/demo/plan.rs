//! What is replayed, in which order and when.

use std::time::Duration;

use jiff::Timestamp;

use super::quake::Quake;
use crate::args::Speed;

/// How many earthquakes, the weakest ones, are deleted in the end.
const DELETIONS: usize = 5;

/// The longest silence of a replay: a quiet night in 2018 is no reason to show nothing.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);

/// One write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Step {
    /// Which earthquake, by its place in the week.
    pub(crate) quake: usize,
    /// What happens to it.
    pub(crate) kind: Kind,
    /// How long after the write before it.
    pub(crate) pause: Duration,
}

/// What happens to an earthquake's document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// It is reported for the first time.
    Created,
    /// Its review arrives.
    Updated,
    /// It is taken back.
    Deleted,
}

/// The writes of a replay: every first report at its earthquake's time, every review at its own,
/// and the deletions behind them.
pub(crate) fn plan(quakes: &[Quake], speed: Speed) -> Result<Vec<Step>, jiff::Error> {
    let millisecond = |time: &str| time.parse().map(Timestamp::as_millisecond);
    let mut writes: Vec<(i64, Kind, usize)> = Vec::new();
    for (at, quake) in quakes.iter().enumerate() {
        let reported = millisecond(&quake.time)?;
        writes.push((reported, Kind::Created, at));
        if quake.review().is_some() {
            let reviewed = millisecond(&quake.updated)?.max(reported);
            writes.push((reviewed, Kind::Updated, at));
        }
    }
    writes.sort_unstable();
    let end = writes.last().map_or(0, |&(time, ..)| time);
    let mut weakest: Vec<(usize, &Quake)> = quakes.iter().enumerate().collect();
    weakest.sort_by(|(_, a), (_, b)| a.mag.total_cmp(&b.mag));
    writes.extend(weakest.into_iter().take(DELETIONS).map(|(at, _)| (end, Kind::Deleted, at)));

    let mut before = writes.first().map_or(0, |&(time, ..)| time);
    let steps = writes
        .into_iter()
        .map(|(time, kind, quake)| {
            let silence = Duration::from_millis(u64::try_from(time - before).unwrap_or(0));
            before = time;
            let pause = match speed {
                Speed::Max => Duration::ZERO,
                Speed::Times(factor) => Duration::try_from_secs_f64(silence.as_secs_f64() / factor)
                    .unwrap_or(LONGEST_PAUSE)
                    .min(LONGEST_PAUSE),
            };
            Step { quake, kind, pause }
        })
        .collect();
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::quake::week;
    use super::*;

    #[test]
    fn a_week_is_reports_reviews_and_a_few_deletions() {
        let week = week(None).unwrap();
        let plan = plan(&week, Speed::Max).unwrap();
        let count = |kind| plan.iter().filter(|step| step.kind == kind).count();
        assert_eq!(count(Kind::Created), 1707);
        assert_eq!(count(Kind::Updated), 1214);
        assert_eq!(count(Kind::Deleted), 5);
        assert!(plan.iter().all(|step| step.pause.is_zero()));
        assert!(plan.iter().rev().take(5).all(|step| step.kind == Kind::Deleted));
    }

    #[test]
    fn everything_happens_to_a_document_that_is_there() {
        for max in [1, 3, 150] {
            let week = week(Some(max)).unwrap();
            let mut there = HashSet::new();
            for step in plan(&week, Speed::Max).unwrap() {
                match step.kind {
                    Kind::Created => assert!(there.insert(step.quake)),
                    Kind::Updated => assert!(there.contains(&step.quake)),
                    Kind::Deleted => assert!(there.remove(&step.quake)),
                }
            }
            assert_eq!(there.len(), max.saturating_sub(DELETIONS));
        }
        assert!(plan(&[], Speed::Max).unwrap().is_empty());
    }

    #[test]
    fn the_default_speed_shows_a_week_in_about_25_seconds_without_long_silences() {
        let plan = plan(&week(None).unwrap(), Speed::Times(25_000.0)).unwrap();
        let total: Duration = plan.iter().map(|step| step.pause).sum();
        assert!((20..30).contains(&total.as_secs()), "{total:?}");
        assert!(plan.iter().all(|step| step.pause <= LONGEST_PAUSE));
        let slow = super::plan(&week(Some(2)).unwrap(), Speed::Times(f64::MIN_POSITIVE)).unwrap();
        assert!(slow.iter().all(|step| step.pause <= LONGEST_PAUSE));
    }
}
