//! What the columns of a CSV file hold: told by `--types`, or seen in the whole column.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde_json::{Number, Value};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Numbers, as JSON writes them.
    Number,
    /// `true` or `false`, in any case.
    Bool,
    /// Text.
    Text,
    /// Any JSON.
    Json,
}

/// The columns' types that the user gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Types(BTreeMap<String, Type>);

impl Types {
    /// What the user said of a column.
    pub(crate) fn get(&self, column: &str) -> Option<Type> {
        self.0.get(column).copied()
    }

    /// Whether the user said nothing.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of the columns that the user spoke of.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl FromStr for Types {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split(',').filter(|part| !part.trim().is_empty());
        parts
            .map(|part| {
                let (column, kind) = part.rsplit_once(':').ok_or_else(|| {
                    format!("`{part}` is not COLUMN:TYPE, for instance age:number")
                })?;
                let kind = match kind.trim() {
                    "number" => Type::Number,
                    "bool" => Type::Bool,
                    "text" => Type::Text,
                    "json" => Type::Json,
                    kind => {
                        return Err(format!("`{kind}` is none of number, bool, text and json"));
                    }
                };
                Ok((column.trim().to_owned(), kind))
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// What the values of one column, seen one after another, have in common.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Seen {
    type_: Option<Type>,
}

impl Seen {
    /// Looks at one more value. Empty ones say nothing.
    pub(crate) fn see(&mut self, value: &str) {
        if value.is_empty() || self.type_ == Some(Type::Text) {
            return;
        }
        let here = if number(value).is_some() {
            Type::Number
        } else if boolean(value).is_some() {
            Type::Bool
        } else {
            Type::Text
        };
        self.type_ =
            Some(if self.type_.is_none_or(|before| before == here) { here } else { Type::Text });
    }
}

/// How a column's values are turned into JSON.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    type_: Type,
    /// An empty value is an empty text only where the user said `text`, else it is null.
    keep_empty: bool,
}

impl Column {
    /// The user's word, else what was seen, else text.
    pub(crate) fn new(told: Option<Type>, seen: Seen) -> Self {
        let type_ = told.or(seen.type_).unwrap_or(Type::Text);
        Self { type_, keep_empty: told == Some(Type::Text) }
    }

    /// The JSON of one value.
    pub(crate) fn json(self, value: &str) -> Result<String, String> {
        if value.is_empty() && !self.keep_empty {
            return Ok("null".into());
        }
        match self.type_ {
            Type::Text => Ok(Value::from(value).to_string()),
            Type::Number => number(value)
                .map(Into::into)
                .ok_or_else(|| format!("`{}` is not a number as JSON writes it", brief(value))),
            Type::Bool => boolean(value)
                .map(|value| value.to_string())
                .ok_or_else(|| format!("`{}` is neither true nor false", brief(value))),
            Type::Json => serde_json::from_str::<Value>(value)
                .map(|_| value.to_owned())
                .map_err(|error| format!("`{}` is not JSON: {error}", brief(value))),
        }
    }
}

/// `value` itself when it is a number that every reader of JSON takes for the same number.
fn number(value: &str) -> Option<&str> {
    let first = value.bytes().next()?;
    if !(first == b'-' || first.is_ascii_digit()) || value.ends_with(|c: char| c.is_whitespace()) {
        return None;
    }
    let number: Number = serde_json::from_str(value).ok()?;
    let whole = !value.contains(['.', 'e', 'E']);
    (!whole || !number.is_f64() || value == "-0").then_some(value)
}

fn boolean(value: &str) -> Option<bool> {
    if value.eq_ignore_ascii_case("true") {
        Some(true)
    } else if value.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The start of a value, for a message.
fn brief(value: &str) -> String {
    let mut chars = value.chars();
    let start: String = chars.by_ref().take(40).collect();
    if chars.next().is_some() { start + "…" } else { start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inferred(values: &[&str]) -> Vec<String> {
        let mut seen = Seen::default();
        values.iter().for_each(|value| seen.see(value));
        let column = Column::new(None, seen);
        values.iter().map(|value| column.json(value).unwrap()).collect()
    }

    #[test]
    fn a_column_is_what_all_its_values_are() {
        let cases: [(&[&str], &[&str]); 9] = [
            (&["1", "-2.50", "3e5", ""], &["1", "-2.50", "3e5", "null"]),
            (&["true", "FALSE", ""], &["true", "false", "null"]),
            (&["007", "8"], &["\"007\"", "\"8\""]),
            (&["+1"], &["\"+1\""]),
            (&["1", "true"], &["\"1\"", "\"true\""]),
            (&["1e999"], &["\"1e999\""]),
            (&["18446744073709551615"], &["18446744073709551615"]),
            (&["18446744073709551616"], &["\"18446744073709551616\""]),
            (&["", ""], &["null", "null"]),
        ];
        for (values, expected) in cases {
            assert_eq!(inferred(values), expected, "{values:?}");
        }
        for text in ["NaN", "Infinity", " 1", "1 ", "0x10", "1_000", "-", "1.", ".5", "null"] {
            assert_eq!(inferred(&[text]), [Value::from(text).to_string()]);
        }
    }

    #[test]
    fn the_users_word_decides() {
        let types: Types = "zip:text, age:number,a:b:json".parse().unwrap();
        assert_eq!(types.get("zip"), Some(Type::Text));
        assert_eq!(types.get("a:b"), Some(Type::Json));
        assert_eq!(types.columns().collect::<Vec<_>>(), ["a:b", "age", "zip"]);
        assert_eq!("".parse(), Ok(Types::default()));
        assert!("zip".parse::<Types>().is_err());
        assert!("zip:date".parse::<Types>().is_err());

        let column = |type_| Column::new(Some(type_), Seen::default());
        assert_eq!(column(Type::Text).json(""), Ok("\"\"".into()));
        assert_eq!(column(Type::Number).json(""), Ok("null".into()));
        assert_eq!(column(Type::Json).json("[1, {}]"), Ok("[1, {}]".into()));
        assert!(column(Type::Number).json("007").is_err());
        assert!(column(Type::Bool).json("yes").is_err());
        assert!(column(Type::Json).json("{").is_err());
    }
}
