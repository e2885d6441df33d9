//! Surface B: documents 003 and 004.

use cocobase_proto::Credentials;
use cocobase_proto::wire::encode::{BroadcastGreeting, Message, Room};
use cocobase_proto::wire::{BroadcastHello, ClientMessage, Position, ServerMessage, Surface, User};

use crate::{assert_same, read, take};

const HELLO: &str = r#"{
  "api_key": "your-api-key",
  "user_id": "user_123",
  "user_name": "John Doe"
}"#;

const CONNECTED: &str = r#"{
  "event": "connected",
  "project_id": "project_abc",
  "user_id": "user_123"
}"#;

const SENT: &str = r#"{
  "type": "message",
  "data": {
    "text": "Hello everyone!",
    "custom_field": "any JSON data"
  }
}"#;

const RECEIVED: &str = r#"{
  "type": "message",
  "user_id": "user_123",
  "user_name": "John Doe",
  "timestamp": "2024-01-15T10:30:00Z",
  "data": {
    "text": "Hello everyone!",
    "custom_field": "any JSON data"
  }
}"#;

#[test]
fn the_hello_of_document_003() {
    let hello = BroadcastHello {
        credentials: Credentials::ApiKey("your-api-key".into()),
        user: User { id: Some("user_123".into()), name: Some("John Doe".into()) },
        resume: None,
    };
    assert_eq!(BroadcastHello::decode(HELLO).unwrap(), hello);
    assert_same(&hello.encode(), HELLO);

    // The JavaScript SDK leaves out what it is not given.
    let bare = BroadcastHello::decode(r#"{"token":"t","filters":7}"#).unwrap();
    assert_eq!((bare.user, bare.credentials), (User::default(), Credentials::Token("t".into())));
}

#[test]
fn the_greeting_of_document_003() {
    let greeting = take!(read(CONNECTED), ServerMessage::Greeting(greeting) => greeting);
    assert_eq!(greeting.project_id.unwrap(), "project_abc");
    assert_eq!(greeting.user_id.unwrap(), "user_123");

    let written = BroadcastGreeting {
        project_id: "project_abc",
        user_id: "user_123",
        ..BroadcastGreeting::default()
    };
    assert_same(&written.encode(), CONNECTED);

    let position = Position { epoch: "e".into(), seq: 7 };
    let written =
        BroadcastGreeting { position: Some(&position), resumed: Some(true), ..written }.encode();
    let greeting = take!(read(&written), ServerMessage::Greeting(greeting) => greeting);
    assert_eq!((greeting.position, greeting.resumed), (Some(position), Some(true)));
}

#[test]
fn the_messages_of_document_003() {
    let sent = take!(
        ClientMessage::decode(SENT).unwrap(),
        ClientMessage::Message { content } => content
    );
    let message = ClientMessage::Message { content: sent.clone() };
    assert_same(&message.encode(Surface::Broadcast).unwrap(), SENT);

    let received = take!(read(RECEIVED), ServerMessage::Message(message) => message);
    assert_eq!(received.user_id.as_deref(), Some("user_123"));
    assert_eq!(received.user_name.as_deref(), Some("John Doe"));
    assert_eq!(received.timestamp.as_deref(), Some("2024-01-15T10:30:00Z"));
    assert_eq!(received.get::<serde_json::Value>().unwrap()["text"], "Hello everyone!");
    assert_eq!(received.content, &*sent);
    assert_eq!(received.frame, RECEIVED);

    let written = Message {
        room: Room::default(),
        user_id: Some("user_123"),
        user_name: Some("John Doe"),
        timestamp: Some("2024-01-15T10:30:00Z"),
        content: &sent,
        seq: None,
    };
    assert_same(&written.encode(Surface::Broadcast), RECEIVED);
}

#[test]
fn a_time_may_be_a_number_or_missing() {
    for (timestamp, expected) in [
        (r#","timestamp":1705315800"#, Some("1705315800")),
        (r#","timestamp":1705315800.25"#, Some("1705315800.25")),
        (r#","timestamp":"2024-01-15T10:30:00Z""#, Some("2024-01-15T10:30:00Z")),
        (r#","timestamp":null"#, None),
        (r#","timestamp":[]"#, None),
        ("", None),
    ] {
        let frame = format!(r#"{{"type":"message","data":1{timestamp}}}"#);
        let message = take!(read(&frame), ServerMessage::Message(message) => message);
        assert_eq!(message.timestamp.as_deref(), expected, "{frame}");
    }
}

#[test]
fn a_message_without_content_has_null() {
    for frame in [r#"{"type":"message"}"#, r#"{"type":"message","data":null}"#] {
        let message = take!(read(frame), ServerMessage::Message(message) => message);
        assert_eq!(message.content, "null");
    }
}
