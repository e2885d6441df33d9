//! The one asynchronous run loop of the Cocobase realtime client, and the types that its users see.
//!
//! Programs use an adapter such as `cocobase-tokio`, which fills the types here with its runtime.
//! This crate is for those who write an adapter: implement [`Runtime`] and give your users type
//! aliases for [`Client`], [`Collection`] and [`Watch`].
//!
//! The loop carries bytes and time between `cocobase_proto::Session` and the runtime. It decides
//! nothing about the protocol, spawns nothing, and is driven by whoever polls the stream.

#![forbid(unsafe_code)]

mod client;
mod collection;
mod driver;
mod error;
mod runtime;
mod watch;

pub use client::{Client, ClientBuilder};
pub use collection::Collection;
pub use error::Error;
pub use runtime::{BoxFuture, HttpAnswer, HttpRequest, Link, Runtime, Timer};
pub use watch::Watch;
