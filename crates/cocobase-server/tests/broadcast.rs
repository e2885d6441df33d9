//! Surface B as a client sees it: everyone hears what anyone says.
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

use cocobase_server::{Config, Limits, Overflow};
use futures_util::SinkExt;
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use support::socket::Socket;
use support::{KEY, Running, config};

const PATH: &str = "/realtime/broadcast";

async fn listener(server: &Running, user: &str) -> (Socket, Value) {
    let hello = json!({"api_key": KEY, "user_id": user, "user_name": "Somebody"});
    Socket::greeted(server, PATH, hello).await
}

#[tokio::test]
async fn everyone_hears_everyone() {
    let server = Running::start(Config { project_id: "project_abc".into(), ..config() }).await;
    let (mut one, greeting) = listener(&server, "user_123").await;
    assert_eq!(greeting["event"], "connected");
    assert_eq!(greeting["project_id"], "project_abc");
    assert_eq!(greeting["user_id"], "user_123");
    let (mut two, greeting) = Socket::greeted(&server, PATH, json!({"token": KEY})).await;
    assert!(!greeting["user_id"].as_str().unwrap().is_empty(), "one is made up: {greeting}");

    for n in 0..100 {
        one.say(&json!({"type": "message", "data": {"n": n}})).await;
    }
    for n in 0..100 {
        let said = one.hear().await;
        assert_eq!(said["type"], "message");
        assert_eq!(
            (&said["user_id"], &said["user_name"]),
            (&json!("user_123"), &json!("Somebody"))
        );
        assert_eq!((&said["data"], &said["seq"]), (&json!({"n": n}), &json!(n + 1)));
        assert!(said["timestamp"].is_string());
        assert_eq!(two.hear().await, said);
    }
    server.stop().await;
}

#[tokio::test]
async fn strangers_hear_nothing() {
    let server = Running::start(config()).await;
    for (hello, message) in [
        (json!({"user_id": "u"}), "API key is required"),
        (json!({"api_key": "wrong"}), "Invalid API key"),
        (json!([]), "Invalid message"),
    ] {
        let mut client = Socket::connect(&server, PATH).await;
        client.say(&hello).await;
        let (error, code) = client.hear_end().await;
        assert_eq!((&error["error"], code), (&json!(message), 1008), "{hello}");
    }
    server.stop().await;
}

#[tokio::test]
async fn bad_messages_end_nothing() {
    let server = Running::start(config()).await;
    let (mut client, _) = listener(&server, "u").await;
    for (text, error) in [("{", "Invalid message"), (r#"{"type":"wave"}"#, "Unknown message")] {
        client.say_text(text).await;
        assert_eq!(client.hear().await["error"], error, "{text}");
    }
    client.hears_nothing().await;
    server.stop().await;
}

/// What `overflow` does to a client that is read from only after so much was said that it cannot have
/// taken it: what it hears, and the close code, if the connection ended.
async fn after_too_much(overflow: Overflow) -> (Vec<Value>, Option<u16>) {
    let limits = Limits { max_queue_bytes: 256 << 10, ..Limits::default() };
    let server = Running::start(Config { limits, overflow, ..config() }).await;
    let (mut slow, _) = listener(&server, "slow").await;
    let (mut speaker, _) = listener(&server, "speaker").await;
    let filler = "x".repeat(64 << 10);
    for n in 0..400 {
        speaker.say(&json!({"type": "message", "data": {"n": n, "filler": filler}})).await;
        assert_eq!(speaker.hear().await["data"]["n"], n);
    }
    let mut heard = Vec::new();
    let mut last = 0;
    let code = loop {
        match slow.message().await {
            Some(Message::Text(text)) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                last = message["seq"].as_u64().unwrap();
                heard.push(message);
                if last == 400 {
                    break None;
                }
            }
            Some(Message::Close(frame)) => break Some(frame.unwrap().code.into()),
            Some(Message::Ping(_)) => {}
            // One who takes too long to read even that does not hear why.
            None => break Some(1006),
            other => panic!("after {last}: {other:?}"),
        }
    };
    drop(speaker);
    server.stop().await;
    (heard, code)
}

#[tokio::test]
async fn a_slow_reader_is_told_what_it_missed() {
    let (heard, code) = after_too_much(Overflow::Lag).await;
    assert_eq!(code, None);
    let mut expected = 0;
    let mut missed = 0;
    for message in &heard {
        expected += 1;
        if message["type"] == "lagged" {
            assert!(message["epoch"].is_string(), "{message}");
            missed = message["missed"].as_u64().unwrap();
            expected += missed - 1;
        }
        assert_eq!(message["seq"], expected);
    }
    assert!(missed > 0, "it missed something");
}

#[tokio::test]
async fn a_slow_reader_may_be_disconnected_instead() {
    let (heard, code) = after_too_much(Overflow::Disconnect).await;
    assert!(heard.len() < 400);
    assert!(matches!(code, Some(1013 | 1006)), "{code:?}");
}

/// A client that pings and pings and never reads must not fill the server's memory with pongs.
#[tokio::test]
async fn a_flood_of_pings_is_not_answered_for_ever() {
    let server = Running::start(config()).await;
    let (mut client, _) = listener(&server, "u").await;
    let payload = vec![7; 125];
    let flood = async {
        loop {
            if client.0.feed(Message::Ping(payload.clone().into())).await.is_err() {
                break;
            }
            if client.0.flush().await.is_err() {
                break;
            }
        }
    };
    // It is cut off, or heard no further.
    let _ = timeout(Duration::from_secs(3), flood).await;
    let (mut other, _) = listener(&server, "other").await;
    other.hears_nothing().await;
    server.stop().await;
}
