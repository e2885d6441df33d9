//! Surface C as a client sees it: hellos, events, bad input, slow readers and the end.
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

use cocobase_server::{Config, Limits};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, client_async, connect_async};

use support::{KEY, Running, answer, config, config_in};

struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    async fn connect(server: &Running, collection: &str) -> Self {
        let url = format!("ws://{}/realtime/collections/{collection}", server.address);
        Self(connect_async(url).await.unwrap().0)
    }

    /// A client that is greeted and has `filters`.
    async fn watch(server: &Running, filters: Value) -> Self {
        let mut client = Self::connect(server, "users").await;
        client.say(&json!({"api_key": KEY, "filters": filters}).to_string()).await;
        let greeting = client.hear().await;
        assert_eq!(greeting["event"], "connected", "{greeting}");
        assert_eq!(greeting["filters"], filters);
        client
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    async fn message(&mut self) -> Option<Message> {
        let message = timeout(Duration::from_secs(30), self.0.next()).await;
        message.unwrap().and_then(Result::ok)
    }

    async fn hear(&mut self) -> Value {
        match self.message().await {
            Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
            other => panic!("expected text, got {other:?}"),
        }
    }

    /// The error that the server ends the connection with, and the close code.
    async fn hear_end(&mut self) -> (Value, u16) {
        let error = self.hear().await;
        match self.message().await {
            Some(Message::Close(Some(frame))) => (error, frame.code.into()),
            other => panic!("expected the end after {error}, got {other:?}"),
        }
    }
}

#[tokio::test]
async fn every_change_that_matches_is_told() {
    let server = Running::start(config()).await;
    let mut all = Client::watch(&server, json!({})).await;
    let mut adults = Client::watch(&server, json!({"age_gte": "18"})).await;
    let mut either = Client::watch(&server, json!({"[or]age_lt": 10, "[or]name": "Bob"})).await;

    let ada = server.create("users", json!({"name": "Ada", "age": 36})).await;
    let bob = server.create("users", json!({"name": "Bob", "age": 17})).await;
    let path = format!("/collections/users/documents/{bob}");
    server.send("PATCH", &path, &json!({"data": {"age": 18}})).await;
    server.send("DELETE", &path, &json!({})).await;

    let mut told = Vec::new();
    for _ in 0..4 {
        told.push(all.hear().await);
    }
    assert_eq!(told[0]["event"], "create");
    assert_eq!(told[0]["data"]["id"], json!(ada));
    assert_eq!(told[0]["data"]["age"], 36);
    assert!(told[0]["data"]["created_at"].is_string());
    assert_eq!(told[2]["old_data"], json!({"age": 17}));
    assert_eq!(
        told[3],
        json!({
            "event": "delete", "collection_id": "users", "data": {"id": bob}, "seq": 4,
        })
    );
    for expected in [&told[0], &told[2], &told[3]] {
        assert_eq!(&adults.hear().await, expected);
    }
    for expected in [&told[1], &told[2], &told[3]] {
        assert_eq!(&either.hear().await, expected);
    }
    server.stop().await;
}

#[tokio::test]
async fn a_batch_is_told_document_by_document() {
    let server = Running::start(config()).await;
    let mut client = Client::watch(&server, json!({})).await;
    let documents: Vec<_> = (0..500).map(|n| json!({"n": n})).collect();
    let body = json!({"documents": documents});
    server.send("POST", "/collections/users/batch/documents/create", &body).await;
    for n in 0..500 {
        let event = client.hear().await;
        assert_eq!((&event["data"]["n"], &event["seq"]), (&json!(n), &json!(n + 1)));
    }
    server.stop().await;
}

#[tokio::test]
async fn a_bad_hello_is_answered_and_ends_that_connection_only() {
    let server = Running::start(config()).await;
    let mut bystander = Client::watch(&server, json!({})).await;
    let deep = format!("{}{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
    let long_name = json!({"api_key": KEY, "filters": {"x".repeat(64 << 10): 1}}).to_string();
    let table = [
        ("hello", "Invalid message", "line 1 column 1"),
        ("[]", "Invalid message", "JSON object"),
        ("{}", "API key is required", ""),
        (r#"{"api_key":""}"#, "API key is required", ""),
        (r#"{"api_key":"wrong"}"#, "Invalid API key", ""),
        (r#"{"token":"wrong"}"#, "Invalid API key", ""),
        (r#"{"api_key":"coco_test","filters":{"a":[1]}}"#, "Invalid filters", "a"),
        (
            r#"{"api_key":"coco_test","filters":{"a_isnull":"perhaps"}}"#,
            "Invalid filters",
            "isnull",
        ),
        (r#"{"api_key":"coco_test","filters":[1]}"#, "Invalid filters", ""),
        (deep.as_str(), "", ""),
        (long_name.as_str(), "Invalid filters", ""),
    ];
    for (hello, message, detail) in table {
        let mut client = Client::connect(&server, "users").await;
        client.say(hello).await;
        let (error, code) = client.hear_end().await;
        let shown = hello.chars().take(80).collect::<String>();
        assert!(error["error"].as_str().unwrap().starts_with(message), "{shown}: {error}");
        let said = error["error_detail"].as_str().unwrap_or_default();
        assert!(said.contains(detail) && said.len() < 2_000, "{shown}: {error}");
        assert_eq!(code, 1008, "{shown}");
    }
    server.create("users", json!({"n": 1})).await;
    assert_eq!(bystander.hear().await["event"], "create");
    server.stop().await;
}

#[tokio::test]
async fn text_against_numbers_never_matches_and_breaks_nothing() {
    let server = Running::start(config()).await;
    let mut client = Client::watch(&server, json!({"age_gte": "old", "weird_like": "x"})).await;
    server.create("users", json!({"age": 70, "weird_like": "x"})).await;
    server.create("users", json!({"age": "older", "weird_like": "x"})).await;
    assert_eq!(client.hear().await["data"]["age"], "older");
    server.stop().await;
}

#[tokio::test]
async fn bad_messages_later_on_are_answered_and_end_nothing() {
    let server = Running::start(config()).await;
    let mut client = Client::watch(&server, json!({})).await;
    client.say("{").await;
    assert_eq!(client.hear().await["error"], "Invalid message");
    client.say(r#"{"type":"wave"}"#).await;
    assert_eq!(client.hear().await["error"], "Unknown message");
    client.0.send(Message::binary(vec![1, 2, 3])).await.unwrap();
    assert_eq!(client.hear().await["error"], "Invalid message");
    client.say(r#"{"type":"ping"}"#).await;
    assert_eq!(client.hear().await, json!({"type": "pong"}));
    client.0.send(Message::Ping(b"are you there"[..].into())).await.unwrap();
    assert!(matches!(client.message().await, Some(Message::Pong(_))));
    server.stop().await;
}

#[tokio::test]
async fn a_ten_megabyte_message_is_refused_with_its_limit() {
    let server = Running::start(config()).await;
    let mut client = Client::watch(&server, json!({})).await;
    // The server may stop reading before all of it is written.
    let _ = client.0.send(Message::text("x".repeat(10 << 20))).await;
    let mut client_of_another = Client::watch(&server, json!({})).await;
    server.create("users", json!({})).await;
    assert_eq!(client_of_another.hear().await["event"], "create");

    let mut client = Client::watch(&server, json!({})).await;
    client.say(&"x".repeat(200 << 10)).await;
    let (error, code) = client.hear_end().await;
    assert!(error["error_detail"].as_str().unwrap().contains("at most 131072 bytes"), "{error}");
    assert_eq!(code, 1009);
    server.stop().await;
}

#[tokio::test]
async fn a_hello_must_come_in_time() {
    let mut config = config();
    config.limits.peer.hello_timeout = Duration::from_millis(50);
    let server = Running::start(config).await;
    let mut client = Client::connect(&server, "users").await;
    let (error, code) = client.hear_end().await;
    assert_eq!((error, code), (json!({"error": "Authentication timeout"}), 1008));
    server.stop().await;
}

#[tokio::test]
async fn a_client_that_does_not_read_is_told_what_it_missed_and_slows_nobody() {
    let limits = Limits { max_queue_bytes: 1 << 20, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let mut slow = Client::watch(&server, json!({})).await;
    let mut quick = Client::watch(&server, json!({})).await;
    let filler = "x".repeat(8 << 10);
    // Enough to fill the sockets' buffers and the queue several times over.
    let reader = tokio::spawn(async move {
        for n in 1..=4_000 {
            assert_eq!(quick.hear().await["seq"], n);
        }
    });
    for _ in 0..400 {
        let documents: Vec<_> = (0..10).map(|_| json!({"filler": filler})).collect();
        let body = json!({"documents": documents});
        server.send("POST", "/collections/users/batch/documents/create", &body).await;
    }
    reader.await.unwrap();
    let (mut last, mut all_missed) = (0, 0);
    while last < 4_000 {
        let event = slow.hear().await;
        let missed = event["missed"].as_u64();
        all_missed += missed.unwrap_or(0);
        last += missed.unwrap_or(1);
        assert_eq!(event["seq"], last);
    }
    assert!((1..4_000).contains(&all_missed), "{all_missed}");
    server.stop().await;
}

#[tokio::test]
async fn a_watch_goes_on_behind_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(config_in(folder.path())).await;
    let mut client = Client::connect(&server, "users").await;
    client.say(&json!({"api_key": KEY}).to_string()).await;
    let greeting = client.hear().await;
    for n in 1..=1_000 {
        server.create("users", json!({"n": n})).await;
        if n == 1 {
            assert_eq!(client.hear().await["seq"], 1);
        }
    }
    drop(client);
    server.stop().await;

    let server = Running::start(config_in(folder.path())).await;
    let resume = json!({"epoch": greeting["epoch"], "seq": 1});
    let hello = json!({"api_key": KEY, "filters": {"n_gt": 900}, "resume": resume});
    let mut client = Client::connect(&server, "users").await;
    client.say(&hello.to_string()).await;
    let greeting = client.hear().await;
    assert_eq!((&greeting["resumed"], &greeting["seq"]), (&json!(true), &json!(1)));
    server.create("users", json!({"n": 1_001})).await;
    for n in 901..=1_001 {
        assert_eq!(client.hear().await["data"]["n"], n);
    }
    server.stop().await;
}

/// One who speaks without listening must not fill the server's memory with answers.
#[tokio::test]
async fn a_client_that_talks_and_does_not_read_is_not_heard_any_further() {
    let server = Running::start(config()).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let stream = socket.connect(server.address).await.unwrap();
    let url = format!("ws://{}/realtime/collections/users", server.address);
    let mut client = client_async(url, stream).await.unwrap().0;
    client.send(Message::text(json!({"api_key": KEY}).to_string())).await.unwrap();
    client.next().await.unwrap().unwrap();

    // Texts of 1,000 spaces, each of which is answered with an error.
    let frame = [&[0x81, 0xfe, 0x03, 0xe8, 0, 0, 0, 0], [b' '; 1_000].as_slice()].concat();
    let frames = frame.repeat(64);
    // The system's buffers for the two sockets hold far less.
    let mut most = (128 << 20) / frames.len();
    let speak = async {
        while client.get_mut().write_all(&frames).await.is_ok() {
            most = most.checked_sub(1).expect("the server never stopped hearing");
        }
    };
    timeout(Duration::from_secs(20), speak).await.expect("it was cut off");

    let mut other = Client::watch(&server, json!({})).await;
    server.create("users", json!({})).await;
    assert_eq!(other.hear().await["event"], "create");
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let server = Running::start(config()).await;
    let mut client = Client::watch(&server, json!({})).await;
    let stopped = server.begin_stop();
    match client.message().await {
        Some(Message::Close(Some(frame))) => assert_eq!(u16::from(frame.code), 1001),
        other => panic!("{other:?}"),
    }
    drop(client);
    stopped.await.unwrap();
}

#[tokio::test]
async fn what_is_no_handshake_is_answered_as_http() {
    let server = Running::start(config()).await;
    let path = "/realtime/collections/users";
    answer(server.bare_request("GET", path)).await.is_error(426, "speaks WebSocket");
    answer(server.bare_request("POST", path)).await.is_error(405, "POST");
    for path in ["/realtime/collections/", "/realtime/collections", "/realtime/elsewhere"] {
        answer(server.bare_request("GET", path)).await.is_error(404, "no such path");
        let url = format!("ws://{}{path}", server.address);
        let Err(tungstenite::Error::Http(refusal)) = connect_async(url).await else { panic!() };
        assert_eq!(refusal.status(), 404);
    }
    let long = "x".repeat(300);
    let url = format!("ws://{}/realtime/collections/{long}", server.address);
    let Err(tungstenite::Error::Http(refusal)) = connect_async(url).await else { panic!() };
    assert_eq!(refusal.status(), 400);
    server.stop().await;
}

#[tokio::test]
async fn too_many_sockets_are_turned_away() {
    let limits = Limits { max_connections: 2, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let one = Client::watch(&server, json!({})).await;
    let _two = Client::watch(&server, json!({})).await;
    let url = format!("ws://{}/realtime/collections/users", server.address);
    let Err(tungstenite::Error::Http(refusal)) = connect_async(&url).await else { panic!() };
    assert_eq!(refusal.status(), 503);
    assert!(refusal.headers().contains_key("retry-after"));
    drop(one);
    // The place is free once the server has noticed.
    while connect_async(&url).await.is_err() {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_thousand_watchers_hear_every_event() {
    let server = Running::start(config()).await;
    let mut clients = Vec::new();
    for n in 0..1_000 {
        clients.push(Client::watch(&server, json!({"n_gte": n % 10})).await);
    }
    for n in 0..10 {
        server.create("users", json!({"n": n})).await;
    }
    for (place, client) in clients.iter_mut().enumerate() {
        for n in place % 10..10 {
            assert_eq!(client.hear().await["data"]["n"], n);
        }
    }
    drop(clients);
    server.stop().await;
}
