//! Cocobase realtime for tokio.
//!
//! ```no_run
//! use cocobase_tokio::{Client, Event, Filter};
//!
//! #[derive(serde::Deserialize)]
//! struct Quake {
//!     mag: f64,
//!     place: String,
//! }
//!
//! # async fn example() -> Result<(), cocobase_tokio::Error> {
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
//! | the changes of a collection, by WebSocket or [server-sent events](Collection::events) | [`Watch`] | [`Collection::watch`](cocobase_driver::Collection::watch) |
//! | the documents that match now | [`Live`] | [`Collection::live`](cocobase_driver::Collection::live) |
//! | a room | [`Room`], [`Sender`] | [`Client::room`](cocobase_driver::Client::room) |
//! | the messages of the project | [`Broadcast`], [`Sender`] | [`Client::broadcast`](cocobase_driver::Client::broadcast) |
//! | many collections and rooms on one connection | [`Gateway`], [`GatewayCommands`] | [`Client::gateway`](cocobase_driver::Client::gateway) |
//! | any of them, from another task | [`Handle`] | their `handle()` |
//!
//! All of them are `Stream`s that are driven by the task that reads them: no task is spawned, and
//! while nobody asks for the next event, nothing is read from the socket. With `spawn()` a task
//! drives them instead. They reconnect by themselves. What that may have cost is an [`Event::Gap`];
//! an error that retrying cannot mend is an [`Event::Refused`], after which the stream ends.
//! Dropping one closes its connection.
//!
//! | question | answer |
//! |---|---|
//! | TLS | rustls with ring, for `wss` and `https`; nothing is installed for the process. Whom to believe and what certificate to show says [`Tls`] |
//! | proxies | those that the environment names, as curl reads it, or [your own](Proxies): HTTP `CONNECT` and SOCKS 5. Requests for documents at a plain `http` address are put to an HTTP proxy itself, as reqwest does it |
//! | other sockets | a [`Connector`] takes the place of TCP, for a Unix socket or memory |
//! | plain text | refused when it would carry a key to another machine, unless [`allow_insecure`](ClientBuilder::allow_insecure) says otherwise |
//! | cancel safety | every `next()` may be dropped at any time and has lost nothing; requests for documents may then have been carried out or not |
//! | several tasks | a [`Sender`], [`GatewayCommands`] or [`Handle`] works while another task waits for the next event |
//! | largest message | 16 MiB on a WebSocket or event stream, 64 MiB in an answer |
//! | memory | about 9 KiB for an idle watch without TLS |
//! | compression | none yet |
//!
//! # Fewer events
//!
//! What stands between a busy collection and a slow user is in [`combine`]: one event after a burst,
//! one per document, or many at once. Here a screen is told of each document ten times a second at
//! most:
//!
//! ```no_run
//! use cocobase_tokio::combine::{Coalesce, CoalesceConfig};
//! use cocobase_tokio::{Event, Instant, Typed, Watch};
//!
//! async fn follow<T: serde::de::DeserializeOwned>(
//!     mut watch: Watch<T>,
//!     mut show: impl FnMut(Event<Typed<T>>),
//! ) {
//!     let mut calm = Coalesce::new(CoalesceConfig::default());
//!     let begun = std::time::Instant::now();
//!     let now = || Instant::default() + begun.elapsed();
//!     loop {
//!         let patience = calm.poll_timeout().map_or(std::time::Duration::MAX, |at| at.since(now()));
//!         match tokio::time::timeout(patience, watch.next()).await {
//!             Ok(Some(event)) => calm.push(event, now()),
//!             Ok(None) => return,
//!             Err(_) => calm.handle_timeout(now()),
//!         }
//!         while let Some(event) = calm.poll() {
//!             show(event);
//!         }
//!     }
//! }
//! ```
//!
//! # Names
//!
//! All that these types take, tell and answer has its name in this crate: no other of ours has to be
//! in your `Cargo.toml`.
//!
//! ```no_run
//! use std::time::Duration;
//! use cocobase_tokio::{
//!     Client, Condition, Error, Fault, Filter, Gap, GapCause, LeftCause, LiveConfig, LiveEvent,
//!     Missed, Order, RoomInfo, SessionConfig, Statistics, Topic, Trouble,
//! };
//!
//! fn client() -> Result<Client, Error> {
//!     let config = SessionConfig { backoff_max: Duration::from_secs(5), ..SessionConfig::default() };
//!     Client::builder("http://127.0.0.1:4200").api_key("your-key").session_config(config).build()
//! }
//!
//! async fn strongest(client: &Client) -> Result<(), Error> {
//!     let filter = Filter::new()
//!         .gte("mag", 4.5)
//!         .any_of([Condition::contains("place", "Alaska"), Condition::eq("tsunami", true)]);
//!     let strong = client.collection("earthquakes").filter(filter);
//!     let small = LiveConfig { max_documents: 100, ..LiveConfig::default() };
//!     let top = strong.sort("mag", Order::Descending).limit(10).live_config(small);
//!     let mut top = top.live::<serde_json::Value>().await?;
//!     while let Some(event) = top.next().await {
//!         if let LiveEvent::Left { cause: LeftCause::Displaced, .. } = event {
//!             println!("a stronger one came");
//!         }
//!     }
//!     Ok(())
//! }
//!
//! fn listen(client: &Client) -> Result<cocobase_tokio::Listening, Error> {
//!     let users = client.collection("users").listen::<serde_json::Value>();
//!     users.on_error(|trouble| match trouble {
//!         Trouble::Gap(Gap { cause: GapCause::Overflow, missed: Missed::Known(n), .. }) => {
//!             eprintln!("too slow for {n} of them");
//!         }
//!         Trouble::Gap(Gap { topic: Topic::Collection(name), .. }) => eprintln!("a gap in {name}"),
//!         Trouble::Disconnected(lost) if lost.cause == Fault::ConnectTimeout => {}
//!         trouble => eprintln!("{trouble}"),
//!     })
//!     .start()
//! }
//!
//! fn title(room: &RoomInfo) -> &str {
//!     room.title.as_deref().unwrap_or("a room without a title")
//! }
//!
//! fn is_quiet(seen: &Statistics) -> bool {
//!     seen.events == 0 && seen.gaps == 0
//! }
//! ```

#![forbid(unsafe_code)]

mod http;
mod link;
mod stream;

/// The examples in the project's README and in this crate's.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../README.md")]
struct Readme;

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_driver::{BoxFuture, Headers, HttpAnswer, HttpRequest};
use cocobase_proto::Input;

cocobase_driver::api!(Tokio);

pub use cocobase_net::{Destination, Proxies, Tls};
pub use stream::{Connections, Connector};

/// Sockets, HTTP and time from tokio. Users of this crate meet it in type names only.
#[derive(Debug)]
pub struct Tokio {
    network: Arc<stream::Network>,
    http: http::Http,
    epoch: tokio::time::Instant,
}

impl cocobase_driver::Runtime for Tokio {
    type Link = link::WebSocket;
    type EventStream = http::EventStream;
    type Timer = Timer;
    type Connections = Connections;

    fn new(connections: Connections) -> Result<Self, String> {
        let network = Arc::new(connections.open()?);
        let http = http::Http::new(&network)?;
        Ok(Self { network, http, epoch: tokio::time::Instant::now() })
    }

    fn connect(&self, url: String) -> BoxFuture<Result<Self::Link, Input>> {
        Box::pin(link::connect(url, Arc::clone(&self.network)))
    }

    fn open_stream(
        &self,
        url: String,
        headers: Headers,
    ) -> BoxFuture<Result<Self::EventStream, Input>> {
        Box::pin(self.http.clone().open_stream(url, headers))
    }

    fn spawn(&self, task: BoxFuture<()>) -> Result<(), String> {
        let runtime = tokio::runtime::Handle::try_current().map_err(|error| error.to_string())?;
        runtime.spawn(task);
        Ok(())
    }

    fn send(&self, request: HttpRequest) -> BoxFuture<Result<HttpAnswer, String>> {
        Box::pin(http::send(self.http.clone(), request))
    }

    fn timer(&self) -> Timer {
        Timer { epoch: self.epoch, sleep: None }
    }

    fn now(&self) -> Instant {
        Instant::default() + self.epoch.elapsed()
    }
}

impl cocobase_driver::WebSockets for Tokio {}

/// For adapters that leave the request to another library.
impl Tokio {
    /// Opens an event stream as [`open_stream`](cocobase_driver::Runtime::open_stream) does, by a
    /// request that is made already.
    ///
    /// ```
    /// # async fn example(tokio: cocobase_tokio::Tokio) -> Result<(), cocobase_driver::proto::Input> {
    /// let request = hyper::Request::get("http://127.0.0.1:4200/realtime/sse/quakes").body(());
    /// # let request = request.unwrap();
    /// let stream = tokio.open_requested(request).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn open_requested(
        &self,
        request: hyper::Request<()>,
    ) -> BoxFuture<Result<http::EventStream, Input>> {
        Box::pin(self.http.clone().open_requested(request))
    }
}

/// A sleep that is made when first needed and set anew only when its deadline has moved.
#[derive(Debug)]
pub struct Timer {
    epoch: tokio::time::Instant,
    sleep: Option<(Instant, Pin<Box<tokio::time::Sleep>>)>,
}

impl cocobase_driver::Timer for Timer {
    fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let at = self.epoch + Duration::from_nanos(deadline.as_nanos());
        let (armed, sleep) =
            self.sleep.get_or_insert_with(|| (deadline, Box::pin(tokio::time::sleep_until(at))));
        if *armed != deadline {
            sleep.as_mut().reset(at);
            *armed = deadline;
        }
        sleep.as_mut().poll(cx)
    }
}
