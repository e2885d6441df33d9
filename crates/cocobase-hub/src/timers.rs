//! When to look at which connection.

use alloc::collections::BTreeSet;

use cocobase_proto::Instant;

/// One alarm per connection, all in one order.
///
/// An alarm may come too early: what moves a deadline back leaves the alarm where it is, and whoever is
/// woken looks whether it is time. So a client that says something costs nothing here.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    order: BTreeSet<(Instant, u32)>,
}

impl Timers {
    /// Makes sure that the connection in place `index`, whose alarm is `armed`, is woken at `at` or
    /// before. What is not after `now` will never be.
    pub(crate) fn arm(
        &mut self,
        index: u32,
        armed: &mut Option<Instant>,
        at: Instant,
        now: Instant,
    ) {
        if at <= now || armed.is_some_and(|armed| armed <= at) {
            return;
        }
        self.disarm(index, armed);
        self.order.insert((at, index));
        *armed = Some(at);
    }

    pub(crate) fn disarm(&mut self, index: u32, armed: &mut Option<Instant>) {
        if let Some(armed) = armed.take() {
            self.order.remove(&(armed, index));
        }
    }

    pub(crate) fn first(&self) -> Option<Instant> {
        self.order.first().map(|(at, _)| *at)
    }

    /// The next connection whose alarm is due.
    pub(crate) fn pop(&mut self, now: Instant) -> Option<u32> {
        let (at, index) = *self.order.first()?;
        if now < at {
            return None;
        }
        self.order.pop_first();
        Some(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn an_alarm_is_only_ever_moved_forward() {
        let (mut timers, mut one, mut two) = (Timers::default(), None, None);
        timers.arm(1, &mut one, at(5), at(0));
        timers.arm(2, &mut two, at(4), at(0));
        timers.arm(1, &mut one, at(9), at(0));
        assert_eq!((one, timers.first()), (Some(at(5)), Some(at(4))));
        timers.arm(1, &mut one, at(3), at(0));
        assert_eq!(timers.pop(at(2)), None);
        assert_eq!(timers.pop(at(7)), Some(1));
        assert_eq!(timers.pop(at(7)), Some(2));
        assert_eq!(timers.pop(at(7)), None);
    }

    #[test]
    fn what_is_over_is_not_waited_for() {
        let (mut timers, mut one) = (Timers::default(), None);
        timers.arm(1, &mut one, at(5), at(5));
        assert_eq!((one, timers.first()), (None, None));
        timers.arm(1, &mut one, at(6), at(5));
        timers.disarm(1, &mut one);
        assert_eq!((one, timers.first()), (None, None));
    }
}
