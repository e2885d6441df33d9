//! Why a filter cannot be read or written.

use alloc::string::{String, ToString};
use core::fmt::{self, Write};

use super::limits::{MAX_CONDITIONS, MAX_FILTER_BYTES, MAX_ITEMS, MAX_KEY_BYTES, MAX_VALUE_BYTES};
use super::operator::Operator;

/// The beginning of a text from outside, short enough for a log line.
///
/// ```
/// use cocobase_proto::filter::Excerpt;
///
/// assert_eq!(Excerpt::from("age_gte").to_string(), "`age_gte`");
/// assert!(Excerpt::from("x".repeat(70_000).as_str()).to_string().len() < 100);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    start: String,
    cut: bool,
}

impl Excerpt {
    const MAX_CHARS: usize = 64;

    /// The text, up to its first 64 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.start
    }
}

impl From<&str> for Excerpt {
    fn from(text: &str) -> Self {
        let mut rest = text.chars();
        let start = rest.by_ref().take(Self::MAX_CHARS).collect();
        Self { start, cut: rest.next().is_some() }
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`")?;
        for c in self.start.chars() {
            match c {
                '"' | '\'' => f.write_char(c)?,
                c => write!(f, "{}", c.escape_debug())?,
            }
        }
        f.write_str(if self.cut { "…`" } else { "`" })
    }
}

/// Why a filter, or a list query, cannot be read or written.
///
/// Every message names the key and what to write instead.
///
/// ```
/// use cocobase_proto::filter::{Filter, FilterError};
///
/// let error = Filter::from_json(r#"{"role_in":["admin","mod"]}"#).unwrap_err();
/// assert!(matches!(error, FilterError::Nested { .. }));
/// assert_eq!(
///     error.to_string(),
///     "`role_in` has an array as its value: give a string, a number or a boolean \
///      (a list is one string: \"a,b\")"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FilterError {
    /// The text is not JSON, or not an object.
    #[error("a filter is one flat JSON object, and this is none: {message}")]
    Syntax {
        /// What the JSON reader found, with its position.
        message: String,
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1 in bytes.
        column: usize,
    },
    /// One key stands twice in a JSON object.
    #[error("{key} stands twice in the filter: put one of the two into a group, as `[or:2]key`")]
    DuplicateKey {
        /// The key.
        key: Excerpt,
    },
    /// One key is given twice with different values in a query string or a list of pairs.
    #[error(
        "{key} is given twice with different values: use `_in` for alternatives, or put one of \
         the two into a group, as `[or:2]key`"
    )]
    RepeatedKey {
        /// The key.
        key: Excerpt,
    },
    /// A field name is empty, or holds what would change the key's meaning.
    #[error("{key}: {problem}")]
    FieldName {
        /// The key, or the field given to a builder.
        key: Excerpt,
        /// What is wrong with it.
        problem: FieldProblem,
    },
    /// A key starts with `[` but not with a group.
    #[error("{key} starts with `[`, but not with a group: write `[or]field` or `[or:name]field`")]
    GroupPrefix {
        /// The key.
        key: Excerpt,
    },
    /// The value is an array or an object.
    #[error(
        "{key} has {found} as its value: give a string, a number or a boolean (a list is one \
         string: \"a,b\")"
    )]
    Nested {
        /// The key.
        key: Excerpt,
        /// `an array` or `an object`.
        found: &'static str,
    },
    /// The value is null, and the operator is not `isnull`.
    #[error("{key} is null: a test for null is `\"field_isnull\": true`")]
    Null {
        /// The key.
        key: Excerpt,
    },
    /// The value of `isnull` is neither `true` nor `false`.
    #[error("{key} takes true or false")]
    NotBoolean {
        /// The key.
        key: Excerpt,
    },
    /// A condition was built with an operand that its operator does not take.
    #[error("{field}: the operator {operator} does not take {found}")]
    Operand {
        /// The first field of the condition.
        field: Excerpt,
        /// The operator.
        operator: Operator,
        /// The kind of its operand.
        found: &'static str,
    },
    /// A group was built without a condition, so nothing could ever match.
    #[error("a group of alternatives is empty: give it at least one condition")]
    EmptyGroup,
    /// The condition is sound, but no key of the wire form says it.
    #[error(
        "{field} with the operator {operator} has no key that reads back as the same: rename the \
         field"
    )]
    NoWireForm {
        /// The first field of the condition.
        field: Excerpt,
        /// The operator.
        operator: Operator,
    },
    /// A limit is exceeded.
    #[error("{limit}{}", Place(.key))]
    TooLarge {
        /// Which limit.
        limit: Limit,
        /// The key or field where, if there is one.
        key: Option<Excerpt>,
    },
    /// `limit` or `offset` of a query string is not a whole number.
    #[error("the parameter `{name}` is {value}, but takes a whole number of at least 0")]
    PageNumber {
        /// `limit` or `offset`.
        name: &'static str,
        /// What was given.
        value: Excerpt,
    },
    /// `order` of a query string is neither `asc` nor `desc`.
    #[error("the parameter `order` is {value}, but takes `asc` or `desc`")]
    Order {
        /// What was given.
        value: Excerpt,
    },
    /// A parameter that belongs to the protocol's list queries, and that this server lacks.
    #[error("the parameter `{name}` is not supported by this server: leave it out")]
    Unsupported {
        /// `populate` or `select`.
        name: &'static str,
    },
}

impl FilterError {
    pub(super) fn syntax(error: &serde_json::Error) -> Self {
        Self::Syntax { message: error.to_string(), line: error.line(), column: error.column() }
    }

    pub(super) fn too_large(limit: Limit, key: &str) -> Self {
        Self::TooLarge { limit, key: Some(key.into()) }
    }
}

struct Place<'a>(&'a Option<Excerpt>);

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |key| write!(f, " (at {key})"))
    }
}

/// What is wrong with a field name; see [`FilterError::FieldName`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldProblem {
    /// There is none.
    #[error("a field name is empty: write one before the operator and on both sides of `__or__`")]
    Empty,
    /// It holds `[` or `]`.
    #[error("a field or group name cannot hold `[` or `]`: they belong to `[or]` and `[or:name]`")]
    Bracket,
    /// It holds a control character.
    #[error("a field or group name cannot hold control characters")]
    Control,
    /// It holds `__or__`.
    #[error("a field or group name cannot hold `__or__`: it separates alternative fields")]
    Separator,
}

/// Which limit a filter exceeds; see [`FilterError::TooLarge`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Limit {
    /// [`MAX_CONDITIONS`]
    #[error("a filter has at most {MAX_CONDITIONS} conditions: merge some with `_in`")]
    Conditions,
    /// [`MAX_ITEMS`]
    #[error("a list has at most {MAX_ITEMS} items: split the query")]
    Items,
    /// [`MAX_KEY_BYTES`]
    #[error("a key of a filter has at most {MAX_KEY_BYTES} bytes: shorten it")]
    Key,
    /// [`MAX_VALUE_BYTES`]
    #[error("a value in a filter has at most {MAX_VALUE_BYTES} bytes: shorten it")]
    Value,
    /// [`MAX_FILTER_BYTES`]
    #[error("a filter has at most {MAX_FILTER_BYTES} bytes in all: shorten it")]
    Filter,
}
