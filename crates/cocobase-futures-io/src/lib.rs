//! Sockets, HTTP and time for every runtime whose sockets speak `futures_io`.
//!
//! `cocobase-async-std` and `cocobase-smol` are this crate and an [`Executor`] each; use one of them.
//! Both runtimes wait for sockets through the same reactor, [`async_io`], so nothing here differs
//! between them but where a task is spawned. For a runtime of your own that polls ordinary futures,
//! an executor of your own is all it takes:
//!
//! ```
//! use cocobase_driver::BoxFuture;
//! use cocobase_futures_io::{Executor, FuturesIo};
//!
//! #[derive(Debug)]
//! struct Threads;
//!
//! impl Executor for Threads {
//!     fn spawn(task: BoxFuture<()>) {
//!         std::thread::spawn(|| async_io::block_on(task));
//!     }
//! }
//!
//! type Client = cocobase_driver::Client<FuturesIo<Threads>>;
//! let client = Client::builder("http://127.0.0.1:4200").api_key("your-key").build()?;
//! # Ok::<(), cocobase_driver::Error>(())
//! ```

#![forbid(unsafe_code)]

mod http;
mod link;
mod stream;

use std::fmt;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant as StdInstant};

use cocobase_driver::{BoxFuture, Headers, HttpAnswer, HttpRequest};
use cocobase_proto::{Input, Instant};

pub use cocobase_net::{Destination, Proxies, Tls};
pub use http::EventStream;
pub use link::WebSocket;
pub use stream::{Connections, Connector};

/// Where tasks run: all that one runtime has and another has not. For an example see the
/// [crate](self).
pub trait Executor: fmt::Debug + Send + Sync + 'static {
    /// Runs `task` to its end beside everything else.
    fn spawn(task: BoxFuture<()>);
}

/// The [`Runtime`](cocobase_driver::Runtime) of an [`Executor`]. Users meet it in type names only.
pub struct FuturesIo<E> {
    network: Arc<stream::Network>,
    epoch: StdInstant,
    executor: PhantomData<fn() -> E>,
}

impl<E> fmt::Debug for FuturesIo<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FuturesIo").finish_non_exhaustive()
    }
}

impl<E: Executor> cocobase_driver::Runtime for FuturesIo<E> {
    type Link = WebSocket;
    type EventStream = EventStream;
    type Timer = Timer;
    type Connections = Connections;

    fn new(connections: Connections) -> Result<Self, String> {
        let network = Arc::new(connections.open()?);
        Ok(Self { network, epoch: StdInstant::now(), executor: PhantomData })
    }

    fn connect(&self, url: String) -> BoxFuture<Result<Self::Link, Input>> {
        Box::pin(link::connect(url, Arc::clone(&self.network)))
    }

    fn open_stream(
        &self,
        url: String,
        headers: Headers,
    ) -> BoxFuture<Result<Self::EventStream, Input>> {
        Box::pin(http::open_stream(url, headers, Arc::clone(&self.network)))
    }

    fn send(&self, request: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>> {
        Box::pin(http::send(request, Arc::clone(&self.network)))
    }

    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String> {
        E::spawn(task);
        Ok(())
    }

    fn timer(&self) -> Timer {
        Timer { epoch: self.epoch, armed: None }
    }

    fn now(&self) -> Instant {
        Instant::default() + self.epoch.elapsed()
    }
}

impl<E: Executor> cocobase_driver::WebSockets for FuturesIo<E> {}

/// A timer of the reactor, made when first needed and set anew only when its deadline has moved.
#[derive(Debug)]
pub struct Timer {
    epoch: StdInstant,
    armed: Option<(Instant, async_io::Timer)>,
}

impl cocobase_driver::Timer for Timer {
    fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.epoch.checked_add(Duration::from_nanos(deadline.as_nanos())) else {
            return Poll::Pending;
        };
        let (armed, timer) = self.armed.get_or_insert_with(|| (deadline, async_io::Timer::at(at)));
        if *armed != deadline {
            timer.set_at(at);
            *armed = deadline;
        }
        ready!(Future::poll(Pin::new(timer), cx));
        // A timer that has gone off never does again: it has to be set anew.
        self.armed = None;
        Poll::Ready(())
    }
}
