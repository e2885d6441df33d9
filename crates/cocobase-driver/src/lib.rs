//! The one asynchronous run loop of the Cocobase realtime client, and the types that its users see.
//!
//! Programs use an adapter such as `cocobase-tokio`, which fills the types here with its runtime.
//! This crate is for those who write an adapter: implement [`Runtime`], and give your users
//! the types here for it by the macro [`api!`].
//!
//! | to follow | type | from |
//! |---|---|---|
//! | the changes of a collection | [`Watch`] | [`Collection::watch`] |
//! | the documents that match now | [`Live`] | [`Collection::live`] |
//! | a room | [`Room`], [`Sender`] | [`Client::room`] |
//! | the messages of the project | [`Broadcast`], [`Sender`] | [`Client::broadcast`] |
//! | many collections and rooms on one connection | [`Gateway`], [`GatewayCommands`] | [`Client::gateway`] |
//! | the changes of a collection, by functions that are called | [`Listener`] | [`Collection::listen`] |
//! | any of them, from another task | [`Handle`] | their `handle()` |
//!
//! # How it runs
//!
//! The loop carries bytes and time between `cocobase_proto::Session` and the runtime. It decides
//! nothing about the protocol. It is driven by whoever polls: the task that asks a stream for its
//! next event, and a sender while it writes. Only `spawn()` starts a task, which ends with its
//! stream.
//!
//! The state of a connection stands behind a lock that is held while it is polled, and never while
//! anything is awaited. So a reader that waits stops neither a sender nor a close, and a call that
//! is dropped halfway has lost nothing.
//!
//! # What it tells operators
//!
//! Each connection is a `tracing` span `connection` with its `name`, beside the span that it was begun in,
//! which it follows from. In it goes out, under the target `cocobase_driver`:
//!
//! | level | event | fields |
//! |---|---|---|
//! | `error` | `refused` | `what` was refused, and the `topic` if it was one of several |
//! | `warn` | `gap` | `topic`, `cause`, `missed` |
//! | `info` | `disconnected` | `cause`, `attempt`, `retry_in` |
//! | `debug` | `connecting`, `closing` | `link` |
//! | `debug` | `live` | whether `again` |
//! | `debug` | `link lost`, `closed by the server`, `refused by HTTP` | `link`, and `cause`, `code` or `status` |
//! | `trace` | `sending` | `bytes`, how many |
//!
//! What messages say is never among it, nor are credentials, nor a server's own words for an error or a
//! goodbye, which may repeat either: those are in the [`Event`](cocobase_proto::Event)s. With the feature
//! `metrics` these are counted, over all connections of the program, for whatever recorder it has
//! installed:
//!
//! | counter | what it counts |
//! |---|---|
//! | `cocobase_client_events_total` | events told to users |
//! | `cocobase_client_received_bytes_total` | bytes of messages that came in, without their framing |
//! | `cocobase_client_sent_bytes_total` | bytes of messages that went out, without their framing |
//! | `cocobase_client_reconnects_total` | connections that became live again |
//! | `cocobase_client_gaps_total` | gaps told |

#![forbid(unsafe_code)]

mod api;
mod broadcast;
mod client;
mod collection;
mod driver;
mod error;
mod gateway;
mod handle;
mod line;
mod link;
mod listen;
mod live;
mod observe;
mod realtime;
mod room;
mod runtime;
mod sender;
mod statistics;
mod wakers;
mod watch;

pub use broadcast::{Broadcast, BroadcastBuilder};
pub use client::{Client, ClientBuilder};
pub use collection::Collection;
pub use error::Error;
pub use gateway::{Gateway, GatewayBuilder, GatewayCommands};
pub use handle::Handle;
pub use listen::{Listener, Listening, Trouble};
pub use live::{Live, LiveEvent, Row};
pub use realtime::Realtime;
pub use room::{Entering, Room, RoomBuilder};
pub use runtime::{
    BoxFuture, EventStream, Headers, HttpAnswer, HttpRequest, Link, Runtime, Timer, WebSockets,
};
pub use sender::Sender;
pub use statistics::Statistics;
pub use watch::Watch;

#[doc(hidden)]
pub use cocobase_proto as proto;
