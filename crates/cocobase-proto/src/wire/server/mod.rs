//! What a server tells a client.

mod collection;
mod envelope;
mod room;
mod template;

use crate::json::JsonError;
use crate::text::Text;

use super::error_message::ErrorMessage;
use envelope::Envelope;

pub use collection::{Change, Deleted, Greeting, Lagged, Position, SnapshotDocument};
pub(crate) use envelope::participants;
pub use room::{Joined, Participant, Presence, RoomInfo, RoomMessage};
pub(crate) use template::Templates;

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
    /// The link is live (C, C′, B).
    Greeting(Greeting),
    /// The credentials are accepted (G, ours).
    Authenticated,
    /// A subscription is live (G, S; ours). Its collection is always named.
    Subscribed(Greeting),
    /// A subscription has ended (G, ours).
    Unsubscribed {
        /// The collection's name.
        collection: Text,
    },
    /// The client is in a room (R; ours on G).
    Joined(Joined),
    /// The client has left a room (G, ours).
    Left {
        /// The room's id.
        room: Text,
    },
    /// A document is new.
    Created(Change),
    /// A document has new values.
    Updated(Change),
    /// A document is gone.
    Deleted(Deleted),
    /// A document of the snapshot that was asked for (ours).
    Snapshot(SnapshotDocument),
    /// Somebody sent something to a room (G, R) or to the project (B).
    Message(RoomMessage),
    /// Somebody came to the room.
    UserJoined(Presence),
    /// Somebody left the room.
    UserLeft(Presence),
    /// Some messages were left out (ours).
    Lagged(Lagged),
    /// The answer to a ping.
    Pong,
    /// Something is wrong.
    Error(ErrorMessage),
    /// JSON, but nothing that this version of the protocol knows.
    Unknown,
}

impl ServerMessage {
    /// Reads one message. What it holds are slices of `text`.
    ///
    /// # Errors
    ///
    /// When `text` is not a JSON object, or spells one of the protocol's keys twice.
    pub fn decode(text: &Text) -> Result<Self, JsonError> {
        let mut envelope = Envelope::default();
        envelope.read(text)?;
        Ok(envelope.to_message(text))
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
            r#"{"type":"subscribed"}"#,
            r#"{"type":"left"}"#,
            r#"{"event":"snapshot","data":7}"#,
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
    fn the_short_way_ends_where_the_long_one_does() {
        // A line break leaves the short way.
        for json in [
            r#"{"event":"create","data":{"id":"1","a":[1,{"b":null}]},"old_data":{},"seq":3}"#,
            r#"{"event":"create","data":null,"document":{"id":"1"},"x":[],"x":{}}"#,
            r#"{ "type" : "event" , "event" : "deleted" , "document" : { "id" : 7 } }"#,
            r#"{"event":"create","event":"create","data":{}}"#,
            r#"{"event":null,"event":"create","data":{}}"#,
            r#"{"event":"create","data":{},}"#,
        ] {
            let long = ServerMessage::decode(&Text::from(alloc::format!("{json}\n")));
            assert_eq!(ServerMessage::decode(&Text::from(json)), long, "{json}");
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
