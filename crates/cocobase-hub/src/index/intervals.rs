//! Spans, found by a point in them.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use super::candidate::Candidate;
use super::point::{Point, Span};

/// Spans of a line, each with a candidate, found by a point in them in time that grows with the
/// number found and the logarithm of the number kept.
///
/// Read the ends of a span as binary numbers: they begin alike, for some number of digits, and part
/// at the next, where `low` has a 0 and `high` a 1. A point is in the span only if it begins as both
/// do. If its next digit is a 0 it is below `high`, and only `low` remains to be compared; if a 1, it
/// is above `low`, and only `high` remains. So for each length of a common beginning, the spans are
/// kept in the order of their low ends and in that of their high ends, and a point reads one stretch
/// of one of the two.
#[derive(Debug)]
pub(super) struct Intervals<P> {
    /// The lengths of common beginnings that there are, in order.
    lengths: Vec<u8>,
    by_low: BTreeSet<(u8, P, Candidate)>,
    by_high: BTreeSet<(u8, P, Candidate)>,
}

impl<P> Default for Intervals<P> {
    fn default() -> Self {
        Self { lengths: Vec::new(), by_low: BTreeSet::new(), by_high: BTreeSet::new() }
    }
}

impl<P: Point> Intervals<P> {
    pub(super) fn is_empty(&self) -> bool {
        self.by_low.is_empty()
    }

    pub(super) fn insert(&mut self, span: Span<P>, candidate: Candidate) {
        let length = common_beginning(span);
        if let Err(at) = self.lengths.binary_search(&length) {
            self.lengths.insert(at, length);
        }
        self.by_low.insert((length, span.low, candidate));
        self.by_high.insert((length, span.high, candidate));
    }

    pub(super) fn remove(&mut self, span: Span<P>, candidate: Candidate) {
        let length = common_beginning(span);
        self.by_low.remove(&(length, span.low, candidate));
        self.by_high.remove(&(length, span.high, candidate));
        let others = (length, P::FIRST, Candidate::MIN)..=(length, P::LAST, Candidate::MAX);
        if self.by_low.range(others).next().is_none() {
            self.lengths.retain(|other| *other != length);
        }
    }

    /// The candidates whose spans hold `point`, each with whether the point may be an end of its span.
    pub(super) fn find(&self, point: P, mut found: impl FnMut(Candidate, bool)) {
        for &length in &self.lengths {
            let (first, last) = point.neighbours(length.into());
            let stretch = if point.is_one(length.into()) {
                let from = (length, point, Candidate::MIN);
                self.by_high.range(from..=(length, last, Candidate::MAX))
            } else {
                let from = (length, first, Candidate::MIN);
                self.by_low.range(from..=(length, point, Candidate::MAX))
            };
            let undivided = u16::from(length) == P::DIGITS - 1;
            stretch.for_each(|(_, end, candidate)| found(*candidate, undivided || *end == point));
        }
    }
}

/// How many digits the ends have in common, before the last.
fn common_beginning<P: Point>(span: Span<P>) -> u8 {
    span.low.shared(span.high).min(P::DIGITS - 1) as u8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point() -> impl Strategy<Value = u128> {
        prop_oneof![0..40_u128, (u128::MAX - 20)..=u128::MAX, (1 << 100)..(1 << 100) + 9_u128]
    }

    proptest! {
        #[test]
        fn a_point_finds_the_spans_that_hold_it(
            ends in prop::collection::vec((point(), point()), 0..60),
            kept in 0..60_usize,
            points in prop::collection::vec(point(), 20),
        ) {
            let spans: Vec<Span<u128>> =
                ends.iter().map(|(a, b)| Span { low: *a.min(b), high: *a.max(b) }).collect();
            let number = |n: usize| Candidate::new(n as u32, true);
            let mut intervals = Intervals::default();
            spans.iter().enumerate().for_each(|(n, span)| intervals.insert(*span, number(n)));
            for (n, span) in spans.iter().enumerate().skip(kept) {
                intervals.remove(*span, number(n));
            }
            for point in points {
                let mut found = Vec::new();
                intervals.find(point, |candidate, is_end| {
                    let span = spans[candidate.slot() as usize];
                    assert!(is_end || span.low < point && point < span.high);
                    found.push(candidate);
                });
                found.sort_unstable();
                let holds = |span: &Span<u128>| span.low <= point && point <= span.high;
                let expected: Vec<Candidate> =
                    (0..spans.len().min(kept)).filter(|n| holds(&spans[*n])).map(number).collect();
                prop_assert_eq!(found, expected);
            }
            for (n, span) in spans.iter().enumerate().take(kept) {
                intervals.remove(*span, number(n));
            }
            prop_assert!(intervals.is_empty());
            prop_assert!(intervals.lengths.is_empty());
        }
    }
}
