//! Cocobase realtime by server-sent events alone, carried by [eventsource-client].
//!
//! For programs in networks that let no WebSockets through, and for those that use eventsource-client
//! already. It runs on tokio. `cocobase-tokio` speaks server-sent events as well, with less work for each
//! message and WebSockets beside them: prefer it where nothing speaks for this crate.
//!
//! ```no_run
//! use cocobase_sse::{Client, Event, Filter};
//!
//! #[derive(serde::Deserialize)]
//! struct Quake {
//!     mag: f64,
//!     place: String,
//! }
//!
//! # async fn example() -> Result<(), cocobase_sse::Error> {
//! let client = Client::builder("http://127.0.0.1:4200").api_key("your-key").build()?;
//! let mut quakes = client
//!     .collection("earthquakes")
//!     .filter(Filter::new().gte("mag", 4.5).contains("place", "Alaska"))
//!     .watch::<Quake>()
//!     .await?;
//! while let Some(event) = quakes.next().await {
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
//! | the changes of a collection | [`Watch`] | [`Collection::watch`](cocobase_driver::Collection::watch) |
//! | the same, by functions that are called | [`Listener`] | [`Collection::listen`](cocobase_driver::Collection::listen) |
//! | the documents that match now | [`Live`] | [`Collection::live`](cocobase_driver::Collection::live) |
//!
//! Documents, the list of collections and the list of rooms are there too. What takes a WebSocket is
//! not: rooms, broadcasts and the gateway. A program that asks for one does not compile:
//!
//! ```compile_fail,E0599
//! # async fn example(client: cocobase_sse::Client) -> Result<(), cocobase_sse::Error> {
//! let room = client.room("general").join().await?; // there are no rooms without WebSockets
//! # Ok(())
//! # }
//! ```
//!
//! # Who does what
//!
//! eventsource-client sends the request, with its headers, and reads messages out of the answer. All
//! else stays with the session, as in every other Cocobase client: its own reconnection is switched off, because
//! the session knows better when to try again, and from which position. A comment, with which servers
//! keep a quiet stream open, counts as a sign of life; 60 seconds without one end the link.
//!
//! | question | answer |
//! |---|---|
//! | resuming | by `Last-Event-ID`, with the position that the session knows; what a server cannot tell again is a [`Gap`] |
//! | headers | the credentials, and [your own](Connections::header) |
//! | what is no event stream | another status than 200, redirects too, or another content type: a [`Refusal`] or a fault that passes, as the status says |
//! | largest message | 16 MiB; a larger one is told as [`Event::Malformed`], and the link begins anew. Counted is what comes between two messages, so a server that sends 16 MiB of nothing but ids is cut off as well |
//! | `retry:` | heeded in a message; eventsource-client drops one that stands alone |
//! | bytes that are not UTF-8 | end the link: eventsource-client does not read on. So does a block of unknown fields only |
//! | TLS, proxies, sockets | those of `cocobase-tokio`: see [`Network`] |
//! | logs | eventsource-client writes lines of the stream to the crate `log` at the levels `debug` and `trace`: switch them off for `eventsource_client` where documents are private |
//!
//! # Browsers
//!
//! This crate does not run in a browser. A page has its own `EventSource`, which follows the same address
//! but cannot send headers; our server therefore takes the key from the query string as well:
//!
//! ```text
//! new EventSource("https://db.example/realtime/sse/quakes?api_key=…&filters=%7B%22mag_gte%22%3A4.5%7D")
//! ```
//!
//! `?token=` is another name for `?api_key=`, and a page that makes a new `EventSource` goes on from
//! `&last_event_id=…`. Addresses get into logs and histories, so use a key that may only read. The vendor's
//! hosted service documents none of these.
//!
//! # Versions
//!
//! It needs Rust 1.95, and pins eventsource-client 0.18.0: later releases need a newer Rust.
//!
//! [eventsource-client]: https://docs.rs/eventsource-client

#![forbid(unsafe_code)]

mod connections;
mod stream;
mod transport;

/// The example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::convert::Infallible;
use std::fmt;
use std::sync::Arc;

use cocobase_driver::{BoxFuture, Headers, HttpAnswer, HttpRequest, Runtime};
use cocobase_proto::{CloseCause, Input};
use cocobase_tokio::Tokio;

cocobase_driver::api!(Sse, without WebSockets);

pub use cocobase_tokio::{Connections as Network, Connector, Destination, Proxies, Tls};
pub use connections::Connections;

/// Event streams from eventsource-client, everything else from tokio. Users of this crate meet it in
/// type names only.
pub struct Sse {
    tokio: Arc<Tokio>,
    headers: Headers,
}

impl fmt::Debug for Sse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sse").field("tokio", &self.tokio).finish_non_exhaustive()
    }
}

impl Sse {
    /// The user's headers beside those of a request, which come first.
    fn with_own(&self, mut headers: Headers) -> Headers {
        let is_free = |own: &&(&str, String)| {
            !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(own.0))
        };
        let own: Vec<_> = self.headers.iter().filter(is_free).cloned().collect();
        headers.extend(own);
        headers
    }
}

impl Runtime for Sse {
    type Link = Infallible;
    type EventStream = stream::EventStream;
    type Timer = <Tokio as Runtime>::Timer;
    type Connections = Connections;

    const BY_EVENTS: bool = true;

    fn new(connections: Connections) -> Result<Self, String> {
        let (network, headers) = connections.into_parts();
        stream::check(&headers)?;
        Ok(Self { tokio: Arc::new(Tokio::new(network)?), headers })
    }

    fn connect(&self, _: String) -> BoxFuture<Result<Infallible, Input>> {
        let reason = "cocobase-sse opens no WebSockets".into();
        Box::pin(std::future::ready(Err(Input::Closed(CloseCause::Connect(reason)))))
    }

    fn open_stream(
        &self,
        url: String,
        headers: Headers,
    ) -> BoxFuture<Result<Self::EventStream, Input>> {
        Box::pin(stream::open(Arc::clone(&self.tokio), url, self.with_own(headers)))
    }

    fn send(&self, request: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>> {
        let headers = self.with_own(request.headers);
        self.tokio.send(HttpRequest { headers, ..request })
    }

    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String> {
        self.tokio.spawn(task)
    }

    fn timer(&self) -> Self::Timer {
        self.tokio.timer()
    }

    fn now(&self) -> Instant {
        self.tokio.now()
    }
}
