//! Filters made ready for many documents.

mod compare;
mod letters;

use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use serde_json::{Map, Value};

use self::compare::{Exact, Probe};
pub use self::letters::lower;
use self::letters::{Letters, Side};
use super::{Condition, Filter, Operand, Operator};
use crate::query;

/// A filter made ready for many documents.
///
/// The document is given as its *flat view*: its fields, and beside them `id`, `created_at` and
/// `updated_at`. What matches is told in the [module's tables](super#meaning).
///
/// ```
/// use cocobase_proto::filter::{Filter, Matcher};
/// use serde_json::{Map, Value, json};
///
/// let matcher = Matcher::new(&Filter::new().gte("mag", 4.5).contains("place", "alaska"));
/// let Value::Object(quake) = json!({"mag": 5, "place": "98 km WSW of Adak, Alaska"}) else {
///     unreachable!()
/// };
/// assert!(matcher.matches(&quake));
/// assert!(!matcher.matches(&Map::new()));
/// ```
#[derive(Debug, Clone)]
pub struct Matcher {
    clauses: Box<[Box<[Test]>]>,
}

impl Matcher {
    /// Prepares `filter`.
    ///
    /// A filter that [`Filter::check`] refuses is prepared as well: a condition whose operand does
    /// not suit its operator, and a clause without conditions, match nothing.
    #[must_use]
    pub fn new(filter: &Filter) -> Self {
        let tests = |clause: &super::Clause| clause.conditions().iter().map(Test::new).collect();
        Self { clauses: filter.clauses().iter().map(tests).collect() }
    }

    /// Whether the document whose flat view is `document` fits the filter.
    ///
    /// Allocates nothing, but for `contains`, `startswith` and `endswith` on text that is not
    /// ASCII, or too long to be searched in place.
    #[must_use]
    pub fn matches(&self, document: &Map<String, Value>) -> bool {
        self.clauses.iter().all(|clause| clause.iter().any(|test| test.matches(document)))
    }
}

#[derive(Debug, Clone)]
struct Test {
    fields: Box<[Box<str>]>,
    check: Check,
}

#[derive(Debug, Clone)]
enum Check {
    Null(bool),
    Order(Probe, fn(Ordering) -> bool),
    Letters(Letters),
    /// `contains`: letters of a text, or an element of an array.
    Part(Letters, Probe),
    In(Items),
    NotIn(Items),
    Never,
}

impl Test {
    fn new(condition: &Condition) -> Self {
        let fields = condition.fields().iter().map(|field| field.as_str().into()).collect();
        Self { fields, check: Check::new(condition.operator(), condition.operand()) }
    }

    fn matches(&self, document: &Map<String, Value>) -> bool {
        self.fields.iter().any(|field| self.check.holds(query::field(document, field)))
    }
}

impl Check {
    fn new(operator: Operator, operand: &Operand) -> Self {
        let order = match operator {
            Operator::IsNull => {
                return match operand {
                    Operand::Bool(yes) => Self::Null(*yes),
                    _ => Self::Never,
                };
            }
            Operator::In | Operator::NotIn => {
                return match operand {
                    Operand::List(items) if operator == Operator::In => Self::In(Items::new(items)),
                    Operand::List(items) => Self::NotIn(Items::new(items)),
                    _ => Self::Never,
                };
            }
            Operator::Contains => None,
            Operator::StartsWith => Some(Err(Side::Start)),
            Operator::EndsWith => Some(Err(Side::End)),
            Operator::Eq => Some(Ok(Ordering::is_eq as fn(Ordering) -> bool)),
            Operator::Ne => Some(Ok(Ordering::is_ne as _)),
            Operator::Gt => Some(Ok(Ordering::is_gt as _)),
            Operator::Gte => Some(Ok(Ordering::is_ge as _)),
            Operator::Lt => Some(Ok(Ordering::is_lt as _)),
            Operator::Lte => Some(Ok(Ordering::is_le as _)),
        };
        let Some(text) = operand.text() else {
            return Self::Never;
        };
        match order {
            None => Self::Part(Letters::new(&text, Side::Anywhere), Probe::new(&text)),
            Some(Err(side)) => Self::Letters(Letters::new(&text, side)),
            Some(Ok(wanted)) => Self::Order(Probe::new(&text), wanted),
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return matches!(self, Self::Null(true));
        };
        match self {
            Self::Null(yes) => !yes,
            Self::Order(probe, wanted) => probe.compare(value).is_some_and(wanted),
            Self::Letters(letters) => value.as_str().is_some_and(|text| letters.are_in(text)),
            Self::Part(letters, probe) => match value {
                Value::String(text) => letters.are_in(text),
                Value::Array(elements) => elements
                    .iter()
                    .any(|element| probe.compare(element).is_some_and(Ordering::is_eq)),
                _ => false,
            },
            Self::In(items) => items.has(value) == Some(true),
            Self::NotIn(items) => items.has(value) == Some(false),
            Self::Never => false,
        }
    }
}

/// The items of a list, by the type of field that they can equal.
#[derive(Debug, Clone)]
struct Items {
    texts: BTreeSet<Box<str>>,
    /// Sorted.
    numbers: Box<[Exact]>,
    has_true: bool,
    has_false: bool,
    only_numbers: bool,
    only_booleans: bool,
}

impl Items {
    fn new(items: &[String]) -> Self {
        let mut numbers: Vec<Exact> = items.iter().filter_map(|item| Exact::read(item)).collect();
        numbers.sort_unstable_by(Exact::compare);
        let is_boolean = |item: &String| item == "true" || item == "false";
        Self {
            only_numbers: numbers.len() == items.len(),
            only_booleans: items.iter().all(is_boolean),
            has_true: items.iter().any(|item| item == "true"),
            has_false: items.iter().any(|item| item == "false"),
            texts: items.iter().map(|item| item.as_str().into()).collect(),
            numbers: numbers.into(),
        }
    }

    /// Whether an item equals the value; `None` when none does and the value cannot be compared
    /// with them all.
    fn has(&self, value: &Value) -> Option<bool> {
        let (found, all_comparable) = match value {
            Value::String(text) => (self.texts.contains(text.as_str()), true),
            Value::Bool(true) => (self.has_true, self.only_booleans),
            Value::Bool(false) => (self.has_false, self.only_booleans),
            Value::Number(number) => {
                let number = Exact::of(number)?;
                let found = self.numbers.binary_search_by(|item| item.compare(&number)).is_ok();
                (found, self.only_numbers)
            }
            Value::Null | Value::Array(_) | Value::Object(_) => return None,
        };
        (found || all_comparable).then_some(found)
    }
}
