//! WebSockets from tungstenite.

use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

use cocobase_driver::Link;
use cocobase_net::websocket;
use cocobase_proto::{CloseCause, Input, Text};
use tungstenite::{Error, HandshakeError, Message};

use cocobase_threads::{Network, Stream, pause};

/// An open WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    socket: tungstenite::WebSocket<Stream>,
    /// Whether the last message waits for the socket.
    is_clogged: bool,
}

pub(crate) async fn connect(url: String, network: Arc<Network>) -> Result<WebSocket, Input> {
    let stream = cocobase_threads::connect(&network, &url)
        .await
        .map_err(|error| Input::Closed(CloseCause::Connect(error.to_string().into())))?;
    let config = Some(websocket::config());
    let mut handshake = tungstenite::client::client_with_config(url, stream, config);
    loop {
        handshake = match handshake {
            Ok((socket, _)) => return Ok(WebSocket { socket, is_clogged: false }),
            Err(HandshakeError::Failure(error)) => return Err(websocket::failure(error)),
            Err(HandshakeError::Interrupted(handshake)) => {
                pause().await;
                handshake.handshake()
            }
        };
    }
}

fn ready<T>(done: Result<T, Error>) -> Poll<Result<T, Error>> {
    match done {
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    }
}

impl Link for WebSocket {
    fn poll_input(&mut self, _: &mut Context<'_>) -> Poll<Input> {
        ready(self.socket.read()).map(|read| websocket::input(Some(read)))
    }

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        if self.is_clogged { self.poll_flush(cx) } else { Poll::Ready(Ok(())) }
    }

    fn start_send(&mut self, text: Text) -> Result<(), CloseCause> {
        // One that would block has been taken all the same.
        match ready(self.socket.write(Message::text(text.as_str()))) {
            Poll::Ready(done) => done.map_err(|error| websocket::broken(&error)),
            Poll::Pending => {
                self.is_clogged = true;
                Ok(())
            }
        }
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        let flushed = ready(self.socket.flush()).map_err(|error| websocket::broken(&error));
        self.is_clogged &= flushed.is_pending();
        flushed
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<()> {
        // Whether the other side still hears it is of no interest any more.
        ready(self.socket.close(None)).map(|_| ())
    }
}
