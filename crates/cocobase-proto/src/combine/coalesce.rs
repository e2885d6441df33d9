//! One change per document and window.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::is_change;
use super::net::Net;
use super::window::Window;
use crate::document::Document;
use crate::session::Event;
use crate::text::Text;
use crate::time::Instant;

/// How long and how much to gather.
///
/// ```
/// use cocobase_proto::combine::CoalesceConfig;
/// use core::time::Duration;
///
/// let calm = CoalesceConfig { window: Duration::from_secs(1), ..CoalesceConfig::default() };
/// assert_eq!(calm.max_events, 1024);
/// assert!(!calm.forgets_short_lived);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CoalesceConfig {
    /// How long changes are gathered after the first: 100 ms (our decision). With zero, nothing is
    /// gathered.
    pub window: Duration,
    /// How many changes a window takes, merged ones included, before it is told early: 1,024 (our
    /// decision). 0 counts as 1.
    pub max_events: usize,
    /// Whether a document that is created and deleted within a window is not told at all: no (our
    /// decision).
    ///
    /// Otherwise its deletion is told, which never does harm. To forget it is right only if whoever
    /// takes the events cannot know the document from elsewhere, such as a list that was read while
    /// changes already came in, or the time before a gap.
    pub forgets_short_lived: bool,
}

impl Default for CoalesceConfig {
    fn default() -> Self {
        Self { window: Duration::from_millis(100), max_events: 1024, forgets_short_lived: false }
    }
}

/// Merges the changes that come within a window, document by document.
///
/// | first | last | told |
/// |---|---|---|
/// | created | created, updated | created, as it is now |
/// | created | deleted | deleted, or [nothing](CoalesceConfig::forgets_short_lived) |
/// | updated | updated | updated, as it is now, with the former values before the first update |
/// | updated, deleted | deleted | deleted |
/// | deleted | created, updated | updated, as it is now; what it was before is unknown (`old` is `None`) |
/// | updated | created | the same |
///
/// Only the first and the last change of a document count, but its former values are known only if
/// every change in between was an update that told its own. A single change comes out as it went in.
/// `seq` is that of the last change.
///
/// Documents come out in the order in which they first appeared, so a change may overtake older ones
/// of *other* documents, and `seq` need not rise from event to event. Whoever applies the events to a
/// map has the same documents at the end of every window as without coalescing. A document is known
/// by its collection and id; one without an id is told in its place and never merged.
///
/// Where it can be had, coalesce events before they are [decoded](Event::decode), so that what nobody
/// will see costs nothing. An adapter's events, whose documents are [`Typed`](crate::Typed), do as well.
///
/// ```
/// use cocobase_proto::combine::{Coalesce, CoalesceConfig};
/// use cocobase_proto::wire::ServerMessage;
/// use cocobase_proto::{Event, Instant, Text};
///
/// let updated = |json: &str| match ServerMessage::decode(&Text::from(json)).unwrap() {
///     ServerMessage::Updated(change) => Event::Updated(change),
///     _ => panic!("no update"),
/// };
/// let now = Instant::from_nanos(0);
/// let mut coalesce = Coalesce::new(CoalesceConfig::default());
/// for json in [
///     r#"{"event":"update","data":{"id":"1","a":2,"b":1},"old_data":{"a":1}}"#,
///     r#"{"event":"update","data":{"id":"1","a":3,"b":2},"old_data":{"a":2,"b":1}}"#,
/// ] {
///     coalesce.push(updated(json), now);
/// }
/// coalesce.handle_timeout(coalesce.poll_timeout().unwrap());
/// let Some(Event::Updated(change)) = coalesce.poll() else { panic!() };
/// assert_eq!(change.document.json(), r#"{"id":"1","a":3,"b":2}"#);
/// assert_eq!(change.old.unwrap(), r#"{"a":1,"b":1}"#);
/// assert_eq!(coalesce.poll(), None);
/// ```
#[derive(Debug, Clone)]
pub struct Coalesce<D = Document> {
    forgets_short_lived: bool,
    window: Window,
    /// In the order of first appearance.
    held: Vec<Net<D>>,
    places: BTreeMap<Key, usize>,
    ready: VecDeque<Event<D>>,
}

/// A document's collection, if the server says it, and its id.
type Key = (Option<Text>, Text);

impl<D: AsRef<Document>> Coalesce<D> {
    /// Nothing is held.
    #[must_use]
    pub const fn new(config: CoalesceConfig) -> Self {
        let CoalesceConfig { window, max_events, forgets_short_lived } = config;
        Self {
            forgets_short_lived,
            window: Window::new(window, max_events),
            held: Vec::new(),
            places: BTreeMap::new(),
            ready: VecDeque::new(),
        }
    }

    /// Takes an event.
    pub fn push(&mut self, event: Event<D>, now: Instant) {
        self.handle_timeout(now);
        if is_change(&event) {
            self.hold(event);
            if self.window.admit(now) {
                self.flush();
            }
        } else {
            self.flush();
            self.ready.push_back(event);
        }
    }

    /// Tells what is held if the window is over.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.window.is_over(now) {
            self.flush();
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if anything is held.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.window.closes_at()
    }

    /// The next event.
    pub fn poll(&mut self) -> Option<Event<D>> {
        self.ready.pop_front()
    }

    /// Tells what is held and ends the window.
    pub fn flush(&mut self) {
        self.window.close();
        self.places.clear();
        let held = mem::take(&mut self.held);
        self.ready.extend(held.into_iter().filter_map(|net| net.event(self.forgets_short_lived)));
    }

    fn hold(&mut self, event: Event<D>) {
        if let Some(key) = key(&event) {
            let place = *self.places.entry(key).or_insert(self.held.len());
            if let Some(net) = self.held.get_mut(place) {
                net.merge(event);
                return;
            }
        }
        self.held.push(Net::new(event));
    }
}

fn key<D: AsRef<Document>>(event: &Event<D>) -> Option<Key> {
    match event {
        Event::Created(change) | Event::Updated(change) => {
            Some((change.collection.clone(), change.document.as_ref().id()?))
        }
        Event::Deleted(deleted) => {
            let id = deleted.id.clone().or_else(|| deleted.document.id())?;
            Some((deleted.collection.clone(), id))
        }
        _ => None,
    }
}
