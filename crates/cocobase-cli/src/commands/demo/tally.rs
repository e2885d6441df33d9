//! What one watcher must receive, what it received, and what was wrong with it.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::watchers::Key;

/// The books of one watcher.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    expected: HashMap<Key, Expected>,
    received: u64,
    /// The place of the latest event among those that were expected.
    latest: Option<usize>,
    doubled: u64,
    out_of_order: u64,
    unexpected: u64,
    latencies: Vec<Duration>,
}

#[derive(Debug)]
struct Expected {
    place: usize,
    sent: Instant,
    arrived: bool,
}

/// What the books say in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Events that the filter lets through.
    pub(crate) expected: u64,
    /// Events that arrived.
    pub(crate) received: u64,
    /// Expected and never arrived.
    pub(crate) missing: u64,
    /// Arrived again.
    pub(crate) doubled: u64,
    /// Arrived behind one that was sent later.
    pub(crate) out_of_order: u64,
    /// Arrived although the filter should have kept them away.
    pub(crate) unexpected: u64,
    /// The latency that half of the events stayed under.
    pub(crate) p50: Duration,
    /// The latency that 99 of 100 events stayed under.
    pub(crate) p99: Duration,
}

impl Tally {
    /// A write that the watcher must be told of is about to be sent.
    pub(crate) fn expect(&mut self, key: Key, sent: Instant) {
        let place = self.expected.len();
        self.expected.insert(key, Expected { place, sent, arrived: false });
    }

    /// An event arrived. Gives its latency when it was due.
    pub(crate) fn receive(&mut self, key: &Key, at: Instant) -> Option<Duration> {
        self.received += 1;
        let Some(expected) = self.expected.get_mut(key) else {
            self.unexpected += 1;
            return None;
        };
        if expected.arrived {
            self.doubled += 1;
            return None;
        }
        expected.arrived = true;
        if self.latest.is_some_and(|latest| expected.place < latest) {
            self.out_of_order += 1;
        } else {
            self.latest = Some(expected.place);
        }
        let latency = at.saturating_duration_since(expected.sent);
        self.latencies.push(latency);
        Some(latency)
    }

    /// How many events have arrived.
    pub(crate) fn received(&self) -> u64 {
        self.received
    }

    /// The books, closed.
    pub(crate) fn sum(mut self) -> Sum {
        self.latencies.sort_unstable();
        let missing = self.expected.values().filter(|expected| !expected.arrived).count();
        Sum {
            expected: self.expected.len() as u64,
            received: self.received,
            missing: missing as u64,
            doubled: self.doubled,
            out_of_order: self.out_of_order,
            unexpected: self.unexpected,
            p50: quantile(&self.latencies, 50),
            p99: quantile(&self.latencies, 99),
        }
    }
}

impl Sum {
    /// Whether every expected event arrived once, in order, and no other.
    pub(crate) fn is_right(&self) -> bool {
        [self.missing, self.doubled, self.out_of_order, self.unexpected].iter().all(|&n| n == 0)
    }
}

/// The smallest of the sorted values that `percent` of them do not exceed.
fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(rank).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::plan::Kind;
    use super::*;

    fn key(event: &str) -> Key {
        Key { kind: Kind::Created, event: event.into() }
    }

    /// Expects a, b, c; receives `events`; counts missing, doubled, out of order, unexpected.
    fn count(events: &str) -> [u64; 4] {
        let mut tally = Tally::default();
        let now = Instant::now();
        ["a", "b", "c"].iter().for_each(|event| tally.expect(key(event), now));
        for event in events.chars() {
            tally.receive(&key(&event.to_string()), now);
        }
        let sum = tally.sum();
        assert_eq!(sum.received, events.len() as u64);
        assert_eq!(sum.is_right(), events == "abc");
        [sum.missing, sum.doubled, sum.out_of_order, sum.unexpected]
    }

    #[test]
    fn every_fault_is_counted_as_what_it_is() {
        for (events, counts) in [
            ("abc", [0, 0, 0, 0]),
            ("", [3, 0, 0, 0]),
            ("ac", [1, 0, 0, 0]),
            ("acb", [0, 0, 1, 0]),
            ("cab", [0, 0, 2, 0]),
            ("abbc", [0, 1, 0, 0]),
            ("abca", [0, 1, 0, 0]),
            ("abxc", [0, 0, 0, 1]),
            ("cax", [1, 0, 1, 1]),
        ] {
            assert_eq!(count(events), counts, "{events}");
        }
    }

    #[test]
    fn the_same_document_created_and_deleted_are_two_events() {
        let mut tally = Tally::default();
        let now = Instant::now();
        let deleted = Key { kind: Kind::Deleted, event: "a".into() };
        tally.expect(key("a"), now);
        tally.expect(deleted.clone(), now);
        tally.receive(&key("a"), now);
        tally.receive(&deleted, now);
        assert!(tally.sum().is_right());
    }

    #[test]
    fn quantiles_are_nearest_ranks() {
        let sorted: Vec<Duration> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(quantile(&sorted, 50), Duration::from_millis(50));
        assert_eq!(quantile(&sorted, 99), Duration::from_millis(99));
        assert_eq!(quantile(&sorted[..1], 99), Duration::from_millis(1));
        assert_eq!(quantile(&[], 50), Duration::ZERO);
    }
}
