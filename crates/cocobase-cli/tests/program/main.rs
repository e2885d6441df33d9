//! The program as its users meet it: real processes, real sockets, real files.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod demo;
mod doc;
mod import;
mod interruptions;
mod outage;
mod serve;
mod support;
mod talk;
mod transfer;
mod watch;
mod ways;
