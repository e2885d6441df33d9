//! What the log tells the hub.

use cocobase_proto::{ChangeKind, Metadata, Text};

/// One change that the log has made durable. Cloning it copies no document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The collection's name.
    pub collection: Text,
    /// The change's number: it grows by one with every change to the collection and never repeats.
    pub seq: u64,
    /// What happened.
    pub kind: ChangeKind,
    /// The document's id.
    pub id: Text,
    /// When the document was created, RFC 3339 in UTC.
    pub created_at: Text,
    /// When this change happened, RFC 3339 in UTC.
    pub updated_at: Text,
    /// The document's fields, a JSON object: after the change, or the last ones of a deleted document.
    pub data: Text,
    /// The fields before an update.
    pub old: Option<Text>,
}

impl Commit {
    /// The document's metadata.
    #[must_use]
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata {
            id: Some(&self.id),
            created_at: Some(&self.created_at),
            updated_at: Some(&self.updated_at),
        }
    }
}
