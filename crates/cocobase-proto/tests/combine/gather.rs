//! What is told together: batches and debounced changes, against models that cut the history.

use std::time::Duration;

use cocobase_proto::combine::{Batch, BatchConfig, Debounce, DebounceConfig, Debounced};
use cocobase_proto::{Event, Instant};
use proptest::option;
use proptest::prelude::*;

use super::history::{history, is_change};
use super::{Driver, run};

/// Cuts a history into runs of changes, and events that are none. `fits` says whether a change at
/// some time still belongs to a run that began, was last added to, and has so many.
pub(crate) fn cut(
    history: &[(Instant, Event)],
    fits: impl Fn(Instant, Instant, usize, Instant) -> bool,
) -> Vec<Vec<Event>> {
    let mut runs: Vec<Vec<Event>> = vec![];
    let mut open: Option<(Instant, Instant)> = None;
    for (now, event) in history {
        let now = *now;
        match (open, runs.last_mut()) {
            (Some((first, last)), Some(run))
                if is_change(event) && fits(first, last, run.len(), now) =>
            {
                run.push(event.clone());
                open = Some((first, now));
            }
            _ => {
                runs.push(vec![event.clone()]);
                open = is_change(event).then_some((now, now));
            }
        }
    }
    runs
}

/// The runs that a window makes.
pub(crate) fn windows(
    history: &[(Instant, Event)],
    window: Duration,
    max_events: usize,
) -> Vec<Vec<Event>> {
    cut(history, |first, _, len, now| now < first + window && len < max_events)
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

proptest! {
    #[test]
    fn batches_are_as_the_model_cuts_them(
        history in history(),
        window in millis(0..200),
        max_events in 0..8usize,
    ) {
        let expected = windows(&history, window, max_events);
        for driver in [Driver::Punctual, Driver::Asleep] {
            let batch = Batch::new(BatchConfig { window, max_events });
            prop_assert_eq!(&run(batch, &history, driver), &expected, "{:?}", driver);
        }
        let all: Vec<Event> = expected.into_iter().flatten().collect();
        prop_assert!(all.iter().eq(history.iter().map(|(_, event)| event)), "nothing is lost");
    }

    #[test]
    fn debounced_changes_are_the_last_of_each_busy_stretch(
        history in history(),
        quiet in millis(0..80),
        max_wait in option::of(millis(0..200)),
    ) {
        let runs = cut(&history, |first, last, _, now| {
            now < last + quiet && max_wait.is_none_or(|wait| now < first + wait)
        });
        let expected: Vec<Debounced> = runs
            .iter()
            .map(|run| Debounced {
                event: run.last().unwrap().clone(),
                superseded: run.len() as u64 - 1,
            })
            .collect();
        for driver in [Driver::Punctual, Driver::Asleep] {
            let debounce = Debounce::new(DebounceConfig { quiet, max_wait });
            prop_assert_eq!(&run(debounce, &history, driver), &expected, "{:?}", driver);
        }
    }
}
