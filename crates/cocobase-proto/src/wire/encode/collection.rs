//! What a server writes about collections.

use alloc::string::String;

use crate::ChangeKind;
use crate::document::{Metadata, Shape, push_flat_document};
use crate::json::JsonError;
use crate::wire::keys;
use crate::wire::server::{Lagged, Position};
use crate::wire::surface::Surface;
use crate::wire::write::ObjectWriter;

/// The greeting: the subscription is live, from `position` on.
///
/// ```
/// use cocobase_proto::wire::{Position, Surface, encode};
///
/// let position = Position { epoch: "e1".into(), seq: 7 };
/// let greeting = encode::Greeting {
///     filters: Some(r#"{"a":1}"#),
///     ..encode::Greeting::new("users", &position)
/// };
/// assert_eq!(
///     greeting.encode(Surface::Collection),
///     r#"{"event":"connected","collection_id":"users","filters":{"a":1},"epoch":"e1","seq":7}"#,
/// );
/// let resumed = encode::Greeting { resumed: Some(true), ..greeting };
/// assert_eq!(
///     resumed.encode(Surface::Gateway),
///     concat!(
///         r#"{"type":"subscribed","collection":"users","filters":{"a":1},"#,
///         r#""epoch":"e1","seq":7,"resumed":true}"#,
///     ),
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Greeting<'a> {
    /// The collection's name.
    pub collection: &'a str,
    /// The filter as the client wrote it: a JSON object.
    pub filters: Option<&'a str>,
    /// From where on events follow.
    pub position: &'a Position,
    /// The answer to a client that asked to resume.
    pub resumed: Option<bool>,
    /// The end of a snapshot of so many documents, taken at `position`.
    pub snapshot: Option<u64>,
}

impl<'a> Greeting<'a> {
    /// A greeting that answers a hello without a filter and without extensions.
    #[must_use]
    pub const fn new(collection: &'a str, position: &'a Position) -> Self {
        Self { collection, filters: None, position, resumed: None, snapshot: None }
    }

    /// The JSON of this greeting: `subscribed` on the surfaces G and S, `connected` on others.
    #[must_use]
    pub fn encode(&self, surface: Surface) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        match surface {
            Surface::Gateway | Surface::Events => {
                object.string(keys::TYPE, "subscribed").string(keys::COLLECTION, self.collection)
            }
            _ => {
                object.string(keys::EVENT, "connected").string(keys::COLLECTION_ID, self.collection)
            }
        };
        if let Some(filters) = self.filters {
            object.json(keys::FILTERS, filters);
        }
        push_position(&mut object, Some(self.position), self.resumed);
        object.maybe_number(keys::SNAPSHOT, self.snapshot);
        object.end();
        out
    }
}

/// A document as a server keeps it.
///
/// ```
/// use cocobase_proto::Shape;
/// use cocobase_proto::wire::encode::StoredDocument;
///
/// let document = StoredDocument {
///     collection: "users",
///     id: "doc_1",
///     created_at: "2024-01-15T10:30:00Z",
///     updated_at: "2024-01-16T08:00:00Z",
///     fields: r#"{"name":"Ada"}"#,
/// };
/// assert_eq!(
///     document.encode_snapshot(Shape::Flat).unwrap(),
///     concat!(
///         r#"{"event":"snapshot","collection_id":"users","data":{"id":"doc_1","name":"Ada","#,
///         r#""created_at":"2024-01-15T10:30:00Z","updated_at":"2024-01-16T08:00:00Z"}}"#,
///     ),
/// );
/// assert_eq!(
///     document.encode_snapshot_gateway(),
///     concat!(
///         r#"{"type":"snapshot","collection":"users","document":{"id":"doc_1","#,
///         r#""data":{"name":"Ada"},"#,
///         r#""createdAt":"2024-01-15T10:30:00Z","updatedAt":"2024-01-16T08:00:00Z"}}"#,
///     ),
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct StoredDocument<'a> {
    /// The collection's name.
    pub collection: &'a str,
    /// The document's id.
    pub id: &'a str,
    /// When it was created.
    pub created_at: &'a str,
    /// When it was last changed.
    pub updated_at: &'a str,
    /// Its fields: a JSON object.
    pub fields: &'a str,
}

impl StoredDocument<'_> {
    /// The document as a part of a snapshot, on surface C.
    ///
    /// # Errors
    ///
    /// When `fields` is not a JSON object.
    pub fn encode_snapshot(&self, shape: Shape) -> Result<String, JsonError> {
        let mut out = String::with_capacity(160 + self.fields.len());
        let mut object = ObjectWriter::new(&mut out);
        object.string(keys::EVENT, "snapshot").string(keys::COLLECTION_ID, self.collection);
        self.push(object.key(keys::DATA), shape)?;
        object.end();
        Ok(out)
    }

    /// The document as a part of a snapshot, on the surfaces G and S.
    #[must_use]
    pub fn encode_snapshot_gateway(&self) -> String {
        let mut out = String::with_capacity(160 + self.fields.len());
        let mut object = ObjectWriter::new(&mut out);
        object.string(keys::TYPE, "snapshot").string(keys::COLLECTION, self.collection);
        self.push_gateway(object.key(keys::DOCUMENT));
        object.end();
        out
    }

    fn push(&self, out: &mut String, shape: Shape) -> Result<(), JsonError> {
        match shape {
            Shape::Flat => {
                let metadata = Metadata {
                    id: Some(self.id),
                    created_at: Some(self.created_at),
                    updated_at: Some(self.updated_at),
                };
                push_flat_document(out, metadata, self.fields)
            }
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

    fn push_gateway(&self, out: &mut String) {
        ObjectWriter::new(out)
            .string(keys::ID, self.id)
            .json(keys::DATA, self.fields)
            .string(keys::CREATED_AT_CAMEL, self.created_at)
            .string(keys::UPDATED_AT_CAMEL, self.updated_at)
            .end();
    }
}

/// One change of a collection, to be told to its subscribers.
///
/// ```
/// use cocobase_proto::wire::encode::{CollectionEvent, StoredDocument};
/// use cocobase_proto::{ChangeKind, Shape};
///
/// let event = CollectionEvent {
///     kind: ChangeKind::Updated,
///     document: StoredDocument {
///         collection: "users",
///         id: "doc_1",
///         created_at: "2024-01-15T10:30:00Z",
///         updated_at: "2024-01-16T08:00:00Z",
///         fields: r#"{"status":"premium"}"#,
///     },
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
/// assert_eq!(
///     event.encode_gateway(),
///     concat!(
///         r#"{"type":"event","collection":"users","event":"updated","#,
///         r#""document":{"id":"doc_1","data":{"status":"premium"},"#,
///         r#""createdAt":"2024-01-15T10:30:00Z","updatedAt":"2024-01-16T08:00:00Z"},"#,
///         r#""old_data":{"status":"active"},"seq":8}"#,
///     ),
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct CollectionEvent<'a> {
    /// What happened.
    pub kind: ChangeKind,
    /// The document; a delete is told by its id alone.
    pub document: StoredDocument<'a>,
    /// The former values of the changed fields: a JSON object.
    pub old: Option<&'a str>,
    /// The change's number in its collection.
    pub seq: u64,
}

impl CollectionEvent<'_> {
    /// The JSON of this event on surface C, its document in the given shape.
    ///
    /// # Errors
    ///
    /// When the document's fields are not a JSON object.
    pub fn encode(&self, shape: Shape) -> Result<String, JsonError> {
        let mut out = String::with_capacity(160 + self.document.fields.len());
        let mut object = ObjectWriter::new(&mut out);
        object
            .string(keys::EVENT, self.kind.present())
            .string(keys::COLLECTION_ID, self.document.collection);
        match self.kind {
            ChangeKind::Deleted => self.push_id(object.key(keys::DATA)),
            _ => self.document.push(object.key(keys::DATA), shape)?,
        }
        self.push_end(&mut object);
        Ok(out)
    }

    /// The JSON of this event on the surfaces G and S.
    #[must_use]
    pub fn encode_gateway(&self) -> String {
        let mut out = String::with_capacity(160 + self.document.fields.len());
        let mut object = ObjectWriter::new(&mut out);
        object
            .string(keys::TYPE, "event")
            .string(keys::COLLECTION, self.document.collection)
            .string(keys::EVENT, self.kind.past());
        match self.kind {
            ChangeKind::Deleted => self.push_id(object.key(keys::DOCUMENT)),
            _ => self.document.push_gateway(object.key(keys::DOCUMENT)),
        }
        self.push_end(&mut object);
        out
    }

    fn push_id(&self, out: &mut String) {
        ObjectWriter::new(out).string(keys::ID, self.document.id).end();
    }

    fn push_end(&self, object: &mut ObjectWriter<'_>) {
        if let Some(old) = self.old {
            object.json(keys::OLD_DATA, old);
        }
        object.number(keys::SEQ, self.seq).end();
    }
}

/// A subscriber was too slow (ours).
///
/// ```
/// use cocobase_proto::wire::{Lagged, encode};
///
/// let lagged = Lagged { missed: Some(3), ..Lagged::default() };
/// assert_eq!(encode::lagged(&lagged), r#"{"type":"lagged","missed":3}"#);
/// ```
#[must_use]
pub fn lagged(lagged: &Lagged) -> String {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    object
        .string(keys::TYPE, "lagged")
        .maybe_string(keys::COLLECTION, lagged.collection.as_deref())
        .maybe_string(keys::ROOM, lagged.room.as_deref())
        .maybe_number(keys::MISSED, lagged.missed);
    push_position(&mut object, lagged.position.as_ref(), None);
    object.end();
    out
}

/// A subscription has ended, as was asked (G, ours).
///
/// ```
/// use cocobase_proto::wire::encode;
/// assert_eq!(encode::unsubscribed("posts"), r#"{"type":"unsubscribed","collection":"posts"}"#);
/// ```
#[must_use]
pub fn unsubscribed(collection: &str) -> String {
    let mut out = String::new();
    ObjectWriter::new(&mut out)
        .string(keys::TYPE, "unsubscribed")
        .string(keys::COLLECTION, collection)
        .end();
    out
}

pub(super) fn push_position(
    object: &mut ObjectWriter<'_>,
    position: Option<&Position>,
    resumed: Option<bool>,
) {
    if let Some(Position { epoch, seq }) = position {
        object.string(keys::EPOCH, epoch).number(keys::SEQ, *seq);
    }
    if let Some(resumed) = resumed {
        object.boolean(keys::RESUMED, resumed);
    }
}
