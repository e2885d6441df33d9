//! What a live view tells.

use cocobase_proto::live::{self, LeftCause};
use cocobase_proto::{Document, Event, JsonError};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// What has become of a [`Live`](super::Live) view. Places count from 0 in its order.
///
/// ```
/// use cocobase_driver::{LiveEvent, Row};
///
/// /// Keeps a list equal to the view.
/// fn apply<T>(list: &mut Vec<Row<T>>, event: LiveEvent<T>) {
///     match event {
///         LiveEvent::Entered { row, at } => list.insert(at, row),
///         LiveEvent::Changed { row, from, to, .. } => {
///             list.remove(from);
///             list.insert(to, row);
///         }
///         LiveEvent::Left { from, .. } => drop(list.remove(from)),
///         // `Reset` asks for the view's documents anew; the others leave the list as it is.
///         _ => {}
///     }
/// }
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum LiveEvent<T> {
    /// A document is shown now: insert it.
    Entered {
        /// The document.
        row: Row<T>,
        /// Its place, once it is there.
        at: usize,
    },
    /// A document that is shown has other values: take it out and insert it again.
    Changed {
        /// As it was.
        old: Row<T>,
        /// As it is.
        row: Row<T>,
        /// Where it was.
        from: usize,
        /// Its place, once it is there and the old one is not.
        to: usize,
    },
    /// A document is no longer shown: take it out.
    Left {
        /// As it was last seen.
        old: Row<T>,
        /// Where it was.
        from: usize,
        /// Why.
        cause: LeftCause,
    },
    /// More happened than the queue holds: take the view's documents anew, before the next event is
    /// asked for.
    Reset,
    /// The view is what the server's own list would be, as far as events have arrived.
    Current,
    /// The view may lack changes, until it is current again.
    Stale,
    /// More documents match than the view may hold: those on top are left out.
    Overflow {
        /// How many it holds.
        max: usize,
    },
    /// A document without an id cannot be followed, and is left out.
    Unusable(Document),
    /// The server's list could not be read. If that [may pass](Error::is_passing), it is tried
    /// again; else this is the last event.
    Unread(Error),
    /// What happened to the connection: a lost link, a gap, a refusal, an error of the server.
    /// Gaps need no answer: the view makes them good by itself.
    Connection(Event),
}

/// A document of a live view, and what it says.
#[derive(Debug, Clone, PartialEq)]
pub struct Row<T> {
    /// What it says, or why it does not fit. A document that does not fit keeps its place.
    pub value: Result<T, JsonError>,
    /// The document itself: its id, its times and its JSON.
    pub document: Document,
}

impl<T: DeserializeOwned> Row<T> {
    fn new(document: Document) -> Self {
        Self { value: document.get(), document }
    }
}

impl<T: DeserializeOwned> LiveEvent<T> {
    pub(super) fn of_view(event: live::LiveEvent) -> Self {
        match event {
            live::LiveEvent::Entered { document, at } => {
                Self::Entered { row: Row::new(document), at }
            }
            live::LiveEvent::Changed { old, document, from, to } => {
                Self::Changed { old: Row::new(old), row: Row::new(document), from, to }
            }
            live::LiveEvent::Left { old, from, cause } => {
                Self::Left { old: Row::new(old), from, cause }
            }
            live::LiveEvent::Current => Self::Current,
            live::LiveEvent::Stale => Self::Stale,
            live::LiveEvent::Overflow { max } => Self::Overflow { max },
            live::LiveEvent::Unusable(document) => Self::Unusable(document),
            // Whatever else a view may come to tell, its documents tell it too.
            _ => Self::Reset,
        }
    }
}

/// Whether an event is told beside what the view makes of it.
pub(super) const fn concerns_the_connection(event: &Event) -> bool {
    matches!(
        event,
        Event::Gap(_)
            | Event::Disconnected(_)
            | Event::Refused(_)
            | Event::ServerError(_)
            | Event::Malformed(_)
            | Event::Unknown(_)
    )
}
