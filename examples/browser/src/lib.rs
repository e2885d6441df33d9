//! The core in a web page: the page's WebSocket and EventSource carry the messages, its timers the time,
//! and the session in here decides what to say and when to connect again.
//!
//! ```text
//!  page/page.js                          this library, as WebAssembly
//! ┌──────────────────────────┐  numbers  ┌───────────────────────────┐
//! │ WebSocket, EventSource,  │ ────────▶ │ abi ── Page ── Session    │
//! │ setTimeout               │ ◀──────── │                           │
//! └──────────────────────────┘ and texts └───────────────────────────┘
//! ```
//!
//! [`Page`] is the driver, as pure as the core: it is told what has happened and answers with
//! [`Effect`]s. `abi.rs` is the border, written by hand: six functions in, five out, and one buffer for
//! texts, so that no tool is needed but rustc.

#![deny(unsafe_code)]

#[cfg(target_family = "wasm")]
mod abi;
mod page;

pub use page::{Effect, Options, Page};
