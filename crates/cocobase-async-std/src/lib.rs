//! Cocobase realtime for async-std.
//!
//! ```no_run
//! use cocobase_async_std::{Client, Event, Filter};
//!
//! #[derive(serde::Deserialize)]
//! struct Quake {
//!     mag: f64,
//!     place: String,
//! }
//!
//! # async fn example() -> Result<(), cocobase_async_std::Error> {
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
//! # fn main() { let _ = async_std::task::block_on(example()); }
//! ```
//!
//! Types and guarantees are those of `cocobase-tokio`, whose documentation tells them: streams that are
//! driven by the task that reads them, reconnect by themselves, and tell what that may have cost.
//!
//! async-std itself is [discontinued](https://rustsec.org/advisories/RUSTSEC-2025-0052.html) since
//! 2025: it gets no fixes any more. A program that can move is better off with `cocobase-smol`, which
//! is the same code on the runtime that async-std's authors point to: only the crate's name differs.

#![forbid(unsafe_code)]

/// The example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

cocobase_driver::api!(cocobase_futures_io::FuturesIo<AsyncStd>);

pub use cocobase_futures_io::{Connections, Connector, Destination, Proxies, Tls};

/// Where tasks run: async-std's own executor.
#[derive(Debug)]
pub struct AsyncStd;

impl cocobase_futures_io::Executor for AsyncStd {
    fn spawn(task: cocobase_driver::BoxFuture<()>) {
        async_std::task::spawn(task);
    }
}
