//! Reading: a few connections of their own, so that readers and the writer never wait for one
//! another.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cocobase_hub::Commit;
use cocobase_proto::{ChangeKind, Text};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};
use tokio::sync::Semaphore;

use super::apply;
use super::schema::open_reader;
use crate::log::{Document, History, LogError};

/// So many reads run at a time; others wait.
const READERS: usize = 4;

/// A page of history stops at so many bytes of documents.
const PAGE_BYTES: usize = 4 << 20;

/// The readers' connections, made when first needed.
pub(super) struct Pool {
    file: PathBuf,
    idle: Mutex<Vec<Connection>>,
    turns: Semaphore,
    closed: AtomicBool,
}

impl Pool {
    pub(super) fn new(file: PathBuf) -> Self {
        let (turns, closed) = (Semaphore::new(READERS), AtomicBool::new(false));
        Self { file, idle: Mutex::default(), turns, closed }
    }

    /// Runs `read` on a thread that may block, in one read transaction: it sees one state.
    pub(super) async fn run<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Transaction<'_>) -> Result<T, LogError> + Send + 'static,
    ) -> Result<T, LogError> {
        let _turn = self.turns.acquire().await.map_err(|_| LogError::Closed)?;
        let pool = Arc::clone(self);
        let task = tokio::task::spawn_blocking(move || {
            let mut conn = pool.take()?;
            let answer = conn.transaction().map_err(LogError::from).and_then(|tx| read(&tx));
            pool.put_back(conn);
            answer
        });
        task.await.map_err(|error| LogError::Engine(error.to_string()))?
    }

    fn take(&self) -> Result<Connection, LogError> {
        if self.closed.load(Ordering::SeqCst) {
            return Err(LogError::Closed);
        }
        match self.lock().pop() {
            Some(conn) => Ok(conn),
            None => Ok(open_reader(&self.file)?),
        }
    }

    fn put_back(&self, conn: Connection) {
        let mut idle = self.lock();
        // Looked at under the lock: `close` sets it before it empties the list.
        if !self.closed.load(Ordering::SeqCst) {
            idle.push(conn);
        }
    }

    /// Refuses new reads, and waits for those that run.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        if let Ok(_all) = self.turns.acquire_many(READERS as u32).await {
            self.turns.close();
        }
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<Text> {
    Ok(row.get_ref(column)?.as_str()?.into())
}

/// A row of `seq, kind, id, created_at, updated_at, data, old`.
pub(super) fn commit_from(row: &Row<'_>, collection: &Text) -> rusqlite::Result<Commit> {
    Ok(Commit {
        collection: collection.clone(),
        seq: row.get::<_, i64>(0)? as u64,
        kind: match row.get(1)? {
            0 => ChangeKind::Created,
            1 => ChangeKind::Updated,
            2 => ChangeKind::Deleted,
            other => return Err(rusqlite::Error::IntegralValueOutOfRange(1, other)),
        },
        id: text(row, 2)?,
        created_at: text(row, 3)?,
        updated_at: text(row, 4)?,
        data: text(row, 5)?,
        old: row.get_ref(6)?.as_str_or_null()?.map(Text::from),
    })
}

/// A row of `id, version, created_at, updated_at, data`.
pub(super) fn document_from(row: &Row<'_>) -> rusqlite::Result<Document> {
    Ok(Document {
        id: text(row, 0)?,
        version: row.get::<_, i64>(1)? as u64,
        created_at: text(row, 2)?,
        updated_at: text(row, 3)?,
        data: text(row, 4)?,
    })
}

pub(super) fn document(
    conn: &Connection,
    collection: i64,
    id: &str,
) -> rusqlite::Result<Option<Document>> {
    conn.prepare_cached(
        "SELECT id, version, created_at, updated_at, data
         FROM documents WHERE collection = ?1 AND id = ?2",
    )?
    .query_row(rusqlite::params![collection, id], document_from)
    .optional()
}

pub(super) fn history(
    conn: &Connection,
    collection: &Text,
    after: u64,
    limit: usize,
) -> Result<History, LogError> {
    let Some(row) = apply::Row::find(conn, collection)? else {
        return Ok(History { commits: Vec::new(), first: 1, last: 0 });
    };
    let first: Option<i64> = conn
        .prepare_cached("SELECT min(seq) FROM changes WHERE collection = ?1")?
        .query_row([row.id], |row| row.get(0))?;
    let mut statement = conn.prepare_cached(
        "SELECT seq, kind, id, created_at, updated_at, data, old
         FROM changes WHERE collection = ?1 AND seq > ?2 ORDER BY seq",
    )?;
    let after = i64::try_from(after).unwrap_or(i64::MAX);
    let mut rows = statement.query([row.id, after])?;
    let (mut commits, mut bytes) = (Vec::new(), 0);
    while commits.len() < limit && bytes < PAGE_BYTES {
        let Some(found) = rows.next()? else { break };
        let commit = commit_from(found, collection)?;
        bytes += commit.data.len() + commit.old.as_ref().map_or(0, |old| old.len());
        commits.push(commit);
    }
    let first = first.map_or(row.last_seq + 1, |first| first as u64);
    Ok(History { commits, first, last: row.last_seq })
}
