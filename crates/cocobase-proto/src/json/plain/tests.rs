//! The fast way against `serde_json`, which is right by definition here.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

use super::members;

fn read(json: &str) -> Option<Vec<(&str, &str)>> {
    let mut read = Vec::new();
    members(json, |key, value| {
        read.push((key, value));
        Some(())
    })?;
    Some(read)
}

/// What is read is JSON, and serde reads the same. Of a key that comes twice the last one counts.
fn check(json: &str) {
    let Some(members) = read(json) else { return };
    let strict: BTreeMap<String, &RawValue> =
        serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    let strict = strict.iter().map(|(key, value)| (key.as_str(), value.get()));
    let members: BTreeMap<&str, &str> = members.into_iter().collect();
    assert_eq!(members, strict.collect(), "{json}");
}

#[test]
fn plain_objects_are_read() {
    for (json, expected) in [
        ("{}", &[][..]),
        (" { } ", &[]),
        (r#"{"":""}"#, &[("", r#""""#)]),
        (r#"{"a":1,"b":[]}"#, &[("a", "1"), ("b", "[]")]),
        (r#" { "a" : -0.5e+10 , "b" : { } } "#, &[("a", "-0.5e+10"), ("b", "{ }")]),
        (r#"{"é":"ü","x":null,"y":0}"#, &[("é", r#""ü""#), ("x", "null"), ("y", "0")]),
        (
            r#"{"a":{"b":"c","d":"e" , "f":{"g":[1,"h",{"i":"j"}]}},"k":true}"#,
            &[("a", r#"{"b":"c","d":"e" , "f":{"g":[1,"h",{"i":"j"}]}}"#), ("k", "true")],
        ),
        (
            r#"{"a":"a text of over eight bytes","a":false}"#,
            &[("a", r#""a text of over eight bytes""#), ("a", "false")],
        ),
    ] {
        assert_eq!(read(json).as_deref(), Some(expected), "{json}");
        check(json);
    }
}

#[test]
fn what_is_wrong_or_not_plain_is_left_to_serde() {
    let wrong = [
        "",
        "{",
        "}",
        "[]",
        "7",
        "null",
        "{}x",
        "{,}",
        "{a:1}",
        "\u{feff}{}",
        "{\u{a0}}",
        r#"{"a"}"#,
        r#"{"a":}"#,
        r#"{"a":1,}"#,
        r#"{"a":01}"#,
        r#"{"a":1.}"#,
        r#"{"a":.1}"#,
        r#"{"a":-}"#,
        r#"{"a":1e}"#,
        r#"{"a":+1}"#,
        r#"{"a":tru}"#,
        r#"{"a":truey}"#,
        r#"{"a":"b}"#,
        r#"{"a:1}"#,
        r#"{"a":[1}"#,
        r#"{"a":[1,]}"#,
        r#"{"a":{"b":1]}"#,
        r#"{"a":{"b"}}"#,
        r#"{"a":{"b":"c",}}"#,
        r#"{"a":{"b":"c","d"}}"#,
        r#"{"a":{,}}"#,
        r#"{"a":1 2}"#,
        r#"{"a":"x" "y"}"#,
        r#"{"a":[1:2]}"#,
        "{\"a\":\"\t\"}",
        "{\"a\":1\0}",
    ];
    let not_plain = [r#"{"a":"\n"}"#, r#"{"\u0061":1}"#, "{\n}", "{}\n", r#"{"a":"\ud800"}"#];
    for json in wrong.into_iter().chain(not_plain) {
        assert_eq!(read(json), None, "{json}");
    }
}

#[test]
fn levels_are_counted() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for (depth, is_plain) in [(1, true), (62, true), (63, false), (1_000, false)] {
            let json = format!(r#"{{"x":{}1{}}}"#, open.repeat(depth), close.repeat(depth));
            assert_eq!(read(&json).is_some(), is_plain, "{depth} x {open}");
            check(&json);
        }
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        // Now and then with what has to be escaped.
        "[ -!#-\\[\\]-~é]{0,20}[\"\\\\\n]?".prop_map(Value::from),
    ];
    let value = leaf.prop_recursive(4, 40, 5, |inner| {
        let member = ("data|event|type|[a-z:]{0,12}", inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::from),
            prop::collection::vec(member, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    (value, 0..4).prop_map(|(value, style)| match style {
        0 => serde_json::to_string_pretty(&value).unwrap(),
        1 => serde_json::to_string_pretty(&value).unwrap().replace('\n', " "),
        _ => value.to_string(),
    })
}

proptest! {
    #[test]
    fn what_is_read_is_what_serde_reads(json in json()) {
        check(&json);
        check(&format!(r#"{{"event":"create","data":{json},"seq":7}}"#));
    }

    /// Nearly JSON: one character is lost or replaced.
    #[test]
    fn nothing_is_read_that_serde_refuses(
        json in json(),
        at in any::<prop::sample::Index>(),
        by in "|[\\]\\[{}\":,.eE+0-9t \n\\\\-]{1,2}",
    ) {
        let mut json = format!(r#"{{"event":"create","data":{json},"seq":7}}"#);
        let at = json.floor_char_boundary(at.index(json.len()));
        let end = json.ceil_char_boundary(at + 1);
        json.replace_range(at..end, &by);
        check(&json);
    }
}
