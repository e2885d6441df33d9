//! Query strings.

use cocobase_proto::filter::{Condition, Filter, FilterError};
use cocobase_proto::query::{ListQuery, Order};
use proptest::prelude::*;

#[test]
fn query_strings_are_read() {
    let all = ListQuery::default();
    let table = [
        ("", all.clone()),
        ("&&", all.clone()),
        // What the vendor's SDK adds to every list.
        ("limit=100&offset=0", ListQuery { limit: Some(100), ..all.clone() }),
        (
            "mag_gte=4.5&place_contains=New+Zealand%21&sort=time&order=asc&limit=5&offset=10",
            ListQuery {
                filter: Filter::new().gte("mag", "4.5").contains("place", "New Zealand!"),
                sort: Some("time".into()),
                order: Order::Ascending,
                limit: Some(5),
                offset: 10,
            },
        ),
        ("order=asc", ListQuery { order: Order::Ascending, ..all.clone() }),
        ("sort=&order=&populate=&select=", all.clone()),
        ("api_key=secret&token=secret", all.clone()),
        ("limit=5&limit=5", ListQuery { limit: Some(5), ..all.clone() }),
        (
            "limit_eq=4&%5Bor%5Da=1&%5Bor%5Db=2",
            ListQuery {
                filter: Filter::new()
                    .eq("limit", "4")
                    .any_of([Condition::eq("a", "1"), Condition::eq("b", "2")]),
                ..all.clone()
            },
        ),
    ];
    for (query, expected) in table {
        assert_eq!(ListQuery::from_query(query), Ok(expected), "{query}");
    }
}

#[test]
fn bad_query_strings_are_refused() {
    let table = [
        ("limit=abc", "the parameter `limit` is `abc`, but takes a whole number of at least 0"),
        ("limit=", "the parameter `limit` is ``, but takes a whole number of at least 0"),
        ("limit=-1", "the parameter `limit` is `-1`, but takes a whole number of at least 0"),
        ("limit=%2B1", "the parameter `limit` is `+1`, but takes a whole number of at least 0"),
        ("offset=1.5", "the parameter `offset` is `1.5`, but takes a whole number of at least 0"),
        (
            "offset=99999999999999999999",
            "the parameter `offset` is `99999999999999999999`, but takes a whole number of at least 0",
        ),
        ("order=up", "the parameter `order` is `up`, but takes `asc` or `desc`"),
        (
            "populate=author",
            "the parameter `populate` is not supported by this server: leave it out",
        ),
        (
            "select=a&select=b",
            "the parameter `select` is not supported by this server: leave it out",
        ),
        (
            "sort=a%5B0%5D",
            "`a[0]`: a field or group name cannot hold `[` or `]`: they belong to `[or]` and `[or:name]`",
        ),
    ];
    for (query, message) in table {
        assert_eq!(ListQuery::from_query(query).expect_err(query).to_string(), message);
    }
    for query in ["a=1&a=2", "limit=1&limit=2"] {
        let error = ListQuery::from_query(query).unwrap_err();
        assert!(matches!(error, FilterError::RepeatedKey { .. }), "{query}");
    }
    for query in ["=1", "a_isnull=1", "[or=1"] {
        assert!(ListQuery::from_query(query).is_err(), "{query}");
    }
}

#[test]
fn reserved_names_stay_fields() {
    for name in ["limit", "offset", "sort", "order", "populate", "select", "api_key", "token"] {
        let filter = Filter::new()
            .eq(name, "x")
            .gt(name, "y")
            .any_of([Condition::eq(name, "z"), Condition::eq("a", "z")]);
        let query = ListQuery { filter: filter.clone(), ..ListQuery::default() };
        let text = query.to_query().unwrap();
        assert!(text.starts_with(&format!("{name}_eq=x&{name}_gt=y&%5Bor%5D{name}=z")), "{text}");
        assert_eq!(ListQuery::from_query(&text), Ok(query));
    }
}

proptest! {
    #[test]
    fn a_page_is_written_and_read(
        sort in prop::option::of("[a-z.&=+% ü]{1,8}"),
        ascending: bool,
        limit: Option<u64>,
        offset: u64,
    ) {
        let order = if ascending { Order::Ascending } else { Order::Descending };
        let query = ListQuery { filter: Filter::new().eq("a", "&=+%"), sort, order, limit, offset };
        prop_assert_eq!(ListQuery::from_query(&query.to_query().unwrap()), Ok(query));
    }
}
