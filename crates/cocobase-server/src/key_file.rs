//! The API key that a server makes for itself.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use cocobase_proto::Secret;

use crate::keys::{Keys, generate};

/// Why the API key of a data folder cannot be had.
///
/// ```
/// use cocobase_server::KeyFileError;
/// let error = KeyFileError::Unusable { path: "data/api-key".into() };
/// assert!(error.to_string().starts_with("data/api-key holds no API key"));
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("cannot read or write the API key in {}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file holds no usable key.
    #[error(
        "{} holds no API key of 1 to {} characters: remove it to have a new one made",
        path.display(),
        Keys::MAX_BYTES
    )]
    Unusable {
        /// The file.
        path: PathBuf,
    },
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(#[from] getrandom::Error),
}

/// The key in the file `api-key` of `folder`, which is made, readable by its owner alone, if it is
/// missing.
pub(crate) fn read_or_make(folder: &Path) -> Result<Secret, KeyFileError> {
    let path = folder.join("api-key");
    let failed = |source| KeyFileError::Io { path: path.clone(), source };
    match fs::read_to_string(&path) {
        Ok(text) => match text.trim() {
            key if key.is_empty() || key.len() > Keys::MAX_BYTES => {
                Err(KeyFileError::Unusable { path })
            }
            key => Ok(key.into()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = generate()?;
            write(folder, &path, &key).map_err(failed)?;
            Ok(key)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes a whole file or none. Temporary files are their owner's alone, and stay so.
fn write(folder: &Path, path: &Path, key: &Secret) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{}", key.expose())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept_private() {
        let dir = tempfile::tempdir().unwrap();
        let key = read_or_make(dir.path()).unwrap();
        assert_eq!(read_or_make(dir.path()).unwrap(), key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(dir.path().join("api-key")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_without_a_key_is_named() {
        let dir = tempfile::tempdir().unwrap();
        for text in ["", " \n", &"x".repeat(2000)] {
            fs::write(dir.path().join("api-key"), text).unwrap();
            let error = read_or_make(dir.path()).unwrap_err().to_string();
            assert!(error.contains("api-key holds no API key"), "{error}");
        }
    }
}
