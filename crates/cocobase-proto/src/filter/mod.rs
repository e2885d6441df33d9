//! Which documents a subscriber wants.
mod build;
mod error;
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
pub(crate) use key::check_field;
pub use limits::{MAX_CONDITIONS, MAX_FILTER_BYTES, MAX_ITEMS, MAX_KEY_BYTES, MAX_VALUE_BYTES};
pub use matcher::Matcher;
pub use operand::Operand;
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
#[derive(Debug, Clone, Default, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
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
#[derive(Debug, Clone, PartialEq)]
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
