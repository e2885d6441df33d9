//! Surface S as a client sees it: a collection as an event stream.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use std::time::Duration;

use cocobase_server::{Config, Limits, PeerConfig};
use serde_json::json;

use support::stream::Stream;
use support::{KEY, Running, answer, config, config_in};

#[tokio::test]
async fn changes_come_as_a_browser_reads_them() {
    let server = Running::start(config()).await;
    let mut stream = server.events("posts?filters=%7B%22status%22%3A%22published%22%7D").await;
    let headers = stream.response.headers();
    assert_eq!(headers["cache-control"], "no-cache");
    assert_eq!(headers["x-accel-buffering"], "no");

    // So that a stream that breaks off before its first event can go on as well.
    let first = stream.block().await.unwrap();
    assert!(first.starts_with("id: ") && first.ends_with(":0"), "{first}");
    let mut greeted = server.events("posts?greeting=true").await;
    let (id, greeting) = greeted.event().await;
    assert_eq!((&greeting["type"], &greeting["seq"]), (&json!("subscribed"), &json!(0)));
    assert_eq!(id, Some(format!("{}:0", greeting["epoch"].as_str().unwrap())));

    let draft = server.create("posts", json!({"status": "draft"})).await;
    let post = server.create("posts", json!({"status": "published"})).await;
    let (id, event) = stream.event().await;
    assert!(id.unwrap().ends_with(":2"));
    assert_eq!(event["type"], "event");
    assert_eq!((&event["collection"], &event["event"]), (&json!("posts"), &json!("created")));
    assert_eq!(event["document"]["id"], json!(post));
    assert_eq!(event["document"]["data"], json!({"status": "published"}));
    assert_eq!(greeted.event().await.1["document"]["id"], json!(draft));
    assert_eq!(greeted.event().await.1, event);
    drop((stream, greeted));
    server.stop().await;
}

#[tokio::test]
async fn a_key_may_come_in_any_of_four_ways() {
    let server = Running::start(config()).await;
    let path = "/realtime/sse/posts?greeting=true";
    let get = |path: &str| server.bare_request("GET", path);
    for request in [
        get(path).bearer_auth(KEY),
        get(path).header("x-api-key", KEY),
        get(&format!("{path}&api_key={KEY}")),
        get(&format!("{path}&token={KEY}")),
    ] {
        let (_, greeting) = Stream::open(request).await.event().await;
        assert_eq!(greeting["type"], "subscribed");
    }
    for (request, message) in [
        (get(path), "API key is required"),
        (get(path).bearer_auth("wrong"), "Invalid API key"),
        (get(&format!("{path}&api_key=wrong")), "Invalid API key"),
        (get(&format!("{path}&api_key={KEY}")).header("x-api-key", "wrong"), "Invalid API key"),
    ] {
        answer(request).await.is_error(401, message);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_cannot_be_watched_is_refused_as_json() {
    let server = Running::start(config()).await;
    server.get("/realtime/sse/c?filters=status").await.is_error(400, "Invalid filters");
    let long = "x".repeat(256);
    server.get(&format!("/realtime/sse/{long}")).await.is_error(400, "256 bytes long");
    server.get("/realtime/sse").await.is_error(404, "no such path");
    answer(server.request("POST", "/realtime/sse/c")).await.is_error(405, "POST");
    server.stop().await;
}

#[tokio::test]
async fn a_stream_goes_on_behind_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(config_in(folder.path())).await;
    let mut stream = server.events("posts?greeting=true").await;
    stream.event().await;
    server.create("posts", json!({"n": 1})).await;
    let (id, _) = stream.event().await;
    server.create("posts", json!({"n": 2})).await;
    drop(stream);
    server.stop().await;

    let server = Running::start(config_in(folder.path())).await;
    server.create("posts", json!({"n": 3})).await;
    let again = |id: &str| {
        let request = server.request("GET", "/realtime/sse/posts?greeting=true");
        Stream::open(request.header("last-event-id", id))
    };
    let id = id.unwrap();
    // A page that makes a new EventSource has no header to say it in. Where both are said, the header
    // counts: an EventSource that has connected again by itself knows better.
    let path = format!("/realtime/sse/posts?greeting=true&last_event_id={id}");
    let page = server.request("GET", &path);
    let (_, greeting) = Stream::open(page.try_clone().unwrap()).await.event().await;
    assert_eq!(greeting["resumed"], true, "{greeting}");
    let page = page.header("last-event-id", "another:1");
    let (_, greeting) = Stream::open(page).await.event().await;
    assert_eq!(greeting["resumed"], false, "{greeting}");

    let mut stream = again(&id).await;
    let (_, greeting) = stream.event().await;
    assert_eq!(greeting["resumed"], true, "{greeting}");
    assert_eq!(stream.event().await.1["document"]["data"]["n"], 2);
    assert_eq!(stream.event().await.1["document"]["data"]["n"], 3);
    server.create("posts", json!({"n": 4})).await;
    assert_eq!(stream.event().await.1["document"]["data"]["n"], 4);

    for unknown in ["another:1", "77"] {
        let (_, greeting) = again(unknown).await.event().await;
        assert_eq!(greeting["resumed"], false, "{unknown}: {greeting}");
    }
    drop(stream);
    server.stop().await;
}

#[tokio::test]
async fn a_snapshot_may_come_first() {
    let server = Running::start(config()).await;
    server.create("posts", json!({"n": 1})).await;
    server.create("posts", json!({"n": 2})).await;
    let mut stream = server.events("posts?snapshot=true").await;
    for n in 1..=2 {
        let block = stream.block().await.unwrap();
        assert!(block.contains(r#""type":"snapshot""#), "{block}");
        assert!(block.contains(&format!(r#""data":{{"n":{n}}}"#)), "{block}");
    }
    let (_, greeting) = stream.event().await;
    assert_eq!((&greeting["snapshot"], &greeting["seq"]), (&json!(2), &json!(2)));
    drop(stream);
    server.stop().await;
}

#[tokio::test]
async fn a_quiet_stream_is_kept_alive() {
    let peer = PeerConfig { keep_alive: Duration::from_millis(20), ..PeerConfig::default() };
    let limits = Limits { peer, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let mut stream = server.events("posts").await;
    assert!(stream.block().await.unwrap().starts_with("id: "));
    for _ in 0..3 {
        assert_eq!(stream.block().await.as_deref(), Some(": keep-alive"));
    }
    drop(stream);
    server.stop().await;
}

#[tokio::test]
async fn streams_count_as_connections_until_they_are_dropped() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let stream = server.events("posts").await;
    let path = "/realtime/sse/posts";
    let refused = server.get(path).await;
    refused.is_error(503, "no room for another connection");
    assert_eq!(refused.header("retry-after"), "1");
    drop(stream);
    while server.request("GET", path).send().await.unwrap().status() == 503 {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_ends_the_stream() {
    let server = Running::start(config()).await;
    let mut stream = server.events("posts?greeting=true").await;
    stream.event().await;
    let stopped = server.begin_stop();
    assert_eq!(stream.block().await, None);
    stopped.await.unwrap();
}

#[tokio::test]
async fn a_slow_reader_is_told_what_it_missed() {
    let limits = Limits { max_queue_bytes: 256 << 10, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let mut slow = server.events("c?greeting=true").await;
    slow.event().await;
    let filler = json!({"documents": vec![json!({"filler": "x".repeat(100_000)}); 100]});
    for _ in 0..3 {
        server.send("POST", "/collections/c/batch/documents/create", &filler).await;
    }
    let (mut last, mut missed) = (0, 0);
    while last < 300 {
        let (id, event) = slow.event().await;
        if event["type"] == "lagged" {
            missed = event["missed"].as_u64().unwrap();
            last += missed;
            assert_eq!((id, &event["seq"]), (None, &json!(last)), "who goes on now gets it all");
        } else {
            last += 1;
            assert!(id.unwrap().ends_with(&format!(":{last}")), "{event}");
        }
    }
    assert!(missed > 0, "it missed something");
    drop(slow);
    server.stop().await;
}
