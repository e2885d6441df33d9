//! Which documents a subscriber wants: filters, their wire forms and their evaluation.
//!
//! A [`Filter`] is a conjunction of [`Clause`]s, a clause is a choice of [`Condition`]s, and a
//! condition is an [`Operator`] between a field and an [`Operand`]. It can be built in code, read
//! from JSON, from pairs or from a query string, or parsed from an expression; whatever the way,
//! it has one meaning, and [`Matcher`] evaluates it.
//!
//! ```
//! use cocobase_proto::filter::{Condition, Filter};
//!
//! let built = Filter::new()
//!     .gte("mag", 4.5)
//!     .any_of([Condition::contains("place", "Alaska"), Condition::eq("tsunami", true)]);
//! let parsed = Filter::parse_where("mag >= 4.5 and (place contains 'Alaska' or tsunami = true)")?;
//! let read = Filter::from_json(
//!     r#"{"mag_gte":4.5,"[or]place_contains":"Alaska","[or]tsunami":true}"#,
//! )?;
//! assert_eq!(built, parsed);
//! assert_eq!(built, read);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The wire form
//!
//! One flat JSON object. A key is a group (if any), one or several fields, and an operator (if
//! any); a value is a string, a number or a boolean.
//!
//! | key | expression | meaning |
//! |---|---|---|
//! | `a`, `a_eq` | `a = x` | equal |
//! | `a_ne` | `a != x` | not equal |
//! | `a_gt`, `a_gte`, `a_lt`, `a_lte` | `a > x`, `a >= x`, `a < x`, `a <= x` | ordered so |
//! | `a_contains` | `a contains x` | has `x` as a part, in any case of letters, or as an element |
//! | `a_startswith`, `a_endswith` | `a startswith x`, `a endswith x` | starts or ends with `x`, in any case of letters |
//! | `a_in`, `a_notin` | `a in (x, y)`, `a not in (x, y)` | equal to one, or to none, of the items of `"x,y"` |
//! | `a_isnull` | `a is null`, `a is not null` | null or missing (`true`, or null), or neither (`false`) |
//! | `a__or__b_gt` | `a > x or b > x` | one of the fields passes |
//! | `[or]a`, `[or]b_gt` | `a = x or b > y` | one of all the `[or]` keys passes |
//! | `[or:name]a` | | the same, among the keys of the group `name` |
//!
//! Plain keys and groups are joined by `and`. The operator is what stands behind the last `_`, if
//! it is the name of one and a field is left before it: `age_foo` is a field, and the field
//! `logged_in` must be asked for as `logged_in_eq`. Field and group names are not empty and hold
//! no `[`, `]`, `__or__` or control characters. A list's items are trimmed; a blank list is empty,
//! and a list may be one number. Null stands only with `isnull`. A key that stands twice is an
//! error, as are arrays and objects as values. (Keys and combinations are the protocol's; what is
//! an error is our decision.)
//!
//! Writing takes care of all that. Where one key cannot carry a condition, it is said in another
//! way that means the same: list items with commas or spaces become alternatives, a second
//! condition under the same key moves to a group of its own or names its field twice. What cannot
//! be said at all is refused by [`Filter::check`].
//!
//! # Meaning
//!
//! The type of the field decides; the operand is read as that type. An operand means what its text
//! means, so `5` and `"5"` are the same.
//!
//! | field | `eq` `ne` `in` `notin` | `gt` `gte` `lt` `lte` | `contains` | `startswith` `endswith` |
//! |---|---|---|---|---|
//! | number | as numbers, exactly | as numbers, exactly | no match | no match |
//! | boolean | with `true` and `false` | `false` before `true` | no match | no match |
//! | string | by its text | by its text, in the order of Unicode's code points | any case of letters | any case of letters |
//! | array | no match | no match | has an element that `eq` would match | no match |
//! | object | no match | no match | no match | no match |
//! | null or missing | no match | no match | no match | no match |
//!
//! - A text reads as a number when it consists of decimal digits with a sign, a point or an
//!   exponent, if any: `5`, `+5`, `05`, `.5`, `5.`, `1e3`. Integers of 64 bits are exact, signed or
//!   not, beyond 2^53 too; other numbers are the nearest `f64`, as in JSON.
//! - Values that cannot be compared match nothing, neither `eq` nor `ne`. So `notin` matches only
//!   when the field can be compared with every item; with an empty list it matches every number,
//!   boolean and string.
//! - A missing or null field matches only `isnull` with `true`.
//! - Letters compare by the lowercase of each character, by Unicode's mapping and independent of
//!   language and neighbours: `É` is `é`, but `ß` is not `ss`.
//! - A field's name is looked up whole first. If there is none and the name has a dot, what stands
//!   before the first dot must name an object, and the rest is looked up in it in the same way.
//!
//! (The comparison rules are the protocol's reconciled ones, after SQL; the reading of numbers,
//! the order of booleans and the mapping of letters are our decision.)
//!
//! # Expressions
//!
//! [`Filter::parse_where`] reads conditions as people write them, and `Display` writes them.
//!
//! - Operators are those of the table above; `==` is `=`, and `<>` is `!=`.
//! - `and` binds closer than `or`, parentheses group, and keywords may be in any case.
//! - Text stands in double or single quotes with JSON's escapes; numbers, `true` and `false` stand
//!   bare.
//! - A field is a bare word of letters, digits, `_` and `.`; any other name, and a keyword, stands
//!   in backticks.
//! - An `or` between `and`s is multiplied out, because the wire carries an `and` of `or`s; up to 64
//!   conditions.
//! - `not` is accepted where the wire can say the opposite: in front of a test for null, of another
//!   `not`, and of parentheses around such. `not a = 1` is refused, because it holds for a document
//!   without `a`, and `a != 1` does not.
//!
//! # Limits
//!
//! Reading and writing apply the same: [`MAX_CONDITIONS`], [`MAX_ITEMS`], [`MAX_KEY_BYTES`],
//! [`MAX_VALUE_BYTES`], [`MAX_FILTER_BYTES`]; for expressions [`MAX_WHERE_BYTES`] and
//! [`MAX_WHERE_DEPTH`]. Exceeding one is a [`FilterError::TooLarge`] that says which.

mod build;
mod error;
mod expr;
mod key;
mod limits;
mod matcher;
mod normal_form;
mod operand;
mod operator;
mod rewrite;
mod wire;

use alloc::string::String;
use alloc::vec::Vec;

pub use error::{Excerpt, FieldProblem, FilterError, Limit};
pub use expr::{MAX_WHERE_BYTES, MAX_WHERE_DEPTH, WhereError, WhereProblem};
pub(crate) use key::check_field;
pub use limits::{MAX_CONDITIONS, MAX_FILTER_BYTES, MAX_ITEMS, MAX_KEY_BYTES, MAX_VALUE_BYTES};
pub use matcher::{Matcher, lower};
pub use operand::{Operand, read_number};
pub use operator::Operator;

/// A condition on documents: every [`Clause`] must hold.
///
/// A filter without clauses, [`Filter::new`], fits every document.
///
/// ```
/// use cocobase_proto::filter::Filter;
///
/// let filter = Filter::from_json(r#"{"status":"active","[or]age_gte":18,"[or]vip":true}"#)?;
/// assert_eq!(filter.clauses().len(), 2);
/// # Ok::<(), cocobase_proto::filter::FilterError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    clauses: Vec<Clause>,
}

impl Filter {
    /// The filter that fits every document.
    #[must_use]
    pub const fn new() -> Self {
        Self { clauses: Vec::new() }
    }

    /// Whether the filter asks for nothing, and so fits every document.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.clauses.is_empty()
    }

    /// What must hold, all of it.
    #[must_use]
    pub fn clauses(&self) -> &[Clause] {
        &self.clauses
    }
}

/// Alternatives: at least one of the conditions must hold.
///
/// A single condition that must hold is a clause of one. Without any condition a clause never
/// holds; [`Filter::check`] refuses it.
///
/// ```
/// use cocobase_proto::filter::{Condition, Filter};
///
/// let filter = Filter::new().any_of([Condition::eq("vip", true), Condition::gte("age", 18)]);
/// assert_eq!(filter.clauses()[0].conditions().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Clause {
    conditions: Vec<Condition>,
}

impl Clause {
    /// The alternatives.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }
}

/// One operator on one or several fields: it holds when it holds for at least one of the fields.
///
/// ```
/// use cocobase_proto::filter::{Condition, Operand, Operator};
///
/// let condition = Condition::contains("name", "ann").or_field("email");
/// assert_eq!(condition.fields(), ["name", "email"]);
/// assert_eq!(condition.operator(), Operator::Contains);
/// assert_eq!(condition.operand(), &Operand::Text("ann".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    fields: Vec<String>,
    operator: Operator,
    operand: Operand,
}

impl Condition {
    /// The fields; the condition holds when it holds for one of them.
    #[must_use]
    pub fn fields(&self) -> &[String] {
        &self.fields
    }

    /// How they are compared.
    #[must_use]
    pub const fn operator(&self) -> Operator {
        self.operator
    }

    /// What they are compared with.
    #[must_use]
    pub const fn operand(&self) -> &Operand {
        &self.operand
    }
}
