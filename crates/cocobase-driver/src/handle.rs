//! What is known of a connection, and how it is ended, from any task.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use cocobase_proto::{Event, Refusal, State};

use crate::error::Error;
use crate::line::Line;
use crate::runtime::Runtime;
use crate::statistics::Statistics;

/// A view of a connection that can be cloned and taken to other tasks: it tells how the connection
/// is, and can end it while another task waits for its next event.
///
/// It keeps nothing alive: the connection ends with the stream that it belongs to.
///
/// ```
/// # async fn example<R: cocobase_driver::Runtime>(watch: cocobase_driver::Watch<(), R>) {
/// let handle = watch.handle().clone();
/// println!("{} is {:?}", handle.name(), handle.state());
/// // In another task, perhaps:
/// handle.close().await;
/// assert!(watch.is_closed());
/// # }
/// ```
pub struct Handle<R: Runtime> {
    pub(crate) line: Arc<Line<R>>,
}

impl<R: Runtime> Handle<R> {
    /// The name that was given to the connection, or one that was made up: what it is about, and a
    /// number.
    #[must_use]
    pub fn name(&self) -> &str {
        self.line.name()
    }

    /// What the connection is doing.
    #[must_use]
    pub fn state(&self) -> State {
        self.line.lock().session.state()
    }

    /// Whether the connection is over.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state() == State::Closed
    }

    /// What the connection has seen so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        self.line.lock().statistics()
    }

    /// Makes a new link at once, whatever the state of the present one.
    pub fn reconnect(&self) {
        self.line.command(cocobase_proto::Session::reconnect);
    }

    /// Says that the network has changed, as far as the program can tell: a pause is cut short, and
    /// a live link is asked whether it is still there.
    pub fn network_changed(&self) {
        self.line.command(cocobase_proto::Session::network_changed);
    }

    /// Ends the connection for good, in whatever state it is: says goodbye to the server, and drops
    /// events that were not taken and messages that wait. It is over with the first poll; what is
    /// awaited is the goodbye, for at most 50 ms.
    pub async fn close(&self) {
        let mut place = self.line.place();
        poll_fn(|cx| self.line.poll_close(&mut place, cx)).await;
    }
}

impl<R: Runtime> Clone for Handle<R> {
    fn clone(&self) -> Self {
        Self { line: Arc::clone(&self.line) }
    }
}

impl<R: Runtime> fmt::Debug for Handle<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("name", &self.name())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}

/// The one who takes a connection's events. With it, the connection ends.
pub(crate) struct Reader<R: Runtime> {
    pub(crate) handle: Handle<R>,
}

impl<R: Runtime> Reader<R> {
    pub(crate) fn new(line: Line<R>) -> Self {
        Self { handle: Handle { line: Arc::new(line) } }
    }

    pub(crate) fn line(&self) -> &Line<R> {
        &self.handle.line
    }

    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.line().poll_event(cx)
    }

    pub(crate) async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    /// Waits until the connection is live.
    pub(crate) async fn live(&mut self) -> Result<(), Refusal> {
        poll_fn(|cx| self.line().poll_live(cx)).await
    }

    pub(crate) fn spawn(&self) -> Result<(), Error> {
        self.handle.line.spawn().map_err(Error::Runtime)
    }
}

impl<R: Runtime> Drop for Reader<R> {
    fn drop(&mut self) {
        self.line().abandon();
    }
}

impl<R: Runtime> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.handle.fmt(f)
    }
}

/// What every stream of events offers beside its events. Its type has a `reader`.
macro_rules! connection_methods {
    () => {
        /// A view of the connection that other tasks may hold.
        #[must_use]
        pub const fn handle(&self) -> &$crate::Handle<R> {
            &self.reader.handle
        }

        /// The name that was given to the connection, or one that was made up.
        #[must_use]
        pub fn name(&self) -> &str {
            self.reader.handle.name()
        }

        /// What the connection is doing.
        #[must_use]
        pub fn state(&self) -> cocobase_proto::State {
            self.reader.handle.state()
        }

        /// Whether the connection is over.
        #[must_use]
        pub fn is_closed(&self) -> bool {
            self.reader.handle.is_closed()
        }

        /// What the connection has seen so far.
        #[must_use]
        pub fn statistics(&self) -> $crate::Statistics {
            self.reader.handle.statistics()
        }

        /// Makes a new link at once: for a program that knows that the network has changed.
        pub fn reconnect(&self) {
            self.reader.handle.reconnect();
        }

        /// Lets a task of the runtime move the connection from now on, so that it is kept alive and
        /// its messages leave while nobody asks for events. These wait in a queue of
        /// [`max_events`](cocobase_proto::SessionConfig::max_events); when it has been full for a
        /// second, what comes on top is dropped, and told as a gap.
        ///
        /// # Errors
        ///
        /// When the runtime cannot run tasks here; then the connection is over.
        pub fn spawn(self) -> Result<Self, $crate::Error> {
            self.reader.spawn()?;
            Ok(self)
        }

        /// Ends the connection: says goodbye to the server, for at most 50 ms, and drops events that
        /// were not taken and messages that wait.
        pub async fn close(self) {
            self.reader.handle.close().await;
        }
    };
}

pub(crate) use connection_methods;
