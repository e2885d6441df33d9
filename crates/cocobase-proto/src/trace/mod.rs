//! Record a session, and play it back.
//!
//! A [`Recorder`] is a [`Session`](crate::Session) that writes down every call: commands, inputs and
//! timeouts with their times, and what the polls gave. A [`Trace`] is such a record, read back; it
//! plays the calls to a fresh session and says where it first does something else. So a fault seen
//! once can be looked into at leisure, and becomes a test.
//!
//! ```
//! use cocobase_proto::filter::Filter;
//! use cocobase_proto::trace::{Recorder, Trace};
//! use cocobase_proto::{Access, Action, Credentials, Input, Instant, SessionConfig, Subscription};
//!
//! let now = Instant::from_nanos(0);
//! let users = Subscription::new("users", Filter::new().eq("status", "active"))?;
//! let access = Access::Fixed(Credentials::ApiKey("coco_live_1234".into()));
//! let mut session =
//!     Recorder::new(users, access, SessionConfig::default(), 42, now, String::new());
//! let Some(Action::Open { link, .. }) = session.poll_action() else { panic!() };
//! session.handle_input(link, Input::Opened, now);
//! let Some(Action::Send { text, .. }) = session.poll_action() else { panic!() };
//! assert!(text.contains("coco_live_1234"), "the server has to be told");
//!
//! let (_, trace) = session.into_parts();
//! assert!(!trace.contains("coco_live_1234"), "the trace must not tell");
//! assert!(trace.contains(r#"\"api_key\":\"hidden1-------\""#));
//!
//! Trace::parse(&trace)?.replay()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # The format
//!
//! JSON lines. The first says what it is, its version, the target, the configuration, the seed and
//! the time; every other is one call:
//!
//! ```text
//! {"trace":"cocobase-session","version":1,"target":{…},"access":{"key":"hidden1-------"},…}
//! {"call":"poll_action","gives":{"open":{"link":1,"path":"/realtime/collections/users"}},"wake":{"at":10000000000,"why":"connect"}}
//! {"at":0,"call":{"input":{"link":1,"input":"opened"}},"wake":{"at":10000000000,"why":"greeting"}}
//! ```
//!
//! `at` is the time of the call, in nanoseconds since the driver's epoch; `wake` what `poll_timeout`
//! answers after it. Events and answers are written as their `Debug` text: to be compared and read,
//! not to be parsed. A poll that gives nothing is written once until something else is called, as it
//! would give nothing again. A trace is played back by the version of this crate that wrote it;
//! another one may say the same in other words.
//!
//! # Secrets
//!
//! Every key and token that the session was given is replaced wherever it stands: in credentials,
//! hellos, headers, and what the server sends back, also where it is quoted, up to four times over. Its stand-in
//! has the same length, where that is possible, and a token's has the same expiry, so that the session
//! behaves alike. The limits:
//!
//! - A secret is known once the session is given it. What was said before stays as it was said; where
//!   it comes out of a queue only afterwards, the playback differs from the record there.
//! - One of less than 8 bytes is replaced only where the session says it: it may be a part of any word.
//! - The 64 latest ones are known.
//! - One that a server sends back with its letters as `\u` escapes, or cut in two by the pieces of an
//!   event stream, is not recognised.
//!
//! Everything else, documents and messages too, stands in the trace as it came.

mod line;
mod recorder;
mod redact;
mod replay;

pub use recorder::Recorder;
pub use replay::{Difference, Replayed, Trace, TraceError, TraceProblem};
