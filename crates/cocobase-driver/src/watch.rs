//! A live stream of a collection's changes.

use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::{Event, Refusal, State, Typed};
use futures_core::Stream;
use serde::de::DeserializeOwned;

use crate::driver::Driver;
use crate::runtime::Runtime;

/// The changes of a collection, as a `Stream` of [`Event`]s.
///
/// It is pull-driven: the task that asks for the next event drives the connection, and while nobody
/// asks, nothing is read. It reconnects by itself; what that may have cost is told as
/// [`Event::Gap`]. After [`Event::Refused`] and after [`close`](Self::close) the stream ends.
///
/// Dropping it closes the connection.
pub struct Watch<T, R: Runtime> {
    driver: Driver<R>,
    /// What `ready` has met and `next` is still to tell.
    held: VecDeque<Event>,
    types: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned, R: Runtime> Watch<T, R> {
    pub(crate) const fn new(driver: Driver<R>) -> Self {
        Self { driver, held: VecDeque::new(), types: PhantomData }
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
        while self.state() != State::Live {
            match poll_fn(|cx| self.driver.poll_event(cx)).await {
                // Of these, a session keeps a bounded number for its user, and so do we.
                Some(
                    event @ (Event::Connected(_)
                    | Event::Created(_)
                    | Event::Updated(_)
                    | Event::Deleted(_)
                    | Event::Gap(_)
                    | Event::Refused(_)),
                ) => self.held.push_back(event),
                Some(_) => {}
                None => break,
            }
        }
        match self.held.back() {
            Some(Event::Refused(refusal)) => Err(refusal.clone()),
            _ => Ok(()),
        }
    }

    /// What the watch is doing.
    #[must_use]
    pub const fn state(&self) -> State {
        self.driver.state()
    }

    /// Whether the watch is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state() == State::Closed
    }

    /// Makes a new connection at once: for a program that knows that the network has changed.
    pub fn reconnect(&mut self) {
        self.driver.reconnect();
    }

    /// Ends the watch: says goodbye to the server and drops events that were not taken.
    pub async fn close(mut self) {
        poll_fn(|cx| self.driver.poll_close(cx)).await;
    }

    fn poll_typed(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event<Typed<T>>>> {
        if let Some(event) = self.held.pop_front() {
            return Poll::Ready(Some(event.decode()));
        }
        self.driver.poll_event(cx).map(|event| event.map(Event::decode))
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
        f.debug_struct("Watch").field("driver", &self.driver).finish()
    }
}
