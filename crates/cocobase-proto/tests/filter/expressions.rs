//! `--where` expressions.

use cocobase_proto::filter::{
    Condition, Filter, MAX_WHERE_BYTES, MAX_WHERE_DEPTH, Matcher, WhereProblem,
};
use proptest::prelude::*;

use crate::{generate, oracle};

#[test]
fn expressions_become_filters() {
    let table = [
        ("mag >= 4.5", r#"{"mag_gte":4.5}"#),
        ("(((mag >= 4.5)))", r#"{"mag_gte":4.5}"#),
        (
            "mag >= 4.5 and (place contains \"Alaska\" or tsunami = true)",
            r#"{"mag_gte":4.5,"[or]place_contains":"Alaska","[or]tsunami":true}"#,
        ),
        (
            "a=1 AND b==2 And c!=3 aNd d<>4 and e<5 and f<=-6 and g>+7 and h>=8e2",
            r#"{"a":1,"b":2,"c_ne":3,"d_ne":4,"e_lt":5,"f_lte":-6,"g_gt":7,"h_gte":800.0}"#,
        ),
        ("a STARTSWITH 'x' and a endsWith 'y'", r#"{"a_startswith":"x","a_endswith":"y"}"#),
        ("a in ('x', 2, true) and b not in (1)", r#"{"a_in":"x,2,true","b_notin":"1"}"#),
        ("a in () and b in (1,)", r#"{"a_in":"","b_in":"1"}"#),
        ("a is null and b is not null", r#"{"a_isnull":true,"b_isnull":false}"#),
        (
            "author.name = 'x' and `is` = 1 and `a-b` = 2 and é = 3",
            r#"{"author.name":"x","is":1,"a-b":2,"é":3}"#,
        ),
        (
            r#"a = 'it\'s' and b = "\"\\\/\n\u00e9\ud83d\ude00" and c = '"'"#,
            r#"{"a":"it's","b":"\"\\/\né😀","c":"\""}"#,
        ),
        // `and` binds closer than `or`; what multiplies out is multiplied out.
        ("a=1 and b=2 or c=3", r#"{"[or]a":1,"[or]c":3,"[or:2]b":2,"[or:2]c":3}"#),
        ("(a=1 or b=2) and c=3", r#"{"[or]a":1,"[or]b":2,"c":3}"#),
        ("a=1 or a=2 or b>1", r#"{"[or]a_in":"1,2","[or]b_gt":1}"#),
        ("not (a is null)", r#"{"a_isnull":false}"#),
        ("not not a = 1", r#"{"a":1}"#),
        ("not (a is null or not b = 1)", r#"{"a_isnull":false,"b":1}"#),
        ("not (a is null and b is not null)", r#"{"[or]a_isnull":false,"[or]b_isnull":true}"#),
        ("logged_in = true", r#"{"logged_in_eq":true}"#),
    ];
    for (expression, json) in table {
        let filter = Filter::parse_where(expression).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(filter.to_json().as_deref(), Ok(json), "{expression}");
    }
}

#[test]
fn every_escape_stands_for_its_character() {
    let filter = Filter::parse_where(r#"a = "\b\f\n\r\t\/\\\"\'\`\u0041""#).unwrap();
    assert_eq!(filter, Filter::new().eq("a", "\u{8}\u{c}\n\r\t/\\\"'`A"));
}

#[test]
fn a_field_is_quoted_where_it_must_be() {
    for (field, shown) in [
        ("a", "a"),
        ("_x", "_x"),
        ("a_b.c9", "a_b.c9"),
        ("é", "é"),
        ("1a", "`1a`"),
        (".a", "`.a`"),
        ("a-b", "`a-b`"),
        ("a b", "`a b`"),
        ("is", "`is`"),
        ("Not", "`Not`"),
        ("a`b", r"`a\`b`"),
    ] {
        let filter = Filter::new().eq(field, 1);
        assert_eq!(filter.to_string(), format!("{shown} = 1"));
        assert_eq!(Filter::parse_where(&filter.to_string()), Ok(filter));
    }
}

#[test]
fn an_expression_may_be_as_long_as_its_limit() {
    let longest = format!("a = {}1", " ".repeat(MAX_WHERE_BYTES - 5));
    assert_eq!(longest.len(), MAX_WHERE_BYTES);
    assert_eq!(Filter::parse_where(&longest), Ok(Filter::new().eq("a", 1)));
    let error = Filter::parse_where(&(longest + " ")).unwrap_err();
    assert_eq!(*error.problem(), WhereProblem::TooLong);
}

#[test]
fn errors_point_at_their_place() {
    // Byte, beginning of the problem, part of the hint.
    let table = [
        ("", 0, "the expression is empty", "every document"),
        ("  ", 0, "the expression is empty", ""),
        ("mag 4.5", 4, "expected a comparison such as", ""),
        ("tsunami", 7, "expected a comparison such as", ""),
        (
            "mag >=",
            6,
            "expected a value: a quoted text, a number, true or false, found the end",
            "",
        ),
        ("mag >= 4.5 place = 1", 11, "expected `and`, `or` or the end, found `place`", ""),
        ("(a = 1", 6, "expected `and`, `or` or `)`, found the end", ""),
        ("a = 1)", 5, "expected `and`, `or` or the end, found `)`", ""),
        ("a = 1 and", 9, "expected a field's name, `not` or `(`, found the end", ""),
        ("and = 1", 0, "expected a field's name, `not` or `(`, found `and`", ""),
        ("1 = a", 0, "expected a field's name", ""),
        (
            "a = and b = 1",
            4,
            "expected a value: a quoted text, a number, true or false, found `and`",
            "",
        ),
        ("a = null", 4, "nothing compares with null", "is null"),
        ("a in (null)", 6, "nothing compares with null", ""),
        ("place contains Alaska", 15, "`Alaska` is a field's name", "quote a text: \"Alaska\""),
        ("a in 1", 5, "expected a list", ""),
        ("a in (1 2)", 8, "expected `,` or `)`, found `2`", ""),
        ("a not contains 'x'", 6, "expected `in`, the only operator behind `not`", ""),
        ("a is 5", 5, "expected `null` or `not null`, found `5`", ""),
        ("a = 'x", 4, "the ' that opens here is never closed", ""),
        ("a = '\\q'", 5, "this is no escape", "four hex digits"),
        ("a = '\\ud800'", 5, "this is no escape", ""),
        ("a = '\\u+123'", 5, "this is no escape", ""),
        ("a > 2026-01-31", 4, "`2026-01-31` is no number", "in quotes"),
        ("a > 1e999", 4, "`1e999` is no number", ""),
        ("created-at = 1", 7, "`-at` is no number", ""),
        ("a & b", 2, "'&' means nothing here", "backticks"),
        ("é = 'é' ; b", 10, "';' means nothing here", ""),
        ("not a = 1", 4, "no filter can say `not`", "write `a != …`, or `(a != … or a is null)`"),
        ("a = 1 and not (b < 2 or c = 3)", 15, "no filter can say `not`", "`b >= …`"),
        ("not a in (1)", 4, "no filter can say `not`", "`a not in (…)`"),
        ("not a contains 'x'", 4, "no filter can say `not`", "no opposite of `contains`"),
        ("`a[0]` = 1", 0, "`a[0]`: a field or group name cannot hold", ""),
        ("a = 1 and `` = 1", 10, "``: a field name is empty", ""),
    ];
    for (expression, at, problem, hint) in table {
        let error = Filter::parse_where(expression).expect_err(expression);
        let text = error.to_string();
        assert_eq!(error.at(), at, "{text}");
        assert!(error.problem().to_string().starts_with(problem), "{text}");
        assert!(text.contains(hint), "{text}");
        if let Some(caret) = text.lines().nth(2).filter(|_| !expression.trim().is_empty()) {
            let column = expression[..at].chars().count() + 2;
            assert_eq!(caret.find('^'), Some(column), "{text}");
        }
    }
}

#[test]
fn only_the_line_and_the_surroundings_are_shown() {
    let long = "x".repeat(500);
    let error = Filter::parse_where(&format!("a = 1\nand\tb = {long}")).unwrap_err();
    let text = error.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[1], format!("  and b = {}", "x".repeat(60)));
    assert_eq!(lines[2], "          ^");
    let error = Filter::parse_where(&format!("{long} = x")).unwrap_err();
    assert_eq!(error.to_string().lines().nth(2).unwrap().find('^'), Some(62));
}

#[test]
fn expressions_are_bounded() {
    let nested = |n| format!("{}a = 1{}", "(".repeat(n), ")".repeat(n));
    assert!(Filter::parse_where(&nested(MAX_WHERE_DEPTH)).is_ok());
    let deep = Filter::parse_where(&nested(MAX_WHERE_DEPTH + 1)).unwrap_err();
    assert_eq!((deep.problem(), deep.at()), (&WhereProblem::TooDeep, MAX_WHERE_DEPTH));
    let nots = "not ".repeat(3_000) + "a is null";
    assert_eq!(Filter::parse_where(&nots).unwrap_err().problem(), &WhereProblem::TooDeep);
    let long = " ".repeat(MAX_WHERE_BYTES + 1);
    assert_eq!(Filter::parse_where(&long).unwrap_err().problem(), &WhereProblem::TooLong);

    // 2^5 clauses of 5 conditions.
    let pairs: Vec<_> = (0..5).map(|i| format!("(a{i} = 1 and b{i} = 2)")).collect();
    let error = Filter::parse_where(&pairs.join(" or ")).unwrap_err();
    assert_eq!(
        (error.problem(), error.at()),
        (&WhereProblem::TooManyConditions, pairs[0].len() + 1)
    );
    assert!(Filter::parse_where(&pairs[..4].join(" or ")).is_ok());

    // Every alternative is joined to each of them, on whichever side they stand.
    let all = |n| (0..n).map(|i| format!("a{i} = 1")).collect::<Vec<_>>().join(" and ");
    for (n, is_ok) in [(32, true), (33, false)] {
        let all = all(n);
        for expression in [format!("{all} or z = 1"), format!("z = 1 or {all}")] {
            assert_eq!(Filter::parse_where(&expression).is_ok(), is_ok, "{expression}");
        }
    }

    // What stands side by side does not nest.
    let beside = ["(not not a = 1)"; 2 * MAX_WHERE_DEPTH].join(" and ");
    assert!(Filter::parse_where(&beside).is_ok());

    let many: Vec<_> = (0..256).map(|i| format!("a{i} = 1")).collect();
    assert!(Filter::parse_where(&many.join(" and ")).is_ok());
    assert!(Filter::parse_where(&many.join(" or ")).is_ok());
    let more = many.join(" and ") + " and x = 1";
    let error = Filter::parse_where(&more).unwrap_err();
    assert!(matches!(error.problem(), WhereProblem::Filter(_)), "{error}");
}

#[test]
fn a_condition_stands_once_in_its_alternatives() {
    let filter = Filter::parse_where("a = 1 and b = 2 or a = 1 and c = 3").unwrap();
    let (a, b, c) = (Condition::eq("a", 1), Condition::eq("b", 2), Condition::eq("c", 3));
    let clauses: Vec<_> =
        filter.clauses().iter().map(cocobase_proto::filter::Clause::conditions).collect();
    assert_eq!(clauses, [&[a.clone()][..], &[a.clone(), c.clone()], &[b.clone(), a], &[b, c]]);
}

#[test]
fn a_filter_is_shown_as_an_expression() {
    let table = [
        (Filter::new(), "(everything)"),
        (Filter::new().any_of([]), "(nothing)"),
        (Filter::new().eq("In", "a\"b\n\u{1}"), r#"`In` = "a\"b\n\u0001""#),
        (Filter::new().is_null("a", true).is_null("b", false), "a is null and b is not null"),
        (
            Filter::new().not_in("a", [1]).starts_with("b", true),
            r#"a not in ("1") and b startswith true"#,
        ),
        (
            Filter::from(Condition::lt("a", 1).or_field("x y")).ne("c", 2),
            "(a < 1 or `x y` < 1) and c != 2",
        ),
    ];
    for (filter, expression) in table {
        assert_eq!(filter.to_string(), expression);
    }
}

/// An expression, its value for a document told apart from the parser.
#[derive(Debug, Clone)]
enum Tree {
    Is(Condition),
    Not(Box<Tree>),
    All(Vec<Tree>),
    Any(Vec<Tree>),
}

impl Tree {
    fn text(&self) -> String {
        let join = |parts: &[Self], word| {
            let texts: Vec<_> = parts.iter().map(|part| format!("({})", part.text())).collect();
            texts.join(word)
        };
        match self {
            Self::Is(condition) => Filter::from(condition.clone()).to_string(),
            Self::Not(inner) => format!("not ({})", inner.text()),
            Self::All(parts) => join(parts, " and "),
            Self::Any(parts) => join(parts, "\nOR "),
        }
    }

    fn holds(&self, document: &serde_json::Map<String, serde_json::Value>) -> bool {
        match self {
            Self::Is(condition) => oracle::condition_holds(condition, document),
            Self::Not(inner) => !inner.holds(document),
            Self::All(parts) => parts.iter().all(|part| part.holds(document)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(document)),
        }
    }
}

fn tree() -> impl Strategy<Value = Tree> {
    let null = (generate::field(), any::<bool>())
        .prop_map(|(field, yes)| Tree::Is(Condition::is_null(field, yes)));
    let leaf = prop_oneof![2 => generate::condition().prop_map(Tree::Is), 1 => null];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let parts = prop::collection::vec(inner.clone(), 1..3);
        prop_oneof![
            1 => inner.prop_map(|inner| Tree::Not(Box::new(inner))),
            2 => parts.clone().prop_map(Tree::All),
            2 => parts.prop_map(Tree::Any),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn an_expression_means_what_its_tree_means(
        tree in tree(),
        documents in generate::documents(),
    ) {
        match Filter::parse_where(&tree.text()) {
            Ok(filter) => {
                let matcher = Matcher::new(&filter);
                for document in documents {
                    prop_assert_eq!(matcher.matches(&document), tree.holds(&document), "{}", filter);
                }
            }
            Err(error) => prop_assert!(
                matches!(
                    error.problem(),
                    WhereProblem::Negation { .. } | WhereProblem::TooManyConditions
                ),
                "{}", error
            ),
        }
    }

    #[test]
    fn any_text_is_answered(
        text in "\\PC*",
        words in prop::collection::vec(
            prop::sample::select(&[
                "a", "b.c", "`x`", "=", "!=", ">=", "<", "in", "not", "is", "null", "and", "or", "(", ")",
                ",", "'t'", "\"", "1", "-", "true", "contains", "é", "\\", "\n",
            ][..]),
            0..20,
        ),
    ) {
        for text in [text, words.join(" ")] {
            match Filter::parse_where(&text) {
                Ok(filter) => prop_assert!(filter.check().is_ok()),
                Err(error) => prop_assert!(error.at() <= text.len() && !error.to_string().is_empty()),
            }
        }
    }
}
