//! Surface S: document 002. The event-stream codec has tests of its own.

use cocobase_proto::filter::Filter;
use cocobase_proto::rest::{Method, Request, WatchQuery, bearer_header};
use cocobase_proto::wire::encode;
use cocobase_proto::wire::{Position, ServerMessage, Surface};
use cocobase_proto::{Credentials, Refusal, RefusalKind};

use crate::{read, take};

#[test]
fn the_request_of_document_002() {
    let request = Request::watch("posts", &WatchQuery::default(), None).unwrap();
    assert_eq!((request.method, &*request.path), (Method::Get, "/realtime/sse/posts"));
    assert_eq!(request.headers, [("accept", "text/event-stream".to_owned())]);
    assert_eq!(request.body, None);
    let key = Credentials::ApiKey("YOUR_API_KEY".into());
    assert_eq!(bearer_header(&key), ("authorization", "Bearer YOUR_API_KEY".to_owned()));
}

/// `new URLSearchParams({filters: JSON.stringify({status: "published"})})`
#[test]
fn the_query_of_document_002() {
    let sample = "filters=%7B%22status%22%3A%22published%22%7D";
    let query = WatchQuery::from_query(sample).unwrap();
    assert_eq!(query.filter, Filter::new().eq("status", "published"));
    assert!(!query.greeting && !query.snapshot);
    let request = Request::watch("a/b ?", &query, Some("e:7")).unwrap();
    assert_eq!(request.path, format!("/realtime/sse/a%2Fb%20%3F?{sample}"));
    assert_eq!(request.headers[1], ("last-event-id", "e:7".to_owned()));
}

#[test]
fn an_event_id_is_a_position() {
    for (id, position) in [
        ("e:7", Some(("e", 7))),
        ("a:b:7", Some(("a:b", 7))),
        ("e:18446744073709551615", Some(("e", u64::MAX))),
        ("e:18446744073709551616", None),
        ("e:+7", None),
        ("e:-7", None),
        ("e:", None),
        (":7", None),
        ("7", None),
        ("", None),
    ] {
        let found = Position::from_event_id(id);
        let expected = position.map(|(epoch, seq)| Position { epoch: epoch.into(), seq });
        assert_eq!(found, expected, "{id}");
        assert!(found.is_none_or(|position| position.to_event_id() == id));
    }
}

#[test]
fn the_greeting_is_the_gateways() {
    let position = Position { epoch: "e".into(), seq: 7 };
    let text = encode::Greeting::new("posts", &position).encode(Surface::Events);
    let greeting = take!(read(&text), ServerMessage::Subscribed(greeting) => greeting);
    assert_eq!(greeting.position, Some(position));
}

#[test]
fn a_status_refuses_or_passes() {
    for (status, kind) in [
        (401, Some(RefusalKind::Credentials)),
        (403, Some(RefusalKind::Credentials)),
        (404, Some(RefusalKind::Collection)),
        (400, Some(RefusalKind::Request)),
        (408, None),
        (429, None),
        (500, None),
        (503, None),
    ] {
        let refusal = Refusal::of_watch_status(status, "");
        assert_eq!(refusal.map(|refusal| refusal.kind), kind, "{status}");
    }
}
