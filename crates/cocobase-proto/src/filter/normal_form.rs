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

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    #[test]
    fn the_limit_counts_the_conditions_of_the_result() {
        let condition = |field: &str| Condition::eq(field, 1);
        let left = vec![vec![condition("a")], vec![condition("b"), condition("c")]];
        let right = vec![vec![condition("d")], vec![condition("e")], vec![condition("f")]];
        let both = either(&left, &right, 15).unwrap();
        assert_eq!(both.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 2, 3, 3, 3]);
        assert_eq!(both[4], [condition("b"), condition("c"), condition("e")]);
        assert_eq!(either(&left, &right, 14), None);
    }
}
