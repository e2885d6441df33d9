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
mod session;
mod text;
mod time;
pub mod wire;

pub use credentials::{Credentials, Secret};
pub use document::{Document, Metadata, Shape, Typed};
pub use endpoint::{BaseUrl, BaseUrlError, DEFAULT_BASE_URL};
pub use json::JsonError;
pub use refusal::{Refusal, RefusalKind};
pub use session::{
    Access, Action, CloseCause, Disconnected, Event, Fault, Gap, GapCause, Input, LinkId,
    Malformed, Missed, Session, SessionConfig, State, Subscription, SubscriptionError, Undecodable,
    WakeReason, Wakeup,
};
pub use text::Text;
pub use time::Instant;
pub use wire::{Change, Deleted, ErrorMessage, Greeting, Position};

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
