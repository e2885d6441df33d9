//! What a server tells about collections.

use crate::ChangeKind;
use crate::document::Document;
use crate::text::Text;

/// The server confirms a subscription: `connected` on the surfaces C and B, `subscribed` on G.
///
/// See [`ServerMessage`](super::ServerMessage) for an example.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Greeting {
    /// The collection's name, if the server says it.
    pub collection: Option<Text>,
    /// The filter as the server understood it: a JSON object.
    pub filters: Option<Text>,
    /// From where on events follow (ours).
    pub position: Option<Position>,
    /// The answer to a request to resume: whether everything that was missed follows (ours). `None`
    /// if the server was not asked, or does not know the question.
    pub resumed: Option<bool>,
    /// The snapshot is complete, and had so many documents (ours). `None` if the server sent none.
    pub snapshot: Option<u64>,
    /// The project, on surface B.
    pub project_id: Option<Text>,
    /// Who the client is to the others, on surface B.
    pub user_id: Option<Text>,
}

/// A point in a collection's history (ours).
///
/// ```
/// use cocobase_proto::Position;
///
/// let position = Position { epoch: "e1".into(), seq: 41 };
/// assert_eq!(position.to_event_id(), "e1:41");
/// assert_eq!(Position::from_event_id("e1:41"), Some(position));
/// assert_eq!(Position::from_event_id("another server's"), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The history that `seq` counts in. Another epoch is another history.
    pub epoch: Text,
    /// The number of the last change before this point.
    pub seq: u64,
}

impl Position {
    /// The position as the `id` of a server-sent event: `EPOCH:SEQ`.
    #[must_use]
    pub fn to_event_id(&self) -> alloc::string::String {
        alloc::format!("{}:{}", self.epoch, self.seq)
    }

    /// The position in the `id` of a server-sent event, if it is one.
    #[must_use]
    pub fn from_event_id(id: &str) -> Option<Self> {
        let (epoch, seq) = Self::parts(id)?;
        Some(Self { epoch: epoch.into(), seq })
    }

    /// The epoch and the number in the `id` of a server-sent event.
    pub(crate) fn parts(id: &str) -> Option<(&str, u64)> {
        let (epoch, seq) = id.rsplit_once(':')?;
        // Rust would take a sign as well.
        let digits = seq.bytes().all(|byte| byte.is_ascii_digit());
        let seq = seq.parse().ok().filter(|_| digits && !epoch.is_empty())?;
        Some((epoch, seq))
    }
}

/// A document was created or updated.
///
/// See [`ServerMessage`](super::ServerMessage) for an example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<D = Document> {
    /// The collection's name, if the server says it.
    pub collection: Option<Text>,
    /// The document as it is now.
    pub document: D,
    /// Former values: a JSON object with the changed fields. Servers send it with updates only.
    pub old: Option<Text>,
    /// The change's number in its collection (ours).
    pub seq: Option<u64>,
}

impl<D> Change<D> {
    /// The same change with its document put through `f`.
    ///
    /// # Errors
    ///
    /// Those of `f`.
    pub fn try_map<T, E>(self, f: impl FnOnce(D) -> Result<T, E>) -> Result<Change<T>, E> {
        let Self { collection, document, old, seq } = self;
        Ok(Change { collection, document: f(document)?, old, seq })
    }
}

/// A document was deleted.
///
/// See [`ServerMessage`](super::ServerMessage) for how it is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The collection's name, if the server says it.
    pub collection: Option<Text>,
    /// The document's id, if the server says it.
    pub id: Option<Text>,
    /// What the server says of the document: often its id alone.
    pub document: Document,
    /// The change's number in its collection (ours).
    pub seq: Option<u64>,
}

/// One document of the snapshot that precedes a greeting (ours).
///
/// A snapshot is complete when the [`Greeting`] comes, which says how many documents it had and at
/// which position it was taken. One that is broken off by the end of a link is worth nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDocument {
    /// The collection's name, if the server says it.
    pub collection: Option<Text>,
    /// The document.
    pub document: Document,
}

/// The client took its messages too slowly, and some were left out (ours).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lagged {
    /// The collection; without one, and without a room, every subscription of the link.
    pub collection: Option<Text>,
    /// The room, on the gateway.
    pub room: Option<Text>,
    /// How many messages were left out, if the server has counted.
    pub missed: Option<u64>,
    /// Where the server goes on: every change after this position follows. Without it nothing
    /// follows, and the client is to connect and resume.
    pub position: Option<Position>,
}

impl ChangeKind {
    /// The word of the gateway and of most dialects.
    pub(crate) const fn past(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    /// The word of surface C.
    pub(crate) const fn present(self) -> &'static str {
        match self {
            Self::Created => "create",
            Self::Updated => "update",
            Self::Deleted => "delete",
        }
    }
}
