//! What matches: a table of every operator for every type of field, and the oracle.

use cocobase_proto::filter::{Filter, Matcher};
use proptest::prelude::*;

use crate::{document, generate, oracle};

/// For each field, the conditions that match it and those that do not.
const TABLE: &[(&str, &[&str], &[&str])] = &[
    (
        r#"{"f":5}"#,
        &[
            r#""f":5"#,
            r#""f":"5""#,
            r#""f":5.0"#,
            r#""f":"5.00""#,
            r#""f_ne":6"#,
            r#""f_gt":4.5"#,
            r#""f_gte":"5""#,
            r#""f_lt":"1e1""#,
            r#""f_lte":5"#,
            r#""f_in":"4, 5""#,
            r#""f_in":5"#,
            r#""f_in":"x,5""#,
            r#""f_notin":"4,6""#,
            r#""f_notin":"""#,
            r#""f_isnull":false"#,
        ],
        &[
            r#""f":6"#,
            r#""f":"x""#,
            r#""f":"""#,
            r#""f":" 5""#,
            r#""f":true"#,
            r#""f_ne":5"#,
            r#""f_ne":"x""#,
            r#""f_ne":true"#,
            r#""f_gt":5"#,
            r#""f_gte":"x""#,
            r#""f_lt":"x""#,
            r#""f_lt":5"#,
            r#""f_lte":4"#,
            r#""f_contains":5"#,
            r#""f_startswith":"5""#,
            r#""f_endswith":"5""#,
            r#""f_in":"x,y""#,
            r#""f_in":"""#,
            r#""f_notin":"4,5""#,
            r#""f_notin":"4,x""#,
            r#""f_isnull":true"#,
        ],
    ),
    (
        r#"{"f":9007199254740993}"#,
        &[
            r#""f":9007199254740993"#,
            r#""f":"9007199254740993""#,
            r#""f_gt":9007199254740992"#,
            r#""f_gt":9007199254740992.0"#,
            r#""f_lt":"9007199254740994""#,
            r#""f_ne":9007199254740992"#,
            r#""f_in":"9007199254740992,9007199254740993""#,
            r#""f_notin":"9007199254740992""#,
        ],
        &[r#""f":9007199254740992"#, r#""f":"9007199254740992.0""#, r#""f_in":"9007199254740992""#],
    ),
    (
        r#"{"f":18446744073709551615}"#,
        &[r#""f":"18446744073709551615""#, r#""f_lt":1.8446744073709552e19"#, r#""f_gt":-1"#],
        &[r#""f":1.8446744073709552e19"#, r#""f_lte":18446744073709551614"#],
    ),
    (
        r#"{"f":0.1}"#,
        &[r#""f":0.1"#, r#""f":".1""#, r#""f_in":"0.10""#, r#""f_lt":1"#, r#""f_gt":0"#],
        &[r#""f":0.10000000000000002"#, r#""f_lt":0"#],
    ),
    (
        r#"{"f":true}"#,
        &[
            r#""f":true"#,
            r#""f":"true""#,
            r#""f_ne":false"#,
            r#""f_gt":false"#,
            r#""f_gte":true"#,
            r#""f_lte":"true""#,
            r#""f_in":"true,false""#,
            r#""f_in":"x,true""#,
            r#""f_notin":"false""#,
            r#""f_notin":"""#,
            r#""f_isnull":"false""#,
        ],
        &[
            r#""f":false"#,
            r#""f":1"#,
            r#""f":"True""#,
            r#""f_ne":true"#,
            r#""f_ne":"x""#,
            r#""f_lt":true"#,
            r#""f_gt":0"#,
            r#""f_contains":"true""#,
            r#""f_startswith":"t""#,
            r#""f_endswith":"e""#,
            r#""f_in":"1""#,
            r#""f_notin":"true""#,
            r#""f_notin":"false,x""#,
            r#""f_isnull":true"#,
        ],
    ),
    (
        r#"{"f":"Adak, Alaska"}"#,
        &[
            r#""f":"Adak, Alaska""#,
            r#""f_ne":"x""#,
            r#""f_ne":5"#,
            r#""f_ne":true"#,
            r#""f_gt":"Adak""#,
            r#""f_gt":5"#,
            r#""f_gte":"A""#,
            r#""f_lt":"adak""#,
            r#""f_lte":"Adak, Alaska""#,
            r#""f_contains":"ALASKA""#,
            r#""f_contains":"""#,
            r#""f_startswith":"adak""#,
            r#""f_endswith":"SKA""#,
            r#""f_notin":"Adak,Alaska""#,
            r#""f_notin":"""#,
            r#""f_isnull":false"#,
        ],
        &[
            r#""f":"adak, alaska""#,
            r#""f":"Adak""#,
            r#""f_ne":"Adak, Alaska""#,
            r#""f_gt":"Adak, Alaska""#,
            r#""f_lt":"Adak""#,
            r#""f_contains":"Alaskan""#,
            r#""f_startswith":"Alaska""#,
            r#""f_endswith":"Adak""#,
            r#""f_in":"Adak, Alaska""#,
            r#""f_in":"""#,
            r#""f_isnull":true"#,
        ],
    ),
    (
        r#"{"f":"2026-01-31T10:00:00Z"}"#,
        &[r#""f_gte":"2026-01-31""#, r#""f_lt":"2026-02-01T00:00:00Z""#],
        &[r#""f_gte":"2026-02-01""#],
    ),
    (
        r#"{"f":"10"}"#,
        &[r#""f":10"#, r#""f_lt":"9""#, r#""f_lt":9"#, r#""f_contains":1"#, r#""f_in":"10,11""#],
        &[r#""f":"10.0""#, r#""f_gt":9"#, r#""f_in":"010""#],
    ),
    (
        r#"{"f":"true"}"#,
        &[r#""f":true"#, r#""f_ne":false"#, r#""f_in":"true""#],
        &[r#""f":false"#, r#""f_notin":"true""#],
    ),
    (
        r#"{"f":["a","B",5,true,null,["x"]]}"#,
        &[
            r#""f_contains":"a""#,
            r#""f_contains":"B""#,
            r#""f_contains":"5.0""#,
            r#""f_contains":true"#,
            r#""f_isnull":false"#,
        ],
        &[
            r#""f":"a""#,
            r#""f":5"#,
            r#""f_ne":"z""#,
            r#""f_gt":1"#,
            r#""f_lte":"z""#,
            r#""f_contains":"A""#,
            r#""f_contains":"x""#,
            r#""f_contains":"null""#,
            r#""f_contains":6"#,
            r#""f_startswith":"a""#,
            r#""f_endswith":"a""#,
            r#""f_in":"a,B""#,
            r#""f_notin":"z""#,
            r#""f_notin":"""#,
            r#""f_isnull":true"#,
        ],
    ),
    (
        r#"{"f":{"g":{"h":1},"g.h":2,"n":null}}"#,
        &[
            r#""f.g.h":2"#,
            r#""f.n_isnull":true"#,
            r#""f.g_isnull":false"#,
            r#""f.x_isnull":true"#,
            r#""f.g.h.i_isnull":true"#,
            r#""f_isnull":false"#,
        ],
        &[
            r#""f.g.h":1"#,
            r#""f":"x""#,
            r#""f_ne":"x""#,
            r#""f_contains":"g""#,
            r#""f_in":"x""#,
            r#""f_notin":"x""#,
            r#""f_notin":"""#,
            r#""f.n_ne":1"#,
            r#""f.x":1"#,
            r#""f_isnull":true"#,
        ],
    ),
    // A name that is there hides the path, though it be null.
    (r#"{"f.g":null,"f":{"g":2}}"#, &[r#""f.g_isnull":true"#], &[r#""f.g":2"#]),
    (r#"{"f.g":1,"f":{"g":2,"k":3}}"#, &[r#""f.g":1"#, r#""f.k":3"#], &[r#""f.g":2"#]),
    (
        r#"{"f":null}"#,
        &[r#""f_isnull":true"#, r#""f_isnull":"true""#, r#""f_isnull":null"#],
        &[
            r#""f":"null""#,
            r#""f":0"#,
            r#""f_ne":1"#,
            r#""f_gt":0"#,
            r#""f_gte":0"#,
            r#""f_lt":0"#,
            r#""f_lte":0"#,
            r#""f_contains":"""#,
            r#""f_startswith":"""#,
            r#""f_endswith":"""#,
            r#""f_in":"null""#,
            r#""f_notin":"x""#,
            r#""f_notin":"""#,
            r#""f_isnull":false"#,
        ],
    ),
    (
        r#"{"other":1}"#,
        &[
            r#""f_isnull":true"#,
            r#""other__or__f":1"#,
            r#""f__or__other_gte":1"#,
            r#""f__or__other_isnull":true"#,
        ],
        &[
            r#""f":"""#,
            r#""f_ne":1"#,
            r#""f_gt":0"#,
            r#""f_lt":0"#,
            r#""f_contains":"""#,
            r#""f_in":"x""#,
            r#""f_notin":"x""#,
            r#""f_notin":"""#,
            r#""f_isnull":false"#,
            r#""other__or__f":2"#,
        ],
    ),
];

#[test]
fn every_operator_on_every_type() {
    for (json, matching, failing) in TABLE {
        let document = document(json);
        for (conditions, expected) in [(matching, true), (failing, false)] {
            for condition in *conditions {
                let filter = Filter::from_json(&format!("{{{condition}}}")).expect(condition);
                let found = Matcher::new(&filter).matches(&document);
                assert_eq!(found, expected, "{condition} on {json}");
                assert_eq!(oracle::matches(&filter, &document), expected, "{condition} on {json}");
            }
        }
    }
}

#[test]
fn groups_are_alternatives_and_all_groups_must_hold() {
    let filter = r#"{"s":"on","[or]a":1,"[or]b":1,"[or:x]c":1,"[or:x]d":1}"#;
    let matcher = Matcher::new(&Filter::from_json(filter).unwrap());
    for (json, expected) in [
        (r#"{"s":"on","a":1,"c":1}"#, true),
        (r#"{"s":"on","b":1,"d":1}"#, true),
        (r#"{"s":"on","a":1,"b":1}"#, false),
        (r#"{"s":"on","c":1,"d":1}"#, false),
        (r#"{"s":"off","a":1,"c":1}"#, false),
        ("{}", false),
    ] {
        assert_eq!(matcher.matches(&document(json)), expected, "{json}");
    }
    assert!(Matcher::new(&Filter::new()).matches(&document("{}")));
    assert!(!Matcher::new(&Filter::new().any_of([])).matches(&document("{}")));
}

proptest! {
    #[test]
    fn the_matcher_agrees_with_the_oracle(
        filter in generate::filter(),
        documents in generate::documents(),
    ) {
        let matcher = Matcher::new(&filter);
        for document in documents {
            let expected = oracle::matches(&filter, &document);
            prop_assert_eq!(matcher.matches(&document), expected, "{:?} {:?}", filter, document);
        }
    }
}
