//! The combinators on events: against slow models that see the whole history at once, and the laws
//! after every step of random calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod coalesce;
mod gather;
mod history;
mod laws;

use std::fmt::Debug;

use cocobase_proto::combine::{Batch, Coalesce, Debounce, Debounced};
use cocobase_proto::{Event, Instant};

/// What the combinators have in common.
trait Combinator: Clone {
    type Output: PartialEq + Debug;
    fn push(&mut self, event: Event, now: Instant);
    fn handle_timeout(&mut self, now: Instant);
    fn poll_timeout(&self) -> Option<Instant>;
    fn poll(&mut self) -> Option<Self::Output>;
    fn flush(&mut self);

    fn drain(&mut self) -> Vec<Self::Output> {
        let outputs = std::iter::from_fn(|| self.poll()).collect();
        assert_eq!(self.poll(), None, "law 1");
        outputs
    }
}

macro_rules! combinator {
    ($name:ty, $output:ty) => {
        impl Combinator for $name {
            type Output = $output;
            fn push(&mut self, event: Event, now: Instant) {
                self.push(event, now);
            }
            fn handle_timeout(&mut self, now: Instant) {
                self.handle_timeout(now);
            }
            fn poll_timeout(&self) -> Option<Instant> {
                self.poll_timeout()
            }
            fn poll(&mut self) -> Option<$output> {
                self.poll()
            }
            fn flush(&mut self) {
                self.flush();
            }
        }
    };
}

combinator!(Batch, Vec<Event>);
combinator!(Coalesce, Event);
combinator!(Debounce, Debounced);

/// How a driver serves deadlines.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Driver {
    /// Each on time.
    Punctual,
    /// Never: the pushes are all that happens.
    Asleep,
}

/// Runs a history through a combinator.
fn run<C: Combinator>(
    mut combinator: C,
    history: &[(Instant, Event)],
    driver: Driver,
) -> Vec<C::Output> {
    let mut outputs = vec![];
    for (now, event) in history {
        while let Some(at) = combinator.poll_timeout().filter(|at| at <= now) {
            if driver == Driver::Asleep {
                break;
            }
            combinator.handle_timeout(at);
            outputs.extend(combinator.drain());
        }
        combinator.push(event.clone(), *now);
        outputs.extend(combinator.drain());
    }
    combinator.flush();
    outputs.extend(combinator.drain());
    assert_eq!(combinator.poll_timeout(), None);
    outputs
}
