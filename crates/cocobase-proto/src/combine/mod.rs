//! Fewer events, or several at once: what stands between a busy session and a slow user.
//!
//! | combinator | what comes out | for |
//! |---|---|---|
//! | [`Debounce`] | the last change, once it has been quiet for a while | one refresh after a burst |
//! | [`Coalesce`] | per document, one change with the net effect of a window | a store or a screen |
//! | [`Batch`] | changes in lists, by count or time | writing to a database |
//!
//! They keep the contract of the [`Session`](crate::Session): pure, told the time, never failing. A
//! driver pushes events, polls until `None`, sleeps until `poll_timeout`, and calls `handle_timeout`.
//!
//! # What they promise
//!
//! - An event that is no change (`Connected`, `Gap`, `Disconnected`, `Refused`, …) is never held, and
//!   changes never move across it: what is held is told first, then the event. So whoever learns of a
//!   gap has seen everything that came before it.
//! - The moment at which a deadline is served makes no difference: a push that comes late serves it
//!   first.
//! - What is held is bounded by count; whatever would exceed the bound is told early, not dropped.
//!   What was told waits until it is polled: poll until `None` after each call, and there is never
//!   more of it than was pushed.
//! - `handle_timeout` before the deadline changes nothing, and after it the next deadline is later.
//!   Time that goes backwards is never more than odd.
//! - At the end, `flush` tells what is held.
//!
//! # A store that follows a collection
//!
//! A thousand updates of one document in a tenth of a second touch the store once.
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::time::Duration;
//! use cocobase_proto::combine::{Coalesce, CoalesceConfig};
//! use cocobase_proto::{Change, Document, Event, Instant, Text};
//!
//! let window = Duration::from_millis(100);
//! let mut coalesce = Coalesce::new(CoalesceConfig { window, ..CoalesceConfig::default() });
//! let mut store: BTreeMap<Text, Document> = BTreeMap::new();
//!
//! let now = Instant::from_nanos(0);
//! for mag in 0..1000 {
//!     let document = Document::new(format!(r#"{{"id":"doc_1","mag":{mag}}}"#).into());
//!     let change = Change { collection: None, document, old: None, seq: None };
//!     coalesce.push(Event::Updated(change), now);
//! }
//! assert_eq!(coalesce.poll(), None);
//!
//! coalesce.handle_timeout(coalesce.poll_timeout().unwrap());
//! let mut writes = 0;
//! while let Some(event) = coalesce.poll() {
//!     match event {
//!         Event::Created(change) | Event::Updated(change) => {
//!             store.insert(change.document.id().unwrap(), change.document);
//!             writes += 1;
//!         }
//!         Event::Deleted(deleted) => drop(store.remove(&deleted.id.unwrap())),
//!         _ => {}
//!     }
//! }
//! assert_eq!(writes, 1);
//! assert_eq!(store["doc_1"].json(), r#"{"id":"doc_1","mag":999}"#);
//! ```

mod batch;
mod coalesce;
mod debounce;
mod net;
mod window;

pub use batch::{Batch, BatchConfig};
pub use coalesce::{Coalesce, CoalesceConfig};
pub use debounce::{Debounce, DebounceConfig, Debounced};

use crate::session::Event;

/// Whether the event tells of a document, and may therefore be held for a while.
const fn is_change<D>(event: &Event<D>) -> bool {
    matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_))
}
