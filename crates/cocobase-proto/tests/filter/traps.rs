//! What a map of keys cannot carry as it is: said otherwise, or refused.

use cocobase_proto::filter::{Condition, FieldProblem, Filter, FilterError};

#[test]
fn what_means_the_same_is_said_otherwise() {
    let twenty = |i: usize| Condition::contains("p", format!("x{i}"));
    let table = [
        // A field that ends in an operator.
        (Filter::new().eq("logged_in", true), r#"{"logged_in_eq":true}"#),
        (Filter::new().is_in("logged_in", [1]), r#"{"logged_in_in":"1"}"#),
        (Filter::new().eq("a_eq", 1), r#"{"a_eq_eq":1}"#),
        // List items that commas cannot carry.
        (
            Filter::new().is_in("city", ["Oslo", "Nome, Alaska", "", " x"]),
            r#"{"[or]city_in":"Oslo","[or]city":"Nome, Alaska","[or]city__or__city":"","[or]city__or__city__or__city":" x"}"#,
        ),
        (Filter::new().is_in("city", ["a,b"]), r#"{"city":"a,b"}"#),
        // One that stands in the list more often than a filter may have conditions.
        (
            Filter::new().any_of([Condition::eq("n", 0), Condition::is_in("e", [""; 300])]),
            r#"{"[or]n":0,"[or]e":""}"#,
        ),
        (
            Filter::new().not_in("city", ["Oslo", "a,b", ""]),
            r#"{"city_notin":"Oslo","city_ne":"a,b","[or]city_ne":""}"#,
        ),
        (
            Filter::new().any_of([Condition::not_in("c", ["a,b", "d"]), Condition::eq("e", 1)]),
            r#"{"[or]c_notin":"d","[or]e":1,"[or:2]c_ne":"a,b","[or:2]e":1}"#,
        ),
        (
            Filter::from(Condition::not_in("c", ["a,b", "d"]).or_field("e")),
            r#"{"[or]c_notin":"d","[or]e_notin":"d","[or:2]c_notin":"d","[or:2]e_ne":"a,b","[or:3]c_ne":"a,b","[or:3]e_notin":"d","[or:4]c_ne":"a,b","[or:4]e_ne":"a,b"}"#,
        ),
        // One key twice.
        (Filter::new().ne("a", 1).ne("a", 2).ne("a", 1), r#"{"a_ne":1,"[or]a_ne":2}"#),
        (
            Filter::new().any_of([
                Condition::eq("a", 1),
                Condition::eq("b", 1),
                Condition::eq("a", "x"),
            ]),
            r#"{"[or]a_in":"1,x","[or]b":1}"#,
        ),
        (
            Filter::new().any_of([
                Condition::is_in("a", [1, 2]),
                Condition::eq("a", 2),
                Condition::eq("a", 3),
            ]),
            r#"{"a_in":"1,2,3"}"#,
        ),
        (
            Filter::new().any_of([twenty(0), twenty(1), twenty(2)]),
            r#"{"[or]p_contains":"x0","[or]p__or__p_contains":"x1","[or]p__or__p__or__p_contains":"x2"}"#,
        ),
        // Fields that would be split in another place when joined.
        (Filter::from(Condition::eq("a__or_", 1).or_field("b")), r#"{"[or]a__or_":1,"[or]b":1}"#),
    ];
    for (filter, json) in table {
        assert_eq!(filter.to_json().as_deref(), Ok(json));
        assert_eq!(Filter::from_json(json).unwrap().to_json().as_deref(), Ok(json));
    }
}

#[test]
fn what_no_key_can_say_is_refused() {
    use FieldProblem::{Bracket, Control, Empty, Separator};
    for (field, problem) in [
        ("", Empty),
        ("a[0]", Bracket),
        ("]", Bracket),
        ("a\u{0}b", Control),
        ("a__or__b", Separator),
        ("__or__", Separator),
    ] {
        let expected = FilterError::FieldName { key: field.into(), problem };
        assert_eq!(Filter::new().eq(field, 1).check(), Err(expected.clone()));
        assert_eq!(Filter::from(Condition::eq("a", 1).or_field(field)).check(), Err(expected));
    }
    // With its operator this field's key would hold `__or__`.
    for filter in [Filter::new().gt("a__or_", 1), Filter::new().is_in("a__or_", ["x"])] {
        assert!(matches!(filter.check(), Err(FilterError::NoWireForm { .. })), "{filter}");
    }
    assert_eq!(Filter::new().eq("a__or_", 1).to_json().as_deref(), Ok(r#"{"a__or_":1}"#));
}

#[test]
fn unsuitable_operands_are_refused() {
    use cocobase_proto::filter::Operand;
    let list = || Operand::List(vec!["x".into()]);
    for (filter, operator, found) in [
        (Filter::new().lt("a", f64::NAN), "lt", "not a finite number"),
        (Filter::new().eq("a", f64::INFINITY), "eq", "not a finite number"),
        (Filter::new().is_in("a", [1.0, f64::NAN]), "in", "not a finite number"),
        (Filter::new().eq("a", list()), "eq", "a list"),
        (Filter::new().contains("a", list()), "contains", "a list"),
    ] {
        let error = filter.check().unwrap_err();
        assert!(matches!(error, FilterError::Operand { .. }), "{error}");
        let expected = format!("`a`: the operator {operator} does not take {found}");
        assert_eq!(error.to_string(), expected);
    }
    assert_eq!(Filter::new().any_of([]).check(), Err(FilterError::EmptyGroup));
}

#[test]
fn rewriting_is_bounded() {
    // Each field by each odd item: 2^12 clauses.
    let fields = (0..12).map(|i| format!("f{i}"));
    let wide = fields.fold(Condition::not_in("f", ["a,b", "c,d"]), Condition::or_field);
    assert!(matches!(Filter::from(wide).check(), Err(FilterError::TooLarge { .. })));
    // Repeating a field ends where the key does.
    let same = (0..200).map(|i| Condition::contains("place", format!("x{i}")));
    assert!(matches!(Filter::new().any_of(same).check(), Err(FilterError::TooLarge { .. })));
}
