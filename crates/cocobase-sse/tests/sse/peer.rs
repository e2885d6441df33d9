//! A server that follows a script.

use std::future::Future;
use std::time::Duration;

use cocobase_sse::{Client, ClientBuilder, Event, SessionConfig, Typed, Watch};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub(crate) const GREETING: &str =
    concat!(r#"data: {"type":"subscribed","collection":"posts","epoch":"e1","seq":40}"#, "\n\n");

pub(crate) fn created(seq: u32) -> String {
    let event = json!({"type": "event", "collection": "posts", "event": "created",
        "document": {"id": seq.to_string(), "data": {"n": seq}}});
    format!("id: e1:{seq}\ndata: {event}\n\n")
}

/// Waits long enough for any machine, and not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it took too long")
}

pub(crate) async fn next(watch: &mut Watch<Value>) -> Event<Typed<Value>> {
    soon(watch.next()).await.expect("the watch goes on")
}

/// Where clients connect to.
pub(crate) struct Peer {
    listener: TcpListener,
}

impl Peer {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    /// Of a client that does not wait long before it comes back.
    pub(crate) fn builder(&self) -> ClientBuilder {
        let config = SessionConfig {
            backoff_initial: Duration::from_millis(20),
            ..SessionConfig::default()
        };
        Client::builder(format!("http://{}", self.listener.local_addr().unwrap()))
            .api_key("k")
            .session_config(config)
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().build().unwrap()
    }

    /// The next client that sends a request without a body.
    pub(crate) async fn request(&self) -> Request {
        let (mut stream, _) = soon(self.listener.accept()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(stream.read_u8()).await.unwrap());
        }
        Request { head: String::from_utf8(head).unwrap(), stream }
    }

    /// The same, answered with an event stream that has greeted.
    pub(crate) async fn greeted(&self) -> Request {
        let mut request = self.request().await;
        request.stream().await;
        request.write(GREETING).await;
        request
    }

    /// A client's watch that is live, and its request.
    pub(crate) async fn watching(&self) -> (Request, Watch<Value>) {
        let posts = self.client().collection("posts");
        let (watch, request) = tokio::join!(soon(posts.watch::<Value>()), self.greeted());
        let mut watch = watch.unwrap();
        assert!(matches!(next(&mut watch).await, Event::Connected(_)));
        (request, watch)
    }
}

/// A request, and the way to answer it.
pub(crate) struct Request {
    pub(crate) head: String,
    stream: TcpStream,
}

impl Request {
    pub(crate) fn line(&self) -> &str {
        self.head.lines().next().unwrap()
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().skip(1);
        let mut fields = lines.filter_map(|line| line.split_once(": "));
        fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Answers whole.
    pub(crate) async fn answer(mut self, head: &str, body: &str) {
        let length = body.len();
        let text = format!(
            "HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        self.write(&text).await;
    }

    /// Answers with an event stream, whose text follows with [`write`](Self::write).
    pub(crate) async fn stream(&mut self) {
        self.write("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\r\n")
            .await;
    }

    pub(crate) async fn write(&mut self, text: impl AsRef<[u8]>) {
        soon(self.stream.write_all(text.as_ref())).await.unwrap();
    }

    /// Writes `text` again and again until the client is gone: how many bytes went out.
    pub(crate) async fn flood(mut self, text: &[u8]) -> usize {
        let mut sent = 0;
        while soon(self.stream.write_all(text)).await.is_ok() {
            sent += text.len();
        }
        sent
    }
}
