//! Surface G: documents 001 and 002.

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::encode::{self, CollectionEvent, StoredDocument};
use cocobase_proto::wire::{ClientMessage, Lagged, Position, ServerMessage, Surface, User};
use cocobase_proto::{ChangeKind, Credentials};

use crate::{assert_extends, assert_same, read, take};

#[test]
fn what_clients_say_in_the_documents() {
    let published = Filter::new().eq("status", "published");
    let table = [
        (
            r#"{
  "type": "auth",
  "token": "YOUR_API_KEY_OR_JWT"
}"#,
            ClientMessage::Auth {
                credentials: Credentials::Token("YOUR_API_KEY_OR_JWT".into()),
                user: User::default(),
            },
        ),
        (
            r#"{
  "type": "subscribe",
  "collection": "posts",
  "filters": { "status": "published" }
}"#,
            ClientMessage::subscribe("posts", published),
        ),
        (
            r#"{ "type": "subscribe", "collection": "messages" }"#,
            ClientMessage::subscribe("messages", Filter::new()),
        ),
        (
            r#"{
  "type": "unsubscribe",
  "collection": "posts"
}"#,
            ClientMessage::Unsubscribe { collection: "posts".into() },
        ),
        (
            r#"{
  "type": "join",
  "room": "chat-123"
}"#,
            ClientMessage::Join { room: "chat-123".into(), resume: None },
        ),
        (
            r#"{
  "type": "broadcast",
  "room": "chat-123",
  "message": { "user": "John", "text": "Hello everyone!" }
}"#,
            ClientMessage::Broadcast {
                room: "chat-123".into(),
                message: r#"{ "user": "John", "text": "Hello everyone!" }"#.into(),
            },
        ),
        (r#"{"type":"ping"}"#, ClientMessage::Ping),
        // Ours.
        (r#"{"type":"leave","room":"chat-123"}"#, ClientMessage::Leave { room: "chat-123".into() }),
        (
            r#"{"type":"auth","token":"t","user_id":"u1","user_name":"Ada"}"#,
            ClientMessage::Auth {
                credentials: Credentials::Token("t".into()),
                user: User { id: Some("u1".into()), name: Some("Ada".into()) },
            },
        ),
        (
            r#"{"type":"subscribe","collection":"a","resume":{"epoch":"e","seq":5},"snapshot":true}"#,
            ClientMessage::Subscribe {
                collection: "a".into(),
                filter: Filter::new(),
                resume: Some(Position { epoch: "e".into(), seq: 5 }),
                snapshot: true,
            },
        ),
        (
            r#"{"type":"join","room":"r","resume":{"epoch":"e","seq":5}}"#,
            ClientMessage::Join {
                room: "r".into(),
                resume: Some(Position { epoch: "e".into(), seq: 5 }),
            },
        ),
    ];
    for (sample, message) in table {
        assert_eq!(ClientMessage::decode(sample).unwrap(), message);
        assert_same(&message.encode(Surface::Gateway).unwrap(), sample);
    }
}

#[test]
fn a_key_is_as_good_as_a_token() {
    let message = ClientMessage::decode(r#"{"type":"auth","api_key":"k"}"#).unwrap();
    let credentials = take!(message, ClientMessage::Auth { credentials, .. } => credentials);
    assert_eq!(credentials, Credentials::ApiKey("k".into()));
}

/// Documents 001 and 002.
const CREATED: [&str; 2] = [
    r#"{
  "type": "event",
  "collection": "posts",
  "event": "created",
  "document": {
    "id": "doc_123",
    "data": { "title": "New Post" }
  }
}"#,
    r#"{
  "type": "event",
  "collection": "posts",
  "event": "created",
  "document": {
    "id": "doc_abc123",
    "data": {
      "title": "New Post"
    },
    "createdAt": "2024-01-15T10:30:00Z"
  }
}"#,
];

#[test]
fn events_tell_their_collection() {
    for (sample, id) in CREATED.into_iter().zip(["doc_123", "doc_abc123"]) {
        let change = take!(read(sample), ServerMessage::Created(change) => change);
        assert_eq!(change.collection.unwrap(), "posts");
        assert_eq!(change.document.id().unwrap(), id);
        assert_eq!(change.document.to_map().unwrap()["title"], "New Post");
    }
    let updated = CREATED[1].replace(r#""created""#, r#""updated""#);
    assert!(matches!(read(&updated), ServerMessage::Updated(_)));
    let deleted = CREATED[1].replace(r#""created""#, r#""deleted""#);
    let deleted = take!(read(&deleted), ServerMessage::Deleted(deleted) => deleted);
    assert_eq!(
        (deleted.collection.unwrap(), deleted.id.unwrap()),
        ("posts".into(), "doc_abc123".into())
    );
}

#[test]
fn our_events_are_those_of_document_002_with_more_keys() {
    let document = StoredDocument {
        collection: "posts",
        id: "doc_abc123",
        created_at: "2024-01-15T10:30:00Z",
        updated_at: "2024-01-15T10:30:00Z",
        fields: r#"{"title":"New Post"}"#,
    };
    let event = CollectionEvent { kind: ChangeKind::Created, document, old: None, seq: 3 };
    let sample = CREATED[1].replace(
        r#""createdAt": "2024-01-15T10:30:00Z""#,
        r#""createdAt": "2024-01-15T10:30:00Z", "updatedAt": "2024-01-15T10:30:00Z""#,
    );
    assert_extends(&event.encode_gateway(), &sample, &["seq"]);

    let event = CollectionEvent { kind: ChangeKind::Deleted, ..event };
    let sample =
        r#"{"type":"event","collection":"posts","event":"deleted","document":{"id":"doc_abc123"}}"#;
    assert_extends(&event.encode_gateway(), sample, &["seq"]);
}

#[test]
fn room_messages_come_in_two_spellings() {
    for frame in [
        r#"{"type":"event","event":"broadcast","room":"chat-123","message":{"text":"Hello"}}"#,
        r#"{"type":"broadcast","room":"chat-123","message":{"text":"Hello"}}"#,
    ] {
        let message = take!(read(frame), ServerMessage::Message(message) => message);
        assert_eq!(message.room.id.unwrap(), "chat-123");
        assert_eq!(message.content, r#"{"text":"Hello"}"#);
        assert_eq!(message.user_id, None);
        assert_eq!(message.frame, frame);
    }
}

#[test]
fn confirmations_are_ours() {
    let position = Position { epoch: "e".into(), seq: 7 };
    assert_eq!(read(encode::AUTHENTICATED), ServerMessage::Authenticated);

    let greeting = encode::Greeting {
        resumed: Some(true),
        snapshot: None,
        ..encode::Greeting::new("posts", &position)
    };
    let text = greeting.encode(Surface::Gateway);
    let subscribed = take!(read(&text), ServerMessage::Subscribed(greeting) => greeting);
    assert_eq!(subscribed.collection.unwrap(), "posts");
    assert_eq!(subscribed.position, Some(position.clone()));
    assert_eq!(subscribed.resumed, Some(true));

    assert_eq!(
        read(&encode::unsubscribed("posts")),
        ServerMessage::Unsubscribed { collection: "posts".into() }
    );
    assert_eq!(read(&encode::left("r")), ServerMessage::Left { room: "r".into() });

    let joined = encode::Joined {
        room: encode::Room { id: "r", ..encode::Room::default() },
        position: Some(&position),
        ..encode::Joined::default()
    };
    let text = joined.encode(Surface::Gateway);
    let joined = take!(read(&text), ServerMessage::Joined(joined) => joined);
    assert_eq!(joined.room.id.unwrap(), "r");
    assert_eq!(joined.position, Some(position));
    for bare in [r#"{"type":"subscribed","collection":"a"}"#, r#"{"type":"joined","room":"r"}"#] {
        assert!(matches!(read(bare), ServerMessage::Subscribed(_) | ServerMessage::Joined(_)));
    }
}

#[test]
fn who_lags_is_told_of_what() {
    let whole = Lagged {
        collection: Some("posts".into()),
        room: None,
        missed: Some(12),
        position: Some(Position { epoch: "e".into(), seq: 40 }),
    };
    let room = Lagged { room: Some("r".into()), missed: Some(1), ..Lagged::default() };
    let bare = Lagged { missed: Some(12), ..Lagged::default() };
    for (json, lagged) in [
        (r#"{"type":"lagged","missed":12}"#, bare),
        (r#"{"type":"lagged","collection":"posts","missed":12,"epoch":"e","seq":40}"#, whole),
        (r#"{"type":"lagged","room":"r","missed":1}"#, room),
        (r#"{"type":"lagged"}"#, Lagged::default()),
    ] {
        assert_eq!(read(json), ServerMessage::Lagged(lagged.clone()));
        assert_eq!(encode::lagged(&lagged), json);
    }
}

#[test]
fn a_snapshot_tells_its_collection() {
    let document = StoredDocument {
        collection: "posts",
        id: "1",
        created_at: "t",
        updated_at: "u",
        fields: r#"{"title":"New Post"}"#,
    };
    let text = document.encode_snapshot_gateway();
    let part = take!(read(&text), ServerMessage::Snapshot(part) => part);
    assert_eq!(part.collection.unwrap(), "posts");
    assert_eq!(part.document.to_map().unwrap()["title"], "New Post");
}
