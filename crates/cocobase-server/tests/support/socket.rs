//! A WebSocket client that knows nothing of the protocol: text in, text out.
#![allow(clippy::expect_used, clippy::panic)]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use super::{KEY, Running};

pub trait Io: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Io for T {}

pub struct Socket(pub WebSocketStream<Box<dyn Io>>);

impl Socket {
    pub async fn connect(server: &Running, path: &str) -> Self {
        let stream = TcpStream::connect(server.address).await.unwrap();
        Self::over(stream, &format!("ws://{}{path}", server.address)).await
    }

    pub async fn over(stream: impl Io + 'static, url: &str) -> Self {
        let stream: Box<dyn Io> = Box::new(stream);
        Self(client_async(url, stream).await.unwrap().0)
    }

    /// A connection on which `hello` was said, and its greeting.
    pub async fn greeted(server: &Running, path: &str, hello: Value) -> (Self, Value) {
        let mut socket = Self::connect(server, path).await;
        socket.say(&hello).await;
        let greeting = socket.hear().await;
        (socket, greeting)
    }

    /// Somebody in a room.
    pub async fn in_room(server: &Running, room: &str, user: &str, action: &str) -> (Self, Value) {
        let hello = json!({
            "api_key": KEY, "user_id": user, "user_name": user.to_uppercase(), "action": action,
        });
        Self::greeted(server, &format!("/realtime/rooms/{room}"), hello).await
    }

    pub async fn say(&mut self, message: &Value) {
        self.say_text(&message.to_string()).await;
    }

    pub async fn say_text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    pub async fn message(&mut self) -> Option<Message> {
        let message = timeout(Duration::from_secs(30), self.0.next()).await;
        message.expect("nothing was heard").and_then(Result::ok)
    }

    pub async fn hear(&mut self) -> Value {
        loop {
            match self.message().await {
                Some(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                // It is answered by the library.
                Some(Message::Ping(_)) => {}
                other => panic!("expected text, got {other:?}"),
            }
        }
    }

    /// The error that the server ends the connection with, and the close code.
    pub async fn hear_end(&mut self) -> (Value, u16) {
        let error = self.hear().await;
        (error, self.hear_close().await)
    }

    pub async fn hear_close(&mut self) -> u16 {
        match self.message().await {
            Some(Message::Close(Some(frame))) => frame.code.into(),
            other => panic!("expected the end, got {other:?}"),
        }
    }

    /// Asserts that there is nothing to hear: what was said before a ping is heard before its answer.
    pub async fn hears_nothing(&mut self) {
        self.say(&json!({"type": "ping"})).await;
        assert_eq!(self.hear().await, json!({"type": "pong"}));
    }
}
