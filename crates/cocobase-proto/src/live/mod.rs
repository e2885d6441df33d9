//! The documents that match now, kept right through changes, lost links and gaps.
//!
//! A [`LiveView`] stands behind a [`Session`](crate::Session): give it every event of the session,
//! read the lists that it asks for, and take what it tells.
//!
//! ```text
//!    Session ──events──▶ ┌──────────┐ ──▶ entered, changed, left
//!                        │ LiveView │
//!    lists   ──────────▶ └──────────┘ ──▶ lists to read
//! ```
//!
//! # Where it begins
//!
//! From a snapshot, if the subscription asks for one
//! ([`with_snapshot`](crate::Subscription::with_snapshot)) and the server knows them: the greeting
//! says how many documents it had, and a view that has not seen exactly so many takes it for void. A
//! snapshot is void as well when the link is lost, or a gap is told, before it is whole. Without one,
//! the view asks for a list ([`LiveView::poll_read`]) as soon as changes flow.
//!
//! # When it reads again
//!
//! After a gap; when a greeting neither resumes nor proves that nothing was missed; when a deletion
//! does not say of what; and when a document leaves a full view with a limit and the next one is not
//! known. `spare` documents behind the limit are kept, so that this is rare. What the list has and
//! the view has not, and the reverse, is told as entered, changed and left.
//!
//! # Changes that meet a list
//!
//! Changes that arrive between the request and the answer are kept, and shown at once, except before
//! the first list, when nothing is known that they could stand in. The answer is put together with
//! them by this rule:
//!
//! - If it says its position in the history that the changes are numbered in (the headers
//!   [`SEQ`](crate::rest::header::SEQ) and [`EPOCH`](crate::rest::header::EPOCH) of our server), it
//!   holds the changes up to there and no others: those after it are applied to it, those before it
//!   are not, whether they have arrived or are still to come. An answer from before the request, as
//!   a lagging copy of the server may give it, is asked for again.
//! - Else every change since the request is applied again. Changes carry whole documents, so that
//!   does no harm, but a document that changed twice may show its former values until the second
//!   change arrives. `updated_at` is not asked: a clock that steps back would make the view drop a
//!   change for good, where a change applied twice mends itself.
//!
//! # What it relies on
//!
//! - Changes are delivered when the document matches *or did match*, as our server does. The view
//!   evaluates its filter itself, so a wider subscription does as well. On the vendor's self-hosted
//!   server (surface C′) give the filter to the view and subscribe without one: there the session
//!   evaluates the subscription's filter, and what the view knows from lists alone it would not see
//!   leave. Nothing is numbered there, so every reconnection needs a list.
//! - On a gateway a view has a name, [`of_collection`](LiveView::of_collection), and every view is
//!   given every event. Two views of one collection need one subscription that is as wide as both: a
//!   gateway knows one filter for each collection.
//! - A sorted view has the [order of the server's lists](crate::query::SortKey). Where values are
//!   equal, and in a view without `sort`, documents come in the order of their creation: by
//!   `created_at` as text, then by id. Our server's times have one width and never go back, and its
//!   ids order like creation.
//! - On a gateway whose server does not confirm subscriptions, a list read right after
//!   [`Connected`](crate::Event::Connected) may be older than the subscription.

mod event;
mod read;
mod row;
mod set;
mod view;

pub use event::{LeftCause, LiveEvent};
pub use read::{Read, ReadId};
pub use view::{LiveConfig, LiveView};
