//! Filters and documents that often meet: few fields, few values, all kinds.

use cocobase_proto::filter::{Condition, Filter, Operand};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const FIELDS: [&str; 6] = ["a", "b", "a.b", "b.c", "a.b.c", "kind"];

const TEXTS: [&str; 20] = [
    "",
    "a",
    "A",
    "ab",
    "aba",
    "bab",
    "Adak, Alaska",
    "alaska",
    "ALASKAN",
    "Ålesund",
    "å",
    "straße",
    "\u{212a}elvin",
    "5",
    "05",
    "5.0",
    "-1",
    "true",
    "2026-01-31T00:00:00Z",
    "2026-01-31T00:00:00.5Z",
];

fn field() -> impl Strategy<Value = &'static str> {
    prop_oneof![3 => Just("a"), 4 => prop::sample::select(&FIELDS[..])]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::sample::select(&TEXTS[..]).prop_map(Value::from),
        1 => "[abÅk]{0,40}".prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        4 => (-1_i64..7).prop_map(Value::from),
        2 => prop::sample::select(&[-0.0, 0.5, 4.5, 5.0, 1e300, 9007199254740992.0][..]).prop_map(Value::from),
        1 => prop::sample::select(&[9007199254740991_u64, 9007199254740993, 9007199254740994, u64::MAX][..])
            .prop_map(Value::from),
        1 => prop::sample::select(&[i64::MIN, -9007199254740993, i64::MAX][..]).prop_map(Value::from),
    ]
}

fn operand() -> impl Strategy<Value = Operand> {
    scalar().prop_map(|value| match value {
        Value::String(text) => text.into(),
        Value::Number(number) => number.into(),
        other => (other == true).into(),
    })
}

fn condition() -> impl Strategy<Value = Condition> {
    let simple = (field(), operand(), 0..12).prop_map(|(field, value, operator)| match operator {
        0..3 => Condition::eq(field, value),
        3 => Condition::ne(field, value),
        4 => Condition::gt(field, value),
        5 => Condition::gte(field, value),
        6 => Condition::lt(field, value),
        7 => Condition::lte(field, value),
        8 | 9 => Condition::contains(field, value),
        10 => Condition::starts_with(field, value),
        _ => Condition::ends_with(field, value),
    });
    let lists = (field(), prop::collection::vec(operand(), 0..5), any::<bool>()).prop_map(
        |(field, values, not)| match not {
            false => Condition::is_in(field, values),
            true => Condition::not_in(field, values),
        },
    );
    let nulls = (field(), any::<bool>()).prop_map(|(field, yes)| Condition::is_null(field, yes));
    let single = prop_oneof![8 => simple, 2 => lists, 1 => nulls];
    (single, prop::option::weighted(0.15, field())).prop_map(|(condition, other)| match other {
        Some(field) => condition.or_field(field),
        None => condition,
    })
}

/// Mostly one to three clauses of one or two conditions.
pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    let clause = prop_oneof![
        4 => prop::collection::vec(condition(), 1),
        1 => prop::collection::vec(condition(), 1..4),
    ];
    prop::collection::vec(clause, 0..4)
        .prop_map(|clauses| clauses.into_iter().fold(Filter::new(), Filter::any_of))
}

pub(crate) fn document() -> impl Strategy<Value = Map<String, Value>> {
    let value = prop_oneof![
        10 => scalar(),
        1 => Just(Value::Null),
        2 => prop::collection::vec(scalar(), 0..4).prop_map(Value::from),
        1 => scalar().prop_map(|value| json!({ "b": value, "c": 5 })),
        1 => scalar().prop_map(|value| json!({ "b": { "c": value }, "a": null })),
        1 => scalar().prop_map(|value| json!({ "b.c": value })),
    ];
    prop::collection::btree_map(field(), value, 0..5).prop_map(|fields| {
        fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
}
