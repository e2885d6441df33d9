//! The one thread that writes: it takes what has queued up into one transaction.

use cocobase_hub::Commit;
use cocobase_proto::Text;
use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use super::Options;
use super::apply::apply;
use super::folder::Folder;
use crate::clock::Clock;
use crate::log::{LogError, Tail, Write, Written};

/// One transaction takes at most so many writes and (beyond the first write) bytes.
const GROUP_WRITES: usize = 1024;
const GROUP_BYTES: usize = 4 << 20;

/// A tail may lag by so many batches before the writer waits for it.
const TAIL_BATCHES: usize = 64;

pub(super) enum Command {
    Append(Pending),
    Tail(oneshot::Sender<Tail>),
    /// Finish what is queued, then close the file.
    Close,
}

pub(super) struct Pending {
    pub(super) write: Write,
    pub(super) reply: oneshot::Sender<Result<Written, LogError>>,
    /// The write's share of the queue's memory, given back when it is done.
    pub(super) _memory: OwnedSemaphorePermit,
}

pub(super) struct Writer {
    /// Before the folder, so that the file is closed when the lock falls.
    pub(super) conn: Connection,
    pub(super) folder: Folder,
    pub(super) clock: Clock,
    pub(super) options: Options,
    pub(super) queue: mpsc::Receiver<Command>,
    pub(super) tails: Vec<mpsc::Sender<Vec<Commit>>>,
    /// After the folder: whoever waits for the end may open the folder again.
    pub(super) _alive: watch::Sender<()>,
}

impl Writer {
    /// Runs until the queue is closed and empty: all handles are gone, or one of them said so.
    pub(super) fn run(mut self) {
        let mut next = self.queue.blocking_recv();
        while let Some(command) = next.take() {
            match command {
                Command::Append(first) => {
                    let (group, other) = self.gather(first);
                    self.commit(group);
                    next = other;
                }
                Command::Tail(reply) => self.begin_tail(reply),
                Command::Close => self.queue.close(),
            }
            next = next.or_else(|| self.queue.blocking_recv());
        }
        self.close();
    }

    /// The writes that wait already, behind `first`, and the command that ended the group.
    fn gather(&mut self, first: Pending) -> (Vec<Pending>, Option<Command>) {
        let mut bytes = first.write.bytes();
        let mut group = vec![first];
        while group.len() < GROUP_WRITES && bytes < GROUP_BYTES {
            match self.queue.try_recv() {
                Ok(Command::Append(pending)) => {
                    bytes += pending.write.bytes();
                    group.push(pending);
                }
                Ok(other) => return (group, Some(other)),
                Err(_) => break,
            }
        }
        (group, None)
    }

    /// Makes the group durable, then answers, then tells the tails.
    fn commit(&mut self, group: Vec<Pending>) {
        let results = match self.transact(&group) {
            Ok(results) => results,
            // The transaction itself failed, by one write's doing perhaps: each for itself.
            Err(_) if group.len() > 1 => group
                .chunks(1)
                .map(|one| {
                    self.transact(one).and_then(|mut it| it.pop().unwrap_or(Err(LogError::Closed)))
                })
                .collect(),
            Err(error) => vec![Err(error)],
        };
        let mut batch = Vec::new();
        for (pending, result) in group.into_iter().zip(results) {
            match &result {
                Ok(written) if !written.repeated => batch.extend_from_slice(&written.commits),
                Err(error @ (LogError::Full | LogError::Engine(_))) => {
                    tracing::error!(%error, collection = %pending.write.collection, "write refused");
                }
                _ => {}
            }
            // Whoever asked may have gone; the write stands all the same.
            let _ = pending.reply.send(result);
        }
        if !batch.is_empty() {
            self.tails.retain(|tail| tail.blocking_send(batch.clone()).is_ok());
        }
    }

    /// One transaction, in which each write stands or falls alone. An error means that nothing of
    /// it was stored.
    fn transact(&mut self, group: &[Pending]) -> Result<Vec<Result<Written, LogError>>, LogError> {
        let mut tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut results = Vec::with_capacity(group.len());
        for pending in group {
            let savepoint = tx.savepoint()?;
            let result = apply(&savepoint, &pending.write, self.clock.now(), &self.options);
            match result {
                Ok(_) => savepoint.commit()?,
                // Some failures make SQLite give up the whole transaction.
                Err(error) if savepoint.is_autocommit() => return Err(error),
                Err(_) => drop(savepoint),
            }
            results.push(result);
        }
        tx.commit()?;
        Ok(results)
    }

    fn begin_tail(&mut self, reply: oneshot::Sender<Tail>) {
        let (sender, batches) = mpsc::channel(TAIL_BATCHES);
        match positions(&self.conn) {
            Ok(positions) => {
                self.tails.push(sender);
                let _ = reply.send(Tail { positions, batches });
            }
            // Dropping `reply` says that there is no tail.
            Err(error) => tracing::error!(%error, "cannot begin a tail"),
        }
    }

    fn close(self) {
        if let Err(error) = self.conn.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::warn!(%error, "cannot checkpoint");
        }
        if let Err((_, error)) = self.conn.close() {
            tracing::warn!(%error, "cannot close the data file");
        }
        tracing::debug!(folder = %self.folder.path().display(), "data folder closed");
    }
}

fn positions(conn: &Connection) -> rusqlite::Result<Vec<(Text, u64)>> {
    conn.prepare_cached("SELECT name, last_seq FROM collections")?
        .query_map([], |row| Ok((super::read::text(row, 0)?, row.get::<_, i64>(1)? as u64)))?
        .collect()
}
