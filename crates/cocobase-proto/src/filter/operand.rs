//! What a field is compared with.

use alloc::borrow::Cow;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde_json::Number;

/// What a field is compared with.
///
/// The kinds differ only in how they are written: in a query string every value is text, so a
/// number means what its text means (`4.5` and `"4.5"` are one operand), and so does a boolean.
///
/// ```
/// use cocobase_proto::filter::{Condition, Operand};
///
/// assert_eq!(Operand::from("Alaska"), Operand::Text("Alaska".into()));
/// assert_eq!(Operand::from(true), Operand::Bool(true));
/// let list = Condition::is_in("year", [2024, 2025]);
/// assert_eq!(list.operand(), &Operand::List(vec!["2024".into(), "2025".into()]));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operand {
    /// A string.
    Text(String),
    /// A number, as exact as JSON's reader keeps it: `i64`, `u64`, else the nearest `f64`.
    Number(Number),
    /// `true` or `false`; the only operand of `isnull`.
    Bool(bool),
    /// The items of `in` and `notin`, as text.
    List(Vec<String>),
    /// What a builder made of a NaN or an infinity: it matches nothing, and
    /// [`Filter::check`](super::Filter::check) refuses it.
    NotFinite,
}

impl Operand {
    /// The text that the operand is compared by; none for a list and for what is not finite.
    ///
    /// ```
    /// use cocobase_proto::filter::Operand;
    ///
    /// assert_eq!(Operand::from(4.5).text().as_deref(), Some("4.5"));
    /// assert_eq!(Operand::List(Vec::new()).text(), None);
    /// ```
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            Self::Bool(true) => Some(Cow::Borrowed("true")),
            Self::Bool(false) => Some(Cow::Borrowed("false")),
            Self::List(_) | Self::NotFinite => None,
        }
    }

    /// One list of all the values; lists among them are flattened.
    pub(super) fn list<V: Into<Self>>(values: impl IntoIterator<Item = V>) -> Self {
        let mut items = Vec::new();
        for value in values {
            match value.into() {
                Self::List(more) => items.extend(more),
                Self::NotFinite => return Self::NotFinite,
                one => items.extend(one.text().map(Cow::into_owned)),
            }
        }
        Self::List(items)
    }

    /// The kind in words, for errors.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::List(_) => "a list",
            Self::NotFinite => "not a finite number",
        }
    }
}

impl From<&str> for Operand {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Operand {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Operand {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Operand {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Number> for Operand {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<f64> for Operand {
    fn from(value: f64) -> Self {
        Number::from_f64(value).map_or(Self::NotFinite, Self::Number)
    }
}

/// The number that the text reads as: decimal digits with a sign, a point or an exponent, if any.
///
/// An integer beyond 64 bits is the nearest `f64`, as in JSON's reader; what exceeds that is none.
///
/// ```
/// use cocobase_proto::filter::read_number;
///
/// assert_eq!(read_number("+05"), Some(5.into()));
/// assert_eq!(read_number("0x5"), None);
/// ```
#[must_use]
pub fn read_number(text: &str) -> Option<Number> {
    let is_part = |byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    if !text.bytes().all(is_part) {
        return None;
    }
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(integer.into());
    }
    Number::from_f64(text.parse().ok()?)
}

macro_rules! from_integers {
    ($($integer:ty)*) => {$(
        impl From<$integer> for Operand {
            fn from(value: $integer) -> Self {
                Self::Number(value.into())
            }
        }
    )*};
}

from_integers!(i8 i16 i32 i64 isize u8 u16 u32 u64 usize);
