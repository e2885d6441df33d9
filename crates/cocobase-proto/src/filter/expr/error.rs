//! What is wrong with an expression, and where.

use alloc::format;
use alloc::string::String;
use core::fmt;

use super::{MAX_EXPANDED, MAX_WHERE_BYTES, MAX_WHERE_DEPTH};
use crate::filter::{Excerpt, FilterError, Operator};

/// Why an expression is no filter: the problem, the place and what to write instead.
///
/// `Display` takes several lines: the problem, the line of the expression, a caret under the
/// place, and a hint. See the example of [`Filter::parse_where`](crate::filter::Filter::parse_where).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WhereError {
    problem: WhereProblem,
    at: usize,
    line: String,
    /// Characters of `line` before the place.
    caret: usize,
}

impl WhereError {
    /// Characters of the expression that are shown on each side of the place.
    const SHOWN: usize = 60;

    pub(super) fn new(problem: WhereProblem, expression: &str, at: usize) -> Self {
        let (before, after) = expression.split_at_checked(at).unwrap_or((expression, ""));
        let before = before.rsplit('\n').next().unwrap_or_default();
        let after = after.split('\n').next().unwrap_or_default();
        let cut = before.chars().count().saturating_sub(Self::SHOWN);
        let line: String = before
            .chars()
            .skip(cut)
            .chain(after.chars().take(Self::SHOWN))
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        Self { problem, at, line, caret: before.chars().count() - cut }
    }

    /// What is wrong.
    #[must_use]
    pub const fn problem(&self) -> &WhereProblem {
        &self.problem
    }

    /// Where it is wrong: the byte of the expression, counted from 0.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }
}

impl fmt::Display for WhereError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, at, line, caret } = self;
        write!(f, "{problem} (at byte {at})")?;
        if !line.is_empty() {
            write!(f, "\n  {line}\n  {:caret$}^", "")?;
        }
        problem.hint().map_or(Ok(()), |hint| write!(f, "\n  hint: {hint}"))
    }
}

impl core::error::Error for WhereError {}

/// What is wrong with an expression. See [`WhereError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WhereProblem {
    /// It has more than [`MAX_WHERE_BYTES`] bytes.
    #[error("an expression has at most {MAX_WHERE_BYTES} bytes")]
    TooLong,
    /// It nests deeper than [`MAX_WHERE_DEPTH`].
    #[error("parentheses and `not` nest at most {MAX_WHERE_DEPTH} levels deep")]
    TooDeep,
    /// It holds nothing.
    #[error("the expression is empty")]
    Empty,
    /// A character that the language does not use.
    #[error("{0:?} means nothing here")]
    Character(char),
    /// A text or a quoted field has no end.
    #[error("the {0} that opens here is never closed")]
    Unclosed(char),
    /// A backslash with something unknown behind it.
    #[error("this is no escape")]
    Escape,
    /// Digits that are no number.
    #[error("{0} is no number")]
    Number(Excerpt),
    /// Something else was expected.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What could have stood there.
        expected: &'static str,
        /// What does stand there.
        found: String,
    },
    /// A comparison with null.
    #[error("nothing compares with null")]
    NullValue,
    /// A word without quotes stands where a value belongs.
    #[error("{0} is a field's name, and a value is expected")]
    BareValue(Excerpt),
    /// The opposite of a condition is no condition of the wire form.
    #[error("no filter can say `not` of this comparison with {field}")]
    Negation {
        /// The field.
        field: Excerpt,
        /// The operator in front of which stands the `not`.
        operator: Operator,
    },
    /// `or` between conjunctions multiplies to too many conditions.
    #[error("this `or` multiplies to more than {MAX_EXPANDED} conditions")]
    TooManyConditions,
    /// The filter breaks a rule of the wire form.
    #[error(transparent)]
    Filter(FilterError),
}

impl WhereProblem {
    /// What to write instead.
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Empty => "leave the expression out to get every document",
            Self::Character(_) => "quote a field's name with backticks: `created-at` = \"x\"",
            Self::Unclosed(_) => "inside of quotes, write the quote itself as \\\" \\' or \\`",
            Self::Escape => {
                "write \\\\ \\\" \\' \\` \\/ \\b \\f \\n \\r \\t or \\u with four hex digits"
            }
            Self::Number(_) => "text and timestamps stand in quotes: \"2026-01-31\"",
            Self::NullValue => "write `is null` or `is not null`",
            Self::BareValue(word) => {
                return Some(format!("quote a text: \"{}\"", word.as_str().escape_debug()));
            }
            Self::Negation { field, operator } => return Some(opposite(field, *operator)),
            Self::TooManyConditions => {
                "an `or` between `and`s is multiplied out, for the wire carries an `and` of `or`s: \
                 regroup it, or use several filters"
            }
            Self::TooLong | Self::TooDeep | Self::Expected { .. } | Self::Filter(_) => return None,
        };
        Some(hint.into())
    }
}

fn opposite(field: &Excerpt, operator: Operator) -> String {
    let field = field.as_str();
    let sign = match operator {
        Operator::Eq => "!= …",
        Operator::Ne => "= …",
        Operator::Gt => "<= …",
        Operator::Gte => "< …",
        Operator::Lt => ">= …",
        Operator::Lte => "> …",
        Operator::In => "not in (…)",
        Operator::NotIn => "in (…)",
        Operator::Contains | Operator::StartsWith | Operator::EndsWith | Operator::IsNull => {
            return format!("the wire has no opposite of `{operator}`: filter that in your code");
        }
    };
    format!(
        "write `{field} {sign}`, or `({field} {sign} or {field} is null)` to keep documents \
         without the field"
    )
}
