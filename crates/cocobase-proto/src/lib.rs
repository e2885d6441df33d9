//! Skeleton.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

mod credentials;
mod document;
mod endpoint;
pub mod filter;
mod json;
pub mod query;
mod refusal;
pub mod rest;
mod text;
mod time;
pub mod wire;

pub use credentials::{Credentials, Secret};
pub use document::{Document, Shape, Typed};
pub use endpoint::{BaseUrl, BaseUrlError, DEFAULT_BASE_URL};
pub use json::JsonError;
pub use refusal::{Refusal, RefusalKind};
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
