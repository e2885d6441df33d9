//! What an adapter brings: sockets, HTTP, a timer, a clock and a seed.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::{CloseCause, Input, Instant, Text, rest};

/// A future that may move between threads.
pub type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// All that differs between one asynchronous runtime and another.
///
/// An adapter carries bytes and time; it decides nothing about the protocol. `cocobase-tokio` is the
/// example to follow.
pub trait Runtime: Sized + Send + Sync + 'static {
    /// An open WebSocket. Where there are none, [`Infallible`].
    type Link: Link;
    /// An open event stream.
    type EventStream: EventStream;
    /// A timer that can be set anew.
    type Timer: Timer;
    /// What a user may say about how connections are made; `()` for nothing.
    type Connections: Default;

    /// Whether a collection is watched by server-sent events unless its user says otherwise. A
    /// runtime that is not [`WebSockets`] has to say yes.
    const BY_EVENTS: bool = false;

    /// Prepares what all connections of a client share.
    ///
    /// # Errors
    ///
    /// Says what the system lacks, for the user to read.
    fn new(connections: Self::Connections) -> Result<Self, String>;

    /// Opens a WebSocket to `url`. A failure is the [`Input`] that the session is to be told:
    /// [`Input::Refused`] when HTTP answered with a status, [`Input::Closed`] otherwise. It is not
    /// called where nobody can ask for a WebSocket: see [`WebSockets`].
    fn connect(&self, url: String) -> BoxFuture<Result<Self::Link, Input>>;

    /// Sends a `GET` to `url` with these headers, names in lower case, and opens the answer as a
    /// stream. A failure is the [`Input`] that the session is to be told: [`Input::Refused`] when
    /// the status is not 200 or the content type is not [`rest::EVENT_STREAM`], [`Input::Closed`]
    /// otherwise. The headers hold credentials: do not log them.
    ///
    /// The stream may be silent for long; the session decides when it is dead.
    fn open_stream(
        &self,
        url: String,
        headers: Headers,
    ) -> BoxFuture<Result<Self::EventStream, Input>>;

    /// Sends one HTTP request and reads the whole answer.
    fn send(&self, request: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>>;

    /// Runs a future to its end beside everything else.
    ///
    /// # Errors
    ///
    /// Says why nothing can be run here, for the user to read.
    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String>;

    /// A timer that is not set.
    fn timer(&self) -> Self::Timer;

    /// The time, on the clock that [`Timer`] follows.
    fn now(&self) -> Instant;

    /// A number that differs from call to call and from process to process.
    fn seed(&self) -> u64 {
        // Without the system's random numbers jitter still differs from moment to moment.
        getrandom::u64().unwrap_or_else(|_| self.now().as_nanos())
    }
}

/// The headers of a request, names in lower case. See [`HttpRequest`].
pub type Headers = Vec<(&'static str, String)>;

/// A [`Runtime`] that opens WebSockets. Rooms, broadcasts and the gateway are for these alone:
///
/// ```
/// use cocobase_driver::{Client, RoomBuilder, Runtime, WebSockets};
///
/// fn general<R: WebSockets>(client: &Client<R>) -> RoomBuilder<R> {
///     client.room("general")
/// }
/// ```
///
/// ```compile_fail,E0599
/// # use cocobase_driver::{Client, RoomBuilder, Runtime, WebSockets};
/// fn general<R: Runtime>(client: &Client<R>) -> RoomBuilder<R> {
///     client.room("general")
/// }
/// ```
pub trait WebSockets: Runtime {}

/// An open WebSocket, as far as the driver needs it.
pub trait Link: Send + Unpin {
    /// The next thing that the link reports. After [`Input::Closed`] it is not polled again, but
    /// flushed once more: an answer to the server's close frame leaves with that.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input>;

    /// Whether the link takes another message.
    ///
    /// # Errors
    ///
    /// When the link is broken.
    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>>;

    /// Takes a message after [`poll_ready`](Self::poll_ready) said yes.
    ///
    /// # Errors
    ///
    /// When the link is broken.
    fn start_send(&mut self, text: Text) -> Result<(), CloseCause>;

    /// Writes what was taken.
    ///
    /// # Errors
    ///
    /// When the link is broken.
    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CloseCause>>;

    /// Sends a close frame and writes it out; it does not wait for the other side's.
    fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}

/// Of a [`Runtime`] without WebSockets: there is no link.
impl Link for Infallible {
    fn poll_input(&mut self, _: &mut Context<'_>) -> Poll<Input> {
        match *self {}
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        match *self {}
    }

    fn start_send(&mut self, _: Text) -> Result<(), CloseCause> {
        match *self {}
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), CloseCause>> {
        match *self {}
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<()> {
        match *self {}
    }
}

/// An open event stream.
pub trait EventStream: Send + Unpin {
    /// The next piece, as [`Input::Bytes`], or what has been read in it, as [`Input::Item`]; or the
    /// end, as [`Input::Closed`]. After that it is not
    /// polled again. Dropping it closes the connection.
    fn poll_input(&mut self, cx: &mut Context<'_>) -> Poll<Input>;
}

/// A timer that can be set anew.
pub trait Timer: Send + Unpin {
    /// Ready once `deadline` has come. Each call may name another deadline.
    fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()>;
}

/// An HTTP request, ready to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The method.
    pub method: rest::Method,
    /// The whole address.
    pub url: String,
    /// Names, in lower case, and values. They hold credentials: do not log them.
    pub headers: Headers,
    /// JSON to send.
    pub body: Option<String>,
}

impl std::fmt::Debug for HttpRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpRequest")
            .field("method", &self.method)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// The answer to an HTTP request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// Names, in lower case, and values, as far as they are text.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: Text,
}
