//! HTTP for eventsource-client: the requests of cocobase-tokio, in its words.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use cocobase_driver::{EventStream as _, Runtime};
use cocobase_proto::sse::Overflow;
use cocobase_proto::{CloseCause, Input, sse};
use cocobase_tokio::Tokio;
use futures_core::Stream;
use launchdarkly_sdk_transport::{
    ByteStream, HttpTransport, Request, Response, ResponseFuture, TransportError,
};
use sync_wrapper::SyncFuture;

/// Opens one event stream.
#[derive(Clone)]
pub(crate) struct Transport {
    tokio: Arc<Tokio>,
    unread: Unread,
}

/// How many bytes have come since eventsource-client last told something: what it may hold of one
/// message, beside the piece that it was told from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Unread(Arc<AtomicUsize>);

/// Why there is no stream, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// As the session is to be told.
    #[error("{0:?}")]
    Reported(Input),
    #[error("{0}")]
    TooLarge(Overflow),
}

impl Transport {
    pub(crate) const fn new(tokio: Arc<Tokio>, unread: Unread) -> Self {
        Self { tokio, unread }
    }
}

impl HttpTransport for Transport {
    fn request(&self, request: Request<Option<Bytes>>) -> ResponseFuture {
        let opening = self.tokio.open_requested(request.map(drop));
        let unread = self.unread.clone();
        Box::pin(SyncFuture::new(async move {
            // It has the status and the content type that it has to have.
            let stream = opening.await.map_err(Failure::Reported).map_err(TransportError::new)?;
            let body: ByteStream = Box::pin(Body { stream, unread });
            Ok(Response::new(body))
        }))
    }
}

impl Unread {
    /// eventsource-client has told something.
    pub(crate) fn clear(&self) {
        self.0.store(0, Ordering::Relaxed);
    }

    fn add(&self, len: usize) -> Result<(), Failure> {
        let unread = self.0.load(Ordering::Relaxed).saturating_add(len);
        self.0.store(unread, Ordering::Relaxed);
        let limit = sse::DEFAULT_LIMIT;
        if unread > limit {
            return Err(Failure::TooLarge(Overflow { dropped: unread as u64, limit }));
        }
        Ok(())
    }
}

struct Body {
    stream: <Tokio as Runtime>::EventStream,
    unread: Unread,
}

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = match ready!(self.stream.poll_input(cx)) {
            Input::Bytes(bytes) => self.unread.add(bytes.len()).map(|()| bytes),
            Input::Closed(CloseCause::Closed { .. }) => return Poll::Ready(None),
            other => Err(Failure::Reported(other)),
        };
        Poll::Ready(Some(piece.map_err(TransportError::new)))
    }
}
