//! Surface D: lists, counts and aggregates over real documents.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use cocobase_server::{Config, Limits};
use serde_json::{Value, json};
use support::{Running, config};

/// Seven documents, `n` from 0 in the order of creation.
async fn seven(server: &Running) {
    for (n, mut fields) in [
        json!({"name": "Ada", "age": 36, "city": {"name": "London"}, "tags": ["math"]}),
        json!({"name": "Alan", "age": 41, "city": {"name": "London"}, "active": true}),
        json!({"name": "Grace", "age": 85, "city": {"name": "Arlington"}, "active": false}),
        json!({"name": "Edsger", "age": null}),
        json!({"name": "Barbara", "age": 36.5, "created_at": "hidden"}),
        json!({"name": "alonzo", "age": "old"}),
        json!({"age": 36}),
    ]
    .into_iter()
    .enumerate()
    {
        fields["n"] = n.into();
        server.create("people", fields).await;
    }
}

async fn numbers(server: &Running, query: &str) -> Vec<u64> {
    let list = server.list(&format!("/collections/people/documents{query}")).await;
    list.iter().map(|data| data["n"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn filters_orders_and_pages() {
    let server = Running::start(config()).await;
    seven(&server).await;
    let table: [(&str, &[u64]); 24] = [
        ("", &[0, 1, 2, 3, 4, 5, 6]),
        ("?", &[0, 1, 2, 3, 4, 5, 6]),
        ("?limit=2", &[0, 1]),
        ("?limit=2&offset=5", &[5, 6]),
        ("?limit=0", &[]),
        ("?offset=99", &[]),
        ("?age=36", &[0, 6]),
        ("?age_gte=36&limit=2&offset=1", &[1, 2]),
        ("?name_contains=A&age_lt=50", &[0, 1, 4]),
        // A text compares as text: "old" comes after "80".
        ("?[or]age_gt=80&[or]name=Ada", &[0, 2, 5]),
        ("?%5Bor%5Dage_gt=80&%5Bor%5Dname=Ada", &[0, 2, 5]),
        ("?city.name=London", &[0, 1]),
        ("?tags_contains=math", &[0]),
        ("?age_isnull=true", &[3]),
        ("?active=true", &[1]),
        ("?n_in=1,3,5", &[1, 3, 5]),
        // Numbers before texts; missing and null last both ways; equals in the order of creation.
        ("?sort=age&order=asc", &[0, 6, 4, 1, 2, 5, 3]),
        ("?sort=age&order=desc", &[5, 2, 1, 4, 0, 6, 3]),
        ("?sort=age&order=asc&limit=2&offset=1", &[6, 4]),
        ("?sort=name&order=asc&limit=100&offset=0", &[0, 1, 4, 3, 2, 5, 6]),
        ("?sort=city.name&order=desc&limit=3", &[0, 1, 2]),
        ("?sort=created_at&order=desc&limit=3", &[6, 5, 4]),
        ("?sort=createdAt&order=asc&age=36", &[0, 6]),
        ("?sort=updated_at&order=desc&limit=1", &[6]),
    ];
    for (query, expected) in table {
        assert_eq!(numbers(&server, query).await, expected, "{query}");
    }
    server.stop().await;
}

#[tokio::test]
async fn metadata_can_be_filtered_and_stands_in_front_of_fields() {
    let server = Running::start(config()).await;
    seven(&server).await;
    let all = server.get("/collections/people/documents").await;
    let (id, at) =
        (all.body[4]["id"].as_str().unwrap(), all.body[4]["created_at"].as_str().unwrap());
    assert_eq!(numbers(&server, &format!("?id={id}")).await, [4]);
    assert_eq!(numbers(&server, &format!("?created_at={at}")).await, [4]);
    assert_eq!(numbers(&server, &format!("?created_at_gt={at}")).await, [5, 6]);
    assert_eq!(numbers(&server, "?created_at=hidden").await, [0; 0]);
    let path = format!("/collections/people/documents/{id}");
    server.send("PATCH", &path, &json!({"data": {"x": 1}})).await;
    assert_eq!(numbers(&server, "?sort=updated_at&order=desc&limit=1").await, [4]);
    assert_eq!(numbers(&server, "?sort=created_at&order=desc&limit=1").await, [6]);
    server.stop().await;
}

#[tokio::test]
async fn a_list_says_where_in_the_history_it_stands() {
    let server = Running::start(config()).await;
    let nothing = server.get("/collections/people/documents").await;
    assert_eq!((nothing.status.as_u16(), &nothing.body), (200, &json!([])));
    assert_eq!(nothing.header("x-cocobase-seq"), "0");
    seven(&server).await;
    for query in ["", "?age=36", "?sort=age", "?age=nobody"] {
        let list = server.get(&format!("/collections/people/documents{query}")).await;
        assert_eq!(list.header("x-cocobase-seq"), "7");
        assert_eq!(list.header("x-cocobase-epoch").len(), 32);
    }
    server.stop().await;
}

#[tokio::test]
async fn bad_queries_are_refused() {
    let limits =
        Limits { max_list: 10, max_sorted: 20, max_answer_bytes: 300, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    for (query, status, message) in [
        ("limit=11", 400, "`limit` is 11; at most 10"),
        ("limit=x", 400, "limit"),
        ("limit=-1", 400, "limit"),
        ("offset=1.5", 400, "offset"),
        ("order=up", 400, "order"),
        ("sort=a&limit=10&offset=11", 400, "reach 21 documents far"),
        ("a_isnull=perhaps", 400, "a_isnull"),
    ] {
        let path = format!("/collections/c/documents?{query}");
        server.get(&path).await.is_error(status, message);
    }
    for _ in 0..3 {
        server.create("c", json!({"x": "y".repeat(100)})).await;
    }
    for query in ["", "?x_contains=y", "?sort=x"] {
        let large = server.get(&format!("/collections/c/documents{query}")).await;
        large.is_error(422, "larger than 300 bytes: ask for a smaller `limit`");
    }
    assert_eq!(server.list("/collections/c/documents?limit=2&offset=1").await.len(), 2);
    server.stop().await;
}

#[tokio::test]
async fn counts_and_aggregates() {
    let server = Running::start(config()).await;
    let count = |query: &'static str| format!("/collections/people/query/documents/count{query}");
    assert_eq!(server.get(&count("")).await.body, json!({"count": 0}));
    seven(&server).await;
    assert_eq!(server.get(&count("?limit=2&offset=1")).await.body, json!({"count": 7}));
    assert_eq!(server.get(&count("?age_lt=50")).await.body, json!({"count": 4}));

    let path = "/collections/people/query/documents/aggregate";
    for (query, result) in [
        ("field=age&operation=sum&limit=100&offset=0", json!(234.5)),
        ("field=age&operation=avg", json!(46.9)),
        ("field=age&operation=min", json!(36)),
        ("field=age&operation=max", json!(85)),
        ("field=age&operation=count", json!(6)),
        ("field=age&operation=sum&city.name=London", json!(77)),
        ("field=nothing&operation=max&", Value::Null),
    ] {
        let answer = server.get(&format!("{path}?{query}")).await;
        assert_eq!(answer.body["result"], result, "{query}");
        assert_eq!(answer.body["collection"], "people");
        assert!(query.contains(&format!("operation={}", answer.text("operation"))));
    }
    server.get(path).await.is_error(400, "no `field`");
    server.get(&format!("{path}?field=a")).await.is_error(400, "no `operation`");
    let wrong = server.get(&format!("{path}?field=a&operation=median")).await;
    wrong.is_error(400, "\"median\"; it must be count, sum, avg, min or max");
    server.stop().await;
}
