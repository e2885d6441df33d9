//! One list of cases that every adapter runs.
//!
//! A case is written once, and synchronously. It drives an [`Adapter`] with a scripted
//! [peer](crate::peer), with the real server, or with that through the fault [proxy](crate::proxy).
//! After each case nothing of the adapter may be left running.
//!
//! | adapter | how to run the suite |
//! |---|---|
//! | a runtime of `cocobase-driver` | feature `driver`: `driver::Driven` with an `Executor` of a few lines |
//! | any other | implement [`Adapter`], [`Subject`] and [`Handle`] for it |
//!
//! [`adapter_suite!`](crate::adapter_suite) makes a test of each case, and [`table`] a table. What an
//! adapter [lacks](CannotOpen::Lacking) is shown, and does not pass.
//!
//! Cases with the real server need the feature `server`, and are left out without it.

#[cfg(not(feature = "server"))]
mod absent;
mod actor;
mod adapter;
#[expect(clippy::indexing_slicing, reason = "a case is a test, and may fail by a panic")]
mod cases;
mod list;
mod messages;
mod network;
#[doc(hidden)]
pub mod run;
mod stage;
mod table;
mod told;
mod world;

pub use adapter::{
    Access, Adapter, CannotOpen, Command, Entry, Handle, Next, Provider, Question, Ready, Seen,
    Setup, Subject, View, Wish,
};
pub use list::CASES;
pub use network::Network;
pub use run::{Case, Verdict};
pub use table::{Column, Totals, table};
pub use told::{Kind, Shown, Told};
