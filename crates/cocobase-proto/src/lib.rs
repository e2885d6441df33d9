//! Skeleton.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod credentials;
pub mod filter;
pub mod query;
mod text;
mod time;

pub use credentials::{Credentials, Secret};
pub use text::Text;
pub use time::Instant;

/// What happened to a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Some of its fields have new values.
    Updated,
    /// It is gone.
    Deleted,
}
