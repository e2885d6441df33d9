//! Filters as people write them: `mag >= 4.5 and (place contains "Alaska" or tsunami = true)`.

mod display;
mod error;
mod lexer;
mod normal_form;
mod parser;

pub use self::error::{WhereError, WhereProblem};

use self::parser::Parser;
use super::{Clause, Filter};

/// Bytes of an expression, at most.
pub const MAX_WHERE_BYTES: usize = 16 * 1_024;

/// Levels that parentheses and `not` may nest in an expression.
pub const MAX_WHERE_DEPTH: usize = 64;

/// Conditions that alternatives may grow to when they are brought into the form of the wire.
const MAX_EXPANDED: usize = 64;

impl Filter {
    /// The filter of an expression; the [module](super#expressions) has the whole language.
    ///
    /// The filter is [checked](Filter::check), so it has a wire form. [`Filter`]'s `Display` writes
    /// an expression again.
    ///
    /// # Errors
    ///
    /// When the text is no expression, or says what the wire form cannot carry. The error points
    /// at the place.
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    ///
    /// let filter = Filter::parse_where("mag >= 4.5 and (place contains 'Alaska' or tsunami = true)")?;
    /// assert_eq!(
    ///     filter.to_json()?,
    ///     r#"{"mag_gte":4.5,"[or]place_contains":"Alaska","[or]tsunami":true}"#
    /// );
    ///
    /// let error = Filter::parse_where("mag >= 4.5 and not felt = 3").unwrap_err();
    /// assert_eq!(error.to_string(), "\
    /// no filter can say `not` of this comparison with `felt` (at byte 19)
    ///   mag >= 4.5 and not felt = 3
    ///                      ^
    ///   hint: write `felt != …`, or `(felt != … or felt is null)` to keep documents without the field");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parse_where(expression: &str) -> Result<Self, WhereError> {
        let parsed = Parser::parse(expression)?;
        let clauses = normal_form::clauses(&parsed, false)
            .map_err(|(problem, at)| WhereError::new(problem, expression, at))?;
        let clauses = clauses.into_iter().map(|conditions| Clause { conditions }).collect();
        let filter = Self { clauses };
        match filter.check() {
            Ok(()) => Ok(filter),
            Err(error) => Err(WhereError::new(WhereProblem::Filter(error), expression, 0)),
        }
    }
}
