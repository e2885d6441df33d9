//! The Cocobase realtime protocol, without I/O.
//!
//! Every message of the protocol, its filters, its documents and the client's state machine, as pure
//! data and transitions. Nothing here opens a socket, reads a clock, spawns, sleeps or draws a random
//! number, so the same code runs on any runtime, in a browser, on a microcontroller and in a
//! simulation. Programs that have a runtime use an adapter such as `cocobase-tokio`; this crate is
//! for those who embed the protocol in a runtime of their own, write a server, or test one.
//!
//! # The picture
//!
//! ```text
//!                   commands                     events
//!      user ───────────────────▶ ┌─────────┐ ───────────────▶ user
//!                                │         │
//!             inputs, with time  │ Session │ actions
//!    driver ───────────────────▶ │         │ ───────────────▶ driver ◀──▶ network
//!                                └─────────┘
//!                                     │ wake-up: when, and why
//!                                     ▼
//!                                   driver ◀──▶ clock
//! ```
//!
//! # The contract
//!
//! | group | calls | what they do |
//! |---|---|---|
//! | commands | [`Session::subscribe_to`], [`unsubscribe_from`](Session::unsubscribe_from), [`join`](Session::join), [`leave`](Session::leave), [`publish`](Session::publish), [`set_credentials`](Session::set_credentials), [`reconnect`](Session::reconnect), [`network_changed`](Session::network_changed), [`close`](Session::close) | what the user wants |
//! | inputs | [`Session::handle_input`] (or [`handle_input_as`](Session::handle_input_as), which decodes on the way), [`handle_timeout`](Session::handle_timeout) | what happened; they never fail |
//! | outputs | [`Session::poll_action`], [`poll_event`](Session::poll_event), [`poll_timeout`](Session::poll_timeout) | what to do, what to tell, when to come back |
//!
//! Three roads of failure stay apart. A mistake of the caller is an `Err` of the call. A *refusal* by
//! the server, which would say the same again, ends the session: [`Event::Refused`]. A *fault* that
//! may pass is told and retried: [`Event::Disconnected`]. Text that cannot be read is an event too.
//!
//! # The surfaces
//!
//! One machine serves them all; a [`Target`] says what it is about.
//!
//! | surface | target | what it tells |
//! |---|---|---|
//! | C, one collection | [`Target::Collection`] | changes, gaps, snapshots |
//! | C′, the same on the vendor's self-hosted server | [`Target::SelfHosted`] | changes; what that server cannot filter is evaluated here |
//! | S, one collection by server-sent events | [`Target::Events`] | changes; bytes go in, in any split |
//! | C, or S where WebSockets do not get through | [`Target::CollectionOrEvents`] | changes |
//! | B, the whole project | [`Target::Broadcast`] | messages; publishes |
//! | R, one room | [`Target::Room`] | messages, who comes and goes, who is there; publishes |
//! | G, the gateway | [`Target::Gateway`] | any number of collections and rooms, each with its own state |
//!
//! Subscriptions and rooms are desired state: each link is told all of them, and each has its own
//! position, so a lost link costs what the server can no longer tell, and that is a [`Gap`]. What is
//! published is *sent*, *queued* or *refused*, never dropped silently.
//!
//! # A driver
//!
//! This is all of it, here over a pretended network and clock. A real one differs in where the
//! inputs and the time come from.
//!
//! ```
//! use std::collections::VecDeque;
//! use cocobase_proto::filter::Filter;
//! use cocobase_proto::{
//!     Access, Action, Credentials, Event, Input, Instant, LinkId, Session, SessionConfig,
//!     Subscription,
//! };
//!
//! # fn main() -> Result<(), cocobase_proto::SubscriptionError> {
//! let mut now = Instant::from_nanos(0);
//! let mut session = Session::new(
//!     Subscription::new("quakes", Filter::new().gte("mag", 4.5))?,
//!     Access::Fixed(Credentials::ApiKey("coco_1234".into())),
//!     SessionConfig::default(),
//!     7, // a seed: any number that differs between sessions
//!     now,
//! );
//! let mut network: VecDeque<(LinkId, Input)> = VecDeque::new();
//! let mut told = Vec::new();
//!
//! loop {
//!     // 1. Do what the session wants.
//!     while let Some(action) = session.poll_action() {
//!         match action {
//!             Action::Open { link, path: _, carrier: _ } => network.push_back((link, Input::Opened)),
//!             Action::Send { link, text } if text.contains("api_key") => {
//!                 let greeting = r#"{"event":"connected","collection_id":"quakes"}"#;
//!                 let quake = r#"{"event":"create","data":{"id":"doc_1","mag":5.1}}"#;
//!                 for text in [greeting, quake] {
//!                     network.push_back((link, Input::Text(text.into())));
//!                 }
//!             }
//!             Action::Send { .. } | Action::Close { .. } => {}
//!         }
//!     }
//!     // 2. Tell the user.
//!     while let Some(event) = session.poll_event() {
//!         told.push(event);
//!     }
//!     // 3. Wait for whatever comes first: the network, or the wake-up.
//!     if let Some((link, input)) = network.pop_front() {
//!         session.handle_input(link, input, now);
//!     } else if told.len() < 2 {
//!         now = session.poll_timeout().map_or(now, |wakeup| wakeup.at);
//!         session.handle_timeout(now);
//!     } else {
//!         break;
//!     }
//! }
//! assert!(matches!(&told[..], [Event::Connected(_), Event::Created(_)]));
//! # Ok(())
//! # }
//! ```
//!
//! # Beside the session
//!
//! | module | what it holds |
//! |---|---|
//! | [`live`] | the documents that match now, from a session's events and the server's lists |
//! | [`combine`] | fewer events, or several at once: debounce, coalesce, batch |
//! | [`filter`], [`query`] | filters in every form, their evaluation, and list queries |
//! | [`rest`] | requests and answers of documents and lists of rooms, for any HTTP library |
//! | [`wire`] | every message, both ways: for servers, and for tests of them |
//! | [`sse`] | the codec of event streams |
//! | [`trace`] | records of sessions, and their replay |
//!
//! # The laws
//!
//! Each is a property test over random sequences of calls (`tests/laws/`).
//!
//! 1. After `None`, the same poll answers `None` until another `&mut` call.
//! 2. `handle_timeout` before the deadline changes nothing.
//! 3. After `handle_timeout(now)`, the next wake-up is later than `now`, or there is none.
//! 4. The effects of a call are in the queues when it returns; polling one queue never changes
//!    another.
//! 5. A closed session answers `None` for ever, once its last queue is empty.
//! 6. Input for an old link changes nothing.
//! 7. No text, bytes, order of calls or time (backwards too) panics or allocates without bound.
//! 8. Every queue is bounded by the configuration, and overflow is told.
//! 9. Same seed, same calls: same outputs, byte for byte.
//! 10. At most one link is open, and at most one `Open` is outstanding.
//! 11. Every event that the server committed and the filter matched is delivered once, in order, or
//!     lies in a reported gap.
//!
//! # Time
//!
//! | what | how long | where from |
//! |---|---|---|
//! | making a link; the server's greeting | 10 s each | our decision |
//! | a ping after our own silence | 30 s | document 003 of the vendor |
//! | the server's silence, after which the link is dead | 60 s | our decision |
//! | the pause after a fault | random up to 1 s, doubling, at most 30 s | document 003; the jitter is ours |
//!
//! An event stream counts as live 1 s after it has begun, as only our server greets there; one whose
//! server has greeted before waits for the greeting.
//!
//! The pause starts over once a connection has proved itself with a greeting or an event; that it
//! was made proves nothing. A deadline that is served much too late proves that *we* were away: the
//! server is asked before the link is condemned.
//!
//! # Features
//!
//! `std` (default) only lets the dependencies use the standard library. Without it the crate needs
//! `alloc` and nothing else.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod combine;
mod credentials;
mod document;
mod endpoint;
pub mod filter;
mod json;
pub mod live;
pub mod query;
mod refusal;
pub mod rest;
mod session;
pub mod sse;
mod text;
mod time;
pub mod trace;
pub mod wire;

pub use credentials::{Credentials, Secret};
pub use document::{Document, Metadata, Shape, Typed};
pub use endpoint::{BaseUrl, BaseUrlError, DEFAULT_BASE_URL};
pub use json::JsonError;
pub use refusal::{Refusal, RefusalKind};
pub use session::{
    Access, Action, Carrier, CloseCause, CommandError, Disconnected, Event, Expired, Fault, Gap,
    GapCause, Input, LinkId, Malformed, Missed, Offline, OutboxConfig, Published, RoomEntry,
    RoomMode, RoomView, Session, SessionConfig, Snapshot, State, Subscription, SubscriptionError,
    Target, Topic, Undecodable, Unpublished, UnpublishedReason, WakeReason, Wakeup,
};
pub use text::Text;
pub use time::Instant;
pub use wire::{
    Change, Deleted, ErrorMessage, Greeting, Joined, Participant, Position, Presence, RoomInfo,
    RoomMessage, User,
};

/// What happened to a document.
///
/// ```
/// use cocobase_proto::ChangeKind;
/// assert_ne!(ChangeKind::Created, ChangeKind::Updated);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ChangeKind {
    /// It is new.
    Created,
    /// Some of its fields have new values.
    Updated,
    /// It is gone.
    Deleted,
}

/// The examples in `docs/embedding.md`.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct Embedding;
