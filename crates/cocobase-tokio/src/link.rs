//! WebSockets from tokio-tungstenite.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use cocobase_driver::Link;
use cocobase_net::websocket;
use cocobase_proto::{CloseCause, Input, Text};
use futures_core::Stream;
use futures_sink::Sink;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::stream::{self, ByteStream, Network};

/// An open WebSocket.
pub struct WebSocket {
    stream: WebSocketStream<Box<dyn ByteStream>>,
}

impl fmt::Debug for WebSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebSocket").finish_non_exhaustive()
    }
}

pub(crate) async fn connect(url: String, network: Arc<Network>) -> Result<WebSocket, Input> {
    let stream = stream::connect(&network, &url)
        .await
        .map_err(|error| Input::Closed(CloseCause::Connect(error.to_string().into())))?;
    let config = Some(websocket::config());
    tokio_tungstenite::client_async_with_config(url, stream, config)
        .await
        .map(|(stream, _)| WebSocket { stream })
        .map_err(websocket::failure)
}

impl Link for WebSocket {
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input> {
        Pin::new(&mut self.stream).poll_next(cx).map(websocket::input)
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Pin::new(&mut self.stream).poll_ready(cx).map_err(|error| websocket::broken(&error))
    }

    fn start_send(&mut self, text: Text) -> Result<(), CloseCause> {
        Pin::new(&mut self.stream)
            .start_send(Message::text(text.as_str()))
            .map_err(|error| websocket::broken(&error))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        Pin::new(&mut self.stream).poll_flush(cx).map_err(|error| websocket::broken(&error))
    }

    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // Whether the other side still hears it is of no interest any more.
        Pin::new(&mut self.stream).poll_close(cx).map(|_| ())
    }
}
