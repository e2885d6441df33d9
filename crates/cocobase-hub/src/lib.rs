//! The server's end of the Cocobase realtime protocol, without I/O.
//!
//! One machine, the [`Hub`], owns every connection: it authenticates clients, greets them, routes what
//! the log commits and what they say to each other, keeps their queues within bounds, lets the dead go
//! and words the errors. It opens no socket, spawns nothing, and reads no clock.
//!
//! ```text
//!                 Commit                        poll_action
//!     log ────────────────────▶ ┌─────┐ ─────────────────────▶ log, keys
//!      ▲                        │     │ ◀───────────────────── verdict, history, snapshot
//!      │     text, ping, gone   │ Hub │
//!   clients ──────────────────▶ │     │ poll_transmit, frames
//!                               └─────┘ ─────────────────────▶ clients
//!                                  │ poll_timeout
//!                                  ▼
//!                                clock
//! ```
//!
//! # The contract
//!
//! | group | calls | what they do |
//! |---|---|---|
//! | commands | [`Hub::publish`], [`set_position`](Hub::set_position), [`shut_down`](Hub::shut_down), [`rooms`](Hub::rooms) | what the server wants |
//! | inputs | [`Hub::open`], [`handle_input`](Hub::handle_input), [`handle_verdict`](Hub::handle_verdict), [`handle_history`](Hub::handle_history), [`handle_snapshot`](Hub::handle_snapshot), [`handle_sent`](Hub::handle_sent), [`handle_timeout`](Hub::handle_timeout) | what happened; they never fail |
//! | outputs | [`Hub::poll_action`], [`poll_transmit`](Hub::poll_transmit), [`frames`](Hub::frames), [`poll_timeout`](Hub::poll_timeout) | what to find out, what to write, when to come back |
//!
//! # A shell
//!
//! This is all of it, here over a pretended client, key store and log.
//!
//! ```
//! use cocobase_hub::{
//!     Commit, Entrance, FrameKind, HistoryPage, Hub, HubAction, HubConfig, PeerInput, Verdict,
//! };
//! use cocobase_proto::{ChangeKind, Instant};
//!
//! let now = Instant::from_nanos(1_705_315_800_000_000_000);
//! let mut hub = Hub::new(HubConfig { epoch: "e1".into(), ..HubConfig::default() }, now);
//! hub.set_position("users".into(), 7);
//!
//! // 1. Tell the hub what happened.
//! let client = hub.open(Entrance::Collection("users".into()), now);
//! hub.handle_input(client, PeerInput::Text(r#"{"api_key":"coco_1234"}"#), now);
//!
//! // 2. Find out what it asks for.
//! while let Some(action) = hub.poll_action() {
//!     match action {
//!         HubAction::Authenticate { id, .. } => hub.handle_verdict(id, Verdict::Accepted, now),
//!         HubAction::ReadHistory { id, collection, .. } => {
//!             let page = HistoryPage { commits: &[], reaches_back: false };
//!             hub.handle_history(id, &collection, Some(page), now);
//!         }
//!         HubAction::ReadSnapshot { id, collection, .. } => {
//!             hub.handle_snapshot(id, &collection, None, now);
//!         }
//!     }
//! }
//! hub.publish(
//!     &Commit {
//!         collection: "users".into(),
//!         seq: 8,
//!         kind: ChangeKind::Created,
//!         id: "doc_1".into(),
//!         created_at: "2024-01-15T10:50:00Z".into(),
//!         updated_at: "2024-01-15T10:50:00Z".into(),
//!         data: r#"{"name":"Ada"}"#.into(),
//!         old: None,
//!     },
//!     now,
//! );
//!
//! // 3. Write what waits, and say so.
//! let mut told = Vec::new();
//! while let Some(id) = hub.poll_transmit() {
//!     let frames: Vec<_> = hub.frames(id, 64).cloned().collect();
//!     told.extend(frames.iter().filter_map(|frame| frame.text().map(String::from)));
//!     hub.handle_sent(id, frames.len(), now);
//! }
//! assert_eq!(
//!     told[0],
//!     r#"{"event":"connected","collection_id":"users","epoch":"e1","seq":7}"#,
//! );
//! assert!(told[1].starts_with(r#"{"event":"create","collection_id":"users","data":{"id":"doc_1""#));
//!
//! // 4. Come back when it is time: in the end, to ping a client that is silent.
//! while let Some(wakeup) = hub.poll_timeout() {
//!     hub.handle_timeout(wakeup);
//!     if hub.poll_transmit() == Some(client) {
//!         break;
//!     }
//! }
//! assert_eq!(hub.frames(client, 1).next().map(|frame| frame.kind()), Some(FrameKind::Ping));
//! ```
//!
//! # The laws
//!
//! Each is a property test over random sequences of calls (`tests/laws/`).
//!
//! 1. After `None`, the same poll answers `None` until another `&mut` call.
//! 2. `handle_timeout` before the deadline changes nothing.
//! 3. After `handle_timeout(now)`, the next wake-up is later than `now`, or there is none.
//! 4. The effects of a call are in the queues when it returns; polling one queue never changes another.
//! 5. A connection that is closing is told nothing any more, and its last frame is the close.
//! 6. Input for a connection that is gone changes nothing.
//! 7. No text, bytes, order of calls or time (backwards too) panics or allocates without bound.
//! 8. Every queue is bounded by the configuration, and overflow is told.
//! 9. Same configuration, same calls: same outputs, byte for byte.
//! 10. Every event that was published and that a subscription's filter fits is queued for it once, in
//!     order, or lies in what the client is told it missed.
//!
//! # Bounds
//!
//! At most [`total_queue_bytes`](HubConfig::total_queue_bytes) wait in all queues and snapshots, and
//! beyond that at most [`FAIR_SHARE`](HubConfig::FAIR_SHARE) for each connection, and one event of any
//! size where nothing else waits. Answers, greetings and errors have a bound of their own, 256 KiB: who
//! makes the hub owe it more without reading is disconnected with code 1008. Rooms are bounded by
//! [`RoomsConfig`]. How many connections there are is for the shell to bound.
//!
//! # Features
//!
//! `std` (default) only lets the dependencies use the standard library. Without it the crate needs
//! `alloc` and nothing else.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod action;
mod catch_up;
mod clock;
mod close;
mod commit;
mod config;
mod connection;
mod connections;
mod delivery;
mod encoded;
mod event;
mod filter_set;
mod frame;
mod hub;
mod index;
mod outlet;
mod peer;
mod queue;
mod rooms;
mod talk;
mod timers;
mod watch;

pub use action::{HistoryPage, HubAction, SnapshotDocument, SnapshotPage, Verdict};
pub use commit::Commit;
pub use config::{HubConfig, Overflow, PeerConfig};
pub use connections::ConnectionId;
pub use filter_set::FilterSet;
pub use frame::{Frame, FrameKind};
pub use hub::Hub;
pub use peer::{Entrance, PeerInput};
pub use rooms::RoomsConfig;
