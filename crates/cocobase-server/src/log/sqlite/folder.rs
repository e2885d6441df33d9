//! The folder that holds the data, and the lock that keeps other processes out of it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// Where a log keeps its data.
///
/// ```
/// use cocobase_server::log::Data;
/// let place = Data::Folder("/var/lib/cocobase".into());
/// assert_ne!(place, Data::Memory);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// In this folder, which is made if it is missing.
    Folder(PathBuf),
    /// Nowhere for long: everything is gone when the log closes.
    ///
    /// It is a temporary folder that is never synced, not SQLite's `memdb`: a `memdb` has no
    /// write-ahead log, so its readers and its writer would block one another, and the data would
    /// count against the process's memory. A process that is killed leaves the folder to the
    /// system's cleaning of temporary files.
    Memory,
}

/// Why a log cannot be opened.
///
/// ```
/// use cocobase_server::log::OpenError;
/// let error = OpenError::InUse { path: "/var/lib/cocobase".into() };
/// assert!(error.to_string().starts_with("data folder /var/lib/cocobase is in use"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process serves from this folder.
    #[error(
        "data folder {} is in use by another process: stop that one, or choose another folder",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// The folder or a file in it cannot be used.
    #[error("cannot {what} {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not one of ours, or it is damaged.
    #[error("{} is not a Cocobase data file, or it is damaged: {reason}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The file was written by a newer version of this software.
    #[error(
        "{} has data format {found}, and this version reads up to {known}: use a newer version",
        path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest format that this version knows.
        known: i64,
    },
    /// SQLite cannot open the file.
    #[error("cannot open {}: {reason}", path.display())]
    Engine {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// A data folder in use. Dropping it lets other processes in again.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    _lock: File,
    /// After the lock, so that the lock file is closed before the folder is removed.
    _temporary: Option<TempDir>,
}

impl Folder {
    pub(super) fn take(place: &Data) -> Result<Self, OpenError> {
        let (path, temporary) = match place {
            Data::Folder(path) => {
                create(path).map_err(failed("create data folder", path))?;
                (path.clone(), None)
            }
            Data::Memory => {
                let folder = tempfile::Builder::new()
                    .prefix("cocobase-")
                    .tempdir()
                    .map_err(failed("create a folder in", &std::env::temp_dir()))?;
                (folder.path().to_path_buf(), Some(folder))
            }
        };
        let file = path.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&file)
            .map_err(failed("open", &file))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { path, _lock: lock, _temporary: temporary }),
            Err(TryLockError::WouldBlock) => Err(OpenError::InUse { path }),
            Err(TryLockError::Error(source)) => Err(failed("lock", &file)(source)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn file(&self) -> PathBuf {
        self.path.join("cocobase.db")
    }

    /// Makes the names of new files survive a power loss.
    pub(super) fn sync(&self) -> Result<(), OpenError> {
        // Windows cannot open a folder as a file, and needs no such call.
        if cfg!(unix) {
            let synced = File::open(&self.path).and_then(|folder| folder.sync_all());
            synced.map_err(failed("sync data folder", &self.path))?;
        }
        Ok(())
    }
}

/// Makes the folder if it is missing. What is in it concerns nobody but its owner: whoever can read
/// the file needs no key.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_path_buf();
    move |source| OpenError::Io { what, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_user_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let place = Data::Folder(dir.path().join("a/b"));
        let first = Folder::take(&place).unwrap();
        let error = Folder::take(&place).unwrap_err().to_string();
        assert!(error.contains(&*first.path().to_string_lossy()), "{error}");
        assert!(error.contains("in use by another process"), "{error}");
        drop(first);
        Folder::take(&place).unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn a_new_folder_is_its_owners_alone() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("data");
        Folder::take(&Data::Folder(path.clone())).unwrap();
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        fs::write(&path, "x").unwrap();
        let error = Folder::take(&Data::Folder(path.clone())).unwrap_err().to_string();
        assert!(error.contains(&*path.to_string_lossy()), "{error}");
    }
}
