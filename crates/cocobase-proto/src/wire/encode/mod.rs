//! What a server writes, on every surface.
//!
//! Errors are [`ErrorMessage`](super::ErrorMessage)s, which spell themselves.

mod collection;
mod room;

use alloc::string::String;

use super::write::push_string;

pub use collection::{CollectionEvent, Greeting, StoredDocument, lagged, unsubscribed};
pub(crate) use room::push_participants;
pub use room::{BroadcastGreeting, Joined, Message, Presence, PresenceKind, Room, left};

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

/// The gateway accepts a client's credentials (ours).
///
/// ```
/// assert_eq!(cocobase_proto::wire::encode::AUTHENTICATED, r#"{"type":"authenticated"}"#);
/// ```
pub const AUTHENTICATED: &str = r#"{"type":"authenticated"}"#;

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
    use crate::ChangeKind;
    use crate::document::Shape;
    use crate::text::Text;
    use crate::wire::ServerMessage;

    fn event(kind: ChangeKind, fields: &'static str) -> CollectionEvent<'static> {
        let document = StoredDocument {
            collection: "users",
            id: "doc_1",
            created_at: "t",
            updated_at: "u",
            fields,
        };
        CollectionEvent { kind, document, old: None, seq: 1 }
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
