//! Values as points on a line, so that their order becomes the order of integers.

use serde_json::Number;

/// A place on a line, as a row of binary digits.
pub(super) trait Point: Copy + Ord {
    const FIRST: Self;
    const LAST: Self;
    const DIGITS: u16;

    /// How many digits two points have in common before they part.
    fn shared(self, other: Self) -> u16;

    /// Whether the digit at this place, counted from 0, is a 1.
    fn is_one(self, at: u16) -> bool;

    /// The first and the last of all points that begin with so many of this one's digits.
    fn neighbours(self, digits: u16) -> (Self, Self);
}

impl Point for u128 {
    const FIRST: Self = 0;
    const LAST: Self = Self::MAX;
    const DIGITS: u16 = 128;

    fn shared(self, other: Self) -> u16 {
        (self ^ other).leading_zeros() as u16
    }

    fn is_one(self, at: u16) -> bool {
        self << at >> 127 == 1
    }

    fn neighbours(self, digits: u16) -> (Self, Self) {
        let rest = Self::MAX.checked_shr(digits.into()).unwrap_or(0);
        (self & !rest, self | rest)
    }
}

/// A text's point: its first 32 bytes. Texts are ordered as their points are, but texts that begin
/// alike share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Beginning(u128, u128);

impl Beginning {
    pub(super) fn of(text: &str) -> Self {
        let half = |skip| {
            let mut bytes = [0; 16];
            for (to, from) in bytes.iter_mut().zip(text.bytes().skip(skip)) {
                *to = from;
            }
            u128::from_be_bytes(bytes)
        };
        Self(half(0), half(16))
    }
}

impl Point for Beginning {
    const FIRST: Self = Self(u128::FIRST, u128::FIRST);
    const LAST: Self = Self(u128::LAST, u128::LAST);
    const DIGITS: u16 = 256;

    fn shared(self, other: Self) -> u16 {
        match self.0.shared(other.0) {
            128 => 128 + self.1.shared(other.1),
            shared => shared,
        }
    }

    fn is_one(self, at: u16) -> bool {
        if at < 128 { self.0.is_one(at) } else { self.1.is_one(at - 128) }
    }

    fn neighbours(self, digits: u16) -> (Self, Self) {
        let (first, last) = self.0.neighbours(digits.min(128));
        let (first_rest, last_rest) = self.1.neighbours(digits.saturating_sub(128));
        (Self(first, first_rest), Self(last, last_rest))
    }
}

/// All the points from `low` to `high`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span<P> {
    pub(super) low: P,
    pub(super) high: P,
}

impl<P: Point> Span<P> {
    pub(super) const ALL: Self = Self { low: P::FIRST, high: P::LAST };

    pub(super) fn is_empty(self) -> bool {
        self.low > self.high
    }

    /// Whether it is bounded on both sides.
    pub(super) fn is_closed(self) -> bool {
        self.low > P::FIRST && self.high < P::LAST
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
        let day = "2026-01-31T00:00:00.000+00:00";
        let ascending = ["", "2026", day, "2026-01-31T00:00:00.001Z", "a", "a b", "ab", "ä"];
        let points = ascending.map(Beginning::of);
        assert!(points.is_sorted_by(|a, b| a < b), "{points:x?}");
        let (a, b) = ("x".repeat(32) + "a", "x".repeat(32) + "b");
        assert_eq!(Beginning::of(&a), Beginning::of(&b));
    }
}
