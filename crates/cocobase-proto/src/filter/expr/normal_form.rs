//! From a tree to what the wire carries: an `and` of `or`s.

use alloc::vec;
use alloc::vec::Vec;

use super::parser::Expr;
use super::{MAX_EXPANDED, WhereProblem};
use crate::filter::limits::MAX_CONDITIONS;
use crate::filter::normal_form::{Clauses, either};
use crate::filter::{Condition, Operand, Operator};

/// The clauses of the expression, or of its opposite.
///
/// `not` moves inwards by De Morgan's laws, which hold because a document either matches or does
/// not. In front of a comparison it must vanish, and only a test for null has an opposite on the
/// wire: `not a = 1` holds for a document without `a`, and `a != 1` does not.
pub(super) fn clauses(expr: &Expr, negated: bool) -> Result<Clauses, (WhereProblem, usize)> {
    match expr {
        Expr::Not(inner) => clauses(inner, !negated),
        Expr::Is(condition, _) if !negated => Ok(vec![vec![condition.clone()]]),
        Expr::Is(condition, at) => {
            opposite(condition).map(|opposite| vec![vec![opposite]]).map_err(|it| (it, *at))
        }
        Expr::All(parts, at) | Expr::Any(parts, at) => {
            let conjunction = matches!(expr, Expr::All(..)) != negated;
            let mut whole: Option<Clauses> = None;
            for part in parts {
                let part = clauses(part, negated)?;
                whole = Some(match whole {
                    None => part,
                    Some(before) if conjunction => before.into_iter().chain(part).collect(),
                    Some(before) => {
                        alternative(before, part).ok_or((WhereProblem::TooManyConditions, *at))?
                    }
                });
            }
            Ok(whole.unwrap_or_default())
        }
    }
}

fn alternative(left: Clauses, right: Clauses) -> Option<Clauses> {
    let multiplies = left.len() > 1 || right.len() > 1;
    let mut clauses =
        either(&left, &right, if multiplies { MAX_EXPANDED } else { MAX_CONDITIONS })?;
    if multiplies {
        clauses.iter_mut().for_each(drop_repeated);
    }
    Some(clauses)
}

fn drop_repeated(conditions: &mut Vec<Condition>) {
    let mut kept: Vec<Condition> = Vec::new();
    for condition in conditions.drain(..) {
        if !kept.contains(&condition) {
            kept.push(condition);
        }
    }
    *conditions = kept;
}

fn opposite(condition: &Condition) -> Result<Condition, WhereProblem> {
    if let (Operator::IsNull, Operand::Bool(yes)) = (condition.operator(), condition.operand()) {
        return Ok(Condition { operand: Operand::Bool(!yes), ..condition.clone() });
    }
    let field = condition.fields().first().map_or("", |field| field.as_str()).into();
    Err(WhereProblem::Negation { field, operator: condition.operator() })
}
