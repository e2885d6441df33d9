//! The changes of a collection, told to functions.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use cocobase_proto::{
    Change, Deleted, Disconnected, ErrorMessage, Event, Gap, Greeting, Malformed, Refusal, Typed,
    Undecodable,
};
use serde::de::DeserializeOwned;

use crate::collection::Collection;
use crate::error::Error;
use crate::handle::Handle;
use crate::runtime::Runtime;

/// Functions to be called with a collection's changes, for those who come from the other SDKs. From
/// [`Collection::listen`].
///
/// The functions run one after the other, in a task of the runtime: a slow one delays what follows.
/// One that panics is caught; that is told as [`Trouble::Panicked`], and the rest goes on, that very
/// function included.
///
/// ```
/// # use cocobase_driver::{Collection, Error, Runtime};
/// # fn example<R: Runtime>(quakes: Collection<R>) -> Result<(), Error> {
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
#[must_use = "nothing is called before `start()`"]
pub struct Listener<T, R: Runtime> {
    collection: Collection<R>,
    handlers: Handlers<T>,
}

impl<T: DeserializeOwned + 'static, R: Runtime> Listener<T, R> {
    pub(crate) fn new(collection: Collection<R>) -> Self {
        Self { collection, handlers: Handlers::default() }
    }

    /// Called whenever the watch becomes live: at first, and after each reconnection.
    pub fn on_connected(mut self, handler: impl FnMut(Greeting) + Send + 'static) -> Self {
        self.handlers.connected = Some(Box::new(handler));
        self
    }

    /// Called when a document is new.
    pub fn on_created(mut self, handler: impl FnMut(Change<Typed<T>>) + Send + 'static) -> Self {
        self.handlers.created = Some(Box::new(handler));
        self
    }

    /// Called when a document has new values.
    pub fn on_updated(mut self, handler: impl FnMut(Change<Typed<T>>) + Send + 'static) -> Self {
        self.handlers.updated = Some(Box::new(handler));
        self
    }

    /// Called when a document is gone.
    pub fn on_deleted(mut self, handler: impl FnMut(Deleted) + Send + 'static) -> Self {
        self.handlers.deleted = Some(Box::new(handler));
        self
    }

    /// Called with everything that is not as it should be, gaps included.
    pub fn on_error(mut self, handler: impl FnMut(Trouble) + Send + 'static) -> Self {
        self.handlers.error = Some(Box::new(handler));
        self
    }

    /// Begins to watch, in a task of the runtime.
    ///
    /// # Errors
    ///
    /// When the subscription is impossible, or the runtime cannot run tasks here.
    pub fn start(self) -> Result<Listening<R>, Error> {
        let Self { collection, mut handlers } = self;
        let mut watch = collection.stream::<T>()?;
        let listening = Listening { handle: watch.handle().clone() };
        let runtime = std::sync::Arc::clone(listening.handle.line.lock().runtime());
        let task = async move {
            while let Some(event) = watch.next().await {
                handlers.hear(event);
            }
        };
        runtime.spawn(Box::pin(task)).map_err(Error::Runtime)?;
        Ok(listening)
    }
}

impl<T, R: Runtime> fmt::Debug for Listener<T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("collection", &self.collection).finish_non_exhaustive()
    }
}

/// A [`Listener`] at work. Dropping it closes the connection; no function is called after that, but
/// for one that is running.
#[must_use = "dropping it ends what was started"]
pub struct Listening<R: Runtime> {
    handle: Handle<R>,
}

impl<R: Runtime> Listening<R> {
    /// A view of the connection that other tasks may hold.
    #[must_use]
    pub const fn handle(&self) -> &Handle<R> {
        &self.handle
    }

    /// Ends the connection: says goodbye to the server, for at most 50 ms.
    pub async fn close(self) {
        self.handle.close().await;
    }
}

impl<R: Runtime> Drop for Listening<R> {
    fn drop(&mut self) {
        self.handle.line.abandon();
    }
}

impl<R: Runtime> fmt::Debug for Listening<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listening").field(&self.handle).finish()
    }
}

/// What is not as it should be.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Trouble {
    /// The connection is lost, or could not be made; it is tried again.
    #[error("disconnected: {}; trying again in {:?}", .0.cause, .0.retry_in)]
    Disconnected(Disconnected),
    /// Changes were missed.
    #[error("changes of {} were missed ({:?}): {:?}", .0.topic, .0.missed, .0.cause)]
    Gap(Gap),
    /// A document does not fit the type. It is here as it came.
    #[error("a document does not fit: {}", .0.error)]
    Undecodable(Undecodable),
    /// The server reported an error that ends nothing.
    #[error("the server says: {0}")]
    Server(ErrorMessage),
    /// A message could not be read.
    #[error("a message could not be read: {}", .0.error)]
    Malformed(Malformed),
    /// The server refused for good. Nothing follows.
    #[error(transparent)]
    Refused(Refusal),
    /// One of the functions panicked.
    #[error("`{handler}` panicked: {message}")]
    Panicked {
        /// Which one.
        handler: &'static str,
        /// The panic's message, if it has one.
        message: String,
    },
}

type Handler<A> = Box<dyn FnMut(A) + Send>;

struct Handlers<T> {
    connected: Option<Handler<Greeting>>,
    created: Option<Handler<Change<Typed<T>>>>,
    updated: Option<Handler<Change<Typed<T>>>>,
    deleted: Option<Handler<Deleted>>,
    error: Option<Handler<Trouble>>,
}

impl<T> Default for Handlers<T> {
    fn default() -> Self {
        Self { connected: None, created: None, updated: None, deleted: None, error: None }
    }
}

impl<T> Handlers<T> {
    fn hear(&mut self, event: Event<Typed<T>>) {
        let called = match event {
            Event::Connected(greeting) => call(&mut self.connected, "on_connected", greeting),
            Event::Created(change) => call(&mut self.created, "on_created", change),
            Event::Updated(change) => call(&mut self.updated, "on_updated", change),
            Event::Deleted(deleted) => call(&mut self.deleted, "on_deleted", deleted),
            event => trouble_in(event),
        };
        if let Some(trouble) = called
            && call(&mut self.error, "on_error", trouble).is_some()
        {
            tracing::error!("`on_error` panicked: there is nobody left to tell");
        }
    }
}

fn trouble_in<D>(event: Event<D>) -> Option<Trouble> {
    Some(match event {
        Event::Disconnected(disconnected) => Trouble::Disconnected(disconnected),
        Event::Gap(gap) => Trouble::Gap(gap),
        Event::Undecodable(undecodable) => Trouble::Undecodable(undecodable),
        Event::ServerError(error) => Trouble::Server(error),
        Event::Malformed(malformed) => Trouble::Malformed(malformed),
        Event::Refused(refusal) => Trouble::Refused(refusal),
        _ => return None,
    })
}

/// Calls the function, if there is one. Answers with the panic that it caught.
fn call<A>(handler: &mut Option<Handler<A>>, name: &'static str, argument: A) -> Option<Trouble> {
    let handler = handler.as_mut()?;
    // What a panic leaves behind in the function's own state is the function's to bear.
    let panic = catch_unwind(AssertUnwindSafe(|| handler(argument))).err()?;
    Some(Trouble::Panicked { handler: name, message: message(&*panic) })
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no message").to_owned()
}
