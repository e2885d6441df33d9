//! Which documents a subscriber wants: filters, their wire forms and their evaluation.

use alloc::string::String;
use alloc::vec::Vec;

/// A condition on documents: every [`Clause`] must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    clauses: Vec<Clause>,
}

/// Alternatives: at least one of the conditions must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    conditions: Vec<Condition>,
}

/// One operator on one or several fields: it holds when it holds for at least one of the fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    fields: Vec<String>,
    operator: Operator,
    operand: Operand,
}

/// How a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `field` or `field_eq`
    Eq,
    /// `field_ne`
    Ne,
    /// `field_gt`
    Gt,
    /// `field_gte`
    Gte,
    /// `field_lt`
    Lt,
    /// `field_lte`
    Lte,
    /// `field_contains`
    Contains,
    /// `field_startswith`
    StartsWith,
    /// `field_endswith`
    EndsWith,
    /// `field_in`
    In,
    /// `field_notin`
    NotIn,
    /// `field_isnull`
    IsNull,
}

/// What a field is compared with.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Operand {}

/// Why a filter cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("skeleton")]
pub struct FilterError {}

impl Filter {
    pub fn new() -> Self { Self::default() }
    pub fn is_empty(&self) -> bool { self.clauses.is_empty() }
    /// The filter of this JSON object (the wire form).
    pub fn from_json(_json: &str) -> Result<Self, FilterError> {
        Err(FilterError {})
    }
    /// The wire form: one flat JSON object.
    pub fn to_json(&self) -> Result<String, FilterError> {
        Ok("{}".into())
    }
}

/// A filter made ready for many documents.
#[derive(Debug, Clone)]
pub struct Matcher {}

impl Matcher {
    /// Prepares `filter`.
    pub fn new(_filter: &Filter) -> Self {
        Self {}
    }
    /// Whether the document whose flat view is `document` fits the filter.
    pub fn matches(&self, _document: &serde_json::Map<String, serde_json::Value>) -> bool {
        true
    }
}
