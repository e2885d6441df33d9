//! Errors, in every spelling and on every surface.

use cocobase_proto::wire::{ErrorMessage, ServerMessage, Surface};
use cocobase_proto::{Refusal, RefusalKind};

use crate::{assert_same, read, take};

/// The samples of documents 002 and 003, and how each is written.
#[test]
fn the_errors_of_the_documents() {
    let api_key = "API key is required";
    let table = [
        (
            r#"{
  "error": "API key is required"
}"#,
            Surface::Collection,
            ErrorMessage::new(api_key),
            Some(RefusalKind::Credentials),
        ),
        (
            r#"{
  "error": "Invalid API key",
  "error_detail": "Project not found"
}"#,
            Surface::Broadcast,
            ErrorMessage::new(ErrorMessage::INVALID_API_KEY).with_detail("Project not found"),
            Some(RefusalKind::Credentials),
        ),
        (
            r#"{
  "error": "Authentication timeout"
}"#,
            Surface::Room,
            ErrorMessage::new(ErrorMessage::AUTHENTICATION_TIMEOUT),
            None,
        ),
        (
            r#"{
  "error": "Room not found",
  "room_id": "non-existent-room"
}"#,
            Surface::Room,
            ErrorMessage::new(ErrorMessage::ROOM_NOT_FOUND).of_room("non-existent-room"),
            Some(RefusalKind::Room),
        ),
        (
            r#"{
  "error": "Room belongs to different project"
}"#,
            Surface::Room,
            ErrorMessage::new(ErrorMessage::FOREIGN_ROOM),
            Some(RefusalKind::ForeignRoom),
        ),
        (
            r#"{
  "error": "Collection not found or access denied"
}"#,
            Surface::Collection,
            ErrorMessage::new(ErrorMessage::COLLECTION_NOT_FOUND),
            Some(RefusalKind::Collection),
        ),
        (
            r#"{
  "type": "error",
  "code": "UNAUTHORIZED",
  "message": "Invalid or missing authentication token"
}"#,
            Surface::Gateway,
            ErrorMessage::new(ErrorMessage::INVALID_TOKEN).with_code("UNAUTHORIZED"),
            Some(RefusalKind::Credentials),
        ),
        (
            r#"{
  "type": "error",
  "code": "INVALID_COLLECTION",
  "message": "Collection does not exist"
}"#,
            Surface::Gateway,
            ErrorMessage::new(ErrorMessage::NO_COLLECTION).with_code("INVALID_COLLECTION"),
            Some(RefusalKind::Collection),
        ),
        (
            r#"{"error":true,"message":"Invalid API key"}"#,
            Surface::Documents,
            ErrorMessage::new(ErrorMessage::INVALID_API_KEY),
            Some(RefusalKind::Credentials),
        ),
    ];
    for (sample, surface, error, kind) in table {
        assert_eq!(read(sample), ServerMessage::Error(error.clone()));
        assert_eq!(Refusal::of_message(&error).map(|refusal| refusal.kind), kind, "{sample}");
        assert_same(&error.encode(surface), sample);
        let bare = ErrorMessage { code: None, ..error };
        assert_same(&bare.encode(surface), sample);
    }
}

/// Ours: one subscription of many may fail.
#[test]
fn an_error_on_the_gateway_names_what_it_is_about() {
    let error = ErrorMessage::new(ErrorMessage::INVALID_FILTERS)
        .with_detail("the key `a` holds an array")
        .of_collection("posts");
    let text = error.encode(Surface::Gateway);
    let found = take!(read(&text), ServerMessage::Error(error) => error);
    assert_eq!(found, error.with_code("INVALID_FILTERS"));
    assert_eq!(Refusal::of_message(&found).unwrap().kind, RefusalKind::Filter);
}

#[test]
fn a_code_decides_before_the_message() {
    let json = r#"{"type":"error","code":"INVALID_COLLECTION","message":"Invalid API key"}"#;
    let error = take!(read(json), ServerMessage::Error(error) => error);
    assert_eq!(Refusal::of_message(&error).unwrap().kind, RefusalKind::Collection);
}

#[test]
fn odd_errors_are_errors_still() {
    for (json, message) in [
        (r#"{"error":""}"#, ""),
        (r#"{"type":"error"}"#, "unspecified error"),
        (r#"{"type":"error","message":{"a":1}}"#, "unspecified error"),
        (r#"{"error":true,"message":7}"#, "unspecified error"),
        (r#"{"event":"connected","error":"no"}"#, "no"),
        (r#"{"type":"\u0065rror","message":"\u006eo"}"#, "no"),
    ] {
        let error = take!(read(json), ServerMessage::Error(error) => error);
        assert_eq!(error.message, message, "{json}");
    }
}
