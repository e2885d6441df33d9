//! Reading what clients say. Nothing is written here: pongs and goodbyes are the hub's business.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::mailbox::Heard;

/// Idle connections are many, and what clients say is short.
const READ_BUFFER: usize = 512;

/// The client said goodbye without a code (RFC 6455, 7.1.5). It stands in no frame.
pub(super) const NO_CODE: u16 = 1005;

/// Where a client's bytes come from.
pub(super) trait Source {
    /// Reads what is there. At the end of the stream, 0.
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>>;
}

/// A client's messages.
pub(super) struct Messages<S> {
    source: S,
    context: WebSocketContext,
}

impl<S: Source> Messages<S> {
    /// Reads from `source` behind `early`, which is copied: it may be a small part of a large buffer.
    /// A message has at most `limit` bytes.
    pub(super) fn new(source: S, early: Bytes, limit: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let context =
            WebSocketContext::from_partially_read(early.to_vec(), Role::Server, Some(config));
        Self { source, context }
    }

    /// The next thing that is heard. Behind [`Heard::TooLarge`] and [`Heard::NotUtf8`] nothing can be
    /// understood, and behind [`Heard::Goodbye`] and [`Heard::Gone`] there is nothing. Cancel-safe.
    pub(super) async fn next(&mut self) -> Heard {
        let Self { source, context } = self;
        poll_fn(|cx| {
            let heard = match context.read(&mut Adapter { source, cx }) {
                Ok(Message::Text(text)) => Heard::Text(text),
                Ok(Message::Binary(_)) => Heard::Binary,
                Ok(Message::Ping(payload)) => Heard::Ping(payload),
                Ok(Message::Pong(_) | Message::Frame(_)) => Heard::Alive,
                Ok(Message::Close(frame)) => {
                    Heard::Goodbye(frame.map_or(NO_CODE, |frame| code(frame.code)))
                }
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Poll::Pending;
                }
                Err(Error::Capacity(_)) => Heard::TooLarge,
                Err(Error::Utf8(_)) => Heard::NotUtf8,
                Err(_) => Heard::Gone,
            };
            Poll::Ready(heard)
        })
        .await
    }

    /// Reads on without understanding, until the client closes: one that is refused in the middle of a
    /// message would lose the refusal to a reset if nobody took the rest.
    pub(super) async fn discard(&mut self) {
        // On the heap, as everyone's task has the size of the largest thing it may do.
        let mut waste = vec![0; READ_BUFFER];
        poll_fn(|cx| {
            // Other tasks have their turn between two pieces.
            match ready!(self.source.poll_read(cx, &mut waste)) {
                Ok(0) | Err(_) => Poll::Ready(()),
                Ok(_) => {
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
            }
        })
        .await;
    }
}

fn code(code: CloseCode) -> u16 {
    code.into()
}

impl Source for Arc<TcpStream> {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        loop {
            match self.try_read(into) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready!(self.poll_read_ready(cx))?;
                }
                read => return Poll::Ready(read),
            }
        }
    }
}

/// A stream that is not shared.
pub(super) struct Owned<T>(pub(super) T);

impl<T: AsyncRead + Unpin> Source for Owned<T> {
    fn poll_read(&mut self, cx: &mut Context<'_>, into: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut buffer = ReadBuf::new(into);
        ready!(Pin::new(&mut self.0).poll_read(cx, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

/// A source as tungstenite wants it. What it would write is thrown away.
struct Adapter<'a, 'w, S> {
    source: &'a mut S,
    cx: &'a mut Context<'w>,
}

impl<S: Source> Read for Adapter<'_, '_, S> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.source.poll_read(self.cx, into) {
            Poll::Ready(read) => read,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S> Write for Adapter<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
