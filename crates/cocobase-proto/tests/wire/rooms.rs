//! Surface L: documents 003 and 004.

use cocobase_proto::Credentials;
use cocobase_proto::rest::{Method, Request, credential_header, rooms};

use crate::assert_same;

const LIST: &str = r#"{
  "rooms": [
    {
      "id": "general-chat",
      "title": "General Chat",
      "created_by": "user_123",
      "participants": 5,
      "participant_list": [
        {"id": "user_123", "name": "John Doe"},
        {"id": "user_456", "name": "Jane Smith"}
      ],
      "created_at": 1705315800
    },
    {
      "id": "support",
      "title": "Customer Support",
      "created_by": "admin_001",
      "participants": 2,
      "participant_list": [
        {"id": "admin_001", "name": "Admin"},
        {"id": "user_789", "name": "Customer"}
      ],
      "created_at": 1705316000
    }
  ],
  "total": 2
}"#;

#[test]
fn the_request_of_document_003() {
    let request = Request::rooms();
    assert_eq!((request.method, &*request.path), (Method::Get, "/realtime/rooms"));
    assert_eq!(credential_header(&Credentials::ApiKey("k".into())).0, "x-api-key");
}

#[test]
fn the_list_of_document_003() {
    let list = rooms(&LIST.into()).unwrap();
    assert_eq!((list.rooms.len(), list.total), (2, 2));
    let general = &list.rooms[0];
    assert_eq!(general.title.as_deref(), Some("General Chat"));
    assert_eq!(general.created_by.as_deref(), Some("user_123"));
    assert_eq!(general.participants, Some(5));
    assert_eq!(general.participant_list[1].id, "user_456");
    assert_eq!(general.participant_list[1].name.as_deref(), Some("Jane Smith"));
    assert_eq!(general.created_at.as_deref(), Some("1705315800"));
    assert_same(&list.encode(), LIST);
}

#[test]
fn the_list_of_the_self_hosted_server() {
    let json = r#"{"rooms":[{"room_id":"a","connections":2},{"room_id":"b","connections":0}]}"#;
    let list = rooms(&json.into()).unwrap();
    assert_eq!(list.total, 2);
    let found: Vec<_> = list.rooms.iter().map(|room| (&*room.id, room.participants)).collect();
    assert_eq!(found, [("a", Some(2)), ("b", Some(0))]);
}
