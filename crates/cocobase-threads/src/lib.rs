//! A runtime without an executor: plain threads that wait for futures, sockets and deadlines.
//!
//! Programs use `cocobase-blocking`, which is the client on top of this.
//!
//! ```
//! use std::time::{Duration, Instant};
//! use cocobase_threads::{Socket, wait, wait_until};
//!
//! let server = std::net::TcpListener::bind("127.0.0.1:0")?;
//! let socket = wait(Socket::connect(&[server.local_addr()?]))?;
//! let silence = wait_until(socket.readable(), Some(Instant::now() + Duration::from_millis(1)));
//! assert!(silence.is_none());
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # How it works
//!
//! What a future waits for is noted by the thread that polls it, and forgotten before it is polled
//! again. So any number of threads may wait for one connection, each for what it needs itself, by
//! `poll(2)` or what Windows has for it. There is no reactor, no leader, no thread in the background,
//! and nothing to set up or to take down: a connection is one file descriptor, and a thread that
//! waits two. Whoever wakes a thread that is awake makes no system call.
//!
//! A wait costs time with the number of sockets that the thread waits for. That is one or two here;
//! a thread that waits for thousands wants another runtime.

#![forbid(unsafe_code)]

mod http;
mod offload;
mod socket;
mod stream;
mod wait;

pub use http::agent;
pub use offload::{offload, patiently};
pub use socket::{Socket, ready};
pub use stream::{ByteStream, Connections, Connector, Network, Stream, connect};
pub use wait::{pause, poll_until, wait, wait_alone, wait_until};
