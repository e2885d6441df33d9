//! Products of alternatives, bounded.

use alloc::vec::Vec;

use super::Condition;

/// A conjunction of alternatives.
pub(super) type Clauses = Vec<Vec<Condition>>;

/// The conjunction that holds when `left` or `right` holds: every clause of one joined with every
/// clause of the other. `None` when it would have more than `limit` conditions.
pub(super) fn either(left: &Clauses, right: &Clauses, limit: usize) -> Option<Clauses> {
    let count = |clauses: &Clauses| clauses.iter().map(Vec::len).sum::<usize>();
    let size = count(left) * right.len() + count(right) * left.len();
    (size <= limit).then(|| {
        let joined = |a: &Vec<Condition>, b: &Vec<Condition>| a.iter().chain(b).cloned().collect();
        left.iter().flat_map(|a| right.iter().map(move |b| joined(a, b))).collect()
    })
}
