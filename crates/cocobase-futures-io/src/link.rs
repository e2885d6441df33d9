//! WebSockets from async-tungstenite.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use async_tungstenite::WebSocketStream;
use async_tungstenite::tungstenite::Message;
use async_tungstenite::tungstenite::http::Uri;
use cocobase_driver::Link;
use cocobase_net::websocket;
use cocobase_proto::{CloseCause, Input, Text};
use futures_core::Stream as _;
use futures_sink::Sink as _;

use crate::stream::{self, Stream};

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    stream: WebSocketStream<Stream>,
}

pub(crate) async fn connect(
    url: String,
    tls: Arc<rustls::ClientConfig>,
) -> Result<WebSocket, Input> {
    let unconnected = |reason: String| Input::Closed(CloseCause::Connect(reason.into()));
    let uri = url.parse::<Uri>().map_err(|error| unconnected(error.to_string()))?;
    let stream =
        stream::connect(&uri, tls).await.map_err(|error| unconnected(error.to_string()))?;
    let (stream, _) =
        async_tungstenite::client_async_with_config(uri, stream, Some(websocket::config()))
            .await
            .map_err(websocket::failure)?;
    Ok(WebSocket { stream })
}

impl Link for WebSocket {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        Pin::new(&mut self.stream).poll_next(cx).map(websocket::input)
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Pin::new(&mut self.stream).poll_ready(cx).map_err(|error| websocket::broken(&error))
    }

    fn start_send(&mut self, text: Text) -> Result<(), CloseCause> {
        let message = Message::text(text.as_str());
        Pin::new(&mut self.stream).start_send(message).map_err(|error| websocket::broken(&error))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| websocket::broken(&error))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Whether the other side still hears it is of no interest any more.
        Pin::new(&mut self.stream).poll_close(cx).map(|_| ())
    }
}
