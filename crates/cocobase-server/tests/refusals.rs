//! Surface D: every kind of bad request, its answer, and that the server goes on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use std::time::Duration;

use cocobase_server::{Config, Error, Limits, Server};
use serde_json::json;
use support::{KEY, Running, answer, config, config_in};

const CREATE: &str = "/collections/documents?collection=c";

#[tokio::test]
async fn a_key_is_wanted_everywhere_but_for_health() {
    let server = Running::start(config()).await;
    let health = answer(server.bare_request("GET", "/healthz")).await;
    assert_eq!((health.status.as_u16(), health.body), (200, json!({"status": "ok"})));
    for (method, path) in [
        ("GET", "/collections"),
        ("POST", CREATE),
        ("POST", "/collections/c"),
        ("GET", "/collections/c/documents"),
        ("GET", "/collections/c/documents/1"),
        ("PATCH", "/collections/c/documents/1"),
        ("PUT", "/collections/c/documents/1"),
        ("DELETE", "/collections/c/documents/1"),
        ("POST", "/collections/c/batch/documents/create"),
        ("POST", "/collections/c/batch/documents/update"),
        ("POST", "/collections/c/batch/documents/delete"),
        ("GET", "/collections/c/query/documents/count"),
        ("GET", "/collections/c/query/documents/aggregate"),
    ] {
        let missing = answer(server.bare_request(method, path)).await;
        missing.is_error(401, "API key is required");
        assert_eq!(missing.header("www-authenticate"), "Bearer");
        let wrong = answer(server.bare_request(method, path).header("x-api-key", "no")).await;
        wrong.is_error(401, "Invalid API key");
    }
    let long = "k".repeat(5000);
    let wrong = answer(server.bare_request("GET", "/collections").bearer_auth(&long)).await;
    wrong.is_error(401, "Invalid API key");
    let right = answer(server.bare_request("GET", "/collections").bearer_auth(KEY)).await;
    assert_eq!((right.status.as_u16(), right.body), (200, json!([])));
    server.stop().await;
}

#[tokio::test]
async fn wrong_paths_and_methods_are_told_the_right_ones() {
    let server = Running::start(config()).await;
    for path in ["/", "/nope", "/collections/c/d/e/f", "/collections/"] {
        let wrong = server.get(path).await;
        wrong.is_error(404, &format!("no such path: {path}. There are /healthz"));
    }
    for (method, path, allow) in [
        ("DELETE", "/collections", "GET,HEAD"),
        ("GET", "/collections/c", "POST"),
        ("POST", "/collections/c/documents", "GET,HEAD"),
        ("POST", "/collections/c/documents/1", "GET,HEAD,PATCH,PUT,DELETE"),
        ("GET", "/collections/c/batch/documents/create", "POST"),
        ("POST", "/healthz", "GET,HEAD"),
    ] {
        let wrong = server.send_text(method, path, "").await;
        wrong.is_error(405, &format!("{method} is not possible on {path}"));
        assert_eq!(wrong.header("allow"), allow);
    }
    server.stop().await;
}

#[tokio::test]
async fn bodies_that_cannot_be_stored_are_refused_with_the_place() {
    let limits = Limits {
        max_document_bytes: 2000,
        max_body_bytes: 100_000,
        max_batch: 10,
        ..Limits::default()
    };
    let server = Running::start(Config { limits, ..config() }).await;
    let deep = |depth| format!(r#"{{"data":{{"x":{}{}}}}}"#, "[".repeat(depth), "]".repeat(depth));
    let data = |fields: String| format!(r#"{{"data":{fields}}}"#);
    let many = format!(r#"{{"documents":[{}{{}}]}}"#, "{},".repeat(10));
    let (batch, update) =
        ("/collections/c/batch/documents/create", "/collections/c/batch/documents/update");
    let table = [
        (CREATE, String::new(), 400, "the body is empty"),
        (CREATE, "{\"data\":\n {\"a\" 1}}".into(), 400, "expected `:` at line 2 column 7"),
        (CREATE, "hello".into(), 400, "not JSON"),
        (CREATE, data(r#"{"a":"\ud800"}"#.into()), 400, "not JSON"),
        (CREATE, data(r#"{"a":1e999}"#.into()), 400, "number out of range"),
        (CREATE, "[]".into(), 422, "the body must be an object, not an array"),
        (CREATE, "{}".into(), 422, "no key `data`"),
        (CREATE, r#"{"data":[1]}"#.into(), 422, "`data` must be an object, not an array"),
        (CREATE, deep(10_000), 422, "deeper than 120 levels"),
        (CREATE, deep(119), 422, "deeper than 120 levels"),
        (CREATE, data(format!(r#"{{"{}":1}}"#, "k".repeat(65536))), 422, "is 65536 bytes long"),
        (CREATE, data(r#"{"a":[{"":1}]}"#.into()), 422, "name is empty"),
        (CREATE, data(format!(r#"{{"a":"{}"}}"#, "x".repeat(2000))), 413, "at most 2000"),
        (CREATE, " ".repeat(100_001), 413, "larger than 100000 bytes"),
        ("/collections/c", "7".into(), 422, "the body must be an object, not a number"),
        (batch, many, 422, "a batch of 11 documents; at most 10"),
        (batch, r#"{"documents":[]}"#.into(), 422, "the batch is empty"),
        (batch, r#"{"documents":[{},1]}"#.into(), 422, "`documents[1]` must be an object"),
        (update, r#"{"updates":{"1":null}}"#.into(), 422, "the update of `1` must be an object"),
        ("/collections/documents", "{}".into(), 400, "missing collection name"),
        ("/collections/documents?collection=", "{}".into(), 400, "missing collection name"),
        ("/collections/documents?collection=a%00b", "{}".into(), 400, "control character"),
    ];
    for (path, body, status, message) in table {
        server.send_text("POST", path, body).await.is_error(status, message);
    }
    let long = "n".repeat(256);
    let path = format!("/collections/{long}/documents/1");
    server.get(&path).await.is_error(400, "collection name is 256 bytes long; at most 255");
    let path = format!("/collections/c/documents/{long}");
    server.get(&path).await.is_error(400, "document id is 256 bytes long");
    server.get("/collections/%FF/documents/1").await.is_error(400, "UTF-8");
    server.get("/collections//documents").await.is_error(400, "missing collection name");
    let files =
        server.request("POST", CREATE).header("content-type", "multipart/form-data; boundary=x");
    answer(files.body("--x--")).await.is_error(415, "stores no files");

    let deepest = server.send_text("POST", CREATE, deep(118)).await;
    assert_eq!(deepest.status, 201);
    let collections = server.get("/collections").await;
    assert_eq!(collections.body.as_array().unwrap().len(), 1, "refusals made no collection");
    server.stop().await;
}

#[tokio::test]
async fn an_update_may_not_grow_a_document_beyond_its_bound() {
    let limits = Limits { max_document_bytes: 100, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let id = server.create("c", json!({"a": "x".repeat(60)})).await;
    let path = format!("/collections/c/documents/{id}");
    let patch = json!({"data": {"b": "y".repeat(60)}});
    server.send("PATCH", &path, &patch).await.is_error(413, "at most 100 are allowed");
    assert_eq!(server.get(&path).await.body["data"], json!({"a": "x".repeat(60)}));
    server.stop().await;
}

#[tokio::test]
async fn a_body_of_10_mb_too_much_is_refused_and_the_server_goes_on() {
    let limits = Limits { max_body_bytes: 1 << 20, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    // Beyond what the server hears out, a client may be cut off in its sending.
    let body = " ".repeat(10 << 20);
    if let Ok(response) = server.request("POST", CREATE).body(body).send().await {
        assert_eq!(response.status(), 413);
    }
    server.send_text("POST", CREATE, " ".repeat(3 << 20)).await.is_error(413, "larger than");
    server.create("c", json!({})).await;
    server.stop().await;
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let limits = Limits { body_timeout: Duration::from_millis(50), ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let head = format!(
        "POST /collections/c HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\ncontent-length: 9\r\n\r\n{{"
    );
    let answer = server.raw(head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains("did not arrive within 0.05 s"), "{answer}");
    server.stop().await;
}

#[tokio::test]
async fn what_is_no_http_ends_that_connection_alone() {
    let server = Running::start(config()).await;
    for bytes in [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..], b"GET\r\n\r\n"] {
        let answer = server.raw(bytes).await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{answer:?}");
    }
    server.create("c", json!({})).await;
    server.stop().await;
}

#[tokio::test]
async fn a_full_store_is_told_and_lives() {
    let dir = tempfile::tempdir().unwrap();
    let config = Config { max_data_bytes: Some(1 << 20), ..config_in(dir.path()) };
    let server = Running::start(config).await;
    let body = json!({"data": {"x": "y".repeat(20_000)}});
    let id = server.create("c", json!({})).await;
    let full = loop {
        let answer = server.send("POST", CREATE, &body).await;
        if answer.status != 201 {
            break answer;
        }
    };
    full.is_error(507, "storage is full: nothing was written");
    assert_eq!(server.get(&format!("/collections/c/documents/{id}")).await.status, 200);
    server.create("c", json!({"small": true})).await;
    server.stop().await;
}

#[tokio::test]
async fn a_server_says_why_it_cannot_start() {
    let dir = tempfile::tempdir().unwrap();
    let first = Server::bind(config_in(dir.path())).await.unwrap();
    let error = Server::bind(config_in(dir.path())).await.unwrap_err();
    assert!(matches!(&error, Error::Open(_)), "{error}");
    assert!(error.to_string().contains(&*dir.path().to_string_lossy()), "{error}");

    let other = tempfile::tempdir().unwrap();
    let taken = Config { listen: first.local_addr(), ..config_in(other.path()) };
    let error = Server::bind(taken).await.unwrap_err().to_string();
    assert!(error.contains(&first.local_addr().to_string()), "{error}");
    // Its folder is free again at once.
    let second = Server::bind(config_in(other.path())).await.unwrap();
    second.run(std::future::ready(())).await;
    let keys = vec![KEY.into(), "".into()];
    let error = Server::bind(Config { keys, ..config() }).await.unwrap_err().to_string();
    assert!(error.contains("API key number 2"), "{error}");
    first.run(std::future::ready(())).await;
}
