//! The set of filters answers as a scan of all of them does, whatever is added, removed and published.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod both;
mod generate;

use cocobase_proto::filter::{Condition, Filter};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use both::Both;
use generate::{document, filter};

#[derive(Debug, Clone)]
enum Call {
    Insert(u64, Filter),
    Remove(u64),
    Publish(Option<Map<String, Value>>, Map<String, Value>),
}

fn call() -> impl Strategy<Value = Call> {
    prop_oneof![
        6 => (0..60_u64, filter()).prop_map(|(id, filter)| Call::Insert(id, filter)),
        1 => (0..60_u64).prop_map(Call::Remove),
        2 => (prop::option::of(document()), document()).prop_map(|(old, new)| Call::Publish(old, new)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn the_set_answers_as_a_scan_does(
        calls in prop::collection::vec(call(), 1..160),
        end in prop::collection::vec(document(), 8),
    ) {
        let mut both = Both::default();
        for call in &calls {
            match call {
                Call::Insert(id, filter) => both.insert(*id, filter),
                Call::Remove(id) => both.remove(*id),
                Call::Publish(old, new) => {
                    both.collect(old.as_ref(), new);
                }
            }
        }
        for document in &end {
            both.collect(None, document);
        }
        for id in 0..60 {
            both.remove(id);
            both.collect(None, &end[id as usize % end.len()]);
        }
        prop_assert!(both.set.is_empty());
        prop_assert!(!both.set.needs_documents());
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

/// Documents with one field, or without.
fn one_field() -> Vec<Map<String, Value>> {
    let values = [
        json!(null),
        json!(true),
        json!(false),
        json!(5),
        json!(5.0),
        json!(5.5),
        json!(-0.0),
        json!(9007199254740993_u64),
        json!(9007199254740992_u64),
        json!(u64::MAX),
        json!("5"),
        json!("05"),
        json!("true"),
        json!(""),
        json!("Adak, ALASKA"),
        json!("Ålesund"),
        json!("2026-01-31T00:00:00Z"),
        json!("2026-01-31T00:00:01Z"),
        json!("a".repeat(100)),
        json!([]),
        json!([5, "05", "Adak", true, null, [5], 5]),
        json!({"b": 5}),
    ];
    let mut documents: Vec<_> =
        values.into_iter().map(|value| object(json!({ "a": value }))).collect();
    documents.push(Map::new());
    documents
}

#[test]
fn every_operator_agrees_on_every_type() {
    let operands = [
        "5",
        "05",
        "5.5",
        "0",
        "9007199254740993",
        "18446744073709551616",
        "true",
        "false",
        "",
        "a",
        "alaska",
        "Alas",
        "ADAK",
        "Å",
        "2026-01-31T00:00:00Z",
        "2026-01-31T00:00:00",
        "1e999",
    ];
    let long = "A".repeat(60);
    let build: [fn(&str) -> Condition; 13] = [
        |x| Condition::eq("a", x),
        |x| Condition::ne("a", x),
        |x| Condition::gt("a", x),
        |x| Condition::gte("a", x),
        |x| Condition::lt("a", x),
        |x| Condition::lte("a", x),
        |x| Condition::contains("a", x),
        |x| Condition::starts_with("a", x),
        |x| Condition::ends_with("a", x),
        |x| Condition::is_in("a", [x, "Adak"]),
        |x| Condition::not_in("a", [x, "7"]),
        |x| Condition::is_null("a", x == "true"),
        |x| Condition::eq("a.b", x).or_field("a"),
    ];
    let mut both = Both::default();
    let mut id = 0;
    for operand in operands.into_iter().chain([long.as_str(), f64::NAN.to_string().as_str()]) {
        for condition in build {
            id += 1;
            both.insert(id, &condition(operand).into());
        }
    }
    let matches: usize =
        one_field().iter().map(|document| both.collect(None, document).len()).sum();
    assert!(matches > 700, "{matches} matches of {id} filters");

    // 101 and the number of filters have no divisor in common, so each is removed once.
    for at in 0..id {
        both.remove(1 + at * 101 % id);
        if at % 3 == 0 {
            for document in one_field() {
                both.collect(None, &document);
            }
        }
    }
    assert!(both.set.is_empty());
}

#[test]
fn a_clause_that_cannot_hold_matches_nothing() {
    let mut both = Both::default();
    for (id, filter) in [
        Filter::new().any_of([]),
        Filter::new().eq("a", f64::NAN),
        Filter::new().is_in("a", [""; 0]),
        Filter::new().gt("a", 5).lt("a", 5),
        Filter::new().gt("a", 5).lt("a", 4),
        Filter::new().eq("a", 5).any_of([]),
        Filter::new().eq("a", 6),
    ]
    .iter()
    .enumerate()
    {
        both.insert(id as u64, filter);
    }
    for document in one_field() {
        assert_eq!(both.collect(None, &document), []);
    }
}

#[test]
fn filters_that_no_step_leads_to_are_tried() {
    let deep = "a.b.c.d.e.f.g.h.i.j.k";
    let document = object(json!({ deep: 1, "x": 999 }));
    let mut both = Both::default();
    for id in 0..20 {
        both.insert(id, &Filter::new().eq(deep, id));
        let many: Vec<u64> = (id * 100..id * 100 + 2_000).collect();
        both.insert(100 + id, &Filter::new().is_in("x", many).ne("y", 0));
        // 999 is a multiple of 1, 3 and 9.
        both.insert(200 + id, &Filter::new().is_in("x", (0..2_000).map(|x| x * id)));
    }
    assert_eq!(both.collect(None, &document).len(), 1 + 3);
    (0..220).for_each(|id| both.remove(id));
    assert!(both.collect(None, &document).is_empty());
}

#[test]
fn a_name_is_looked_up_whole_before_it_is_taken_apart() {
    let mut both = Both::default();
    for (id, field) in
        ["a.b.c", "a.b", "a", "b.c", ".c", "a.", ".", "a..c", "c"].into_iter().enumerate()
    {
        for value in 1..6 {
            both.insert(id as u64 * 10 + value, &Filter::new().eq(field, value));
        }
        both.insert(id as u64 * 10, &Filter::from(Condition::is_null(field, true)));
    }
    let matches: usize = [
        json!({"a.b.c": 1, "a": {"b.c": 2, "b": {"c": 3}}}),
        json!({"a.b.c": null, "a": {"b.c": 2, "b": {"c": 3}}}),
        json!({"a": {"b.c": 2, "b": {"c": 3}}}),
        json!({"a": {"b": {"c": 3}}}),
        json!({"a.b": {"c": 1}, "a": {"b": 1}}),
        json!({"a": 1, "a.b": 2, "b": {"c": 3}}),
        json!({"": {"c": 1, "": 2}, "a": {"": {"c": 4}, ".c": 5}}),
        json!({"": {"": {"c": 1}}, "a": [{"b": 1}]}),
    ]
    .into_iter()
    .map(|document| both.collect(None, &object(document)).len())
    .sum();
    assert!(matches > 40, "{matches}");
}

#[test]
fn the_same_part_many_times_is_one_match() {
    let mut both = Both::default();
    for length in 1..60 {
        both.insert(length, &Filter::new().contains("a", "a".repeat(length as usize)));
        both.insert(100 + length, &Filter::new().contains("a", "ab".repeat(length as usize)));
    }
    let text = object(json!({ "a": "A".repeat(20_000) }));
    assert_eq!(both.collect(Some(&text), &text).len(), 59);
    let text = object(json!({ "a": "aB".repeat(20) }));
    assert_eq!(both.collect(None, &text).len(), 1 + 20);
}
