//! How a connection leaves HTTP to become an event stream, byte by byte.
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
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use support::{KEY, Running, config};

/// A connection, and what has come over it that nobody has asked for yet.
struct Raw {
    stream: TcpStream,
    heard: String,
}

impl Raw {
    async fn open(server: &Running, requests: &str) -> Self {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(requests.as_bytes()).await.unwrap();
        Self { stream, heard: String::new() }
    }

    async fn say(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// What comes before `mark`; with an empty mark, all that comes before the end.
    async fn until(&mut self, mark: &str) -> String {
        let mut piece = vec![0; 64 << 10];
        loop {
            let found = self.heard.split_once(mark).filter(|_| !mark.is_empty());
            if let Some((before, behind)) = found {
                let (before, behind) = (before.to_owned(), behind.to_owned());
                self.heard = behind;
                return before;
            }
            let read = timeout(Duration::from_secs(30), self.stream.read(&mut piece)).await;
            let len = read.expect("nothing was heard").unwrap();
            if len == 0 && mark.is_empty() {
                return std::mem::take(&mut self.heard);
            }
            assert!(len > 0, "the end came before {mark:?}: {:?}", self.heard);
            self.heard.push_str(std::str::from_utf8(&piece[..len]).unwrap());
        }
    }

    /// The lines of an answer's head, sorted but for the first.
    async fn head(&mut self) -> Vec<String> {
        let head = self.until("\r\n\r\n").await;
        let mut lines: Vec<_> = head.lines().map(str::to_owned).collect();
        lines[1..].sort_unstable();
        lines
    }

    /// Waits for the first block of an event stream.
    async fn begun(&mut self) {
        let first = self.until("\n\n").await;
        assert!(first.starts_with("id: "), "{first}");
    }
}

fn get(path: &str, more: &str) -> String {
    request("GET", path, more)
}

fn request(method: &str, path: &str, more: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\n{more}\r\n")
}

const PATH: &str = "/realtime/sse/c";

#[tokio::test]
async fn the_head_is_that_of_any_answer_and_the_body_has_no_chunks() {
    let server = Running::start(config()).await;
    let mut page = Raw::open(&server, &get(PATH, "origin: https://app.example\r\n")).await;
    let head = page.head().await;
    let (date, rest): (Vec<_>, Vec<_>) = head.iter().partition(|line| line.starts_with("date: "));
    assert_eq!(
        rest,
        [
            "HTTP/1.1 200 OK",
            "access-control-allow-origin: *",
            "access-control-expose-headers: x-cocobase-seq, x-cocobase-epoch, retry-after",
            "cache-control: no-cache",
            "connection: close",
            "content-type: text/event-stream",
            "x-accel-buffering: no",
        ]
    );
    assert!(date.len() == 1 && date[0].ends_with(" GMT"), "{date:?}");
    page.begun().await;
    server.create("c", json!({"n": 1})).await;
    let block = page.until("\n\n").await;
    assert!(block.starts_with("id: ") && block.ends_with('}'), "{block}");

    // Who speaks an older HTTP understands the same answer.
    let old = get(PATH, "connection: keep-alive\r\n").replace("HTTP/1.1", "HTTP/1.0");
    let mut old = Raw::open(&server, &old).await;
    let head = old.head().await;
    assert!(head[0] == "HTTP/1.1 200 OK" && head[2] == "connection: close", "{head:?}");
    old.begun().await;
    drop((page, old));
    server.stop().await;
}

#[tokio::test]
async fn answers_before_it_come_whole() {
    let server = Running::start(config()).await;
    let filler = json!({"documents": vec![json!({"filler": "x".repeat(100_000)}); 100]});
    server.send("POST", "/collections/c/batch/documents/create", &filler).await;
    // More than the system buffers.
    let list = get("/collections/c/documents", "");
    let requests = get("/healthz", "") + &list + &list + &get(PATH, "");
    let mut client = Raw::open(&server, &requests).await;
    for least in [0, 10_000_000, 10_000_000] {
        let head = client.head().await;
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        let length = head.iter().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().parse().unwrap();
        assert!(length > least, "{length}");
        while client.heard.len() < length {
            let mut piece = vec![0; 64 << 10];
            let len = client.stream.read(&mut piece).await.unwrap();
            client.heard.push_str(std::str::from_utf8(&piece[..len]).unwrap());
        }
        let rest = client.heard.split_off(length);
        serde_json::from_str::<serde_json::Value>(&client.heard).unwrap();
        client.heard = rest;
    }
    assert!(client.head().await.contains(&"content-type: text/event-stream".to_owned()));
    client.begun().await;
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn one_who_asks_for_the_head_alone_gets_no_stream() {
    let limits = Limits { max_connections: 1, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    // The connection stays with HTTP, and no place is taken.
    let requests = request("HEAD", PATH, "") + &request("HEAD", PATH, "") + &get(PATH, "");
    let mut client = Raw::open(&server, &requests).await;
    for _ in 0..2 {
        let head = client.head().await;
        assert_eq!(head[0], "HTTP/1.1 200 OK");
        assert!(head.contains(&"content-type: text/event-stream".to_owned()), "{head:?}");
        assert!(!head.iter().any(|line| line.starts_with("content-length")), "{head:?}");
    }
    assert!(client.head().await.contains(&"connection: close".to_owned()));
    client.begun().await;
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn what_a_listener_says_is_ignored_within_bounds() {
    let server = Running::start(config()).await;
    let behind = get("/healthz", "");
    let mut client = Raw::open(&server, &(get(PATH, "") + &behind)).await;
    client.head().await;
    client.begun().await;
    client.say(&behind).await;
    server.create("c", json!({"n": 1})).await;
    let block = client.until("\n\n").await;
    assert!(block.contains(r#""n":1"#), "{block}");

    // It may be cut off before it has said all that.
    let megabytes = vec![b'x'; 64 << 20];
    let _ = client.stream.write_all(&megabytes).await;
    let mut rest = Vec::new();
    let end = timeout(Duration::from_secs(30), client.stream.read_to_end(&mut rest)).await;
    assert!(end.expect("it is cut off").is_err() || rest.is_empty());
    server.stop().await;
}

#[tokio::test]
async fn one_who_closes_its_side_has_left() {
    let server = Running::start(config()).await;
    let mut client = Raw::open(&server, &get(PATH, "")).await;
    client.head().await;
    client.begun().await;
    client.stream.shutdown().await.unwrap();
    assert_eq!(client.until("").await, "", "the end comes at once, and alone");
    server.stop().await;
}

#[tokio::test]
async fn the_end_of_a_stream_is_the_end_of_its_connection() {
    let server = Running::start(config()).await;
    let mut client = Raw::open(&server, &get(PATH, "")).await;
    client.head().await;
    client.begun().await;
    let stopped = server.begin_stop();
    assert_eq!(client.until("").await, "");
    drop(client);
    stopped.await.unwrap();
}
