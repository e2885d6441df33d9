//! How values of different types are sorted.

use std::cmp::Ordering;

use cocobase_proto::query::Order;
use serde_json::Value;

/// Texts are told apart by so many first bytes when sorting, which bounds the memory of a sort.
const TEXT_BYTES: usize = 256;

/// A value as the order of list queries sees it: booleans before numbers before texts before
/// arrays and objects; missing and null last, whichever way the list is sorted.
#[derive(Debug, Clone, PartialEq, PartialOrd)]
pub(super) enum SortKey {
    Boolean(bool),
    /// The number as a float, and as an integer, which tells large ones apart.
    Number(f64, i128),
    Text(String),
    /// Arrays and objects by their JSON.
    Nested(String),
    Missing,
}

impl SortKey {
    pub(super) fn new(value: Option<&Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Missing,
            Some(Value::Bool(value)) => Self::Boolean(*value),
            Some(Value::Number(number)) => {
                let float = number.as_f64().unwrap_or_default();
                Self::Number(float, number.as_i128().unwrap_or(float as i128))
            }
            Some(Value::String(text)) => Self::Text(start(text)),
            Some(nested) => Self::Nested(start(&nested.to_string())),
        }
    }
}

fn start(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT_BYTES);
    text.get(..end).unwrap_or(text).into()
}

/// A document's place in a sorted list; equal keys keep the order of creation.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: SortKey,
    pub(super) order: Order,
    pub(super) created_seq: i64,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        // JSON has no NaN, so keys always compare.
        let by_key = self.key.partial_cmp(&other.key).unwrap_or(Ordering::Equal);
        let missing = self.key == SortKey::Missing || other.key == SortKey::Missing;
        let by_key = match self.order {
            Order::Descending if !missing => by_key.reverse(),
            _ => by_key,
        };
        by_key.then(self.created_seq.cmp(&other.created_seq))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn sorted(values: &Value, order: Order) -> Vec<Value> {
        let values = values.as_array().unwrap();
        let entry = |(place, value): (usize, &Value)| Entry {
            key: SortKey::new(Some(value)),
            order,
            created_seq: place as i64,
        };
        let mut entries: Vec<_> = values.iter().enumerate().map(entry).collect();
        entries.sort();
        entries.iter().map(|entry| values[entry.created_seq as usize].clone()).collect()
    }

    #[test]
    fn types_have_an_order_and_nothing_comes_last() {
        let values = json!(["b", null, 2, {"x": 1}, true, "a", 1.5, false, [1], -1]);
        let ascending = json!([false, true, -1, 1.5, 2, "a", "b", [1], {"x": 1}, null]);
        let descending = json!([{"x": 1}, [1], "b", "a", 2, 1.5, -1, true, false, null]);
        assert_eq!(Value::from(sorted(&values, Order::Ascending)), ascending);
        assert_eq!(Value::from(sorted(&values, Order::Descending)), descending);
    }

    #[test]
    fn large_integers_are_told_apart_and_equal_keys_keep_their_order() {
        let values =
            json!([9007199254740993_i64, 9007199254740992_i64, 9007199254740992.0, -0.0, 0]);
        let ascending =
            json!([-0.0, 0, 9007199254740992_i64, 9007199254740992.0, 9007199254740993_i64]);
        assert_eq!(Value::from(sorted(&values, Order::Ascending)), ascending);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let text = "é".repeat(300);
        let SortKey::Text(cut) = SortKey::new(Some(&json!(text))) else { panic!() };
        assert_eq!(cut, "é".repeat(128));
    }
}
