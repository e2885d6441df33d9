//! What waits to be sent to one subscriber, bounded by bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use cocobase_proto::{Position, Text};
use tokio::sync::{Notify, mpsc};

/// The router's end.
#[derive(Debug)]
pub(crate) struct Outbox {
    items: mpsc::UnboundedSender<Item>,
    shared: Arc<Shared>,
    limit: usize,
}

/// The connection's end.
#[derive(Debug)]
pub(crate) struct Inbox {
    items: mpsc::UnboundedReceiver<Item>,
    shared: Arc<Shared>,
}

/// What the router tells a connection.
#[derive(Debug)]
pub(crate) enum Item {
    /// The subscription stands: what follows `Position` will come.
    Subscribed(Position),
    /// An event, encoded.
    Event(Text),
}

#[derive(Debug, Default)]
struct Shared {
    queued_bytes: AtomicUsize,
    has_lagged: AtomicBool,
    lagged: Notify,
}

/// What an item costs beside its text.
const ITEM_OVERHEAD: usize = 64;

/// How a connection learns that it is too slow, even while it is busy writing.
#[derive(Debug)]
pub(crate) struct Lag(Arc<Shared>);

/// A queue that holds at most `limit` bytes.
pub(crate) fn channel(limit: usize) -> (Outbox, Inbox, Lag) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let shared = Arc::new(Shared::default());
    let outbox = Outbox { items: sender, shared: Arc::clone(&shared), limit };
    let lag = Lag(Arc::clone(&shared));
    (outbox, Inbox { items: receiver, shared }, lag)
}

impl Outbox {
    /// Tells the connection that its subscription stands.
    pub(crate) fn subscribed(&self, position: Position) {
        // A connection that is gone takes no notice.
        let _ = self.items.send(Item::Subscribed(position));
    }

    /// Queues an event. `false` says that the subscriber is gone or cannot keep up, which it is
    /// then told.
    pub(crate) fn push(&self, payload: Text) -> bool {
        let bytes = payload.len() + ITEM_OVERHEAD;
        let queued = self.shared.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        if queued + bytes > self.limit {
            self.shared.has_lagged.store(true, Ordering::Relaxed);
            self.shared.lagged.notify_one();
            return false;
        }
        self.items.send(Item::Event(payload)).is_ok()
    }
}

impl Inbox {
    /// Takes what is there, at most `limit` items, waiting for the first; 0 when there will be no
    /// more. Cancel-safe.
    pub(crate) async fn take_many(&mut self, items: &mut Vec<Item>, limit: usize) -> usize {
        let taken = self.items.recv_many(items, limit).await;
        let bytes = items
            .iter()
            .rev()
            .take(taken)
            .map(|item| match item {
                Item::Event(text) => text.len() + ITEM_OVERHEAD,
                Item::Subscribed(_) => 0,
            })
            .sum();
        self.shared.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        taken
    }
}

impl Lag {
    /// Waits until an event found no room. Cancel-safe.
    pub(crate) async fn noticed(&self) {
        self.0.lagged.notified().await;
    }

    /// Whether an event found no room. Tells why a queue ended, since the router lets go of a
    /// subscriber that lags: the end of the queue comes behind this in any case.
    pub(crate) fn has_come(&self) -> bool {
        self.0.has_lagged.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_outbox_refuses_and_tells() {
        let (outbox, mut inbox, lag) = channel(2 * (ITEM_OVERHEAD + 5));
        assert!(outbox.push("event".into()));
        assert!(outbox.push("event".into()));
        let mut items = Vec::new();
        assert_eq!(inbox.take_many(&mut items, 1).await, 1);
        assert!(outbox.push("event".into()), "room was made");
        assert!(!outbox.push("event".into()));
        lag.noticed().await;
        assert_eq!(inbox.take_many(&mut items, 10).await, 2);
    }

    #[tokio::test]
    async fn the_end_of_a_queue_tells_whether_it_was_too_slow() {
        for (limit, has_lagged) in [(ITEM_OVERHEAD + 5, false), (ITEM_OVERHEAD, true)] {
            let (outbox, mut inbox, lag) = channel(limit);
            assert_eq!(outbox.push("event".into()), !has_lagged);
            drop(outbox);
            let mut items = Vec::new();
            while inbox.take_many(&mut items, 10).await > 0 {}
            assert_eq!(lag.has_come(), has_lagged);
        }
    }
}
