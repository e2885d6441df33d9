//! The bounded queue of events.

use alloc::collections::VecDeque;

use crate::document::Document;
use crate::time::Instant;

use super::event::{Event, Gap, GapCause, Missed, Topic};

/// Events on their way to the user. What finds no room is counted and told as a gap, at the place
/// in the order where it is missing.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    topic: Topic,
    queue: VecDeque<Event>,
    limit: usize,
    dropped: Option<Dropped>,
}

#[derive(Debug, Clone)]
struct Dropped {
    missed: Missed,
    first: Instant,
    last: Instant,
}

impl Outlet {
    pub(super) const fn new(topic: Topic, limit: usize) -> Self {
        Self { topic, queue: VecDeque::new(), limit, dropped: None }
    }

    pub(super) fn push(&mut self, event: Event, now: Instant) {
        let needed = if self.dropped.is_some() { 2 } else { 1 };
        if self.queue.len() + needed > self.limit {
            let missed = Missed::Known(0);
            let dropped = self.dropped.get_or_insert(Dropped { missed, first: now, last: now });
            dropped.missed = dropped.missed.plus(missed_with(&event));
            dropped.last = now;
            return;
        }
        self.push_always(event);
    }

    /// For the events that the session itself depends on; there is at most one of each at a time.
    pub(super) fn push_always(&mut self, event: Event) {
        if let Some(gap) = self.take_gap() {
            match self.queue.back_mut() {
                Some(Event::Gap(last)) if last.cause == GapCause::Overflow => last.extend(&gap),
                _ => self.queue.push_back(Event::Gap(gap)),
            }
        }
        if self.queue.capacity() == 0 {
            // Most sessions never have two.
            self.queue.reserve_exact(1);
        }
        self.queue.push_back(event);
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.queue.is_empty() && self.dropped.is_none()
    }

    pub(super) fn pop(&mut self) -> Option<Event> {
        match self.queue.is_empty() {
            true => self.take_gap().map(Event::Gap),
            false => self.queue.pop_front(),
        }
    }

    /// Takes back unanswered questions for credentials: a new one follows.
    pub(super) fn remove_questions(&mut self) {
        self.queue.retain(|event| !matches!(event, Event::CredentialsNeeded { .. }));
    }

    pub(super) fn clear(&mut self) {
        self.queue.clear();
        self.dropped = None;
    }

    fn take_gap(&mut self) -> Option<Gap> {
        let Dropped { missed, first, last } = self.dropped.take()?;
        Some(Gap {
            topic: self.topic.clone(),
            since: first,
            lasted: last.since(first),
            missed,
            cause: GapCause::Overflow,
        })
    }
}

impl Gap {
    /// Takes in a gap of the same kind that follows this one at once.
    fn extend(&mut self, next: &Self) {
        self.lasted = (next.since + next.lasted).since(self.since);
        self.missed = self.missed.plus(next.missed);
    }
}

/// What the user misses with an event: itself, or what it tells to be missing.
fn missed_with(event: &Event<Document>) -> Missed {
    match event {
        Event::Created(_) | Event::Updated(_) | Event::Deleted(_) | Event::Message(_) => {
            Missed::Known(1)
        }
        Event::Gap(gap) => gap.missed,
        // A snapshot makes up for what was missed only when it is whole.
        Event::Snapshot(_) => Missed::Unknown,
        Event::Connected(greeting) | Event::Subscribed(greeting) if greeting.snapshot.is_some() => {
            Missed::Unknown
        }
        _ => Missed::Known(0),
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::vec::Vec;

    use super::*;
    use crate::text::Text;

    fn event(n: usize) -> Event {
        Event::Unknown(Text::from(format!("{n}")))
    }

    fn drain(outlet: &mut Outlet) -> Vec<Event> {
        core::iter::from_fn(|| outlet.pop()).collect()
    }

    #[test]
    fn overflow_is_told_where_events_are_missing() {
        let mut outlet = Outlet::new(Topic::Everything, 3);
        for n in 0..5 {
            outlet.push(event(n), Instant::from_nanos(n as u64));
        }
        assert_eq!(outlet.pop(), Some(event(0)));
        assert_eq!(outlet.pop(), Some(event(1)));
        outlet.push(event(5), Instant::from_nanos(5));
        let rest = drain(&mut outlet);
        assert_eq!(rest.len(), 3);
        assert_eq!(rest[0], event(2));
        assert!(matches!(&rest[1], Event::Gap(gap) if gap.cause == GapCause::Overflow));
        assert_eq!(rest[2], event(5));
        assert_eq!(outlet.pop(), None);
    }

    #[test]
    fn a_gap_that_finds_no_room_is_not_forgotten() {
        for (missed, told) in [
            (Missed::Known(3), Missed::Known(4)),
            (Missed::AtMost(3), Missed::AtMost(4)),
            (Missed::Unknown, Missed::Unknown),
        ] {
            let gap = Gap {
                topic: Topic::Everything,
                since: Instant::default(),
                lasted: core::time::Duration::ZERO,
                missed,
                cause: GapCause::Reconnected,
            };
            let deleted = crate::Deleted {
                collection: None,
                id: None,
                document: Document::new("{}".into()),
                seq: None,
            };
            let mut outlet = Outlet::new(Topic::Everything, 1);
            for event in [event(0), Event::Deleted(deleted), Event::Gap(gap)] {
                outlet.push(event, Instant::default());
            }
            let all = drain(&mut outlet);
            assert!(matches!(&all[..], [_, Event::Gap(gap)] if gap.missed == told), "{all:?}");
        }
    }

    #[test]
    fn a_gap_at_the_end_is_told_too() {
        let mut outlet = Outlet::new(Topic::Everything, 1);
        outlet.push(event(0), Instant::default());
        outlet.push(event(1), Instant::default());
        let all = drain(&mut outlet);
        assert!(matches!(&all[..], [Event::Unknown(_), Event::Gap(_)]));
    }
}
