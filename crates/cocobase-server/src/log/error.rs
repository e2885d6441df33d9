//! Why the log refuses a write or cannot read.

use cocobase_proto::Text;

/// Why the log refused a write, or could not read.
///
/// Nothing of a refused write has happened.
///
/// ```
/// use cocobase_server::log::LogError;
/// let error = LogError::Exists { id: "doc_1".into() };
/// assert_eq!(error.to_string(), "document `doc_1` exists already");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// There is no such document.
    #[error("Document not found")]
    NotFound {
        /// The id.
        id: Text,
    },
    /// A document with this id exists already.
    #[error("document `{id}` exists already")]
    Exists {
        /// The id.
        id: Text,
    },
    /// The document has changed since the version that the writer knows.
    #[error("document `{id}` is at version {actual}, not {expected}: read it again")]
    Conflict {
        /// The document.
        id: Text,
        /// The version that the writer expected.
        expected: u64,
        /// Its version.
        actual: u64,
    },
    /// The document's fields would take too many bytes.
    #[error("document `{id}` would be {bytes} bytes of JSON; at most {limit} are allowed")]
    TooLarge {
        /// The document.
        id: Text,
        /// How many it would take.
        bytes: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The fields are no JSON object.
    #[error("the fields of document `{id}` are no JSON object: {reason}")]
    Fields {
        /// The document.
        id: Text,
        /// What the JSON reader says.
        reason: String,
    },
    /// The server has as many collections as it may have.
    #[error("there are {limit} collections already, and no more are allowed")]
    TooManyCollections {
        /// The bound.
        limit: u64,
    },
    /// The idempotency key belongs to another write.
    #[error(
        "the idempotency key was used for another write ({what}): take a new key for a new write"
    )]
    KeyReused {
        /// What differs.
        what: &'static str,
    },
    /// The write with this idempotency key happened, but its answer is no longer in the history.
    #[error(
        "this write was made before, but its answer is no longer in the history: read the list"
    )]
    AnswerGone,
    /// The answer would take too much memory.
    #[error("the answer would be larger than {limit} bytes: ask for a smaller `limit`")]
    AnswerTooLarge {
        /// The bound.
        limit: usize,
    },
    /// The disk is full, or the configured size of the data is reached.
    #[error("the server's storage is full: nothing was written")]
    Full,
    /// The engine failed otherwise.
    #[error("the server's storage failed: {0}")]
    Engine(String),
    /// The log is closed, because the server is shutting down.
    #[error("the server is shutting down: try again later")]
    Closed,
}

impl From<rusqlite::Error> for LogError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            _ => Self::Engine(error.to_string()),
        }
    }
}
