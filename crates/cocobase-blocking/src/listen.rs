//! The changes of a collection, told to functions.

use serde::de::DeserializeOwned;

use crate::delegate::{build, delegate};
use crate::{Change, Deleted, Error, Greeting, Handle, Threads, Trouble, Typed};

/// Functions to be called with a collection's changes, for those who come from the other SDKs. From
/// [`Collection::listen`](crate::Collection::listen).
///
/// The functions run one after the other, in a thread of the connection's own: a slow one delays what
/// follows. One that panics is caught; that is told as [`Trouble::Panicked`], and the rest goes on,
/// that very function included.
///
/// ```no_run
/// # fn example(quakes: cocobase_blocking::Collection) -> Result<(), cocobase_blocking::Error> {
/// let listening = quakes
///     .listen::<serde_json::Value>()
///     .on_created(|new| println!("new: {}", new.document.value))
///     .on_error(|trouble| eprintln!("{trouble}"))
///     .start()?;
/// // It goes on until this is dropped or closed.
/// drop(listening);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is called before `start()`"]
pub struct Listener<T>(pub(crate) cocobase_driver::Listener<T, Threads>);

impl<T: DeserializeOwned + 'static> Listener<T> {
    build! {
        /// Called whenever the watch becomes live: at first, and after each reconnection.
        on_connected(handler: impl FnMut(Greeting) + Send + 'static);
        /// Called when a document is new.
        on_created(handler: impl FnMut(Change<Typed<T>>) + Send + 'static);
        /// Called when a document has new values.
        on_updated(handler: impl FnMut(Change<Typed<T>>) + Send + 'static);
        /// Called when a document is gone.
        on_deleted(handler: impl FnMut(Deleted) + Send + 'static);
        /// Called with everything that is not as it should be, gaps included.
        on_error(handler: impl FnMut(Trouble) + Send + 'static);
    }

    /// Begins to watch, in a thread of its own.
    ///
    /// # Errors
    ///
    /// When the subscription is impossible, or the system gives no thread.
    pub fn start(self) -> Result<Listening, Error> {
        self.0.start().map(Listening)
    }
}

/// A [`Listener`] at work. Dropping it closes the connection; no function is called after that, but
/// for one that is running. Its thread ends with it.
#[derive(Debug)]
#[must_use = "dropping it ends what was started"]
pub struct Listening(cocobase_driver::Listening<Threads>);

impl Listening {
    delegate! {
        /// A call of the connection that other threads may hold.
        lent handle(&self) -> Handle;
    }

    /// Ends the connection: see [`Handle::close`].
    pub fn close(self) {
        cocobase_threads::wait(self.0.close());
    }
}
