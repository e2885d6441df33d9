//! The order of lists: how values of different types are sorted.

use alloc::string::{String, ToString};
use core::cmp::Ordering;

use serde_json::{Map, Value};

use super::{ListQuery, Order};

/// Texts are told apart by so many first bytes when sorting, which bounds the memory of a sort.
const TEXT_BYTES: usize = 256;

/// A value as the order of lists sees it: booleans before numbers before texts before arrays and
/// objects; missing and null last, whichever way the list is sorted (our decision).
///
/// Numbers are compared without loss. Texts and nested values, which count as their JSON, are told
/// apart by their first 256 bytes.
///
/// ```
/// use std::cmp::Ordering;
/// use cocobase_proto::query::{Order, SortKey};
/// use serde_json::json;
///
/// let (small, large, missing) =
///     (SortKey::new(Some(&json!(4.5))), SortKey::new(Some(&json!(7))), SortKey::new(None));
/// assert_eq!(small.compare(&large, Order::Ascending), Ordering::Less);
/// assert_eq!(small.compare(&large, Order::Descending), Ordering::Greater);
/// assert_eq!(large.compare(&missing, Order::Descending), Ordering::Less);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct SortKey(Repr);

#[derive(Debug, Clone, PartialEq, PartialOrd)]
enum Repr {
    Boolean(bool),
    /// The number as a float, and as an integer, which tells large ones apart.
    Number(f64, i128),
    Text(String),
    Nested(String),
    Missing,
}

impl SortKey {
    /// The place of a document whose field has this value.
    #[must_use]
    pub fn new(value: Option<&Value>) -> Self {
        Self(match value {
            None | Some(Value::Null) => Repr::Missing,
            Some(Value::Bool(value)) => Repr::Boolean(*value),
            Some(Value::Number(number)) => {
                let float = number.as_f64().unwrap_or_default();
                Repr::Number(float, number.as_i128().unwrap_or(float as i128))
            }
            Some(Value::String(text)) => Repr::Text(start(text)),
            Some(nested) => Repr::Nested(start(&nested.to_string())),
        })
    }

    /// Which of two documents comes first; equal ones keep the order of their creation.
    #[must_use]
    pub fn compare(&self, other: &Self, order: Order) -> Ordering {
        // JSON has no NaN, so keys always compare.
        let ascending = self.0.partial_cmp(&other.0).unwrap_or(Ordering::Equal);
        let has_missing = self.0 == Repr::Missing || other.0 == Repr::Missing;
        match order {
            Order::Descending if !has_missing => ascending.reverse(),
            _ => ascending,
        }
    }
}

fn start(text: &str) -> String {
    let end = text.floor_char_boundary(TEXT_BYTES);
    text.get(..end).unwrap_or(text).into()
}

/// What a list is sorted by.
///
/// ```
/// use cocobase_proto::query::{ListQuery, Order, Sorting};
///
/// let by_time = ListQuery { sort: Some("updatedAt".into()), ..ListQuery::default() };
/// assert_eq!(by_time.sorting(), Sorting::Field("updated_at", Order::Descending));
/// assert_eq!(ListQuery::default().sorting(), Sorting::Creation(Order::Ascending));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sorting<'a> {
    /// By creation, oldest or newest first.
    Creation(Order),
    /// By the [`SortKey`] of this [`field`], and by creation, oldest first, where they are equal.
    Field(&'a str, Order),
}

impl ListQuery {
    /// What the list is sorted by. `order` means something only with `sort`, and the order of
    /// creation is that of `created_at`.
    #[must_use]
    pub fn sorting(&self) -> Sorting<'_> {
        match self.sort.as_deref() {
            None => Sorting::Creation(Order::Ascending),
            Some("created_at" | "createdAt") => Sorting::Creation(self.order),
            Some("updatedAt") => Sorting::Field("updated_at", self.order),
            Some(field) => Sorting::Field(field, self.order),
        }
    }
}

/// A field of a document's flat view: that of the whole name, else what the dotted path leads to in
/// nested objects. Filters find their fields in the same way.
///
/// ```
/// use cocobase_proto::query::field;
/// let document = serde_json::json!({"address": {"city": "Adak"}, "a.b": 1});
/// let document = document.as_object().unwrap();
/// assert_eq!(field(document, "address.city").unwrap(), "Adak");
/// assert_eq!(field(document, "a.b").unwrap(), 1);
/// assert_eq!(field(document, "address.zip"), None);
/// ```
#[must_use]
pub fn field<'a>(document: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    let mut object = document;
    let mut path = path;
    loop {
        if let Some(value) = object.get(path) {
            return Some(value);
        }
        let (head, rest) = path.split_once('.')?;
        object = object.get(head)?.as_object()?;
        path = rest;
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use serde_json::json;

    use super::*;

    fn sorted(values: &Value, order: Order) -> Value {
        let mut values: Vec<_> = values.as_array().unwrap().clone();
        values.sort_by(|a, b| SortKey::new(Some(a)).compare(&SortKey::new(Some(b)), order));
        Value::from(values)
    }

    #[test]
    fn types_have_an_order_and_nothing_comes_last() {
        let values = json!(["b", null, 2, {"x": 1}, true, "a", 1.5, false, [1], -1]);
        let ascending = json!([false, true, -1, 1.5, 2, "a", "b", [1], {"x": 1}, null]);
        let descending = json!([{"x": 1}, [1], "b", "a", 2, 1.5, -1, true, false, null]);
        assert_eq!(sorted(&values, Order::Ascending), ascending);
        assert_eq!(sorted(&values, Order::Descending), descending);
    }

    #[test]
    fn large_integers_are_told_apart_and_equal_keys_keep_their_order() {
        let values =
            json!([9007199254740993_i64, 9007199254740992_i64, 9007199254740992.0, -0.0, 0]);
        let ascending =
            json!([-0.0, 0, 9007199254740992_i64, 9007199254740992.0, 9007199254740993_i64]);
        assert_eq!(sorted(&values, Order::Ascending), ascending);
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let key = SortKey::new(Some(&json!("é".repeat(300))));
        assert_eq!(key.0, Repr::Text("é".repeat(128)));
    }

    #[test]
    fn fields_are_found_whole_or_by_path() {
        let document = json!({"a": {"b": {"c": 1}, "x.y": 3}, "a.b": 2, "x": [1]});
        let document = document.as_object().unwrap();
        for (path, value) in [
            ("a.b", Some(json!(2))),
            ("a.b.c", Some(json!(1))),
            ("a.x.y", Some(json!(3))),
            ("a.c", None),
            ("x.0", None),
            ("", None),
            (".", None),
        ] {
            assert_eq!(field(document, path), value.as_ref(), "{path}");
        }
    }
}
