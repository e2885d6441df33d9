//! Surface R: documents 003 and 004.

use cocobase_proto::Credentials;
use cocobase_proto::wire::encode::{self, Message, PresenceKind, Room};
use cocobase_proto::wire::{
    ClientMessage, Participant, RoomAction, RoomHello, ServerMessage, Surface, User,
};

use crate::{assert_same, read, take};

const CREATE: &str = r#"{
  "api_key": "your-api-key",
  "user_id": "user_123",
  "user_name": "John Doe",
  "action": "create",
  "room_title": "General Chat"
}"#;

const JOIN: &str = r#"{
    "api_key": "your-api-key",
    "user_id": "user_456",
    "user_name": "Jane Smith",
    "action": "join"
}"#;

const JOINED: &str = r#"{
  "event": "joined",
  "room_id": "general-chat",
  "room_title": "General Chat",
  "participants": 3,
  "user_id": "user_123"
}"#;

const USER_JOINED: &str = r#"{
  "type": "user_joined",
  "user_id": "user_456",
  "user_name": "Jane Smith",
  "timestamp": "2024-01-15T10:30:00Z",
  "room_info": {
    "id": "general-chat",
    "title": "General Chat",
    "participants": 4
  }
}"#;

const SENT: &str = r#"{
  "type": "message",
  "content": "Hello everyone!"
}"#;

const RECEIVED: &str = r#"{
  "type": "message",
  "user_id": "user_123",
  "user_name": "John Doe",
  "content": "Hello everyone!",
  "timestamp": "2024-01-15T10:30:00Z",
  "room_info": {
    "id": "general-chat",
    "title": "General Chat"
  }
}"#;

const USER_LEFT: &str = r#"{
  "type": "user_left",
  "user_id": "user_123",
  "user_name": "John Doe",
  "timestamp": "2024-01-15T10:35:00Z",
  "room_info": {
    "id": "general-chat",
    "title": "General Chat",
    "participants": 3
  }
}"#;

#[test]
fn the_hellos_of_document_003() {
    for (sample, user, action, title) in [
        (CREATE, ["user_123", "John Doe"], RoomAction::Create, Some("General Chat")),
        (JOIN, ["user_456", "Jane Smith"], RoomAction::Join, None),
    ] {
        let [id, name] = user.map(|text| Some(text.into()));
        let hello = RoomHello {
            credentials: Credentials::ApiKey("your-api-key".into()),
            user: User { id, name },
            action,
            title: title.map(Into::into),
            resume: None,
        };
        assert_eq!(RoomHello::decode(sample).unwrap(), hello);
        assert_same(&hello.encode(), sample);
    }
    // The sample client sends a title with `join` as well.
    let title = RoomHello::decode(r#"{"api_key":"k","action":"join","room_title":"r"}"#).unwrap();
    assert_eq!(title.title.unwrap(), "r");
}

#[test]
fn the_greeting_of_document_003() {
    let joined = take!(read(JOINED), ServerMessage::Joined(joined) => joined);
    assert_eq!(joined.room.id.as_deref(), Some("general-chat"));
    assert_eq!(joined.room.title.as_deref(), Some("General Chat"));
    assert_eq!(joined.room.participants, Some(3));
    assert_eq!(joined.user_id.as_deref(), Some("user_123"));
    assert_eq!(joined.participants, None);

    let room = Room { id: "general-chat", title: Some("General Chat"), participants: Some(3) };
    let written = encode::Joined { room, user_id: Some("user_123"), ..encode::Joined::default() };
    assert_same(&written.encode(Surface::Room), JOINED);

    let people = [
        Participant { id: "u1".into(), name: Some("Ada".into()) },
        Participant { id: "u2".into(), name: None },
    ];
    let text = encode::Joined { participants: Some(&people), ..written }.encode(Surface::Room);
    let joined = take!(read(&text), ServerMessage::Joined(joined) => joined);
    assert_eq!(joined.participants.unwrap(), people);
}

#[test]
fn coming_and_going_in_document_003() {
    let came = take!(read(USER_JOINED), ServerMessage::UserJoined(who) => who);
    assert_eq!(came.user_id.as_deref(), Some("user_456"));
    assert_eq!(came.user_name.as_deref(), Some("Jane Smith"));
    assert_eq!(came.timestamp.as_deref(), Some("2024-01-15T10:30:00Z"));
    assert_eq!(came.room.participants, Some(4));
    assert_eq!(came.frame, USER_JOINED);
    let left = take!(read(USER_LEFT), ServerMessage::UserLeft(who) => who);
    assert_eq!(left.room.title.as_deref(), Some("General Chat"));

    for (sample, kind, user_id, user_name, timestamp, count) in [
        (USER_JOINED, PresenceKind::Joined, "user_456", "Jane Smith", "2024-01-15T10:30:00Z", 4),
        (USER_LEFT, PresenceKind::Left, "user_123", "John Doe", "2024-01-15T10:35:00Z", 3),
    ] {
        let title = Some("General Chat");
        let room = Room { id: "general-chat", title, participants: Some(count) };
        let user_name = Some(user_name);
        let written = encode::Presence { kind, user_id, user_name, timestamp, room };
        assert_same(&written.encode(), sample);
    }
}

#[test]
fn the_messages_of_document_003() {
    let sent = ClientMessage::Message { content: r#""Hello everyone!""#.into() };
    assert_eq!(ClientMessage::decode(SENT).unwrap(), sent);
    assert_same(&sent.encode(Surface::Room).unwrap(), SENT);

    let received = take!(read(RECEIVED), ServerMessage::Message(message) => message);
    assert_eq!(received.get::<String>().unwrap(), "Hello everyone!");
    assert_eq!(received.room.id.as_deref(), Some("general-chat"));
    assert_eq!(received.room.title.as_deref(), Some("General Chat"));
    assert_eq!(received.room.participants, None);

    let written = Message {
        room: Room { id: "general-chat", title: Some("General Chat"), participants: None },
        user_id: Some("user_123"),
        user_name: Some("John Doe"),
        timestamp: Some("2024-01-15T10:30:00Z"),
        content: r#""Hello everyone!""#,
        seq: None,
    };
    assert_same(&written.encode(Surface::Room), RECEIVED);
}
