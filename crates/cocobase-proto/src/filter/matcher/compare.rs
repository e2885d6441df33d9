//! Exact comparison of a field with an operand's text.

use alloc::boxed::Box;
use core::cmp::Ordering;

use serde_json::{Number, Value};

use crate::filter::operand::read_number;

/// An operand, read once in every way that a field may want to compare it.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    text: Box<str>,
    number: Option<Exact>,
    boolean: Option<bool>,
}

impl Probe {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.into(), number: Exact::read(text), boolean: text.parse().ok() }
    }

    /// How the field's value stands to the operand; `None` when they cannot be compared.
    pub(super) fn compare(&self, value: &Value) -> Option<Ordering> {
        match value {
            Value::Number(number) => Some(Exact::of(number)?.compare(self.number.as_ref()?)),
            Value::String(text) => Some(text.as_str().cmp(&self.text)),
            Value::Bool(value) => Some(value.cmp(&self.boolean?)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

/// A JSON number without loss: an integer of 64 bits, signed or not, or a finite `f64`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Exact {
    Integer(i128),
    Float(f64),
}

impl Exact {
    pub(super) fn of(number: &Number) -> Option<Self> {
        if let Some(integer) = number.as_i64() {
            return Some(Self::Integer(integer.into()));
        }
        if let Some(integer) = number.as_u64() {
            return Some(Self::Integer(integer.into()));
        }
        number.as_f64().filter(|float| float.is_finite()).map(Self::Float)
    }

    /// The number that an operand's text reads as.
    pub(super) fn read(text: &str) -> Option<Self> {
        Self::of(&read_number(text)?)
    }

    pub(super) fn compare(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Integer(a), Self::Integer(b)) => a.cmp(b),
            (Self::Float(a), Self::Float(b)) => order(*a, *b),
            (Self::Integer(a), Self::Float(b)) => integer_to_float(*a, *b),
            (Self::Float(a), Self::Integer(b)) => integer_to_float(*b, *a).reverse(),
        }
    }
}

/// The integers come from 64 bits, so a float beyond `i128`, where the cast saturates, is still on
/// its side of them all.
fn integer_to_float(integer: i128, float: f64) -> Ordering {
    let whole = float as i128;
    // Below 2^53 the cast back is exact, and above it a float has no fraction.
    integer.cmp(&whole).then_with(|| order(0.0, float - whole as f64))
}

fn order(a: f64, b: f64) -> Ordering {
    // Never `None`: no number here is a NaN.
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_without_loss() {
        // Each is greater than the one before it.
        let ascending = [
            "-1e300",
            "-9223372036854775809.5e1",
            "-9223372036854775808",
            "-9007199254740993",
            "-9007199254740992.0",
            "-1.5",
            "-1",
            "-0.5",
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
        for (i, a) in ascending.iter().enumerate() {
            for (j, b) in ascending.iter().enumerate() {
                let (x, y) = (Exact::read(a).unwrap(), Exact::read(b).unwrap());
                assert_eq!(x.compare(&y), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn one_number_has_many_spellings() {
        for (a, b) in [
            ("5", "5.0"),
            ("5", "+5"),
            ("5", "05"),
            ("5", "0.5e1"),
            ("0", "-0.0"),
            (".5", "0.5"),
            ("5", "5."),
            ("9007199254740992", "9007199254740992.0"),
        ] {
            let (x, y) = (Exact::read(a).unwrap(), Exact::read(b).unwrap());
            assert_eq!(x.compare(&y), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn other_text_is_no_number() {
        for text in [
            "", " 5", "5 ", "0x5", "1_000", "NaN", "inf", "-", ".", "e5", "1e", "1e999", "٣",
            "--5", "5,0",
        ] {
            assert!(Exact::read(text).is_none(), "{text}");
        }
    }
}
