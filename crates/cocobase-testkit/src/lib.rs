//! Tests for programs that speak the Cocobase realtime protocol.
//!
//! - [`pair`]: the client's machine and the server's, run against each other on a simulated network,
//!   in virtual time, from a seed, beside a model that knows what is right.
//!
//! Everything here is deterministic: [`Random`] makes the same numbers of the same seed everywhere.

#![forbid(unsafe_code)]

pub mod pair;
mod random;

pub use random::Random;
