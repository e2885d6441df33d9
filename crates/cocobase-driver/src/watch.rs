//! A live stream of a collection's changes.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::{Event, Refusal, Typed};
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::handle::{Reader, connection_methods};
use crate::runtime::Runtime;

/// The changes of a collection, as a `Stream` of [`Event`]s.
///
/// It is pull-driven unless it is [spawned](Self::spawn): the task that asks for the next event
/// drives the connection, and while nobody asks, nothing is read. It reconnects by itself; what that
/// may have cost is told as [`Event::Gap`]. After [`Event::Refused`] and after
/// [`close`](Self::close) the stream ends.
///
/// Dropping it closes the connection.
///
/// ```
/// # use cocobase_driver::{Collection, Error, Runtime};
/// # async fn example<R: Runtime>(collection: Collection<R>) -> Result<(), Error> {
/// let mut watch = collection.watch::<serde_json::Value>().await?;
/// while let Some(event) = watch.next().await {
///     println!("{event:?}");
/// }
/// # Ok(())
/// # }
/// ```
pub struct Watch<T, R: Runtime> {
    reader: Reader<R>,
    types: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned, R: Runtime> Watch<T, R> {
    pub(crate) const fn new(reader: Reader<R>) -> Self {
        Self { reader, types: PhantomData }
    }

    /// The next event, or `None` when the watch is over.
    ///
    /// Cancel safe: a call that is dropped before it is done has taken nothing.
    pub async fn next(&mut self) -> Option<Event<Typed<T>>> {
        poll_fn(|cx| self.poll_typed(cx)).await
    }

    /// Waits until the watch is live: every change that is committed from then on arrives.
    ///
    /// Faults that may pass are retried without end, and those met on the way are not told, nor is
    /// what a server says before its greeting; put a time-out around it where that matters, or take
    /// the events with [`next`](Self::next). Changes and gaps still come from there. Cancel safe.
    ///
    /// # Errors
    ///
    /// The server's refusal, which is then also the last event.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        self.reader.live().await
    }

    connection_methods!();

    fn poll_typed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event<Typed<T>>>> {
        self.reader.line().poll_event_as(cx)
    }
}

impl<T: DeserializeOwned, R: Runtime> Stream for Watch<T, R> {
    type Item = Event<Typed<T>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_typed(cx)
    }
}

impl<T, R: Runtime> fmt::Debug for Watch<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("connection", &self.reader).finish()
    }
}
