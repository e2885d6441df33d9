//! What a server tells a client about a collection.

use alloc::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::error_message::ErrorMessage;
use super::lenient::{Loose, Scalar};
use crate::document::Document;
use crate::json::{JsonError, from_object};
use crate::text::Text;

/// One message from a server.
///
/// ```
/// use cocobase_proto::wire::ServerMessage;
/// use cocobase_proto::Text;
///
/// // Every dialect reads as the same message.
/// for json in [
///     r#"{"event":"create","collection_id":"users","data":{"id":"doc_1","name":"Ada"}}"#,
///     r#"{"type":"event","collection":"users","event":"created","document":{"id":"doc_1","data":{"name":"Ada"}}}"#,
///     r#"{"action":"created","collection_id":"users","document_id":"doc_1","document":{"id":"doc_1","name":"Ada"}}"#,
/// ] {
///     let ServerMessage::Created(change) = ServerMessage::decode(&Text::from(json)).unwrap() else {
///         panic!("{json}")
///     };
///     assert_eq!(change.collection.unwrap(), "users");
///     assert_eq!(change.document.id().unwrap(), "doc_1");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServerMessage {
    /// The subscription is live.
    Greeting(Greeting),
    /// A document is new.
    Created(Change),
    /// A document has new values.
    Updated(Change),
    /// A document is gone.
    Deleted(Deleted),
    /// The answer to a ping.
    Pong,
    /// Something is wrong.
    Error(ErrorMessage),
    /// JSON, but nothing that this version of the protocol knows.
    Unknown,
}

/// The server confirms a subscription.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Greeting {
    /// The collection's name, if the server says it.
    pub collection: Option<Text>,
    /// The filter as the server understood it: a JSON object.
    pub filters: Option<Text>,
    /// From where on events follow (ours).
    pub position: Option<Position>,
}

/// A point in a collection's history (ours).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// The history that `seq` counts in. Another epoch is another history.
    pub epoch: Text,
    /// The number of the last change before this point.
    pub seq: u64,
}

/// A document was created or updated.
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

impl ServerMessage {
    /// Reads one message. What it holds are slices of `text`.
    ///
    /// # Errors
    ///
    /// When `text` is not a JSON object, or spells one of the protocol's keys twice.
    pub fn decode(text: &Text) -> Result<Self, JsonError> {
        let envelope: Envelope<'_> = from_object(text)?;
        Ok(envelope.into_message(text))
    }
}

/// Every key of every dialect, each read whatever its type.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Loose<'a>,
    #[serde(borrow, default)]
    event: Loose<'a>,
    #[serde(borrow, default)]
    action: Loose<'a>,
    #[serde(borrow, default)]
    collection: Scalar<'a>,
    #[serde(borrow, default)]
    collection_id: Scalar<'a>,
    #[serde(borrow, default)]
    document_id: Scalar<'a>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    document: Option<&'a RawValue>,
    #[serde(borrow, default)]
    old_data: Option<&'a RawValue>,
    #[serde(borrow, default)]
    filters: Option<&'a RawValue>,
    #[serde(borrow, default)]
    epoch: Loose<'a>,
    #[serde(borrow, default)]
    seq: Loose<'a>,
    #[serde(borrow, default)]
    error: Loose<'a>,
    #[serde(borrow, default)]
    error_detail: Loose<'a>,
    #[serde(borrow, default)]
    code: Loose<'a>,
    #[serde(borrow, default)]
    message: Loose<'a>,
}

impl Envelope<'_> {
    fn into_message(self, text: &Text) -> ServerMessage {
        if let Some(error) = self.error(text) {
            return ServerMessage::Error(error);
        }
        for word in [self.event.text(), self.action.text(), self.kind.text()].into_iter().flatten()
        {
            let message = match word {
                "connected" | "authenticated" | "subscribed" => Some(self.greeting(text)),
                "create" | "created" => self.change(text).map(ServerMessage::Created),
                "update" | "updated" => self.change(text).map(ServerMessage::Updated),
                "delete" | "deleted" => self.deleted(text).map(ServerMessage::Deleted),
                "pong" => Some(ServerMessage::Pong),
                _ => None,
            };
            if let Some(message) = message {
                return message;
            }
        }
        ServerMessage::Unknown
    }

    fn error(&self, text: &Text) -> Option<ErrorMessage> {
        let message = match &self.error {
            Loose::Text(message) => Some(&**message),
            Loose::Bool(true) => Some(self.message.text().unwrap_or("unspecified error")),
            _ if self.kind.text() == Some("error") => {
                Some(self.message.text().or(self.code.text()).unwrap_or("unspecified error"))
            }
            _ => None,
        }?;
        Some(ErrorMessage {
            code: self.code.text().map(|code| text.slice_of(code)),
            message: text.slice_of(message),
            detail: self.error_detail.text().map(|detail| text.slice_of(detail)),
        })
    }

    fn greeting(&self, text: &Text) -> ServerMessage {
        let position = match (self.epoch.text(), self.seq.integer()) {
            (Some(epoch), Some(seq)) => Some(Position { epoch: text.slice_of(epoch), seq }),
            _ => None,
        };
        ServerMessage::Greeting(Greeting {
            collection: self.collection_name(text),
            filters: self.filters.map(|filters| text.slice_of(filters.get())),
            position,
        })
    }

    fn change(&self, text: &Text) -> Option<Change> {
        Some(Change {
            collection: self.collection_name(text),
            document: self.document(text)?,
            old: self.old_data.map(|old| text.slice_of(old.get())),
            seq: self.seq.integer(),
        })
    }

    fn deleted(&self, text: &Text) -> Option<Deleted> {
        let document = self.document(text);
        let id = self
            .document_id
            .0
            .as_deref()
            .map(|id| text.slice_of(id))
            .or_else(|| document.as_ref()?.id());
        if document.is_none() && id.is_none() {
            return None;
        }
        Some(Deleted {
            collection: self.collection_name(text),
            id,
            document: document.unwrap_or_else(|| Document::new(Text::from_static("{}"))),
            seq: self.seq.integer(),
        })
    }

    /// The document stands under `data` or under `document`; it is an object or it is absent.
    fn document(&self, text: &Text) -> Option<Document> {
        [self.data, self.document]
            .into_iter()
            .flatten()
            .map(RawValue::get)
            .find(|json| json.starts_with('{'))
            .map(|json| Document::new(text.slice_of(json)))
    }

    fn collection_name(&self, text: &Text) -> Option<Text> {
        let name: &Cow<'_, str> = self.collection_id.0.as_ref().or(self.collection.0.as_ref())?;
        Some(text.slice_of(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(json: &str) -> ServerMessage {
        ServerMessage::decode(&Text::from(json)).unwrap()
    }

    #[test]
    fn greetings_come_in_many_spellings() {
        for (json, collection) in [
            (r#"{"event":"connected","collection_id":"users","filters":{"a":1}}"#, Some("users")),
            (r#"{"type":"connected","collection_id":"users"}"#, Some("users")),
            (r#"{"action":"authenticated","collection_id":"users"}"#, Some("users")),
            (r#"{"type":"subscribed","collection":"users"}"#, Some("users")),
            (r#"{"event":"connected"}"#, None),
            (r#"{"event":"connected","collection_id":["odd"]}"#, None),
        ] {
            let ServerMessage::Greeting(greeting) = decode(json) else { panic!("{json}") };
            assert_eq!(greeting.collection.as_deref(), collection, "{json}");
        }
    }

    #[test]
    fn a_position_needs_both_halves() {
        let ServerMessage::Greeting(greeting) =
            decode(r#"{"seq":7,"event":"connected","epoch":"e1"}"#)
        else {
            panic!()
        };
        assert_eq!(greeting.position, Some(Position { epoch: "e1".into(), seq: 7 }));
        for json in [
            r#"{"event":"connected","seq":7}"#,
            r#"{"event":"connected","epoch":"e1"}"#,
            r#"{"event":"connected","epoch":"e1","seq":-7}"#,
            r#"{"event":"connected","epoch":"e1","seq":"7"}"#,
        ] {
            let ServerMessage::Greeting(greeting) = decode(json) else { panic!("{json}") };
            assert_eq!(greeting.position, None, "{json}");
        }
    }

    #[test]
    fn deletes_carry_at_least_an_id() {
        for json in [
            r#"{"event":"delete","data":{"id":"doc_1"}}"#,
            r#"{"event":"deleted","type":"event","document":{"id":"doc_1","data":{"a":1}}}"#,
            r#"{"action":"deleted","document_id":"doc_1"}"#,
            r#"{"action":"deleted","document_id":"doc_1","document":null}"#,
        ] {
            let ServerMessage::Deleted(deleted) = decode(json) else { panic!("{json}") };
            assert_eq!(deleted.id.as_deref(), Some("doc_1"), "{json}");
        }
    }

    #[test]
    fn errors_come_in_three_spellings() {
        for (json, display, code) in [
            (r#"{"error":"Invalid API key"}"#, "Invalid API key", None),
            (r#"{"error":"Invalid API key","error_detail":"x"}"#, "Invalid API key: x", None),
            (r#"{"error":true,"message":"no"}"#, "no", None),
            (r#"{"error":true}"#, "unspecified error", None),
            (r#"{"type":"error","code":"UNAUTHORIZED","message":"m"}"#, "m", Some("UNAUTHORIZED")),
            (r#"{"type":"error","code":"UNAUTHORIZED"}"#, "UNAUTHORIZED", Some("UNAUTHORIZED")),
        ] {
            let ServerMessage::Error(error) = decode(json) else { panic!("{json}") };
            assert_eq!(alloc::string::ToString::to_string(&error), display);
            assert_eq!(error.code.as_deref(), code);
        }
    }

    #[test]
    fn what_is_not_known_is_unknown() {
        for json in [
            "{}",
            r#"{"type":"presence","who":["a"]}"#,
            r#"{"event":5}"#,
            r#"{"event":null,"type":[]}"#,
            r#"{"event":"create"}"#,
            r#"{"event":"create","data":[1]}"#,
            r#"{"event":"delete"}"#,
            r#"{"error":false}"#,
            r#"{"error":null}"#,
        ] {
            assert_eq!(decode(json), ServerMessage::Unknown, "{json}");
        }
    }

    #[test]
    fn what_is_not_an_object_is_malformed() {
        for json in ["", "{", "[]", "7", "null", "{\"event\":\"create\"", "nope", "{}x"] {
            let error = ServerMessage::decode(&Text::from(json)).expect_err(json);
            assert!(error.line == 1 || json.is_empty(), "{json}: {error}");
        }
    }

    #[test]
    fn documents_are_slices_of_the_frame() {
        let frame = Text::from(r#"{"event":"create","data":{"id":"doc_1"}}"#);
        let ServerMessage::Created(change) = ServerMessage::decode(&frame).unwrap() else {
            panic!()
        };
        assert_eq!(change.document.json().as_ptr(), frame[25..].as_ptr());
    }

    #[test]
    fn deep_nesting_is_no_trouble() {
        let deep = alloc::format!(
            r#"{{"event":"create","data":{}{}}}"#,
            "{\"a\":".repeat(100_000) + "1",
            "}".repeat(100_000)
        );
        assert!(matches!(decode(&deep), ServerMessage::Created(_)));
    }
}
