//! Cocobase realtime for plain threads.
//!
//! ```no_run
//! use cocobase_blocking::{Client, Event, Filter};
//!
//! #[derive(serde::Deserialize)]
//! struct Quake {
//!     mag: f64,
//!     place: String,
//! }
//!
//! # fn main() -> Result<(), cocobase_blocking::Error> {
//! let client = Client::builder("http://127.0.0.1:4200").api_key("your-key").build()?;
//! let quakes = client
//!     .collection("earthquakes")
//!     .filter(Filter::new().gte("mag", 4.5).contains("place", "Alaska"))
//!     .watch::<Quake>()?;
//! for event in quakes {
//!     match event {
//!         Event::Created(new) => println!("{:.1} {}", new.document.mag, new.document.place),
//!         Event::Gap(gap) => println!("{gap}"),
//!         _ => {}
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! | to follow | type | from |
//! |---|---|---|
//! | the changes of a collection, by WebSocket or [server-sent events](Collection::events) | [`Watch`] | [`Collection::watch`] |
//! | the documents that match now | [`Live`] | [`Collection::live`] |
//! | a room | [`Room`], [`Sender`] | [`Client::room`] |
//! | the messages of the project | [`Broadcast`], [`Sender`] | [`Client::broadcast`] |
//! | many collections and rooms on one connection | [`Gateway`], [`GatewayCommands`] | [`Client::gateway`] |
//! | the changes of a collection, by functions that are called | [`Listener`] | [`Collection::listen`] |
//! | any of them, from another thread | [`Handle`] | their `handle()` |
//!
//! All of them are `Iterator`s with `recv_timeout` and `try_recv`. They reconnect by themselves. What
//! that may have cost is an [`Event::Gap`]; an error that retrying cannot mend is an
//! [`Event::Refused`], after which the iterator ends. Dropping one closes its connection.
//!
//! # Threads
//!
//! The thread that asks for the next event drives the connection: while nobody asks, nothing is read
//! from the socket, and nothing keeps the connection alive. With `spawn()` a thread of its own drives
//! it, and ends with it.
//!
//! | question | answer |
//! |---|---|
//! | threads per connection | none, or one when spawned. While a name is looked up, a provider of tokens is asked, or an event stream or a live view's list is requested, there is one for that |
//! | sending from several threads | a [`Sender`] or [`GatewayCommands`] writes to the socket itself, whether or not another thread waits for the next event; over TLS too |
//! | closing | from any thread, in any state, at once; a goodbye takes at most 50 ms. A thread that looks a name up ends when the system has answered |
//! | `fork` | not with connections open |
//! | TLS | rustls with ring, for `wss` and `https`; whom to believe is said by [`Tls`]; nothing is installed for the process |
//! | proxies | HTTP and SOCKS5, from the environment or [given](Proxies) |
//! | plain text | refused when it would carry a key to another machine, unless [`allow_insecure`](ClientBuilder::allow_insecure) says otherwise |
//! | largest message | 16 MiB on a WebSocket or event stream, 64 MiB in an answer |
//! | systems | Unix, and Windows as far as `WSAPoll` goes, which is not tested |
//! | compression | none yet |
//!
//! # Fewer events
//!
//! What stands between a busy collection and a slow user is in [`combine`]: one event after a burst,
//! one per document, or many at once. Here a database is given up to a hundred changes at a time, none
//! of them later than a second:
//!
//! ```no_run
//! use std::sync::mpsc::RecvTimeoutError;
//! use std::time::Duration;
//!
//! use cocobase_blocking::combine::{Batch, BatchConfig};
//! use cocobase_blocking::{Event, Instant, Typed, Watch};
//!
//! fn follow<T: serde::de::DeserializeOwned>(
//!     mut watch: Watch<T>,
//!     mut write: impl FnMut(Vec<Event<Typed<T>>>),
//! ) {
//!     let mut batches = Batch::new(BatchConfig { window: Duration::from_secs(1), max_events: 100 });
//!     let begun = std::time::Instant::now();
//!     let now = || Instant::default() + begun.elapsed();
//!     let mut is_over = false;
//!     while !is_over {
//!         let patience = batches.poll_timeout().map_or(Duration::MAX, |at| at.since(now()));
//!         match watch.recv_timeout(patience) {
//!             Ok(event) => batches.push(event, now()),
//!             Err(RecvTimeoutError::Timeout) => batches.handle_timeout(now()),
//!             Err(RecvTimeoutError::Disconnected) => is_over = true,
//!         }
//!         if is_over {
//!             batches.flush();
//!         }
//!         while let Some(batch) = batches.poll() {
//!             write(batch);
//!         }
//!     }
//! }
//! ```
//!
//! # How it works
//!
//! The run loop is the one of the asynchronous adapters, `cocobase-driver`: a state machine that is
//! polled. Here it is polled by the thread that waits, which `cocobase-threads` puts to sleep for what
//! it needs next. So no decision is made twice, and there is no asynchronous runtime: of the
//! asynchronous world's crates there is only `futures-core`, for the trait `Stream`.

#![forbid(unsafe_code)]

mod client;
mod collection;
mod connection;
mod delegate;
mod gateway;
mod http;
mod link;
mod listen;
mod rooms;

/// The example in the crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant as StdInstant};

use cocobase_driver::{BoxFuture, Headers, HttpAnswer, HttpRequest};
use cocobase_proto::Input;

pub use client::{Client, ClientBuilder};
pub use cocobase_net::{Destination, Proxies, Tls};
pub use cocobase_threads::{Connections, Connector};
pub use collection::{Collection, Live, Watch};
pub use connection::Handle;
pub use gateway::{Gateway, GatewayBuilder, GatewayCommands};
pub use listen::{Listener, Listening};
pub use rooms::{Broadcast, BroadcastBuilder, Room, RoomBuilder, Sender};

cocobase_driver::words!();

/// Sockets, HTTP and time for threads that wait. Users of this crate meet it in type names only.
#[derive(Debug)]
pub struct Threads {
    network: Arc<cocobase_threads::Network>,
    http: ureq::Agent,
    epoch: StdInstant,
}

impl cocobase_driver::Runtime for Threads {
    type Link = link::WebSocket;
    type EventStream = http::EventStream;
    type Timer = Timer;
    type Connections = Connections;

    fn new(connections: Connections) -> Result<Self, String> {
        let network = Arc::new(connections.open()?);
        Ok(Self { http: http::agent(Arc::clone(&network)), network, epoch: StdInstant::now() })
    }

    fn connect(&self, url: String) -> BoxFuture<Result<Self::Link, Input>> {
        Box::pin(link::connect(url, Arc::clone(&self.network)))
    }

    fn open_stream(
        &self,
        url: String,
        headers: Headers,
    ) -> BoxFuture<Result<Self::EventStream, Input>> {
        Box::pin(http::open_stream(self.http.clone(), url, headers))
    }

    fn send(&self, request: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>> {
        Box::pin(http::send(self.http.clone(), request))
    }

    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String> {
        let thread = std::thread::Builder::new().name("cocobase".into());
        thread.spawn(|| cocobase_threads::wait(task)).map(drop).map_err(|error| error.to_string())
    }

    fn timer(&self) -> Timer {
        Timer(self.epoch)
    }

    fn now(&self) -> Instant {
        Instant::default() + self.epoch.elapsed()
    }
}

impl cocobase_driver::WebSockets for Threads {}

/// A timer needs nothing of its own: a thread that waits knows until when.
#[derive(Debug)]
pub struct Timer(StdInstant);

impl cocobase_driver::Timer for Timer {
    fn poll_until(&mut self, deadline: Instant, _: &mut Context<'_>) -> Poll<()> {
        let at = self.0.checked_add(Duration::from_nanos(deadline.as_nanos()));
        at.map_or(Poll::Pending, cocobase_threads::poll_until)
    }
}
