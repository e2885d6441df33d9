//! Tests for programs that speak the Cocobase realtime protocol.
//!
//! - [`suite`]: one list of cases that every client runs, an adapter of your own too.
//! - [`peer`]: a server that does what its script says, also what no good server would.
//! - [`proxy`]: the faults of networks, at command, on real TCP connections.
//! - `ways`: TLS, proxies that are asked for the way, Unix sockets.
//! - `memory`: a server in this process on links in memory, in virtual time, for the clients of
//!   `cocobase-driver`.
//! - [`pair`]: the client's machine and the server's, run against each other on a simulated network,
//!   in virtual time, from a seed, beside a model that knows what is right. Everything there is
//!   deterministic: [`Random`] makes the same numbers of the same seed everywhere.
//!
//! # Features
//!
//! | feature | brings | needs |
//! |---|---|---|
//! | `pair` (default) | [`pair`] | `cocobase-hub` |
//! | `suite` (default) | [`suite`], [`peer`], [`proxy`] | threads and sockets of the standard library, and tungstenite |
//! | `memory` | `memory` | `cocobase-driver`, `cocobase-hub` |
//! | `driver` | the suite for runtimes of `cocobase-driver` | `cocobase-driver` |
//! | `server` | the real server for tests, TLS and proxies on the way to it, and the suite's cases with them | `cocobase-server`, and with it tokio and rustls |

#![forbid(unsafe_code)]

#[cfg(feature = "driver")]
pub mod driver;
#[cfg(feature = "memory")]
pub mod memory;
#[cfg(feature = "pair")]
pub mod pair;
#[cfg(feature = "suite")]
pub mod peer;
#[cfg(feature = "suite")]
pub mod proxy;
mod random;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "suite")]
pub mod suite;
#[cfg(feature = "server")]
pub mod ways;

pub use random::Random;

/// The examples in `docs/testing.md`.
#[cfg(all(doctest, feature = "suite"))]
#[doc = include_str!("../../../docs/testing.md")]
struct Testing;
