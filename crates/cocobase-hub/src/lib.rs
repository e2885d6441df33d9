//! The server's end of the Cocobase realtime protocol, without I/O.
//!
//! A [`Peer`] is the machine of one connection: it authenticates a client, greets it, keeps it alive
//! and words its errors. The [`Hub`] routes what the log commits to those who have subscribed. Both
//! are told the time and what was heard, and answer with what is to be done; neither opens, sleeps,
//! spawns, or reads a clock.
//!
//! ```text
//!   client ── text ──▶ Peer ── Subscribe ──▶ Hub ◀── Commit ── log
//!     ▲                 │                     │
//!     └──── Send ───────┘◀──── Delivery ──────┘
//! ```
//!
//! `cocobase-server` is the shell around them that ships.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod commit;
mod filter_set;
mod hub;
mod index;
mod peer;
#[cfg_attr(not(test), expect(dead_code, reason = "the hub does not open rooms yet"))]
mod rooms;

pub use commit::Commit;
pub use filter_set::FilterSet;
pub use hub::{Delivery, Hub, SubscriberId};
pub use peer::{Peer, PeerAction, PeerConfig, PeerInput};
pub use rooms::RoomsConfig;
