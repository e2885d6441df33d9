//! Surface C′ and the other dialects of the vendor's own servers and packages.

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::{SelfHostedHello, ServerMessage, Split};
use cocobase_proto::{ChangeKind, Credentials};

use crate::{read, take};

#[test]
fn the_greeting_comes_in_many_spellings() {
    for json in [
        r#"{"action":"authenticated","collection_id":"users"}"#,
        r#"{"action":"authenticated","collection_id":"users","project_id":"p","message":"ok"}"#,
        r#"{"type":"connected","collection_id":"users"}"#,
        r#"{"event":"connected","collection":"users"}"#,
    ] {
        let greeting = take!(read(json), ServerMessage::Greeting(greeting) => greeting);
        assert_eq!(greeting.collection.unwrap(), "users", "{json}");
    }
}

#[test]
fn a_change_is_read_from_every_dialect() {
    for (json, seq) in [
        (r#"{"event":"update","collection_id":"users","data":{"id":"1","a":2}}"#, None),
        (
            r#"{"action":"updated","collection_id":"users","document_id":"1",
                "document":{"id":"1","data":{"a":2}},"timestamp":"t","project_id":"p"}"#,
            None,
        ),
        // The types of npm `cocobase` 1.6.0.
        (
            r#"{"event":"update","collection_id":"users","document":{"id":"1","data":{"a":2}}}"#,
            None,
        ),
        (
            r#"{"type":"event","collection":"users","event":"updated","document":{"id":"1","data":{"a":2}},"seq":7.0}"#,
            Some(7),
        ),
        (r#"{"type":"update","collection":"users","document":{"id":1,"a":2}}"#, None),
    ] {
        let change = take!(read(json), ServerMessage::Updated(change) => change);
        assert_eq!(change.collection.unwrap(), "users", "{json}");
        assert_eq!(change.document.id().unwrap(), "1", "{json}");
        assert_eq!(change.document.to_map().unwrap()["a"], 2, "{json}");
        assert_eq!(change.seq, seq, "{json}");
    }
}

#[test]
fn a_delete_may_be_an_id_alone() {
    let json = r#"{"action":"deleted","collection_id":"users","document_id":"1","document":null}"#;
    let deleted = take!(read(json), ServerMessage::Deleted(deleted) => deleted);
    assert_eq!((deleted.id.unwrap(), deleted.document.json().as_str()), ("1".into(), "{}"));
}

#[test]
fn the_hello_carries_what_the_server_can_compare() {
    let filter = Filter::from_json(r#"{"a":"x","b_gt":1,"c":7}"#).unwrap();
    for (actions, filter, expected) in [
        (&[][..], Filter::new(), r#"{"api_key":"k"}"#),
        (&[], filter.clone(), r#"{"api_key":"k","filter":{"a":"x"}}"#),
        (&[], Split::of(&filter).rest, r#"{"api_key":"k"}"#),
        (
            &[ChangeKind::Created, ChangeKind::Deleted],
            Filter::new(),
            r#"{"api_key":"k","actions":["created","deleted"]}"#,
        ),
    ] {
        let credentials = Credentials::ApiKey("k".into());
        let hello = SelfHostedHello { credentials, actions: actions.to_vec(), filter };
        assert_eq!(hello.encode(), expected);
    }
}
