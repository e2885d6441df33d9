//! Cocobase realtime for smol.
//!
//! ```no_run
//! use cocobase_smol::{Client, Event, Filter};
//!
//! #[derive(serde::Deserialize)]
//! struct Quake {
//!     mag: f64,
//!     place: String,
//! }
//!
//! # async fn example() -> Result<(), cocobase_smol::Error> {
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
//! # fn main() { let _ = smol::block_on(example()); }
//! ```
//!
//! Types and guarantees are those of `cocobase-tokio`, whose documentation tells them: streams that are
//! driven by the task that reads them, reconnect by themselves, and tell what that may have cost.

#![forbid(unsafe_code)]

/// The example in the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

cocobase_driver::api!(cocobase_futures_io::FuturesIo<Smol>);

pub use cocobase_futures_io::{Connections, Connector, Destination, Proxies, Tls};

/// Where tasks run: smol's own executor.
#[derive(Debug)]
pub struct Smol;

impl cocobase_futures_io::Executor for Smol {
    fn spawn(task: cocobase_driver::BoxFuture<()>) {
        smol::spawn(task).detach();
    }
}
