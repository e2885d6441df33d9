//! What is decoded here, `serde_json` decodes to the same.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Debug;

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::from_plain_object;

/// Whether the text was decoded here. If so, the value is that of `serde_json`.
fn is_decoded<T: DeserializeOwned + Debug>(json: &str) -> bool {
    let Some(value) = from_plain_object::<T>(json) else { return false };
    let strict: T = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    assert_eq!(format!("{value:?}"), format!("{strict:?}"), "{json}");
    true
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
enum Kind {
    A,
    B(u8),
    C { x: i8 },
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Wrapped(String);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
#[allow(dead_code)]
enum Either {
    Number(f64),
    Text(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
#[allow(dead_code)]
struct Fields {
    a: Option<String>,
    b: Option<f64>,
    c: Option<i64>,
    d: Option<Kind>,
    e: Option<Wrapped>,
    f: Option<Vec<u8>>,
    g: Option<Box<RawValue>>,
    h: Option<Either>,
    i: Option<(u8, String)>,
    j: Option<char>,
    k: Option<()>,
    l: Option<BTreeMap<String, Value>>,
    m: Option<Box<Fields>>,
    n: Option<bool>,
    o: Option<u128>,
    p: Option<f32>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Rest {
    a: Option<String>,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "a")]
#[allow(dead_code)]
enum Tagged {
    A { b: Option<Value> },
    B,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Strict {
    a: String,
    b: f64,
}

fn check(json: &str) {
    is_decoded::<Fields>(json);
    is_decoded::<Rest>(json);
    is_decoded::<Tagged>(json);
    is_decoded::<Strict>(json);
    is_decoded::<Kind>(json);
    is_decoded::<Wrapped>(json);
    is_decoded::<Value>(json);
    is_decoded::<Option<Value>>(json);
    is_decoded::<Box<RawValue>>(json);
    is_decoded::<IgnoredAny>(json);
    is_decoded::<Map<String, Value>>(json);
    is_decoded::<BTreeMap<u64, Value>>(json);
    is_decoded::<BTreeMap<Wrapped, IgnoredAny>>(json);
    is_decoded::<()>(json);
    is_decoded::<Vec<Value>>(json);
}

#[test]
fn a_plain_object_is_decoded_here() {
    for json in [
        r#"{"a":"x","b":1.5}"#,
        r#" { "b" : -1e3 , "z" : [ {"a":"b"} ] , "a" : "" } "#,
        r#"{"a":"x","b":1,"d":{"B":7},"g":[1, 2]}"#,
    ] {
        assert!(is_decoded::<Strict>(json), "{json}");
        assert!(is_decoded::<Fields>(json), "{json}");
        assert!(is_decoded::<Map<String, Value>>(json), "{json}");
        assert!(is_decoded::<Rest>(json), "{json}");
        assert!(is_decoded::<Value>(json), "{json}");
    }
}

#[test]
fn nothing_is_decoded_that_serde_refuses() {
    for json in [
        r#"{"a":"x"}"#,
        r#"{"a":7,"b":1}"#,
        r#"{"a":"x","a":"y","b":1}"#,
        r#"{"a":"x","b":1}x"#,
        r#"{"a":"x","b":1,}"#,
        r#"{,"a":"x","b":1}"#,
        r#"{"a":"x" "b":1}"#,
        r#"{"a":"x","b":01}"#,
        r#"{"a":"x","b":1"#,
        r#"{"a":"x","b":1e999}"#,
        r#"{"a":"x","b":1,"c":tru}"#,
        "[]",
        "",
        r#"["x",1]"#,
        r#"{"a":"x","b":"1"}"#,
        "7",
    ] {
        assert!(!is_decoded::<Strict>(json), "{json}");
        check(json);
    }
}

fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".into()),
        Just("true".into()),
        any::<i64>().prop_map(|n| format!("{n}")),
        any::<u8>().prop_map(|n| format!("{n}")),
        "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
        "\"([a-zA-C0-9é ]|\\\\\\\\n){0,20}\"",
    ];
    let value = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| array(&items)),
            members(inner),
        ]
    });
    members(value)
}

fn array(items: &[String]) -> String {
    format!("[{}]", items.join(", "))
}

fn members(value: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    let member =
        ("[a-p]|A|B|C|x|[0-9]{1,3}", value).prop_map(|(key, value)| format!("\"{key}\":{value}"));
    prop::collection::vec(member, 0..6).prop_map(|members| format!("{{{}}}", members.join(",")))
}

proptest! {
    #[test]
    fn all_types_are_decoded_alike(json in json()) {
        check(&json);
    }

    #[test]
    fn numbers_are_the_same_to_the_last_bit(number in "-?(0|[1-9][0-9]{0,18})(\\.[0-9]{1,18})?(e-?[0-9]{1,2})?") {
        #[derive(Deserialize)]
        struct Number<T> {
            n: T,
        }
        let json = format!("{{\"n\":{number}}}");
        let bits = |n: f64| n.to_bits();
        let of_serde = serde_json::from_str::<Number<f64>>(&json).ok().map(|it| bits(it.n));
        prop_assert_eq!(from_plain_object::<Number<f64>>(&json).map(|it| bits(it.n)), of_serde);
        let of_serde = serde_json::from_str::<Number<i64>>(&json).ok().map(|it| it.n);
        prop_assert_eq!(from_plain_object::<Number<i64>>(&json).map(|it| it.n), of_serde);
    }

    #[test]
    fn broken_objects_are_refused_alike(
        json in json(),
        at in any::<prop::sample::Index>(),
        by in "|[\\]\\[{}\":,.eE+0-9t \n\\\\-]{1,2}",
    ) {
        let mut json = json;
        let at = json.floor_char_boundary(at.index(json.len()));
        let end = json.ceil_char_boundary(at + 1);
        json.replace_range(at..end, &by);
        check(&json);
    }
}
