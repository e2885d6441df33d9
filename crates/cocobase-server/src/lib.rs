//! The self-hosted, wire-compatible Cocobase realtime server.

#![forbid(unsafe_code)]

mod clock;
mod fields;
mod keys;
mod limits;
pub mod log;

pub use keys::Keys;
pub use limits::Limits;
