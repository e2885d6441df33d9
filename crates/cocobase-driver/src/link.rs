//! One attempt at a connection, from the first byte to the last, whatever carries it.

use std::collections::VecDeque;
use std::task::{Context, Poll, ready};

use cocobase_proto::{BaseUrl, Carrier, CloseCause, Input, Text};

use crate::runtime::{BoxFuture, EventStream, Link, Runtime};

/// A link in the making, or made.
pub(crate) enum Connection<R: Runtime> {
    Connecting(BoxFuture<Result<R::Link, Input>>),
    Requesting(BoxFuture<Result<R::EventStream, Input>>),
    WebSocket(R::Link),
    EventStream(R::EventStream),
}

/// Texts that the session has said and the link has not taken yet.
#[derive(Debug, Default)]
pub(crate) struct Outgoing {
    texts: VecDeque<Text>,
    needs_flush: bool,
}

/// How many texts are taken from the session at once. What is still with the session survives the
/// link.
const MAX_TAKEN: usize = 16;

impl<R: Runtime> Connection<R> {
    pub(crate) fn open(runtime: &R, base: &BaseUrl, path: &str, carrier: Carrier) -> Self {
        match carrier {
            Carrier::WebSocket => Self::Connecting(runtime.connect(base.websocket(path))),
            Carrier::EventStream { headers } => {
                Self::Requesting(runtime.open_stream(base.http(path), headers))
            }
        }
    }

    /// The next thing to tell the session. Writing and reading make progress together: neither
    /// waits for the other.
    pub(crate) fn poll_input(
        &mut self,
        outgoing: &mut Outgoing,
        may_read: bool,
        cx: &mut Context<'_>,
    ) -> Poll<Input> {
        let opened = match self {
            Self::Connecting(connect) => ready!(connect.as_mut().poll(cx)).map(Self::WebSocket),
            Self::Requesting(request) => ready!(request.as_mut().poll(cx)).map(Self::EventStream),
            Self::WebSocket(link) => {
                return match outgoing.poll_write(link, cx) {
                    Poll::Ready(Err(cause)) => Poll::Ready(Input::Closed(cause)),
                    _ if may_read => {
                        let input = link.poll_input(cx);
                        if let Poll::Ready(Input::Closed(CloseCause::Closed { .. })) = input {
                            // Who does not answer a goodbye looks like a connection that broke.
                            let _ = link.poll_flush(cx);
                        }
                        input
                    }
                    _ => Poll::Pending,
                };
            }
            Self::EventStream(stream) if may_read => return stream.poll_input(cx),
            Self::EventStream(_) => return Poll::Pending,
        };
        Poll::Ready(match opened {
            Ok(connection) => {
                *self = connection;
                Input::Opened
            }
            Err(failure) => failure,
        })
    }
}

impl Outgoing {
    pub(crate) fn push(&mut self, text: Text) {
        self.texts.push_back(text);
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn is_full(&self) -> bool {
        self.texts.len() >= MAX_TAKEN
    }

    /// Whether all is written.
    pub(crate) fn is_empty(&self) -> bool {
        self.texts.is_empty() && !self.needs_flush
    }

    /// Writes what there is; ready when all of it is written.
    pub(crate) fn poll_write<L: Link>(
        &mut self,
        link: &mut L,
        cx: &mut Context<'_>,
    ) -> Poll<Result<(), CloseCause>> {
        while !self.texts.is_empty() {
            ready!(link.poll_ready(cx))?;
            if let Some(text) = self.texts.pop_front() {
                link.start_send(text)?;
                self.needs_flush = true;
            }
        }
        if self.needs_flush {
            ready!(link.poll_flush(cx))?;
            self.needs_flush = false;
        }
        Poll::Ready(Ok(()))
    }
}
