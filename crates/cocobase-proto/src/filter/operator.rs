//! The twelve operators and their suffixes.

use core::fmt;

/// How a field is compared.
///
/// What each operator means for each type of field is told in the [module's tables](super).
///
/// ```
/// use cocobase_proto::filter::Operator;
///
/// assert_eq!(Operator::Gte.suffix(), "gte");
/// assert_eq!(Operator::from_suffix("startswith"), Some(Operator::StartsWith));
/// assert_eq!(Operator::from_suffix("foo"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    /// `field` or `field_eq`: equal.
    Eq,
    /// `field_ne`: present, comparable and not equal.
    Ne,
    /// `field_gt`: greater.
    Gt,
    /// `field_gte`: greater or equal.
    Gte,
    /// `field_lt`: less.
    Lt,
    /// `field_lte`: less or equal.
    Lte,
    /// `field_contains`: a substring in any case of letters, or an equal element of an array.
    Contains,
    /// `field_startswith`: a prefix, in any case of letters.
    StartsWith,
    /// `field_endswith`: a suffix, in any case of letters.
    EndsWith,
    /// `field_in`: equal to an item of the list.
    In,
    /// `field_notin`: present, comparable with every item and equal to none.
    NotIn,
    /// `field_isnull`: null or missing (`true`), or neither (`false`).
    IsNull,
}

impl Operator {
    /// Every operator, in the order of the protocol's table.
    pub const ALL: [Self; 12] = [
        Self::Eq,
        Self::Ne,
        Self::Gt,
        Self::Gte,
        Self::Lt,
        Self::Lte,
        Self::Contains,
        Self::StartsWith,
        Self::EndsWith,
        Self::In,
        Self::NotIn,
        Self::IsNull,
    ];

    /// The operator's name on the wire, without its underscore.
    #[must_use]
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
            Self::Contains => "contains",
            Self::StartsWith => "startswith",
            Self::EndsWith => "endswith",
            Self::In => "in",
            Self::NotIn => "notin",
            Self::IsNull => "isnull",
        }
    }

    /// The operator of this name, spelled exactly so.
    #[must_use]
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operator| operator.suffix() == suffix)
    }

    /// Whether its operand is a list: `in` and `notin`.
    #[must_use]
    pub const fn takes_list(self) -> bool {
        matches!(self, Self::In | Self::NotIn)
    }
}

impl fmt::Display for Operator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.suffix())
    }
}
