//! Changes in lists.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;
use core::time::Duration;

use super::is_change;
use super::window::Window;
use crate::document::Document;
use crate::session::Event;
use crate::time::Instant;

/// When a batch is full.
///
/// ```
/// use cocobase_proto::combine::BatchConfig;
/// assert_eq!(BatchConfig::default().max_events, 100);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BatchConfig {
    /// How long a batch stays open after its first event: 1 s (document 000). With zero, every event
    /// is a batch.
    pub window: Duration,
    /// How many events fill a batch: 100 (document 000). 0 counts as 1.
    pub max_events: usize,
}

impl Default for BatchConfig {
    fn default() -> Self {
        Self { window: Duration::from_secs(1), max_events: 100 }
    }
}

/// Gathers changes into lists, by count or time, whichever comes first.
///
/// Every event comes out once, in order. A batch is never empty. It holds changes only, or one event
/// that is no change: such an event ends the batch before it and is told alone, at once.
///
/// ```
/// use cocobase_proto::combine::{Batch, BatchConfig};
/// use cocobase_proto::{Change, Document, Event, Greeting, Instant};
///
/// let created = |n: u64| {
///     let document = Document::new(format!(r#"{{"id":{n}}}"#).into());
///     Event::Created(Change { collection: None, document, old: None, seq: Some(n) })
/// };
/// let now = Instant::from_nanos(0);
/// let mut batch = Batch::new(BatchConfig { max_events: 2, ..BatchConfig::default() });
/// for event in [created(1), created(2), created(3), Event::Connected(Greeting::default())] {
///     batch.push(event, now);
/// }
/// let sizes: Vec<usize> = std::iter::from_fn(|| batch.poll()).map(|batch| batch.len()).collect();
/// assert_eq!(sizes, [2, 1, 1]); // full, cut short, the greeting
/// ```
#[derive(Debug, Clone)]
pub struct Batch<D = Document> {
    window: Window,
    held: Vec<Event<D>>,
    ready: VecDeque<Vec<Event<D>>>,
}

impl<D> Batch<D> {
    /// An empty batch.
    #[must_use]
    pub const fn new(config: BatchConfig) -> Self {
        let BatchConfig { window, max_events } = config;
        Self { window: Window::new(window, max_events), held: Vec::new(), ready: VecDeque::new() }
    }

    /// Takes an event.
    pub fn push(&mut self, event: Event<D>, now: Instant) {
        self.handle_timeout(now);
        if is_change(&event) {
            self.held.push(event);
            if self.window.admit(now) {
                self.flush();
            }
        } else {
            self.flush();
            self.ready.push_back([event].into());
        }
    }

    /// Tells the batch if its time is over.
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

    /// The next batch.
    pub fn poll(&mut self) -> Option<Vec<Event<D>>> {
        self.ready.pop_front()
    }

    /// Tells what is held, full or not.
    pub fn flush(&mut self) {
        self.window.close();
        if !self.held.is_empty() {
            self.ready.push_back(mem::take(&mut self.held));
        }
    }
}
