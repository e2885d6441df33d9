//! The log: every change ever made, in order. It is the truth; documents are its projection.

mod error;
mod sqlite;

use std::future::Future;

use cocobase_hub::Commit;
use cocobase_proto::Text;
use tokio::sync::mpsc;

pub use error::LogError;
pub use sqlite::{Aggregate, Data, Listing, OpenError, Operation, Options, SqliteLog};

/// Where changes become durable.
///
/// This is the seam behind which another engine can stand. An engine promises:
///
/// 1. One order per collection: `seq` starts at 1, grows by one with every change and never
///    repeats, not after a crash either.
/// 2. What [`append`](Self::append) has answered is durable, and all of a write is, or nothing.
/// 3. A tail gives every commit made after it began once, each collection's in order of `seq`,
///    and nothing that could still be lost.
/// 4. Sequence numbers of the same [`epoch`](Self::epoch) always mean the same changes.
///
/// ```
/// use cocobase_server::log::{Change, Log, LogError, Options, Data, SqliteLog, Write};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let log = SqliteLog::open(Data::Memory, Options::default()).await?;
/// let mut tail = log.tail().await?;
/// log.append(Write::new("posts", vec![Change::create("1", r#"{"title":"Hello"}"#)])).await?;
///
/// let batch = tail.next().await.unwrap_or_default();
/// assert_eq!(batch[0].seq, 1);
/// assert_eq!(log.read("posts", 0, 100).await?.commits, batch);
/// drop(tail);
/// log.close().await;
/// # Ok(()) }
/// ```
pub trait Log: Clone + Send + Sync + 'static {
    /// The id of this history. It changes whenever the history was replaced by another.
    fn epoch(&self) -> &Text;

    /// Makes `write` durable, all of it or nothing, and answers with its commits.
    ///
    /// Not cancel-safe in one way only: a write whose future is dropped may still happen.
    ///
    /// # Errors
    ///
    /// When the write is refused (nothing of it happened) or the engine cannot store it.
    fn append(&self, write: Write) -> impl Future<Output = Result<Written, LogError>> + Send;

    /// Reads the commits of a collection that follow number `after`, at most `limit` of them.
    ///
    /// An engine may give fewer, to bound memory, but at least one if there is any.
    ///
    /// # Errors
    ///
    /// When the engine cannot read.
    fn read(
        &self,
        collection: &str,
        after: u64,
        limit: usize,
    ) -> impl Future<Output = Result<History, LogError>> + Send;

    /// Everything that is committed from now on.
    ///
    /// # Errors
    ///
    /// When the log is closed.
    fn tail(&self) -> impl Future<Output = Result<Tail, LogError>> + Send;
}

/// Changes of one collection that happen together or not at all.
///
/// ```
/// use cocobase_server::log::{Change, Write};
/// let write = Write::new("posts", vec![Change::create("1", "{}")]).with_key("import-7");
/// assert_eq!(write.changes.len(), 1);
/// ```
#[derive(Debug, Clone)]
pub struct Write {
    /// The collection's name. Its first document brings it into being.
    pub collection: Text,
    /// What to do, in order.
    pub changes: Vec<Change>,
    /// Makes repeating the write harmless: for 24 hours, a second write with this key writes
    /// nothing and answers as the first one did.
    pub key: Option<Text>,
}

impl Write {
    /// A write without an idempotency key.
    pub fn new(collection: impl Into<Text>, changes: Vec<Change>) -> Self {
        Self { collection: collection.into(), changes, key: None }
    }

    /// The same write under an idempotency key.
    #[must_use]
    pub fn with_key(mut self, key: impl Into<Text>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// Roughly how much memory the write takes.
    pub(crate) fn bytes(&self) -> usize {
        let change = |change: &Change| match &change.action {
            Action::Create(text) | Action::Merge(text) => text.len() + change.id.len() + 64,
            Action::Delete | Action::DeleteIfPresent => change.id.len() + 64,
        };
        self.changes.iter().map(change).sum()
    }
}

/// One change of one document.
///
/// ```
/// use cocobase_server::log::Change;
/// let change = Change::merge("1", r#"{"title":"Hi"}"#).expecting(7);
/// assert_eq!(change.expected, Some(7));
/// ```
#[derive(Debug, Clone)]
pub struct Change {
    /// The document's id.
    pub id: Text,
    /// What to do with it.
    pub action: Action,
    /// Refuse the write unless this is the document's version: the `seq` of its last change.
    pub expected: Option<u64>,
}

impl Change {
    /// A new document with these fields (a JSON object).
    pub fn create(id: impl Into<Text>, fields: impl Into<Text>) -> Self {
        Self { id: id.into(), action: Action::Create(fields.into()), expected: None }
    }

    /// New values for some fields of a document (a JSON object).
    pub fn merge(id: impl Into<Text>, fields: impl Into<Text>) -> Self {
        Self { id: id.into(), action: Action::Merge(fields.into()), expected: None }
    }

    /// The end of a document.
    pub fn delete(id: impl Into<Text>) -> Self {
        Self { id: id.into(), action: Action::Delete, expected: None }
    }

    /// The same change, refused unless `version` is the document's last change.
    #[must_use]
    pub fn expecting(mut self, version: u64) -> Self {
        self.expected = Some(version);
        self
    }
}

/// What to do with a document. Fields are the text of a JSON object. For examples see [`Change`].
#[derive(Debug, Clone)]
pub enum Action {
    /// Make it. Refused when the id is taken.
    Create(Text),
    /// Replace its fields key by key; the others stay. Refused when it does not exist.
    Merge(Text),
    /// Remove it. Refused when it does not exist.
    Delete,
    /// Remove it, or do nothing when it does not exist.
    DeleteIfPresent,
}

/// What became of a write. For an example see [`Log`].
#[derive(Debug, Clone)]
pub struct Written {
    /// The collection.
    pub collection: Collection,
    /// The commits, one for each change that changed something.
    pub commits: Vec<Commit>,
    /// Whether these are the commits of an earlier write with the same key.
    pub repeated: bool,
}

/// A collection. For an example see [`SqliteLog::collections`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Its name, which is also its id on the wire.
    pub name: Text,
    /// When its first document was made, RFC 3339 in UTC.
    pub created_at: Text,
}

/// A document as it is now. For an example see [`SqliteLog::list`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its id.
    pub id: Text,
    /// The `seq` of its last change.
    pub version: u64,
    /// When it was made, RFC 3339 in UTC.
    pub created_at: Text,
    /// When it was last changed, RFC 3339 in UTC.
    pub updated_at: Text,
    /// Its fields, a JSON object.
    pub data: Text,
}

/// A stretch of a collection's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// The commits, in order.
    pub commits: Vec<Commit>,
    /// The lowest number that is still kept; `last + 1` when nothing is.
    pub first: u64,
    /// The number of the collection's last change; 0 before the first.
    pub last: u64,
}

impl History {
    /// Whether everything that followed number `seq` is still kept.
    ///
    /// ```
    /// use cocobase_server::log::History;
    /// let history = History { commits: vec![], first: 5, last: 9 };
    /// assert!(history.reaches_back_to(4) && history.reaches_back_to(9));
    /// assert!(!history.reaches_back_to(3), "number 4 is gone");
    /// assert!(!history.reaches_back_to(10), "that number was never given out");
    /// ```
    #[must_use]
    pub fn reaches_back_to(&self, seq: u64) -> bool {
        seq <= self.last && seq.saturating_add(1) >= self.first
    }
}

/// Everything that is committed after the tail began, in order.
///
/// The channel behind it is bounded and loses nothing: the log waits for a tail that lags. So a
/// tail must be read, or dropped, for writes to go on and for the log to close. For an example see
/// [`Log`].
#[derive(Debug)]
pub struct Tail {
    positions: Vec<(Text, u64)>,
    batches: mpsc::Receiver<Vec<Commit>>,
}

impl Tail {
    /// Each collection's last number at the moment the tail began. Its first commit follows it.
    #[must_use]
    pub fn positions(&self) -> &[(Text, u64)] {
        &self.positions
    }

    /// The next commits; `None` once the log is closed and everything was given.
    ///
    /// Cancel-safe: a dropped future loses nothing.
    pub async fn next(&mut self) -> Option<Vec<Commit>> {
        self.batches.recv().await
    }

    /// The next commits, if some are there already.
    pub(crate) fn try_next(&mut self) -> Option<Vec<Commit>> {
        self.batches.try_recv().ok()
    }
}
