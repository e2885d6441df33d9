//! How much a peer may ask for.

use std::time::Duration;

use cocobase_hub::{PeerConfig, RoomsConfig};

/// A collection's name and a document's id hold at most so many bytes.
pub(crate) const MAX_NAME_BYTES: usize = 255;

/// A field's name holds at most so many bytes.
pub(crate) const MAX_FIELD_BYTES: usize = 1024;

/// A request's JSON nests at most so deep.
///
/// The readers of our clients stop at 128 levels, and an event or a list wraps a document in a few
/// more: what is stored must stay readable.
pub(crate) const MAX_DEPTH: usize = 120;

/// The bounds of what the server accepts. All sizes are in bytes.
///
/// Three bounds are fixed: names of collections and ids of documents (255 bytes), names of fields
/// (1,024 bytes) and the nesting of JSON in a request (120 levels).
///
/// ```
/// use cocobase_server::Limits;
///
/// let limits = Limits { max_batch: 100, ..Limits::default() };
/// assert_eq!(limits.max_document_bytes, 1 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A document's fields as JSON, also after an update. Default: 1 MiB.
    pub max_document_bytes: usize,
    /// A request's body. Default: 16 MiB.
    pub max_body_bytes: usize,
    /// The time in which a request's body must arrive. Default: 30 s.
    pub body_timeout: Duration,
    /// The documents of one batch. Default: 1,000.
    pub max_batch: usize,
    /// The `limit` of a list query. Default: 1,000.
    pub max_list: u64,
    /// The `offset` + `limit` of a list query that sorts by a field, since the server keeps so many
    /// sort keys in memory. Default: 100,000.
    pub max_sorted: u64,
    /// The answer to a list query. Default: 64 MiB.
    pub max_answer_bytes: usize,
    /// The collections of one server. Default: 10,000.
    pub max_collections: u64,
    /// A client's message on a WebSocket. Default: 128 KiB, room for the largest filter.
    pub max_message_bytes: usize,
    /// What waits for one client. A single event of any size always may. What happens to a client
    /// that lags further behind, says [`Config::overflow`](crate::Config::overflow). Default: 4 MiB.
    pub max_queue_bytes: usize,
    /// What waits for all clients together. What several wait for counts several times. Default:
    /// 1 GiB.
    pub max_total_queue_bytes: usize,
    /// The documents that one client is sent as a snapshot. Who asks for more is greeted without.
    /// Default: 64 MiB.
    pub max_snapshot_bytes: usize,
    /// The collections and rooms of one gateway connection. Default: 1,000.
    pub max_subscriptions: usize,
    /// The open WebSockets and event streams of one server. Default: 100,000.
    pub max_connections: usize,
    /// How long a client may be silent, and how often event streams are kept alive.
    pub peer: PeerConfig,
    /// The rooms, and what is kept of their messages.
    pub rooms: RoomsConfig,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_document_bytes: 1 << 20,
            max_body_bytes: 16 << 20,
            body_timeout: Duration::from_secs(30),
            max_batch: 1_000,
            max_list: 1_000,
            max_sorted: 100_000,
            max_answer_bytes: 64 << 20,
            max_collections: 10_000,
            max_message_bytes: 128 << 10,
            max_queue_bytes: 4 << 20,
            max_total_queue_bytes: 1 << 30,
            max_snapshot_bytes: 64 << 20,
            max_subscriptions: 1_000,
            max_connections: 100_000,
            peer: PeerConfig::default(),
            rooms: RoomsConfig::default(),
        }
    }
}
