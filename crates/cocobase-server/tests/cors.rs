//! Pages of other origins: what a browser asks before it lets them read an answer.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use serde_json::json;

use support::{Running, config};

const ORIGIN: &str = "https://app.example";

#[tokio::test]
async fn a_page_may_ask_for_everything_without_a_key() {
    let server = Running::start(config()).await;
    for (method, path) in [
        ("POST", "/collections/documents?collection=c"),
        ("PATCH", "/collections/c/documents/1"),
        ("GET", "/realtime/sse/c"),
        ("GET", "/realtime/rooms"),
    ] {
        let leave = server
            .bare_request("OPTIONS", path)
            .header("origin", ORIGIN)
            .header("access-control-request-method", method)
            .header("access-control-request-headers", "x-api-key, content-type")
            .send()
            .await
            .unwrap();
        assert_eq!(leave.status(), 204, "{path}");
        let headers = leave.headers();
        assert_eq!(headers["access-control-allow-origin"], "*");
        assert_eq!(headers["access-control-allow-headers"], "x-api-key, content-type");
        assert!(headers["access-control-allow-methods"].to_str().unwrap().contains(method));
        assert_eq!(leave.text().await.unwrap(), "");
    }
    server.stop().await;
}

#[tokio::test]
async fn answers_and_refusals_can_be_read() {
    let server = Running::start(config()).await;
    server.create("c", json!({})).await;
    for (path, status) in [
        ("/collections/c/documents", 200),
        ("/collections/c/documents/none", 404),
        ("/nowhere", 404),
        ("/realtime/rooms", 200),
        ("/realtime/sse/c", 200),
    ] {
        let answer = server.request("GET", path).header("origin", ORIGIN).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        assert_eq!(answer.headers()["access-control-allow-origin"], "*", "{path}");
        let exposed = answer.headers()["access-control-expose-headers"].to_str().unwrap();
        assert!(exposed.contains("x-cocobase-seq"), "{exposed}");
    }
    let stranger = server.bare_request("GET", "/collections").header("origin", ORIGIN);
    let refusal = stranger.send().await.unwrap();
    assert_eq!(refusal.status(), 401);
    assert_eq!(refusal.headers()["access-control-allow-origin"], "*");
    server.stop().await;
}

#[tokio::test]
async fn who_is_no_browser_is_answered_as_ever() {
    let server = Running::start(config()).await;
    let answer = server.get("/collections").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
    let options = server.request("OPTIONS", "/collections").send().await.unwrap();
    assert_eq!(options.status(), 405);
    server.stop().await;
}
