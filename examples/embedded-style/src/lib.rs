//! What runs on the device: the core on a superloop, without std, threads, sockets or interrupts of its
//! own. Its network is a modem at the end of a serial line, which opens WebSockets as it is told.
//!
//! ```text
//!  device (this library, no_std)         serial line           modem (src/modem.rs)
//! ┌──────────────────────────────┐                          ┌───────────────────────┐
//! │ Session ── run() ── Board    │ ═══ 16 bytes at once ═══ │ frames ── WebSocket   │ ── server
//! └──────────────────────────────┘   SLIP frames, CRC-16    └───────────────────────┘
//! ```
//!
//! [`run`] is the whole firmware, [`Board`] what a board support package fills in. `cargo xtask core`
//! compiles this library for a Cortex-M4, where it lacks no more than an allocator and a board.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod device;
mod frame;

pub use device::{Board, run};
pub use frame::{Damaged, Decoder, Frame, Kind};
