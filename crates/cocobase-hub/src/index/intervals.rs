//! Spans, found by a point in them.

use alloc::collections::BTreeSet;

use super::candidate::Candidate;
use super::point::Span;

/// Spans of a line, each with a candidate, found by a point in them in time that grows with the
/// number found and the logarithm of the number kept.
///
/// Read the ends of a span as binary numbers: they begin alike, for some number of digits, and part
/// at the next, where `low` has a 0 and `high` a 1. A point is in the span only if it begins as both
/// do. If its next digit is a 0 it is below `high`, and only `low` remains to be compared; if a 1, it
/// is above `low`, and only `high` remains. So for each length of a common beginning, the spans are
/// kept in the order of their low ends and in that of their high ends, and a point reads one stretch
/// of one of the two.
#[derive(Debug, Default)]
pub(super) struct Intervals {
    /// Bit n: there are spans whose common beginning is n digits long.
    lengths: u128,
    by_low: BTreeSet<(u8, u128, Candidate)>,
    by_high: BTreeSet<(u8, u128, Candidate)>,
}

impl Intervals {
    pub(super) fn is_empty(&self) -> bool {
        self.by_low.is_empty()
    }

    pub(super) fn insert(&mut self, span: Span, candidate: Candidate) {
        let length = common_beginning(span);
        self.lengths |= 1 << length;
        self.by_low.insert((length, span.low, candidate));
        self.by_high.insert((length, span.high, candidate));
    }

    pub(super) fn remove(&mut self, span: Span, candidate: Candidate) {
        let length = common_beginning(span);
        self.by_low.remove(&(length, span.low, candidate));
        self.by_high.remove(&(length, span.high, candidate));
        let rest = (length, 0, Candidate::MIN)..=(length, u128::MAX, Candidate::MAX);
        if self.by_low.range(rest).next().is_none() {
            self.lengths &= !(1 << length);
        }
    }

    /// The candidates whose spans hold `point`.
    pub(super) fn find(&self, point: u128, mut found: impl FnMut(Candidate)) {
        let mut lengths = self.lengths;
        while lengths != 0 {
            let length = lengths.trailing_zeros() as u8;
            lengths &= lengths - 1;
            let below = u128::MAX >> length;
            let stretch = if point & (below ^ below >> 1) == 0 {
                let first = (length, point & !below, Candidate::MIN);
                self.by_low.range(first..=(length, point, Candidate::MAX))
            } else {
                let last = (length, point | below, Candidate::MAX);
                self.by_high.range((length, point, Candidate::MIN)..=last)
            };
            stretch.for_each(|(_, _, candidate)| found(*candidate));
        }
    }
}

/// How many digits the ends have in common, before the last.
fn common_beginning(span: Span) -> u8 {
    (span.low ^ span.high).leading_zeros().min(127) as u8
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

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
            let spans: Vec<Span> =
                ends.iter().map(|(a, b)| Span { low: *a.min(b), high: *a.max(b) }).collect();
            let number = |n: usize| Candidate::new(n as u32, true);
            let mut intervals = Intervals::default();
            spans.iter().enumerate().for_each(|(n, span)| intervals.insert(*span, number(n)));
            for (n, span) in spans.iter().enumerate().skip(kept) {
                intervals.remove(*span, number(n));
            }
            for point in points {
                let mut found = Vec::new();
                intervals.find(point, |candidate| found.push(candidate));
                found.sort_unstable();
                let holds = |span: &Span| span.low <= point && point <= span.high;
                let expected: Vec<Candidate> =
                    (0..spans.len().min(kept)).filter(|n| holds(&spans[*n])).map(number).collect();
                prop_assert_eq!(found, expected);
            }
            for (n, span) in spans.iter().enumerate().take(kept) {
                intervals.remove(*span, number(n));
            }
            prop_assert!(intervals.is_empty());
            prop_assert_eq!(intervals.lengths, 0);
        }
    }
}
