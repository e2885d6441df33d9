//! Filters and documents that are likely to meet.

use cocobase_proto::filter::{Condition, Filter, Operand};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Field names that the wire can carry, the awkward ones among them.
pub(crate) const FIELDS: [&str; 13] = [
    "a",
    "b",
    "a.b",
    "a.b.c",
    "b.a",
    "logged_in",
    "a_ne",
    "limit",
    "token",
    "_gte",
    "not",
    "x-y",
    "ü `q`",
];

const TEXTS: [&str; 24] = [
    "",
    " ",
    "a",
    " a",
    "a ",
    "A",
    "a,b",
    ",",
    "Adak, Alaska",
    "ADAK",
    "5",
    "5.0",
    "05",
    "-1",
    "1e1",
    "9007199254740993",
    "18446744073709551615",
    "1e999",
    "true",
    "false",
    "null",
    "ÅLESUND",
    "\"'`\\\n",
    "2026-01-31T00:00:00Z",
];

pub(crate) fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(&FIELDS[..]).prop_map(String::from),
        1 => "[a-z_]{1,6}(\\.[a-z]{1,3})?"
            .prop_filter("no key says it", |field| !field.ends_with("__or_") && !field.contains("__or__")),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => prop::sample::select(&TEXTS[..]).prop_map(String::from), 1 => "\\PC{0,6}"]
}

fn float() -> impl Strategy<Value = f64> {
    prop_oneof![
        prop::num::f64::NORMAL | prop::num::f64::SUBNORMAL | prop::num::f64::ZERO,
        prop::sample::select(&[5.0, 4.5, 0.1, 9007199254740992.0, 1.8446744073709552e19, -0.0][..]),
    ]
}

pub(crate) fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        float().prop_map(Value::from),
        (-2_i64..7).prop_map(Value::from),
        prop::sample::select(&[i64::MIN, i64::MAX, 9007199254740993][..]).prop_map(Value::from),
        prop::sample::select(&[u64::MAX, 9223372036854775808][..]).prop_map(Value::from),
    ]
}

pub(crate) fn operand() -> impl Strategy<Value = Operand> {
    scalar().prop_map(|value| match value {
        Value::String(text) => text.into(),
        Value::Number(number) => number.into(),
        other => other.as_bool().unwrap().into(),
    })
}

pub(crate) fn condition() -> impl Strategy<Value = Condition> {
    let simple = (field(), operand(), 0..9).prop_map(|(field, value, operator)| match operator {
        0 => Condition::eq(field, value),
        1 => Condition::ne(field, value),
        2 => Condition::gt(field, value),
        3 => Condition::gte(field, value),
        4 => Condition::lt(field, value),
        5 => Condition::lte(field, value),
        6 => Condition::contains(field, value),
        7 => Condition::starts_with(field, value),
        _ => Condition::ends_with(field, value),
    });
    let lists = (field(), prop::collection::vec(operand(), 0..4), any::<bool>()).prop_map(
        |(field, values, not)| match not {
            false => Condition::is_in(field, values),
            true => Condition::not_in(field, values),
        },
    );
    let nulls = (field(), any::<bool>()).prop_map(|(field, yes)| Condition::is_null(field, yes));
    let single = prop_oneof![6 => simple, 3 => lists, 1 => nulls];
    (single, prop::option::weighted(0.25, field())).prop_map(|(condition, other)| match other {
        Some(field) => condition.or_field(field),
        None => condition,
    })
}

/// A filter that the wire can carry.
pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    prop::collection::vec(prop::collection::vec(condition(), 1..4), 0..5)
        .prop_map(|clauses| clauses.into_iter().fold(Filter::new(), Filter::any_of))
}

pub(crate) fn document() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        8 => scalar(),
        1 => Just(Value::Null),
        1 => prop::collection::vec(scalar(), 0..3).prop_map(Value::from),
        1 => scalar().prop_map(|value| json!({ "b": value })),
        1 => scalar().prop_map(|value| json!({ "b": { "c": value }, "a": null })),
        1 => scalar().prop_map(|value| json!({ "b.c": value })),
    ];
    prop::collection::btree_map(field(), value, 0..8).prop_map(|map| map.into_iter().collect())
}

pub(crate) fn documents() -> impl Strategy<Value = Vec<Map<String, Value>>> {
    prop::collection::vec(document(), 1..12)
}
