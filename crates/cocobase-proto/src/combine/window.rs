//! A stretch of time that opens with an event.

use core::time::Duration;

use crate::time::Instant;

/// Opens with the first event, closes after a while or with the last event that it has room for.
#[derive(Debug, Clone)]
pub(super) struct Window {
    length: Duration,
    max_events: usize,
    events: usize,
    closes_at: Option<Instant>,
}

impl Window {
    pub(super) const fn new(length: Duration, max_events: usize) -> Self {
        Self { length, max_events, events: 0, closes_at: None }
    }

    /// Takes in one event. Answers whether the window is to be closed at once.
    pub(super) fn admit(&mut self, now: Instant) -> bool {
        self.events += 1;
        let closes_at = *self.closes_at.get_or_insert(now + self.length);
        self.events >= self.max_events || closes_at <= now
    }

    pub(super) const fn closes_at(&self) -> Option<Instant> {
        self.closes_at
    }

    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.closes_at.is_some_and(|at| at <= now)
    }

    pub(super) const fn close(&mut self) {
        self.events = 0;
        self.closes_at = None;
    }
}
