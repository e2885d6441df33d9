//! What a server writes on a collection's surface.

use alloc::string::String;

use super::keys;
use super::server::Position;
use super::write::{ObjectWriter, push_string};
use crate::ChangeKind;
use crate::document::{Metadata, Shape, push_flat_document};
use crate::json::JsonError;

/// The answer to a ping.
///
/// ```
/// assert_eq!(cocobase_proto::wire::encode::PONG, r#"{"type":"pong"}"#);
/// ```
pub const PONG: &str = r#"{"type":"pong"}"#;

/// A client's sign of life.
///
/// ```
/// assert_eq!(cocobase_proto::wire::encode::PING, r#"{"type":"ping"}"#);
/// ```
pub const PING: &str = r#"{"type":"ping"}"#;

/// The greeting: the subscription is live, from `position` on. `filters` is the filter's wire form.
///
/// ```
/// use cocobase_proto::wire::{Position, encode};
///
/// let position = Position { epoch: "e1".into(), seq: 7 };
/// assert_eq!(
///     encode::greeting("users", Some(r#"{"a":1}"#), &position),
///     r#"{"event":"connected","collection_id":"users","filters":{"a":1},"epoch":"e1","seq":7}"#,
/// );
/// ```
#[must_use]
pub fn greeting(collection: &str, filters: Option<&str>, position: &Position) -> String {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    object.string(keys::EVENT, "connected").string(keys::COLLECTION_ID, collection);
    if let Some(filters) = filters {
        object.json(keys::FILTERS, filters);
    }
    object.string(keys::EPOCH, &position.epoch).number(keys::SEQ, position.seq);
    object.end();
    out
}

/// One change of a collection, to be told to its subscribers.
///
/// ```
/// use cocobase_proto::wire::encode::CollectionEvent;
/// use cocobase_proto::{ChangeKind, Shape};
///
/// let event = CollectionEvent {
///     kind: ChangeKind::Updated,
///     collection: "users",
///     id: "doc_1",
///     created_at: "2024-01-15T10:30:00Z",
///     updated_at: "2024-01-16T08:00:00Z",
///     fields: r#"{"status":"premium"}"#,
///     old: Some(r#"{"status":"active"}"#),
///     seq: 8,
/// };
/// assert_eq!(
///     event.encode(Shape::Flat).unwrap(),
///     concat!(
///         r#"{"event":"update","collection_id":"users","#,
///         r#""data":{"id":"doc_1","status":"premium","#,
///         r#""created_at":"2024-01-15T10:30:00Z","updated_at":"2024-01-16T08:00:00Z"},"#,
///         r#""old_data":{"status":"active"},"seq":8}"#,
///     ),
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CollectionEvent<'a> {
    /// What happened.
    pub kind: ChangeKind,
    /// The collection's name.
    pub collection: &'a str,
    /// The document's id.
    pub id: &'a str,
    /// When the document was created.
    pub created_at: &'a str,
    /// When the document was last changed.
    pub updated_at: &'a str,
    /// The document's fields: a JSON object. A delete is told by the id alone.
    pub fields: &'a str,
    /// The former values of the changed fields: a JSON object.
    pub old: Option<&'a str>,
    /// The change's number in its collection.
    pub seq: u64,
}

impl CollectionEvent<'_> {
    /// The JSON of this event, its document in the given shape.
    ///
    /// # Errors
    ///
    /// When `fields` is not a JSON object.
    pub fn encode(&self, shape: Shape) -> Result<String, JsonError> {
        let mut out = String::with_capacity(160 + self.fields.len());
        let mut object = ObjectWriter::new(&mut out);
        let word = match self.kind {
            ChangeKind::Created => "create",
            ChangeKind::Updated => "update",
            ChangeKind::Deleted => "delete",
        };
        object.string(keys::EVENT, word).string(keys::COLLECTION_ID, self.collection);
        self.push_document(object.key(keys::DATA), shape)?;
        if let Some(old) = self.old {
            object.json(keys::OLD_DATA, old);
        }
        object.number(keys::SEQ, self.seq);
        object.end();
        Ok(out)
    }

    fn push_document(&self, out: &mut String, shape: Shape) -> Result<(), JsonError> {
        if self.kind == ChangeKind::Deleted {
            ObjectWriter::new(out).string(keys::ID, self.id).end();
            return Ok(());
        }
        match shape {
            Shape::Flat => push_flat_document(out, self.metadata(), self.fields),
            Shape::Nested => {
                ObjectWriter::new(out)
                    .string(keys::ID, self.id)
                    .json(keys::DATA, self.fields)
                    .string(keys::CREATED_AT, self.created_at)
                    .string(keys::UPDATED_AT, self.updated_at)
                    .string(keys::COLLECTION_ID, self.collection)
                    .end();
                Ok(())
            }
        }
    }

    fn metadata(&self) -> Metadata<'_> {
        Metadata {
            id: Some(self.id),
            created_at: Some(self.created_at),
            updated_at: Some(self.updated_at),
        }
    }
}

/// `text` as a JSON string.
///
/// ```
/// assert_eq!(cocobase_proto::wire::encode::string("a\"b"), r#""a\"b""#);
/// ```
#[must_use]
pub fn string(text: &str) -> String {
    let mut out = String::new();
    push_string(&mut out, text);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Text;
    use crate::wire::ServerMessage;

    fn event(kind: ChangeKind, fields: &'static str) -> CollectionEvent<'static> {
        CollectionEvent {
            kind,
            collection: "users",
            id: "doc_1",
            created_at: "t",
            updated_at: "u",
            fields,
            old: None,
            seq: 1,
        }
    }

    #[test]
    fn what_a_server_writes_a_client_reads() {
        for fields in [r#"{"a":1}"#, "{}", r#"{"data":{"a":1}}"#, r#"{"data":{"data":{}},"x":1}"#] {
            let mut views = [Shape::Flat, Shape::Nested].map(|shape| {
                let text = Text::from(event(ChangeKind::Created, fields).encode(shape).unwrap());
                let ServerMessage::Created(change) = ServerMessage::decode(&text).unwrap() else {
                    panic!("{text}")
                };
                assert_eq!(change.document.shape(), shape, "{text}");
                assert_eq!(change.document.id().unwrap(), "doc_1");
                change.document.to_map().unwrap()
            });
            assert_eq!(views[0], views[1]);
            for key in ["id", "created_at", "updated_at"] {
                views[0].remove(key);
            }
            let fields: serde_json::Map<_, _> = serde_json::from_str(fields).unwrap();
            assert_eq!(views[0], fields);
        }
    }

    #[test]
    fn a_delete_tells_the_id_alone() {
        let text = event(ChangeKind::Deleted, r#"{"a":1}"#).encode(Shape::Nested).unwrap();
        assert_eq!(
            text,
            r#"{"event":"delete","collection_id":"users","data":{"id":"doc_1"},"seq":1}"#
        );
    }
}
