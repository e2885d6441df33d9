//! What a connection has seen so far.

use cocobase_proto::Event;
use std::time::Duration;

/// Counts since a connection was begun, over all its links.
///
/// ```
/// # fn show<R: cocobase_driver::Runtime>(handle: &cocobase_driver::Handle<R>) {
/// let seen = handle.statistics();
/// println!("{}: {} events, {} reconnects", handle.name(), seen.events, seen.reconnects);
/// # }
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Statistics {
    /// Events that were taken by the user.
    pub events: u64,
    /// Bytes of messages that came in, without their framing. Of an event stream that the core reads
    /// itself, bytes as they came; of one that a library reads (`cocobase-sse`), those of its messages.
    pub bytes_received: u64,
    /// Bytes of messages that went out, without their framing.
    pub bytes_sent: u64,
    /// How often the connection became live again.
    pub reconnects: u64,
    /// Gaps that were told.
    pub gaps: u64,
    /// How long the server took to answer the last ping that it answered. There are pings after
    /// 30 seconds, and none on an event stream.
    pub round_trip: Option<Duration>,
}

impl Statistics {
    /// The user takes an event.
    pub(crate) fn take<D>(&mut self, event: &Event<D>) {
        self.events += 1;
        self.gaps += u64::from(matches!(event, Event::Gap(_)));
    }
}
