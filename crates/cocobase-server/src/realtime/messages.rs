//! Reading what clients say. Nothing is written here: pongs and goodbyes are the hub's business.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Bytes;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig, WebSocketContext};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::mailbox::Heard;

/// Idle connections are many, and what clients say is short.
const READ_BUFFER: usize = 512;

/// How much a client may say, in bytes, that nobody listens to: what was on its way, not more.
pub(super) const DEAF: usize = 1 << 20;

/// The client said goodbye without a code (RFC 6455, 7.1.5). It stands in no frame.
pub(super) const NO_CODE: u16 = 1005;

/// A client's messages.
pub(super) struct Messages<R> {
    source: R,
    context: WebSocketContext,
}

impl<R: AsyncRead + Unpin> Messages<R> {
    /// Reads from `source` behind `early`, which is copied: it may be a small part of a large buffer.
    /// A message has at most `limit` bytes.
    pub(super) fn new(source: R, early: Bytes, limit: usize) -> Self {
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
        // The hub's task sets it a time.
        discard(&mut self.source, usize::MAX).await;
    }
}

/// Reads on without understanding, until the client closes or has said more than `limit` bytes.
pub(super) async fn discard<R: AsyncRead + Unpin>(source: &mut R, limit: usize) {
    let mut left = limit;
    poll_fn(|cx| {
        // Not kept from one poll to the next: a task has the size of the largest thing that it keeps.
        let mut waste = [0; READ_BUFFER];
        let mut waste = ReadBuf::new(&mut waste);
        let read = ready!(Pin::new(&mut *source).poll_read(cx, &mut waste));
        let len = waste.filled().len();
        if read.is_err() || len == 0 || len > left {
            return Poll::Ready(());
        }
        left -= len;
        // Other tasks have their turn between two pieces.
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn code(code: CloseCode) -> u16 {
    code.into()
}

/// A source as tungstenite wants it. What it would write is thrown away.
struct Adapter<'a, 'w, R> {
    source: &'a mut R,
    cx: &'a mut Context<'w>,
}

impl<R: AsyncRead + Unpin> Read for Adapter<'_, '_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(into);
        match Pin::new(&mut *self.source).poll_read(self.cx, &mut buffer) {
            Poll::Ready(read) => read.map(|()| buffer.filled().len()),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<R> Write for Adapter<'_, '_, R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
