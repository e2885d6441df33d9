//! What the adapters share below the core: [`tls`], and [`websocket`]s as the core hears of them.
//!
//! Programs use an adapter, such as `cocobase-tokio`; this crate is for those who write one.

#![forbid(unsafe_code)]

pub mod tls;
pub mod websocket;
