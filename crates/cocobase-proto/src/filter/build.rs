//! Filters and conditions in code.
//!
//! Building never fails: what no wire can carry is reported by [`Filter::check`] and by writing.

use alloc::string::String;
use alloc::vec;

use super::{Clause, Condition, Filter, Operand, Operator};

macro_rules! comparisons {
    ($($(#[$doc:meta])* $name:ident $operator:ident;)*) => {
        /// # Conditions
        ///
        /// ```
        /// use cocobase_proto::filter::{Condition, Filter};
        ///
        /// let filter = Filter::new().any_of([
        ///     Condition::gte("mag", 6.0),
        ///     Condition::contains("place", "alaska"),
        ///     Condition::is_in("status", ["reviewed", "deleted"]),
        ///     Condition::is_null("felt", false),
        /// ]);
        /// assert!(filter.check().is_ok());
        /// ```
        impl Condition {$(
            $(#[$doc])*
            ///
            /// See the [example](Self#conditions).
            #[must_use]
            pub fn $name(field: impl Into<String>, value: impl Into<Operand>) -> Self {
                Self::new(field.into(), Operator::$operator, value.into())
            }
        )*}

        /// # Building
        ///
        /// Each call adds a condition that must hold as well.
        ///
        /// ```
        /// use cocobase_proto::filter::Filter;
        ///
        /// let filter = Filter::new().gte("mag", 4.5).contains("place", "Alaska");
        /// assert_eq!(filter.to_json()?, r#"{"mag_gte":4.5,"place_contains":"Alaska"}"#);
        /// # Ok::<(), cocobase_proto::filter::FilterError>(())
        /// ```
        impl Filter {$(
            $(#[$doc])*
            ///
            /// See the [example](Self#building).
            #[must_use]
            pub fn $name(self, field: impl Into<String>, value: impl Into<Operand>) -> Self {
                self.any_of([Condition::$name(field, value)])
            }
        )*}
    };
}

comparisons! {
    /// The field equals `value`.
    eq Eq;
    /// The field is present, comparable with `value` and not equal to it.
    ne Ne;
    /// The field is greater than `value`.
    gt Gt;
    /// The field is greater than `value` or equal to it.
    gte Gte;
    /// The field is less than `value`.
    lt Lt;
    /// The field is less than `value` or equal to it.
    lte Lte;
    /// The field's text holds `value` in any case of letters, or the array has it as an element.
    contains Contains;
    /// The field's text starts with `value`, in any case of letters.
    starts_with StartsWith;
    /// The field's text ends with `value`, in any case of letters.
    ends_with EndsWith;
}

impl Condition {
    fn new(field: String, operator: Operator, operand: Operand) -> Self {
        Self { fields: vec![field], operator, operand }
    }

    /// The field equals one of the `values`; with no values, nothing does.
    ///
    /// See the [example](Self#conditions).
    #[must_use]
    pub fn is_in<V: Into<Operand>>(
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(field.into(), Operator::In, Operand::list(values))
    }

    /// The field is present, comparable with all the `values` and equal to none of them.
    ///
    /// See the [example](Self#conditions).
    #[must_use]
    pub fn not_in<V: Into<Operand>>(
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self::new(field.into(), Operator::NotIn, Operand::list(values))
    }

    /// The field is null or missing (`true`), or neither (`false`).
    ///
    /// See the [example](Self#conditions).
    #[must_use]
    pub fn is_null(field: impl Into<String>, yes: bool) -> Self {
        Self::new(field.into(), Operator::IsNull, Operand::Bool(yes))
    }

    /// The same comparison, for one more field: it is enough that one of them passes it.
    ///
    /// ```
    /// use cocobase_proto::filter::{Condition, Filter};
    ///
    /// let ann = Filter::from(Condition::contains("name", "ann").or_field("email"));
    /// assert_eq!(ann.to_json()?, r#"{"name__or__email_contains":"ann"}"#);
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    #[must_use]
    pub fn or_field(mut self, field: impl Into<String>) -> Self {
        let field = field.into();
        if !self.fields.contains(&field) {
            self.fields.push(field);
        }
        self
    }
}

impl Filter {
    /// The field equals one of the `values`; with no values, nothing does.
    ///
    /// See the [example](Self#building).
    #[must_use]
    pub fn is_in<V: Into<Operand>>(
        self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.any_of([Condition::is_in(field, values)])
    }

    /// The field is present, comparable with all the `values` and equal to none of them.
    ///
    /// See the [example](Self#building).
    #[must_use]
    pub fn not_in<V: Into<Operand>>(
        self,
        field: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        self.any_of([Condition::not_in(field, values)])
    }

    /// The field is null or missing (`true`), or neither (`false`).
    ///
    /// See the [example](Self#building).
    #[must_use]
    pub fn is_null(self, field: impl Into<String>, yes: bool) -> Self {
        self.any_of([Condition::is_null(field, yes)])
    }

    /// At least one of the conditions holds.
    ///
    /// ```
    /// use cocobase_proto::filter::{Condition, Filter};
    ///
    /// let filter = Filter::new()
    ///     .gte("mag", 4.5)
    ///     .any_of([Condition::contains("place", "Alaska"), Condition::eq("tsunami", true)]);
    /// assert_eq!(
    ///     filter.to_json()?,
    ///     r#"{"mag_gte":4.5,"[or]place_contains":"Alaska","[or]tsunami":true}"#
    /// );
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    #[must_use]
    pub fn any_of(mut self, conditions: impl IntoIterator<Item = Condition>) -> Self {
        self.clauses.push(Clause { conditions: conditions.into_iter().collect() });
        self
    }

    /// This filter and the `other`: both hold.
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// let both = Filter::new().eq("a", 1).and(Filter::new().eq("b", 2));
    /// assert_eq!(both, Filter::new().eq("a", 1).eq("b", 2));
    /// ```
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.clauses.extend(other.clauses);
        self
    }
}

impl From<Condition> for Filter {
    fn from(condition: Condition) -> Self {
        Self::new().any_of([condition])
    }
}
