//! Values as points on a line, so that their order becomes the order of integers.

use serde_json::Number;

/// All the points from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) low: u128,
    pub(super) high: u128,
}

impl Span {
    pub(super) const ALL: Self = Self { low: 0, high: u128::MAX };

    pub(super) const fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// Whether it is bounded on both sides.
    pub(super) const fn is_closed(self) -> bool {
        self.low > 0 && self.high < u128::MAX
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self { low: self.low.max(other.low), high: self.high.min(other.high) }
    }
}

/// A number's point. Numbers are equal exactly when their points are, and ordered as they are.
///
/// The upper half is the nearest `f64`, its bits turned so that they order as integers do; the
/// lower half is what an integer beyond 2^53 exceeds it by.
pub(super) fn number(number: &Number) -> Option<u128> {
    const HALF: i128 = 1 << 63;
    let integer = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    let (float, rest) = match integer {
        Some(integer) => {
            let float = integer as f64;
            (float, integer - float as i128)
        }
        None => (number.as_f64().filter(|float| float.is_finite())?, 0),
    };
    // Adding zero makes -0 a 0.
    let bits = (float + 0.0).to_bits();
    let ordered = if bits >> 63 == 1 { !bits } else { bits | 1 << 63 };
    Some(u128::from(ordered) << 64 | (rest + HALF) as u128)
}

/// A text's point: its first sixteen bytes. Texts are ordered as their points are, but texts that
/// begin alike share one.
pub(super) fn text(text: &str) -> u128 {
    let mut first = [0; 16];
    for (to, from) in first.iter_mut().zip(text.bytes()) {
        *to = from;
    }
    u128::from_be_bytes(first)
}

#[cfg(test)]
mod tests {
    use cocobase_proto::filter::read_number;

    use super::*;

    #[test]
    fn numbers_order_as_their_points() {
        let ascending = [
            "-1e300",
            "-9223372036854775808",
            "-9007199254740993",
            "-9007199254740992.0",
            "-1.5",
            "-1",
            "-5e-324",
            "0",
            "5e-324",
            "0.1",
            "1",
            "1.0000000000000002",
            "9007199254740992",
            "9007199254740993",
            "9007199254740994.0",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "1e300",
        ];
        let points = ascending.map(|text| number(&read_number(text).unwrap()).unwrap());
        assert!(points.is_sorted_by(|a, b| a < b), "{points:x?}");
    }

    #[test]
    fn one_number_has_one_point() {
        for (a, b) in [("5", "5.0"), ("0", "-0.0"), ("9007199254740992", "9007199254740992.0")] {
            let [a, b] = [a, b].map(|text| number(&read_number(text).unwrap()));
            assert_eq!(a, b);
        }
    }

    #[test]
    fn texts_order_as_their_points() {
        let ascending = ["", "2026-01-31T00:00", "2026-01-31T00:01:59Z", "a", "a b", "ab", "ä"];
        assert!(ascending.map(text).is_sorted());
        assert_eq!(text("2026-01-31T00:00:00Z"), text("2026-01-31T00:00:59Z"));
    }
}
