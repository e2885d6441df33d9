//! The last change, once it has been quiet.

use alloc::collections::VecDeque;
use core::time::Duration;

use super::is_change;
use crate::document::Document;
use crate::session::Event;
use crate::time::Instant;

/// How long quiet is.
///
/// ```
/// use cocobase_proto::combine::DebounceConfig;
/// use core::time::Duration;
///
/// // Not before it has been quiet for half a second, but at least every two seconds.
/// let config = DebounceConfig { max_wait: Some(Duration::from_secs(2)), ..DebounceConfig::default() };
/// assert_eq!(config.quiet, Duration::from_millis(500));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DebounceConfig {
    /// How long no change may come before the last one is told: 500 ms (document 000).
    pub quiet: Duration,
    /// The longest that changes may wait while it never gets quiet: for ever (document 000).
    pub max_wait: Option<Duration>,
}

impl Default for DebounceConfig {
    fn default() -> Self {
        Self { quiet: Duration::from_millis(500), max_wait: None }
    }
}

/// An event, and how many it stands for.
///
/// Its example is that of [`Debounce`].
#[derive(Debug, Clone, PartialEq)]
pub struct Debounced<D = Document> {
    /// The last change, or an event that is no change.
    pub event: Event<D>,
    /// How many changes before it are not told.
    pub superseded: u64,
}

/// Tells the last change of any document once no other has come for a while.
///
/// This is for work that is done anew as a whole, such as a refresh: the changes before the last are
/// counted and dropped. Where each document matters, take [`Coalesce`](super::Coalesce).
///
/// ```
/// use cocobase_proto::combine::{Debounce, DebounceConfig};
/// use cocobase_proto::{Change, Document, Event, Instant};
/// use core::time::Duration;
///
/// let change = |n: u64| {
///     let document = Document::new(format!(r#"{{"id":{n}}}"#).into());
///     Event::Updated(Change { collection: None, document, old: None, seq: Some(n) })
/// };
/// let mut now = Instant::from_nanos(0);
/// let mut debounce = Debounce::new(DebounceConfig::default());
/// for n in 0..10 {
///     debounce.push(change(n), now);
///     now = now + Duration::from_millis(100);
/// }
/// assert_eq!(debounce.poll(), None);
///
/// debounce.handle_timeout(debounce.poll_timeout().unwrap());
/// let debounced = debounce.poll().unwrap();
/// assert_eq!(debounced.event, change(9));
/// assert_eq!(debounced.superseded, 9);
/// ```
#[derive(Debug, Clone)]
pub struct Debounce<D = Document> {
    config: DebounceConfig,
    held: Option<Held<D>>,
    ready: VecDeque<Debounced<D>>,
}

#[derive(Debug, Clone)]
struct Held<D> {
    last: Debounced<D>,
    /// When to tell it if nothing else comes.
    due: Instant,
    /// When to tell it whatever comes.
    latest: Option<Instant>,
}

impl<D> Debounce<D> {
    /// Nothing is held.
    #[must_use]
    pub const fn new(config: DebounceConfig) -> Self {
        Self { config, held: None, ready: VecDeque::new() }
    }

    /// Takes an event.
    pub fn push(&mut self, event: Event<D>, now: Instant) {
        self.handle_timeout(now);
        if !is_change(&event) {
            self.flush();
            self.ready.push_back(Debounced { event, superseded: 0 });
            return;
        }
        let (superseded, latest) = match self.held.take() {
            Some(held) => (held.last.superseded.saturating_add(1), held.latest),
            None => (0, self.config.max_wait.map(|wait| now + wait)),
        };
        let quiet_at = now + self.config.quiet;
        let due = latest.map_or(quiet_at, |latest| latest.min(quiet_at));
        self.held = Some(Held { last: Debounced { event, superseded }, due, latest });
        self.handle_timeout(now);
    }

    /// Tells the last change if it is due.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.held.as_ref().is_some_and(|held| held.due <= now) {
            self.flush();
        }
    }

    /// When to call [`handle_timeout`](Self::handle_timeout), if anything is held. It moves with every
    /// change.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.held.as_ref().map(|held| held.due)
    }

    /// The next event.
    pub fn poll(&mut self) -> Option<Debounced<D>> {
        self.ready.pop_front()
    }

    /// Tells what is held, quiet or not.
    pub fn flush(&mut self) {
        self.ready.extend(self.held.take().map(|held| held.last));
    }
}
