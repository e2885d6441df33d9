//! What a view tells, and the queue in which that waits.

use alloc::collections::VecDeque;

use crate::document::Document;

/// What has become of a [`LiveView`](super::LiveView).
///
/// Places count from 0 in the view's order. Applied one by one, in order, to a list, the events keep
/// that list equal to [`LiveView::documents`](super::LiveView::documents); the example of
/// [`LiveView`](super::LiveView) does so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LiveEvent {
    /// A document is shown now: insert it.
    Entered {
        /// The document.
        document: Document,
        /// Its place, once it is there.
        at: usize,
    },
    /// A document that is shown has other values: take it out and insert it again.
    Changed {
        /// As it was.
        old: Document,
        /// As it is.
        document: Document,
        /// Where it was.
        from: usize,
        /// Its place, once it is there and the old one is not.
        to: usize,
    },
    /// A document is no longer shown: take it out.
    Left {
        /// As it was last seen.
        old: Document,
        /// Where it was.
        from: usize,
        /// Why.
        cause: LeftCause,
    },
    /// More was told than the queue holds, so all of it was dropped. Take
    /// [`documents`](super::LiveView::documents) before anything else is given to the view: what is
    /// told after this follows from them as they are now.
    Reset,
    /// The view is what the server's own list would be, as far as events have arrived.
    Current,
    /// The view may lack changes: the link is lost, or a list is wanted.
    Stale,
    /// More documents match than the view may hold: those on top are left out.
    Overflow {
        /// How many it holds.
        max: usize,
    },
    /// A document without an id cannot be followed, and is left out.
    Unusable(Document),
}

/// Why a document is no longer shown. See [`LiveEvent::Left`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LeftCause {
    /// It was deleted.
    Deleted,
    /// Its new values do not match.
    Unmatched,
    /// It still matches, but others come before it and the view is full.
    Displaced,
    /// The server's list no longer has it; why, was missed.
    Missed,
}

/// Bounded: on overflow all of it gives way to one [`LiveEvent::Reset`], told when it is polled, so
/// that it stands for the view as it is then.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    queue: VecDeque<LiveEvent>,
    max: usize,
    is_reset: bool,
}

impl Outlet {
    pub(super) const fn new(max: usize) -> Self {
        Self { queue: VecDeque::new(), max, is_reset: false }
    }

    pub(super) fn push(&mut self, event: LiveEvent) {
        if self.is_reset {
            return;
        }
        if self.queue.len() >= self.max {
            self.queue.clear();
            self.is_reset = true;
            return;
        }
        self.queue.push_back(event);
    }

    pub(super) fn pop(&mut self) -> Option<LiveEvent> {
        if core::mem::take(&mut self.is_reset) {
            return Some(LiveEvent::Reset);
        }
        self.queue.pop_front()
    }
}
