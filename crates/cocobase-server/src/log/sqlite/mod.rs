//! The log in one SQLite file: a single node's durable store.

mod apply;
mod folder;
mod list;
mod order;
mod read;
mod schema;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;

use cocobase_proto::Text;
use cocobase_proto::query::ListQuery;
use tokio::sync::{Semaphore, mpsc, oneshot, watch};

pub use folder::{Data, OpenError};
pub use list::{Aggregate, Listing, Operation};

use self::folder::Folder;
use self::read::Pool;
use self::writer::{Command, Pending, Writer};
use super::{Collection, Document, History, Log, LogError, Tail, Write, Written};
use crate::clock::Clock;
use crate::limits::Limits;

/// So many writes may wait for the writer, and so much memory may they take, in KiB; who comes
/// then waits.
const QUEUE_WRITES: usize = 1024;
const QUEUE_KIB: u32 = 64 << 10;

/// The bounds of a log.
///
/// ```
/// use cocobase_server::log::Options;
/// assert_eq!(Options::default().history, 100_000);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// At least so many changes of each collection stay readable. Default: 100,000.
    pub history: u64,
    /// The data file grows to at most so many bytes (in steps of 4 KiB), beside a write-ahead log
    /// of some MiB. Default: no bound.
    pub max_data_bytes: Option<u64>,
    /// A document's fields take at most so many bytes. Default: 1 MiB.
    pub max_document_bytes: usize,
    /// There are at most so many collections. Default: 10,000.
    pub max_collections: u64,
}

impl Default for Options {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            history: 100_000,
            max_data_bytes: None,
            max_document_bytes: limits.max_document_bytes,
            max_collections: limits.max_collections,
        }
    }
}

/// A [`Log`] in one SQLite file, with the documents that it projects to.
///
/// One thread writes. It takes the writes that have queued up into one transaction, in which each
/// stands or falls alone, syncs once, answers, and then tells the tails. Readers have connections
/// of their own and see one state each. Clones are handles to the same log.
///
/// For an example see [`Log`].
#[derive(Clone)]
pub struct SqliteLog(Arc<Shared>);

struct Shared {
    epoch: Text,
    path: PathBuf,
    queue: mpsc::Sender<Command>,
    memory: Arc<Semaphore>,
    pool: Arc<Pool>,
    /// The writer holds the other end until it has closed the file.
    writing: watch::Receiver<()>,
}

impl SqliteLog {
    /// Opens the log in `place`, and makes it if there is none.
    ///
    /// # Errors
    ///
    /// When the place is in use, cannot be written, or holds something else; the error names it.
    pub async fn open(place: Data, options: Options) -> Result<Self, OpenError> {
        let (path, task) = match &place {
            Data::Folder(path) => (path.clone(), "open data folder"),
            Data::Memory => (std::env::temp_dir(), "open a folder in"),
        };
        let open = tokio::task::spawn_blocking(move || Self::open_blocking(&place, options));
        open.await.unwrap_or_else(|error| {
            Err(OpenError::Io { what: task, path, source: std::io::Error::other(error) })
        })
    }

    fn open_blocking(place: &Data, options: Options) -> Result<Self, OpenError> {
        let folder = Folder::take(place)?;
        let (file, path) = (folder.file(), folder.path().to_path_buf());
        let conn = schema::open_writer(&folder, place, options.max_data_bytes)?;
        let (epoch, last) = schema::state(&conn).map_err(schema::failed(&file))?;
        let (queue, commands) = mpsc::channel(QUEUE_WRITES);
        let (alive, writing) = watch::channel(());
        let writer = Writer {
            conn,
            folder,
            clock: Clock::after(last.as_deref()),
            options,
            queue: commands,
            tails: Vec::new(),
            _alive: alive,
        };
        std::thread::Builder::new()
            .name("cocobase-log".into())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Io {
                what: "start a thread for",
                path: path.clone(),
                source,
            })?;
        tracing::info!(folder = %path.display(), %epoch, "data folder opened");
        Ok(Self(Arc::new(Shared {
            epoch: epoch.into(),
            path,
            queue,
            memory: Arc::new(Semaphore::new(QUEUE_KIB as usize)),
            pool: Arc::new(Pool::new(file)),
            writing,
        })))
    }

    /// The folder that the log lives in: for [`Data::Memory`], a temporary one.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        &self.0.path
    }

    /// Finishes the writes that are queued, refuses others, and closes the file. When this returns,
    /// the folder may be opened again.
    ///
    /// A log that is dropped without it loses nothing that was answered, and closes by itself
    /// soon after. It waits for every [`Tail`] that lags: keep reading them, or drop them before.
    pub async fn close(&self) {
        self.0.pool.close().await;
        // Fails when the log is closing already.
        let _ = self.0.queue.send(Command::Close).await;
        let mut writing = self.0.writing.clone();
        while writing.changed().await.is_ok() {}
    }

    /// All collections, by name.
    ///
    /// ```
    /// # use cocobase_server::log::{Change, Data, Log, Options, SqliteLog, Write};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let log = SqliteLog::open(Data::Memory, Options::default()).await?;
    /// log.append(Write::new("posts", vec![Change::create("1", "{}")])).await?;
    /// assert_eq!(log.collections().await?[0].name, "posts");
    /// assert_eq!(log.document("posts".into(), "1".into()).await?.map(|it| it.1.version), Some(1));
    /// # log.close().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn collections(&self) -> Result<Vec<Collection>, LogError> {
        self.0.pool.run(|tx| Ok(list::collections(tx)?)).await
    }

    /// A document and its collection, if it exists. For an example see
    /// [`collections`](Self::collections).
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn document(
        &self,
        collection: Text,
        id: Text,
    ) -> Result<Option<(Collection, Document)>, LogError> {
        let read = move |tx: &rusqlite::Transaction<'_>| {
            let Some(row) = apply::Row::find(tx, &collection)? else { return Ok(None) };
            let document = read::document(tx, row.id, &id)?;
            Ok(document.map(|document| (row.collection, document)))
        };
        self.0.pool.run(read).await
    }

    /// The documents that a query asks for, at most `max_bytes` of them. Without
    /// `query.limit`, all.
    ///
    /// ```
    /// # use cocobase_server::log::{Aggregate, Change, Data, Log, Operation, Options, SqliteLog, Write};
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let log = SqliteLog::open(Data::Memory, Options::default()).await?;
    /// use cocobase_proto::query::ListQuery;
    ///
    /// let changes = vec![Change::create("1", r#"{"mag":4.5}"#), Change::create("2", r#"{"mag":6}"#)];
    /// log.append(Write::new("quakes", changes)).await?;
    ///
    /// let strong = ListQuery::from_query("mag_gte=5")?;
    /// let listing = log.list("quakes".into(), strong.clone(), 1 << 20).await?;
    /// assert_eq!(listing.documents[0].data, r#"{"mag":6}"#);
    /// assert_eq!(listing.position, 2);
    ///
    /// assert_eq!(log.count("quakes".into(), strong).await?, 1);
    /// let mean = Aggregate { field: "mag".into(), operation: Operation::Avg };
    /// assert_eq!(log.aggregate("quakes".into(), ListQuery::default(), mean).await?, 5.25);
    /// # log.close().await;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    ///
    /// When the documents take more than `max_bytes`, or the file cannot be read.
    pub async fn list(
        &self,
        collection: Text,
        query: ListQuery,
        max_bytes: usize,
    ) -> Result<Listing, LogError> {
        self.0.pool.run(move |tx| list::list(tx, collection, &query, max_bytes)).await
    }

    /// How many documents fit the query's filter. For an example see [`list`](Self::list).
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn count(&self, collection: Text, query: ListQuery) -> Result<u64, LogError> {
        self.0.pool.run(move |tx| list::count(tx, &collection, &query.filter)).await
    }

    /// One number from the values of a field in the documents that fit the query's filter. For an
    /// example see [`list`](Self::list).
    ///
    /// # Errors
    ///
    /// When the file cannot be read.
    pub async fn aggregate(
        &self,
        collection: Text,
        query: ListQuery,
        aggregate: Aggregate,
    ) -> Result<serde_json::Value, LogError> {
        self.0.pool.run(move |tx| list::aggregate(tx, &collection, &query.filter, &aggregate)).await
    }
}

impl Log for SqliteLog {
    fn epoch(&self) -> &Text {
        &self.0.epoch
    }

    async fn append(&self, write: Write) -> Result<Written, LogError> {
        let kib = u32::try_from(write.bytes() / 1024 + 1).unwrap_or(u32::MAX).min(QUEUE_KIB);
        let memory = Arc::clone(&self.0.memory).acquire_many_owned(kib).await;
        let _memory = memory.map_err(|_| LogError::Closed)?;
        let (reply, written) = oneshot::channel();
        let command = Command::Append(Pending { write, reply, _memory });
        self.0.queue.send(command).await.map_err(|_| LogError::Closed)?;
        written.await.map_err(|_| LogError::Closed)?
    }

    async fn read(&self, collection: &str, after: u64, limit: usize) -> Result<History, LogError> {
        let collection = Text::from(collection);
        self.0.pool.run(move |tx| read::history(tx, &collection, after, limit)).await
    }

    async fn tail(&self) -> Result<Tail, LogError> {
        let (reply, tail) = oneshot::channel();
        self.0.queue.send(Command::Tail(reply)).await.map_err(|_| LogError::Closed)?;
        tail.await.map_err(|_| LogError::Closed)
    }
}

impl std::fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteLog").field("folder", &self.0.path).finish_non_exhaustive()
    }
}
