//! The documents that match now, kept up to date.

mod event;
mod lists;

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::live::LiveView;
use cocobase_proto::{Document, Event};
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::handle::{Reader, connection_methods};
use crate::runtime::Runtime;
use event::concerns_the_connection;
pub use event::{LiveEvent, Row};
pub(crate) use lists::Lists;

/// The documents of a collection that fit a filter, as they are now, and a `Stream` of what becomes
/// of them.
///
/// Applied in order to a list, the [events](LiveEvent) keep it equal to
/// [`documents`](Self::documents). It is driven, reconnects and ends like a [`Watch`](crate::Watch).
/// What was missed is made good by a new snapshot or list, and told as documents that entered,
/// changed and left.
///
/// ```
/// # use cocobase_driver::{Collection, Error, LiveEvent, Runtime};
/// # use cocobase_proto::query::Order;
/// # async fn example<R: Runtime>(collection: Collection<R>) -> Result<(), Error> {
/// #[derive(serde::Deserialize)]
/// struct Quake { mag: f64 }
///
/// let mut top = collection.sort("mag", Order::Descending).limit(10).live::<Quake>().await?;
/// for quake in top.values() {
///     println!("{}", quake?.mag);
/// }
/// while let Some(event) = top.next().await {
///     if let LiveEvent::Entered { row, at } = event {
///         println!("number {at}: {:?}", row.document.id());
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Live<T, R: Runtime> {
    reader: Reader<R>,
    view: LiveView,
    lists: Lists<R>,
    /// What is told of the connection and of lists, behind what the view tells.
    told: VecDeque<LiveEvent<T>>,
    types: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned, R: Runtime> Live<T, R> {
    pub(crate) fn new(reader: Reader<R>, view: LiveView, lists: Lists<R>) -> Self {
        Self { reader, view, lists, told: VecDeque::new(), types: PhantomData }
    }

    /// What becomes of the documents next, or `None` when the view is over. Cancel safe.
    pub async fn next(&mut self) -> Option<LiveEvent<T>> {
        poll_fn(|cx| self.poll_live(cx)).await
    }

    /// Waits until the documents are what the server's own list would be. What happens until then is
    /// in [`documents`](Self::documents), and not told again. Faults that may pass are retried
    /// without end. Cancel safe.
    ///
    /// # Errors
    ///
    /// When the server refuses the subscription or the list; the view is over then.
    pub async fn ready(&mut self) -> Result<(), Error> {
        while !self.view.is_current() {
            match self.next().await {
                Some(LiveEvent::Connection(Event::Refused(refusal))) => {
                    return Err(refusal.into());
                }
                Some(LiveEvent::Unread(error)) if self.is_closed() => return Err(error),
                Some(_) => {}
                None => return Err(cocobase_proto::CommandError::Closed.into()),
            }
        }
        while self.view.poll_event().is_some() {}
        Ok(())
    }

    /// The documents, in order.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = &Document> {
        self.view.documents()
    }

    /// The documents, in order, decoded anew; an error for each that does not fit `T`.
    pub fn values(&self) -> impl ExactSizeIterator<Item = Result<T, cocobase_proto::JsonError>> {
        self.view.documents().map(Document::get)
    }

    /// Whether the documents are what the server's own list would be, as far as events have arrived.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.view.is_current()
    }

    connection_methods!();

    fn poll_live(&mut self, cx: &mut Context<'_>) -> Poll<Option<LiveEvent<T>>> {
        loop {
            if let Some(event) = self.view.poll_event() {
                return Poll::Ready(Some(LiveEvent::of_view(event)));
            }
            if let Some(event) = self.told.pop_front() {
                return Poll::Ready(Some(event));
            }
            match self.reader.poll_event(cx) {
                Poll::Ready(Some(event)) => {
                    self.view.handle_event(&event);
                    if concerns_the_connection(&event) {
                        self.told.push_back(LiveEvent::Connection(event));
                    }
                    continue;
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Pending => {}
            }
            match self.lists.poll(&mut self.view, cx) {
                Poll::Ready(None) => {}
                Poll::Ready(Some(error)) => {
                    if !error.is_passing() {
                        // Without its list, the view can never be right.
                        self.reader.line().abandon();
                    }
                    self.told.push_back(LiveEvent::Unread(error));
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<T: DeserializeOwned, R: Runtime> Stream for Live<T, R> {
    type Item = LiveEvent<T>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_live(cx)
    }
}

// Nothing in it is ever pinned.
impl<T, R: Runtime> Unpin for Live<T, R> {}

impl<T, R: Runtime> fmt::Debug for Live<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Live")
            .field("connection", &self.reader)
            .field("view", &self.view)
            .finish_non_exhaustive()
    }
}
