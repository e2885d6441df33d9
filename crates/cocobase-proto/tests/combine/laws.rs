//! The laws of machines that are told the time, after every step of random calls.

use std::time::Duration;

use cocobase_proto::combine::{
    Batch, BatchConfig, Coalesce, CoalesceConfig, Debounce, DebounceConfig,
};
use cocobase_proto::{Event, Instant};
use proptest::collection::vec;
use proptest::prelude::*;

use super::Combinator;
use super::history::{event, is_change};

#[derive(Debug, Clone)]
#[expect(clippy::large_enum_variant, reason = "few steps live at a time")]
enum Step {
    Push(Event),
    /// To any time, backwards too.
    SetClock(u64),
    Wait(Duration),
    Timeout,
    /// As much too late as this.
    TimeoutWhenDue(Duration),
    Poll,
    Flush,
}

fn step() -> impl Strategy<Value = Step> {
    let short = (0..100u64).prop_map(Duration::from_millis);
    prop_oneof![
        10 => event().prop_map(Step::Push),
        1 => prop_oneof![Just(0), Just(u64::MAX), any::<u64>()].prop_map(Step::SetClock),
        4 => short.clone().prop_map(Step::Wait),
        2 => Just(Step::Timeout),
        3 => short.prop_map(Step::TimeoutWhenDue),
        3 => Just(Step::Poll),
        1 => Just(Step::Flush),
    ]
}

/// Everything that can be seen without changing it.
fn view<C: Combinator>(combinator: &C) -> (Vec<C::Output>, Option<Instant>) {
    let mut combinator = combinator.clone();
    let due = combinator.poll_timeout();
    (combinator.drain(), due)
}

/// Runs the steps; `weigh` says how many pushed events an output stands for, if that is known.
fn check<C: Combinator>(
    mut combinator: C,
    steps: &[Step],
    max_held: usize,
    weigh: Option<fn(&C::Output) -> u64>,
) -> Vec<C::Output> {
    let mut now = Instant::from_nanos(1 << 40);
    let (mut pushed, mut told) = (0u64, vec![]);
    for step in steps {
        match step {
            Step::Push(event) => {
                let queued = view(&combinator).0.len();
                combinator.push(event.clone(), now);
                pushed += 1;
                let (outputs, due) = view(&combinator);
                assert!(outputs.len() <= queued + max_held + 1, "law 8");
                assert!(due.is_none_or(|at| at > now), "what is due is told");
                if !is_change(event) {
                    assert!(outputs.len() > queued, "told at once");
                    assert_eq!(due, None, "nothing is held behind it");
                }
            }
            Step::SetClock(nanos) => now = Instant::from_nanos(*nanos),
            Step::Wait(pause) => now = now + *pause,
            Step::Timeout => timeout(&mut combinator, now),
            Step::TimeoutWhenDue(late) => {
                if let Some(at) = combinator.poll_timeout() {
                    now = at + *late;
                }
                timeout(&mut combinator, now);
            }
            Step::Poll => told.extend(combinator.poll()),
            Step::Flush => {
                combinator.flush();
                assert_eq!(combinator.poll_timeout(), None, "nothing is held after a flush");
            }
        }
    }
    combinator.flush();
    told.extend(combinator.drain());
    if let Some(weigh) = weigh {
        assert_eq!(told.iter().map(weigh).sum::<u64>(), pushed, "nothing is lost");
    }
    assert!(told.len() as u64 <= pushed, "no more comes out than went in");
    told
}

fn timeout<C: Combinator>(combinator: &mut C, now: Instant) {
    let before = view(combinator);
    combinator.handle_timeout(now);
    let after = view(combinator);
    if before.1.is_none_or(|at| at > now) {
        assert_eq!(after, before, "law 2");
    }
    assert!(after.1.is_none_or(|at| at > now), "law 3");
}

fn durations() -> impl Strategy<Value = Duration> {
    prop_oneof![
        1 => Just(Duration::ZERO),
        1 => Just(Duration::MAX),
        6 => (0..200u64).prop_map(Duration::from_millis),
    ]
}

proptest! {
    #[test]
    fn laws_hold_for_batches(
        steps in vec(step(), 0..80), window in durations(), max_events in 0..6usize,
    ) {
        let batch = Batch::new(BatchConfig { window, max_events });
        let told = check(batch, &steps, 1, Some(|batch| batch.len() as u64));
        for batch in told {
            prop_assert!((1..=max_events.max(1)).contains(&batch.len()));
            prop_assert!(batch.len() == 1 || batch.iter().all(is_change));
        }
    }

    #[test]
    fn laws_hold_for_coalesced_changes(
        steps in vec(step(), 0..80),
        window in durations(),
        max_events in 0..6usize,
        forgets_short_lived in any::<bool>(),
    ) {
        let config = CoalesceConfig { window, max_events, forgets_short_lived };
        check(Coalesce::new(config), &steps, max_events.max(1), None);
    }

    #[test]
    fn laws_hold_for_debounced_changes(
        steps in vec(step(), 0..80),
        quiet in durations(),
        max_wait in proptest::option::of(durations()),
    ) {
        let debounce = Debounce::new(DebounceConfig { quiet, max_wait });
        check(debounce, &steps, 1, Some(|debounced| debounced.superseded + 1));
    }
}
