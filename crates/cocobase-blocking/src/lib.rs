//! Cocobase realtime for plain threads.
#![forbid(unsafe_code)]

mod client;
mod collection;
mod connection;
mod delegate;
mod gateway;
mod http;
mod link;
mod live;
mod rooms;

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant as StdInstant};

use cocobase_driver::{BoxFuture, HttpAnswer, HttpRequest};
use cocobase_proto::{Input, Instant};

pub use client::{Client, ClientBuilder};
pub use cocobase_net::{Destination, Proxies, Tls};
pub use cocobase_threads::{Connections, Connector};
pub use collection::{Collection, Watch};
pub use connection::Handle;
pub use gateway::{Gateway, GatewayBuilder, GatewayCommands};
pub use live::Live;
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
        headers: Vec<(&'static str, String)>,
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
        Timer { epoch: self.epoch }
    }

    fn now(&self) -> Instant {
        let nanos = self.epoch.elapsed().as_nanos();
        Instant::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn seed(&self) -> u64 {
        // Without the system's random numbers jitter still differs from moment to moment.
        getrandom::u64().unwrap_or_else(|_| self.now().as_nanos())
    }
}

/// A timer needs nothing of its own: a thread that waits knows until when.
#[derive(Debug)]
pub struct Timer {
    epoch: StdInstant,
}

impl cocobase_driver::Timer for Timer {
    fn poll_until(&mut self, deadline: Instant, _: &mut Context<'_>) -> Poll<()> {
        let at = self.epoch.checked_add(Duration::from_nanos(deadline.as_nanos()));
        at.map_or(Poll::Pending, cocobase_threads::poll_until)
    }
}
