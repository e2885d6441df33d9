//! Values that are looked at only when their message needs them, whatever their type: what does not
//! fit is absent, not an error.

use alloc::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::lenient::Key;

/// The JSON of one value, if there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Raw<'a>(Option<&'a str>);

impl<'de: 'a, 'a> Deserialize<'de> for Raw<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|value| Self(Some(value.get())))
    }
}

impl<'a> Raw<'a> {
    /// The value with this JSON, which has been checked.
    pub(crate) const fn new(json: &'a str) -> Self {
        Self(Some(json))
    }

    /// The JSON, `null` too.
    pub(crate) const fn any(self) -> Option<&'a str> {
        self.0
    }

    /// The JSON of a value that is not null: mostly, null is as good as absent.
    pub(crate) fn json(self) -> Option<&'a str> {
        self.any().filter(|json| *json != "null")
    }

    /// The JSON, if it is an object.
    pub(crate) fn object(self) -> Option<&'a str> {
        self.json().filter(|json| json.starts_with('{'))
    }

    /// A string, without its escapes.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        let json = self.json()?;
        let inner = json.strip_prefix('"')?.strip_suffix('"')?;
        if !inner.bytes().any(|byte| byte == b'\\') {
            return Some(Cow::Borrowed(inner));
        }
        serde_json::from_str::<Key<'a>>(json).ok().map(|Key(text)| text)
    }

    /// A string that says something.
    pub(crate) fn non_empty(self) -> Option<Cow<'a, str>> {
        self.text().filter(|text| !text.is_empty())
    }

    /// A string, or a number as it is written.
    pub(crate) fn scalar(self) -> Option<Cow<'a, str>> {
        let is_number = |json: &&str| json.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        self.text().or_else(|| self.json().filter(is_number).map(Cow::Borrowed))
    }

    /// A whole number of at least 0, also when it is written as `3.0`.
    pub(crate) fn integer(self) -> Option<u64> {
        let json = self.json()?;
        if let Ok(integer) = json.parse() {
            return Some(integer);
        }
        let float: f64 = serde_json::from_str(json).ok()?;
        // The cast saturates, and what it changes was no whole number in range.
        let integer = float as u64;
        let is_exact = float < MAX_EXACT && integer as f64 == float;
        is_exact.then_some(integer)
    }

    pub(crate) fn boolean(self) -> Option<bool> {
        match self.json()? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// The value read into `T`, if it fits.
    pub(crate) fn get<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.json()?).ok()
    }
}

/// 2^53: every whole number below it has an `f64` of its own.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(json: &str) -> Raw<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_value_of_another_type_is_absent() {
        let table = [
            // json, text, scalar, integer, boolean
            ("null", None, None, None, None),
            (r#""a""#, Some("a"), Some("a"), None, None),
            (r#""\u0061\n""#, Some("a\n"), Some("a\n"), None, None),
            (r#""\ud800""#, None, None, None, None),
            ("7", None, Some("7"), Some(7), None),
            ("7.0", None, Some("7.0"), Some(7), None),
            ("7e1", None, Some("7e1"), Some(70), None),
            ("7.5", None, Some("7.5"), None, None),
            ("-7", None, Some("-7"), None, None),
            ("-0", None, Some("-0"), Some(0), None),
            ("1e400", None, Some("1e400"), None, None),
            ("18446744073709551615", None, Some("18446744073709551615"), Some(u64::MAX), None),
            ("18446744073709551616", None, Some("18446744073709551616"), None, None),
            ("true", None, None, None, Some(true)),
            ("[]", None, None, None, None),
            ("{}", None, None, None, None),
        ];
        for (json, text, scalar, integer, boolean) in table {
            let raw = raw(json);
            assert_eq!(raw.text().as_deref(), text, "{json}");
            assert_eq!(raw.scalar().as_deref(), scalar, "{json}");
            assert_eq!(raw.integer(), integer, "{json}");
            assert_eq!(raw.boolean(), boolean, "{json}");
        }
        assert!(matches!(raw(r#""a""#).text(), Some(Cow::Borrowed(_))));
    }
}
