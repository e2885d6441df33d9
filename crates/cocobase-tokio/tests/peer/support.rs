//! A server that follows a script.

use std::future::Future;
use std::time::Duration;

use cocobase_tokio::{Client, ClientBuilder};
use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

/// Waits long enough for any machine, and not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it took too long")
}

/// Where clients connect to.
pub(crate) struct Peer {
    listener: TcpListener,
}

impl Peer {
    pub(crate) async fn start() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        Client::builder(format!("http://{}", self.listener.local_addr().unwrap()))
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().api_key("k").build().unwrap()
    }

    pub(crate) async fn connection(&self) -> TcpStream {
        soon(self.listener.accept()).await.unwrap().0
    }

    /// The next client that wants a WebSocket.
    pub(crate) async fn socket(&self) -> Socket {
        let stream = self.connection().await;
        Socket { stream: soon(tokio_tungstenite::accept_async(stream)).await.unwrap() }
    }

    /// The next client that sends a request without a body.
    pub(crate) async fn request(&self) -> Request {
        let mut stream = self.connection().await;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(soon(stream.read_u8()).await.unwrap());
        }
        Request { head: String::from_utf8(head).unwrap(), stream }
    }
}

/// A WebSocket, from the server's side.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
}

impl Socket {
    /// The next message, as JSON.
    pub(crate) async fn hear(&mut self) -> Value {
        match soon(self.stream.next()).await.expect("a message").unwrap() {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn say(&mut self, json: Value) {
        soon(self.stream.send(Message::text(json.to_string()))).await.unwrap();
    }

    /// Waits for the client's goodbye: whether it said one.
    pub(crate) async fn goodbye(&mut self) -> bool {
        matches!(soon(self.stream.next()).await, Some(Ok(Message::Close(_))))
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

    pub(crate) async fn write(&mut self, text: &str) {
        soon(self.stream.write_all(text.as_bytes())).await.unwrap();
    }
}
