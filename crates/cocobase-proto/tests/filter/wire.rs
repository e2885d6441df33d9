//! The wire forms: what is read, what is refused, and that writing and reading agree.

use cocobase_proto::filter::{
    Condition, Filter, FilterError, Limit, MAX_CONDITIONS, MAX_FILTER_BYTES, MAX_ITEMS,
    MAX_KEY_BYTES, MAX_VALUE_BYTES, Matcher,
};
use cocobase_proto::query::ListQuery;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::{generate, oracle};

#[test]
fn what_is_no_object_says_what_a_filter_looks_like() {
    let error = Filter::from_json("[1]").unwrap_err().to_string();
    let expected = "a filter is one flat JSON object, and this is none: invalid type: sequence, \
                    expected an object like {\"age_gte\": 18}";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn what_is_too_large_says_where() {
    let long = "x".repeat(MAX_VALUE_BYTES + 1);
    let error = Filter::new().eq("name", long).check().unwrap_err();
    let expected = "a value in a filter has at most 16384 bytes: shorten it (at `name`)";
    assert_eq!(error.to_string(), expected);
    for limit in [MAX_VALUE_BYTES - 1, MAX_VALUE_BYTES] {
        let item = "x".repeat(limit);
        assert_eq!(Filter::new().is_in("name", [&item]).check(), Ok(()));
        assert_eq!(Filter::new().not_in("name", [&item]).check(), Ok(()));
    }
    let many = format!("{{\"a\":\"{}\"}}", "x".repeat(MAX_FILTER_BYTES));
    let expected = "a filter has at most 65536 bytes in all: shorten it";
    assert_eq!(Filter::from_json(&many).unwrap_err().to_string(), expected);
}

/// A filter of five conditions whose values have so many bytes together.
fn of_bytes(bytes: usize) -> Filter {
    let max = MAX_VALUE_BYTES;
    let lengths = [max, max, max, bytes - 3 * max - 1, 1];
    ["a", "b", "c", "d", "e"]
        .into_iter()
        .zip(lengths)
        .fold(Filter::new(), |filter, (field, length)| filter.eq(field, "x".repeat(length)))
}

#[test]
fn a_filter_may_be_as_large_as_its_limit() {
    let too_large = |key| FilterError::TooLarge { limit: Limit::Filter, key };
    // Braces, quotes, colons and commas: 36 bytes beside the keys and values.
    let largest = of_bytes(MAX_FILTER_BYTES - 36);
    let json = largest.to_json().unwrap();
    assert_eq!(json.len(), MAX_FILTER_BYTES);
    assert_eq!(Filter::from_json(&json), Ok(largest));
    assert_eq!(of_bytes(MAX_FILTER_BYTES - 35).check(), Err(too_large(None)));
    assert_eq!(Filter::from_json(&format!("{json} ")), Err(too_large(None)));

    let largest = of_bytes(MAX_FILTER_BYTES - 5);
    let mut pairs = largest.to_pairs().unwrap();
    assert_eq!(Filter::from_pairs(pairs.clone()), Ok(largest));
    assert!(of_bytes(MAX_FILTER_BYTES - 4).to_pairs().is_err());
    let (key, value) = pairs.last_mut().unwrap();
    value.push('x');
    let key = Some(key.as_str().into());
    assert_eq!(Filter::from_pairs(pairs), Err(too_large(key)));
}

#[test]
fn alternatives_become_one_list_as_far_as_a_list_goes() {
    let keys = |one: Condition, other: Condition| {
        let filter = Filter::new().any_of([one, other]);
        let json = filter.to_json().unwrap();
        let written: Map<String, Value> = serde_json::from_str(&json).unwrap();
        assert!(Filter::from_json(&json).is_ok(), "what is written can be read");
        written.len()
    };
    let numbers = |from: usize, to: usize| Condition::is_in("a", from..to);
    assert_eq!(keys(numbers(0, 600), numbers(600, MAX_ITEMS)), 1);
    assert_eq!(keys(numbers(0, 600), numbers(600, MAX_ITEMS + 1)), 2);
    let text = |letter: &str, bytes| Condition::eq("a", letter.repeat(bytes));
    let half = MAX_VALUE_BYTES / 2;
    assert_eq!(keys(text("x", half - 1), text("y", half - 1)), 1, "each with its comma");
    assert_eq!(keys(text("x", half - 1), text("y", half)), 2);
}

#[test]
fn two_filters_become_one() {
    let both = Filter::new().eq("a", 1).and(Filter::new().eq("b", 2).eq("c", 3));
    assert_eq!(both, Filter::new().eq("a", 1).eq("b", 2).eq("c", 3));
}

#[test]
fn the_samples_of_the_protocol_are_read() {
    let table = [
        ("{}", Filter::new()),
        (r#"{"status":"active"}"#, Filter::new().eq("status", "active")),
        (r#"{"age_gte":18,"age_lte":65}"#, Filter::new().gte("age", 18).lte("age", 65)),
        (r#"{"role_in":"admin, moderator"}"#, Filter::new().is_in("role", ["admin", "moderator"])),
        (r#"{"year_in":2026}"#, Filter::new().is_in("year", [2026])),
        (r#"{"role_in":"  "}"#, Filter::new().is_in::<&str>("role", [])),
        (r#"{"role_in":"a,,b"}"#, Filter::new().is_in("role", ["a", "", "b"])),
        (r#"{"deleted_isnull":null}"#, Filter::new().is_null("deleted", true)),
        (r#"{"deleted_isnull":"false"}"#, Filter::new().is_null("deleted", false)),
        (
            r#"{"name__or__email_contains":"ann"}"#,
            Filter::from(Condition::contains("name", "ann").or_field("email")),
        ),
        (
            r#"{"[or]vip":true,"a":1,"[or:g]b":2,"[or]age_gt":60,"[or:g]c_ne":3}"#,
            Filter::new()
                .any_of([Condition::eq("vip", true), Condition::gt("age", 60)])
                .eq("a", 1)
                .any_of([Condition::eq("b", 2), Condition::ne("c", 3)]),
        ),
    ];
    for (json, filter) in table {
        assert_eq!(Filter::from_json(json), Ok(filter), "{json}");
    }
}

#[test]
fn bad_json_is_refused_with_its_place() {
    for (json, line, column) in [
        ("", 1, 0),
        ("{\"a\":1", 1, 6),
        ("{\n\"a\": x}", 2, 6),
        ("[1]", 1, 0),
        ("5", 1, 1),
        ("null", 1, 4),
        ("{\"a\":1} x", 1, 9),
        ("{\"a\":1e999}", 1, 10),
        ("{\"a\":\"\\ud800\"}", 1, 13),
    ] {
        match Filter::from_json(json) {
            Err(FilterError::Syntax { line: l, column: c, message }) => {
                assert_eq!((l, c), (line, column), "{json}: {message}");
            }
            other => panic!("{json}: {other:?}"),
        }
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(matches!(Filter::from_json(&deep), Err(FilterError::Syntax { .. })));
}

#[test]
fn bad_conditions_are_refused_with_their_key() {
    let table = [
        (r#"{"a":1,"a":1}"#, "`a` stands twice in the filter"),
        (r#"{"a":1,"\u0061":2}"#, "`a` stands twice in the filter"),
        (r#"{"a_in":["x"]}"#, "`a_in` has an array as its value"),
        (r#"{"a":{"gte":1}}"#, "`a` has an object as its value"),
        (r#"{"a":null}"#, "`a` is null: a test for null is `\"field_isnull\": true`"),
        (r#"{"a_ne":null}"#, "`a_ne` is null"),
        (r#"{"a_isnull":1}"#, "`a_isnull` takes true or false"),
        (r#"{"a_isnull":"yes"}"#, "`a_isnull` takes true or false"),
        (r#"{"":1}"#, "``: a field name is empty"),
        (r#"{"a__or__":1}"#, "`a__or__`: a field name is empty"),
        (r#"{"[or":1}"#, "`[or` starts with `[`, but not with a group"),
        (r#"{"[xor]a":1}"#, "`[xor]a` starts with `[`, but not with a group"),
        (r#"{"a[0]":1}"#, "`a[0]`: a field or group name cannot hold `[` or `]`"),
        (r#"{"a\n":1}"#, "`a\\n`: a field or group name cannot hold control characters"),
    ];
    for (json, start) in table {
        let message = Filter::from_json(json).expect_err(json).to_string();
        assert!(message.starts_with(start), "{json}: {message}");
    }
}

fn limit_of<T: std::fmt::Debug>(result: Result<T, FilterError>) -> Limit {
    match result {
        Err(FilterError::TooLarge { limit, .. }) => limit,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_limits_hold_in_reading_and_in_writing() {
    let many = |n| (0..n).fold(Filter::new(), |filter, i| filter.eq(format!("f{i}"), i));
    let items = |n: usize| Filter::new().is_in("f", 0..n);
    let key = |n| Filter::new().eq("k".repeat(n), 1);
    let value = |n| Filter::new().eq("f", "v".repeat(n));
    let whole =
        |n| (0..4).fold(Filter::new(), |filter, i| filter.eq(format!("f{i}"), "v".repeat(n)));
    for (sound, beyond, limit) in [
        (many(MAX_CONDITIONS), many(MAX_CONDITIONS + 1), Limit::Conditions),
        (items(MAX_ITEMS), items(MAX_ITEMS + 1), Limit::Items),
        (key(MAX_KEY_BYTES), key(MAX_KEY_BYTES + 1), Limit::Key),
        (value(MAX_VALUE_BYTES), value(MAX_VALUE_BYTES + 1), Limit::Value),
        (whole(MAX_VALUE_BYTES - 9), whole(MAX_VALUE_BYTES), Limit::Filter),
    ] {
        let json = sound.to_json().unwrap();
        assert!(Filter::from_json(&json).is_ok(), "{limit}");
        assert!(Filter::from_pairs(sound.to_pairs().unwrap()).is_ok(), "{limit}");
        assert_eq!(limit_of(beyond.to_json()), limit);
        assert_eq!(limit_of(beyond.to_pairs()), limit);
    }
    let list = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>().join(",");
    let members =
        |n| list(n).split(',').map(|i| format!("\"f{i}\":1")).collect::<Vec<_>>().join(",");
    for (json, limit) in [
        (format!("{{{}}}", members(MAX_CONDITIONS + 1)), Limit::Conditions),
        (format!("{{\"f_in\":\"{}\"}}", list(MAX_ITEMS + 1)), Limit::Items),
        (format!("{{\"{}\":1}}", "k".repeat(MAX_KEY_BYTES + 1)), Limit::Key),
        (format!("{{\"f\":\"{}\"}}", "v".repeat(MAX_VALUE_BYTES + 1)), Limit::Value),
        (format!("{{\"f\":1{}}}", " ".repeat(MAX_FILTER_BYTES)), Limit::Filter),
    ] {
        let error = Filter::from_json(&json).unwrap_err();
        assert!(error.to_string().len() < 250, "{error}");
        assert_eq!(limit_of::<Filter>(Err(error)), limit);
    }
    let pairs = (0..5).map(|i| (format!("f{i}"), "v".repeat(MAX_VALUE_BYTES)));
    assert_eq!(limit_of(Filter::from_pairs(pairs)), Limit::Filter);
}

#[test]
fn pairs_are_all_text() {
    let filter = Filter::from_pairs([("a", "5"), ("b_isnull", "true"), ("a", "5")]).unwrap();
    assert_eq!(filter, Filter::new().eq("a", "5").is_null("b", true));
    let pairs = Filter::new().eq("a", 4.5).eq("b", true).is_null("c", false).to_pairs().unwrap();
    let texts: Vec<_> = pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(texts, [("a", "4.5"), ("b", "true"), ("c_isnull", "false")]);
    let alike = Filter::new().any_of([Condition::ne("a", true), Condition::ne("a", "true")]);
    assert_eq!(alike.to_pairs().unwrap(), [("a_ne".to_owned(), "true".to_owned())]);
    let repeated = Filter::from_pairs([("a", "5"), ("a", "6")]);
    assert_eq!(repeated, Err(FilterError::RepeatedKey { key: "a".into() }));
}

fn assert_same(
    filter: &Filter,
    other: &Filter,
    documents: &[Map<String, Value>],
) -> Result<(), TestCaseError> {
    let matcher = Matcher::new(other);
    for document in documents {
        let expected = oracle::matches(filter, document);
        prop_assert_eq!(matcher.matches(document), expected, "{:?} {:?}", other, document);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_built_is_written_and_read_with_the_same_meaning(
        filter in generate::filter(),
        documents in generate::documents(),
    ) {
        let json = filter.to_json().unwrap();
        let read = Filter::from_json(&json).unwrap();
        assert_same(&filter, &read, &documents)?;
        prop_assert_eq!(&read.to_json().unwrap(), &json, "writing again changes nothing");

        let pairs = filter.to_pairs().unwrap();
        let read = Filter::from_pairs(pairs.clone()).unwrap();
        assert_same(&filter, &read, &documents)?;
        prop_assert_eq!(read.to_pairs().unwrap(), pairs);

        let query = ListQuery { filter: filter.clone(), ..ListQuery::default() }.to_query().unwrap();
        let read = ListQuery::from_query(&query).unwrap();
        assert_same(&filter, &read.filter, &documents)?;
        prop_assert_eq!(read.to_query().unwrap(), query);
        prop_assert_eq!((read.sort, read.limit, read.offset), (None, None, 0));

        if !filter.is_empty() {
            let expression = filter.to_string();
            let read = Filter::parse_where(&expression).unwrap();
            assert_same(&filter, &read, &documents)?;
            prop_assert_eq!(read.to_string(), expression);
        }
    }

    #[test]
    fn what_is_read_can_be_written(
        members in prop::collection::btree_map(
            "(\\[or(:[a-b])?\\])?[a-b._]{1,3}(__or__[a-b_]{1,3})?(_(eq|ne|gt|contains|in|notin|isnull))?",
            generate::scalar(),
            0..6,
        ),
        documents in generate::documents(),
    ) {
        let json = serde_json::to_string(&members).unwrap();
        if let Ok(filter) = Filter::from_json(&json)
            && let Ok(again) = filter.to_json()
        {
            let read = Filter::from_json(&again).unwrap();
            assert_same(&filter, &read, &documents)?;
            prop_assert_eq!(read.to_json().unwrap(), again);
        }
    }

    #[test]
    fn any_text_and_any_field_is_answered(
        text in "\\PC*|[\\[\\]{}\":,a_or0-9 ]{0,40}",
        field in "[\\[\\]a_or_.:\u{0}-]{0,12}",
        documents in generate::documents(),
    ) {
        let _ = Filter::from_json(&text);
        let _ = ListQuery::from_query(&text);
        let built = Filter::new().any_of([
            Condition::gt(field.as_str(), 1).or_field(text.as_str()),
            Condition::not_in(field.as_str(), [text.as_str(), "x"]),
        ]);
        match built.to_json() {
            Ok(json) => assert_same(&built, &Filter::from_json(&json).unwrap(), &documents)?,
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}
