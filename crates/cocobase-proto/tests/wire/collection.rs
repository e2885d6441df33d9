//! Surface C: documents 003, 004 and 000.

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::encode::{self, CollectionEvent, StoredDocument};
use cocobase_proto::wire::{ClientMessage, Hello, Position, ServerMessage, Surface};
use cocobase_proto::{ChangeKind, Credentials, Shape};

use crate::{assert_extends, assert_same, read, take};

const CONNECTED: &str = r#"{
  "event": "connected",
  "collection_id": "users",
  "filters": {
    "status": "active"
  }
}"#;

const CREATED: &str = r#"{
  "event": "create",
  "collection_id": "users",
  "data": {
    "id": "doc_abc123",
    "name": "John Doe",
    "email": "john@example.com",
    "status": "active",
    "created_at": "2024-01-15T10:30:00Z"
  }
}"#;

const UPDATED: &str = r#"{
  "event": "update",
  "collection_id": "users",
  "data": {
    "id": "doc_abc123",
    "name": "John Doe",
    "email": "john@example.com",
    "status": "premium",
    "created_at": "2024-01-15T10:30:00Z"
  },
  "old_data": {
    "status": "active"
  }
}"#;

const DELETED: &str = r#"{
  "event": "delete",
  "collection_id": "users",
  "data": {
    "id": "doc_abc123"
  }
}"#;

#[test]
fn the_greeting_of_document_003() {
    let greeting = take!(read(CONNECTED), ServerMessage::Greeting(greeting) => greeting);
    assert_eq!(greeting.collection.unwrap(), "users");
    let filter = Filter::from_json(&greeting.filters.unwrap()).unwrap();
    assert_eq!(filter, Filter::new().eq("status", "active"));
    assert_eq!(greeting.position, None);
    assert_eq!(greeting.resumed, None);
    assert_eq!(greeting.snapshot, None);

    let position = Position { epoch: "e".into(), seq: 7 };
    let filters = Some(r#"{"status":"active"}"#);
    let written = encode::Greeting { filters, ..encode::Greeting::new("users", &position) };
    assert_extends(&written.encode(Surface::Collection), CONNECTED, &["epoch", "seq"]);
}

#[test]
fn the_events_of_document_003() {
    let created = take!(read(CREATED), ServerMessage::Created(change) => change);
    assert_eq!(created.collection.unwrap(), "users");
    assert_eq!(created.document.id().unwrap(), "doc_abc123");
    assert_eq!(created.document.created_at().unwrap(), "2024-01-15T10:30:00Z");
    assert_eq!(created.document.to_map().unwrap()["email"], "john@example.com");
    assert_eq!((created.old, created.seq), (None, None));

    let updated = take!(read(UPDATED), ServerMessage::Updated(change) => change);
    assert_eq!(updated.document.to_map().unwrap()["status"], "premium");
    assert_eq!(crate::value(&updated.old.unwrap())["status"], "active");

    let deleted = take!(read(DELETED), ServerMessage::Deleted(deleted) => deleted);
    assert_eq!(deleted.collection.unwrap(), "users");
    assert_eq!(deleted.id.unwrap(), "doc_abc123");
}

#[test]
fn our_events_are_those_of_document_003_with_more_keys() {
    let fields = r#"{"name":"John Doe","email":"john@example.com","status":"premium"}"#;
    let document = StoredDocument {
        collection: "users",
        id: "doc_abc123",
        created_at: "2024-01-15T10:30:00Z",
        updated_at: "2024-01-15T10:30:00Z",
        fields,
    };
    let old = Some(r#"{"status":"active"}"#);
    let event = CollectionEvent { kind: ChangeKind::Updated, document, old, seq: 1 };
    let with_time = UPDATED.replace(
        r#""created_at": "2024-01-15T10:30:00Z""#,
        r#""created_at": "2024-01-15T10:30:00Z", "updated_at": "2024-01-15T10:30:00Z""#,
    );
    assert_extends(&event.encode(Shape::Flat).unwrap(), &with_time, &["seq"]);

    let event = CollectionEvent { kind: ChangeKind::Deleted, old: None, ..event };
    assert_extends(&event.encode(Shape::Flat).unwrap(), DELETED, &["seq"]);
}

/// Document 000: the Go SDK reads `Data.ID`, `Data.Data`, `Data.Collection` and the times.
#[test]
fn nested_documents_are_those_of_document_000() {
    let document = StoredDocument {
        collection: "users",
        id: "1",
        created_at: "t",
        updated_at: "u",
        fields: r#"{"name":"Ada"}"#,
    };
    let event = CollectionEvent { kind: ChangeKind::Created, document, old: None, seq: 1 };
    let text = event.encode(Shape::Nested).unwrap();
    assert_eq!(crate::value(&text)["data"]["data"]["name"], "Ada");
    let change = take!(read(&text), ServerMessage::Created(change) => change);
    assert_eq!(change.document.shape(), Shape::Nested);
    assert_eq!(change.document.updated_at().unwrap(), "u");
    assert_eq!(change.seq, Some(1));
}

#[test]
fn hellos_of_the_documents() {
    let filter = r#"{"status":"active","age_gte":"18","role_in":"admin,moderator"}"#;
    for (sample, credentials, filter) in [
        (r#"{"api_key":"your-api-key"}"#, Credentials::ApiKey("your-api-key".into()), "{}"),
        // The JavaScript SDK leaves absent filters out, and sends empty ones.
        (r#"{"api_key":"k","filters":{}}"#, Credentials::ApiKey("k".into()), "{}"),
        (
            r#"{"api_key":"your-api-key","filters":{
                "status":"active","age_gte":"18","role_in":"admin,moderator"}}"#,
            Credentials::ApiKey("your-api-key".into()),
            filter,
        ),
        (r#"{"token":"USER_JWT"}"#, Credentials::Token("USER_JWT".into()), "{}"),
    ] {
        let hello = Hello::decode(sample).unwrap();
        let filter = Filter::from_json(filter).unwrap();
        assert_eq!(hello, Hello { filter: filter.clone(), ..Hello::new(credentials) });
        if !filter.is_empty() || !sample.contains("filters") {
            assert_same(&hello.encode().unwrap(), sample);
        }
    }
}

#[test]
fn a_ping_is_a_ping() {
    assert_eq!(ClientMessage::decode(encode::PING).unwrap(), ClientMessage::Ping);
    assert_eq!(ClientMessage::Ping.encode(Surface::Collection).unwrap(), encode::PING);
    assert_eq!(read(encode::PONG), ServerMessage::Pong);
}

/// The extensions: what was missed, or else what there is; then the greeting.
#[test]
fn a_snapshot_ends_with_the_greeting() {
    let hello = r#"{"api_key":"k","resume":{"epoch":"e","seq":5},"snapshot":true}"#;
    let hello = Hello::decode(hello).unwrap();
    assert_eq!(hello.resume, Some(Position { epoch: "e".into(), seq: 5 }));
    assert!(hello.snapshot);

    let document = StoredDocument {
        collection: "users",
        id: "1",
        created_at: "t",
        updated_at: "u",
        fields: "{}",
    };
    let text = document.encode_snapshot(Shape::Flat).unwrap();
    let part = take!(read(&text), ServerMessage::Snapshot(part) => part);
    assert_eq!(part.collection.unwrap(), "users");
    assert_eq!(part.document.id().unwrap(), "1");

    let position = Position { epoch: "f".into(), seq: 9 };
    let greeting = encode::Greeting {
        resumed: Some(false),
        snapshot: Some(1),
        ..encode::Greeting::new("users", &position)
    };
    let text = greeting.encode(Surface::Collection);
    let greeting = take!(read(&text), ServerMessage::Greeting(greeting) => greeting);
    assert_eq!(greeting.resumed, Some(false));
    assert_eq!(greeting.snapshot, Some(1));
    assert_eq!(greeting.position, Some(position));
}
