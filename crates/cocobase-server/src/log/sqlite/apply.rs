//! One write inside the writer's transaction.

use cocobase_hub::Commit;
use cocobase_proto::{ChangeKind, Text};
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::Options;
use super::read::{commit_from, text};
use crate::clock::{hours_before, rfc3339};
use crate::fields::Fields;
use crate::log::{Action, Change, Collection, Document, LogError, Write, Written};

/// An idempotency key is good for so long.
const KEY_HOURS: i64 = 24;

/// Applies `write` at the time `now`. After an error, the caller rolls back.
pub(super) fn apply(
    conn: &Connection,
    write: &Write,
    now: Timestamp,
    options: &Options,
) -> Result<Written, LogError> {
    if let Some(key) = &write.key
        && let Some(written) = repeat(conn, key, write, now)?
    {
        return Ok(written);
    }
    let at = Text::from(rfc3339(now));
    let creates = write.changes.iter().any(|change| matches!(change.action, Action::Create(_)));
    let row = match Row::find(conn, &write.collection)? {
        Some(row) => row,
        None if creates => Row::make(conn, &write.collection, &at, options.max_collections)?,
        None => return nothing(write, at),
    };
    let mut commits = Vec::with_capacity(write.changes.len());
    for change in &write.changes {
        let seq = row.last_seq + commits.len() as u64 + 1;
        let step = Step { conn, row: &row, seq, at: &at, limit: options.max_document_bytes };
        commits.extend(step.take(change)?);
    }
    let last_seq = row.last_seq + commits.len() as u64;
    if last_seq > row.last_seq {
        conn.prepare_cached("UPDATE collections SET last_seq = ?2, last_at = ?3 WHERE id = ?1")?
            .execute(params![row.id, last_seq as i64, &*at])?;
    }
    if let Some(key) = &write.key {
        remember(conn, key, &row, last_seq, now)?;
    }
    trim(conn, &row, last_seq, options.history)?;
    Ok(Written { collection: row.collection, commits, repeated: false })
}

/// The outcome of a write that creates nothing, in a collection that does not exist.
fn nothing(write: &Write, at: Text) -> Result<Written, LogError> {
    let must_exist = |change: &&Change| !matches!(change.action, Action::DeleteIfPresent);
    if let Some(change) = write.changes.iter().find(must_exist) {
        return Err(LogError::NotFound { id: change.id.clone() });
    }
    let collection = Collection { name: write.collection.clone(), created_at: at };
    Ok(Written { collection, commits: Vec::new(), repeated: false })
}

/// A collection as it was before the write.
pub(super) struct Row {
    pub(super) id: i64,
    pub(super) collection: Collection,
    pub(super) last_seq: u64,
}

impl Row {
    pub(super) fn find(conn: &Connection, name: &str) -> rusqlite::Result<Option<Self>> {
        conn.prepare_cached(
            "SELECT id, name, created_at, last_seq FROM collections WHERE name = ?1",
        )?
        .query_row([name], |row| {
            let collection = Collection { name: text(row, 1)?, created_at: text(row, 2)? };
            Ok(Self { id: row.get(0)?, collection, last_seq: row.get::<_, i64>(3)? as u64 })
        })
        .optional()
    }

    fn make(conn: &Connection, name: &Text, at: &Text, limit: u64) -> Result<Self, LogError> {
        let count: i64 =
            conn.query_row("SELECT count(*) FROM collections", [], |row| row.get(0))?;
        if count as u64 >= limit {
            return Err(LogError::TooManyCollections { limit });
        }
        conn.execute(
            "INSERT INTO collections (name, created_at, last_seq, last_at) VALUES (?1, ?2, 0, ?2)",
            params![&**name, &**at],
        )?;
        let collection = Collection { name: name.clone(), created_at: at.clone() };
        Ok(Self { id: conn.last_insert_rowid(), collection, last_seq: 0 })
    }
}

/// One change of a write: what the documents and the log become by it.
struct Step<'a> {
    conn: &'a Connection,
    row: &'a Row,
    seq: u64,
    at: &'a Text,
    limit: usize,
}

impl Step<'_> {
    fn take(&self, change: &Change) -> Result<Option<Commit>, LogError> {
        let now = self.document(&change.id)?;
        match (&change.action, now) {
            (Action::Create(fields), None) => self.create(change, fields).map(Some),
            (Action::Create(_), Some(_)) => Err(LogError::Exists { id: change.id.clone() }),
            (Action::DeleteIfPresent, None) => Ok(None),
            (Action::Merge(_) | Action::Delete, None) => {
                Err(LogError::NotFound { id: change.id.clone() })
            }
            (_, Some(document)) if change.expected.is_some_and(|it| it != document.version) => {
                Err(LogError::Conflict {
                    id: document.id,
                    expected: change.expected.unwrap_or_default(),
                    actual: document.version,
                })
            }
            (Action::Merge(patch), Some(document)) => self.merge(document, patch).map(Some),
            (Action::Delete | Action::DeleteIfPresent, Some(document)) => {
                self.delete(document).map(Some)
            }
        }
    }

    fn document(&self, id: &str) -> rusqlite::Result<Option<Document>> {
        super::read::document(self.conn, self.row.id, id)
    }

    fn create(&self, change: &Change, fields: &Text) -> Result<Commit, LogError> {
        self.check_size(&change.id, fields.len())?;
        self.conn
            .prepare_cached(
                "INSERT INTO documents
                   (collection, id, created_seq, version, created_at, updated_at, data)
                 VALUES (?1, ?2, ?3, ?3, ?4, ?4, ?5)",
            )?
            .execute(params![self.row.id, &*change.id, self.seq as i64, &**self.at, &**fields])?;
        self.record(Commit {
            collection: self.row.collection.name.clone(),
            seq: self.seq,
            kind: ChangeKind::Created,
            id: change.id.clone(),
            created_at: self.at.clone(),
            updated_at: self.at.clone(),
            data: fields.clone(),
            old: None,
        })
    }

    fn merge(&self, document: Document, patch: &Text) -> Result<Commit, LogError> {
        let parse = |fields| {
            Fields::parse(fields).map_err(|error| LogError::Fields {
                id: document.id.clone(),
                reason: error.to_string(),
            })
        };
        let data = parse(&document.data)?.merged(&parse(patch)?);
        self.check_size(&document.id, data.len())?;
        self.conn
            .prepare_cached(
                "UPDATE documents SET version = ?3, updated_at = ?4, data = ?5
                 WHERE collection = ?1 AND id = ?2",
            )?
            .execute(params![self.row.id, &*document.id, self.seq as i64, &**self.at, data])?;
        self.record(Commit {
            collection: self.row.collection.name.clone(),
            seq: self.seq,
            kind: ChangeKind::Updated,
            id: document.id,
            created_at: document.created_at,
            updated_at: self.at.clone(),
            data: data.into(),
            old: Some(document.data),
        })
    }

    fn delete(&self, document: Document) -> Result<Commit, LogError> {
        self.conn
            .prepare_cached("DELETE FROM documents WHERE collection = ?1 AND id = ?2")?
            .execute(params![self.row.id, &*document.id])?;
        self.record(Commit {
            collection: self.row.collection.name.clone(),
            seq: self.seq,
            kind: ChangeKind::Deleted,
            id: document.id,
            created_at: document.created_at,
            updated_at: self.at.clone(),
            data: document.data,
            old: None,
        })
    }

    fn record(&self, commit: Commit) -> Result<Commit, LogError> {
        let kind = match commit.kind {
            ChangeKind::Created => 0,
            ChangeKind::Updated => 1,
            ChangeKind::Deleted => 2,
        };
        self.conn
            .prepare_cached(
                "INSERT INTO changes
                   (collection, seq, kind, id, created_at, updated_at, data, old)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute(params![
                self.row.id,
                commit.seq as i64,
                kind,
                &*commit.id,
                &*commit.created_at,
                &*commit.updated_at,
                &*commit.data,
                commit.old.as_deref(),
            ])?;
        Ok(commit)
    }

    fn check_size(&self, id: &Text, bytes: usize) -> Result<(), LogError> {
        if bytes > self.limit {
            return Err(LogError::TooLarge { id: id.clone(), bytes, limit: self.limit });
        }
        Ok(())
    }
}

/// The answer to an earlier write with this key, if there was one.
fn repeat(
    conn: &Connection,
    key: &Text,
    write: &Write,
    now: Timestamp,
) -> Result<Option<Written>, LogError> {
    let alive_from = rfc3339(hours_before(now, KEY_HOURS));
    let found = conn
        .prepare_cached(
            "SELECT c.id, c.name, c.created_at, i.first_seq, i.last_seq
             FROM idempotency i JOIN collections c ON c.id = i.collection
             WHERE i.key = ?1 AND i.at > ?2",
        )?
        .query_row([&**key, alive_from.as_str()], |row| {
            let collection = Collection { name: text(row, 1)?, created_at: text(row, 2)? };
            Ok((row.get::<_, i64>(0)?, collection, row.get::<_, i64>(3)?, row.get::<_, i64>(4)?))
        })
        .optional()?;
    let Some((id, collection, first, last)) = found else { return Ok(None) };
    let count = usize::try_from(last - first + 1).unwrap_or(0);
    if collection.name != write.collection {
        return Err(LogError::KeyReused { what: "in another collection" });
    }
    if count != write.changes.len() {
        return Err(LogError::KeyReused { what: "of another number of documents" });
    }
    let commits = conn
        .prepare_cached(
            "SELECT seq, kind, id, created_at, updated_at, data, old
             FROM changes WHERE collection = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq",
        )?
        .query_map([id, first, last], |row| commit_from(row, &collection.name))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    if commits.len() != count {
        return Err(LogError::AnswerGone);
    }
    Ok(Some(Written { collection, commits, repeated: true }))
}

/// Keeps `key` with the changes that it stands for, and forgets a few keys that are too old: more
/// than one each time, so that they cannot pile up.
fn remember(
    conn: &Connection,
    key: &Text,
    row: &Row,
    last_seq: u64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    let alive_from = rfc3339(hours_before(now, KEY_HOURS));
    conn.prepare_cached(
        "DELETE FROM idempotency WHERE key IN
           (SELECT key FROM idempotency WHERE at <= ?1 ORDER BY at LIMIT 4)",
    )?
    .execute([&alive_from])?;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO idempotency (key, collection, first_seq, last_seq, at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![
        &**key,
        row.id,
        row.last_seq as i64 + 1,
        last_seq as i64,
        rfc3339(now)
    ])?;
    Ok(())
}

/// Drops what lies more than `history` changes back: not with every write, and never so much at
/// once that writers would notice.
fn trim(conn: &Connection, row: &Row, last_seq: u64, history: u64) -> rusqlite::Result<()> {
    const AT_ONCE: i64 = 4096;
    let step = (history / 16).clamp(1, 1024);
    if last_seq <= history || last_seq / step == row.last_seq / step {
        return Ok(());
    }
    conn.prepare_cached(
        "DELETE FROM changes WHERE collection = ?1 AND seq <= min(?2,
           (SELECT min(seq) FROM changes WHERE collection = ?1) + ?3)",
    )?
    .execute(params![row.id, (last_seq - history) as i64, AT_ONCE])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::log::{Change, Data};

    /// A log's file, at times that the test chooses.
    struct Fixture {
        conn: Connection,
        options: Options,
        _folder: super::super::folder::Folder,
    }

    impl Fixture {
        fn new(options: Options) -> Self {
            let folder = super::super::folder::Folder::take(&Data::Memory).unwrap();
            let conn = super::super::schema::open_writer(&folder, &Data::Memory, None).unwrap();
            Self { conn, options, _folder: folder }
        }

        fn create(&self, id: &str, key: Option<&str>, hour: i64) -> Written {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1000 + hour);
            let mut write = Write::new("c", vec![Change::create(id, "{}")]);
            write.key = key.map(Text::from);
            apply(&self.conn, &write, now, &self.options).unwrap()
        }

        fn count(&self, what: &str) -> i64 {
            let query = format!("SELECT count(*) FROM {what}");
            self.conn.query_row(&query, [], |row| row.get(0)).unwrap()
        }
    }

    #[test]
    fn a_key_is_good_for_24_hours() {
        let log = Fixture::new(Options::default());
        assert_eq!(log.create("a", Some("k"), 0).commits[0].seq, 1);
        let again = log.create("b", Some("k"), 23);
        assert!(again.repeated);
        assert_eq!(again.commits[0].id, "a");
        let anew = log.create("c", Some("k"), 24);
        assert!(!anew.repeated);
        assert_eq!(anew.commits[0].seq, 2);
        assert!(log.create("d", Some("k"), 47).repeated, "the new write's time counts");
    }

    #[test]
    fn old_keys_do_not_pile_up() {
        let log = Fixture::new(Options::default());
        for hour in 0..100 {
            log.create(&hour.to_string(), Some(&format!("k{hour}")), hour);
        }
        assert_eq!(log.count("idempotency"), 24);
    }

    #[test]
    fn a_history_that_was_made_shorter_is_trimmed_bit_by_bit() {
        let mut log = Fixture::new(Options::default());
        for n in 0..6000 {
            log.create(&n.to_string(), None, 0);
        }
        log.options.history = 16;
        log.create("x", None, 0);
        assert_eq!(log.count("changes"), 6001 - 4097);
        log.create("y", None, 0);
        assert_eq!(log.count("changes"), 16);
        assert_eq!(log.create("z", None, 0).commits[0].seq, 6003);
    }
}
