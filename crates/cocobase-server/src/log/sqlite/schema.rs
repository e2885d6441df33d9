//! The database file: how it is opened, and its tables.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::folder::{Data, Folder, OpenError};
use crate::keys::random_hex;

/// Marks a SQLite file as ours: the letters `COCO`.
const APPLICATION_ID: i64 = 0x434F_434F;

/// The format of the tables below.
const VERSION: i64 = 1;

const PAGE_BYTES: u64 = 4096;

const TABLES: &str = "
    CREATE TABLE meta (
        key   TEXT PRIMARY KEY,
        value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE collections (
        id         INTEGER PRIMARY KEY,
        name       TEXT NOT NULL UNIQUE,
        created_at TEXT NOT NULL,
        last_seq   INTEGER NOT NULL,
        last_at    TEXT NOT NULL
    ) STRICT;

    -- The log. `kind`: 0 created, 1 updated, 2 deleted.
    CREATE TABLE changes (
        collection INTEGER NOT NULL,
        seq        INTEGER NOT NULL,
        kind       INTEGER NOT NULL,
        id         TEXT NOT NULL,
        created_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        data       TEXT NOT NULL,
        old        TEXT,
        PRIMARY KEY (collection, seq)
    ) STRICT;

    -- The projection: each document as its last change left it.
    CREATE TABLE documents (
        collection  INTEGER NOT NULL,
        id          TEXT NOT NULL,
        created_seq INTEGER NOT NULL,
        version     INTEGER NOT NULL,
        created_at  TEXT NOT NULL,
        updated_at  TEXT NOT NULL,
        data        TEXT NOT NULL,
        PRIMARY KEY (collection, id)
    ) STRICT;
    CREATE UNIQUE INDEX documents_by_creation ON documents (collection, created_seq);

    -- Which changes a write with an idempotency key made.
    CREATE TABLE idempotency (
        key        TEXT PRIMARY KEY,
        collection INTEGER NOT NULL,
        first_seq  INTEGER NOT NULL,
        last_seq   INTEGER NOT NULL,
        at         TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX idempotency_by_age ON idempotency (at);
";

/// The writer's connection, with the tables in place.
pub(super) fn open_writer(
    folder: &Folder,
    place: &Data,
    max_bytes: Option<u64>,
) -> Result<Connection, OpenError> {
    let file = folder.file();
    let mut conn = Connection::open(&file).map_err(failed(&file))?;
    let synchronous = if *place == Data::Memory { "OFF" } else { "FULL" };
    let tune = |conn: &Connection| {
        conn.busy_timeout(Duration::from_secs(5))?;
        conn.set_prepared_statement_cache_capacity(64);
        conn.pragma_update(None, "journal_mode", "WAL")?;
        conn.pragma_update(None, "synchronous", synchronous)?;
        // macOS makes nothing durable otherwise; elsewhere it changes nothing.
        conn.pragma_update(None, "fullfsync", true)?;
        conn.pragma_update(None, "checkpoint_fullfsync", true)?;
        // A log that a long reader made grow shrinks again.
        conn.pragma_update(None, "journal_size_limit", 64 << 20)
    };
    // Identified first: nothing may be changed in a file that is not ours.
    let version = identify(&conn, &file)?;
    tune(&conn).map_err(failed(&file))?;
    if version == 0 {
        create(&mut conn, &random_hex()?).map_err(failed(&file))?;
        folder.sync()?;
    }
    if let Some(bytes) = max_bytes {
        let pages = (bytes / PAGE_BYTES).clamp(1, u64::from(u32::MAX - 1));
        conn.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))
            .map_err(failed(&file))?;
    }
    Ok(conn)
}

/// A reader's connection to a file that [`open_writer`] has prepared.
pub(super) fn open_reader(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(file, flags)?;
    conn.busy_timeout(Duration::from_secs(5))?;
    conn.set_prepared_statement_cache_capacity(32);
    Ok(conn)
}

/// The epoch, and the latest time that was written.
pub(super) fn state(conn: &Connection) -> rusqlite::Result<(String, Option<String>)> {
    let epoch =
        conn.query_row("SELECT value FROM meta WHERE key = 'epoch'", [], |row| row.get(0))?;
    let last = conn.query_row("SELECT max(last_at) FROM collections", [], |row| row.get(0))?;
    Ok((epoch, last))
}

/// Refuses a file that is not ours; answers with its format, 0 for a new file.
fn identify(conn: &Connection, file: &Path) -> Result<i64, OpenError> {
    let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let tables =
        || conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
    let read = || Ok((pragma("application_id")?, pragma("user_version")?, tables()?));
    let (id, version, tables) = read().map_err(failed(file))?;
    match (id, version) {
        (0, 0) if tables == 0 => Ok(0),
        (APPLICATION_ID, 1..=VERSION) => Ok(version),
        (APPLICATION_ID, found) if found > VERSION => {
            Err(OpenError::Newer { path: file.into(), found, known: VERSION })
        }
        _ => Err(OpenError::Foreign {
            path: file.into(),
            reason: "it is a SQLite file of another program".into(),
        }),
    }
}

/// Makes the tables, all or none.
fn create(conn: &mut Connection, epoch: &str) -> rusqlite::Result<()> {
    let tx = conn.transaction()?;
    tx.execute_batch(TABLES)?;
    tx.execute("INSERT INTO meta (key, value) VALUES ('epoch', ?1)", [epoch])?;
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()
}

pub(super) fn failed(file: &Path) -> impl Fn(rusqlite::Error) -> OpenError {
    let path: PathBuf = file.into();
    move |error| {
        let (path, reason) = (path.clone(), error.to_string());
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                OpenError::Foreign { path, reason }
            }
            _ => OpenError::Engine { path, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<Connection, OpenError> {
        let place = Data::Folder(path.into());
        open_writer(&Folder::take(&place).unwrap(), &place, None)
    }

    #[test]
    fn the_epoch_stays_with_its_folder() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let epoch = |dir: &tempfile::TempDir| state(&open(dir.path()).unwrap()).unwrap().0;
        assert_eq!(epoch(&one), epoch(&one));
        assert_ne!(epoch(&one), epoch(&two));
        assert_eq!(epoch(&one).len(), 32);
    }

    #[test]
    fn commits_are_synced() {
        let dir = tempfile::tempdir().unwrap();
        let conn = open(dir.path()).unwrap();
        let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        assert_eq!(pragma("synchronous").unwrap(), 2);
        assert_eq!(pragma("wal_autocheckpoint").unwrap(), 1000);
    }

    #[test]
    fn files_that_are_not_ours_are_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("cocobase.db");
        let refused = || {
            let error = open(dir.path()).unwrap_err().to_string();
            assert!(error.contains(&*file.to_string_lossy()), "{error}");
            error
        };

        std::fs::write(&file, "not a database, but long enough to be read as one".repeat(99))
            .unwrap();
        assert!(refused().contains("not a Cocobase data file"));

        std::fs::remove_file(&file).unwrap();
        Connection::open(&file).unwrap().execute_batch("CREATE TABLE t (x)").unwrap();
        assert!(refused().contains("of another program"));

        std::fs::remove_file(&file).unwrap();
        open(dir.path()).unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
        assert!(refused().contains("use a newer version"));
    }
}
