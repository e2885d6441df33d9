//! Odd text: it is read as far as it goes, or refused with its place, and nothing panics.

use cocobase_proto::Text;
use cocobase_proto::wire::{BroadcastHello, ClientMessage, Hello, RoomHello, ServerMessage};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::{read, take};

const KEYS: [&str; 36] = [
    "type",
    "event",
    "action",
    "collection",
    "collection_id",
    "document_id",
    "data",
    "document",
    "old_data",
    "filters",
    "epoch",
    "seq",
    "resumed",
    "snapshot",
    "missed",
    "error",
    "error_detail",
    "code",
    "message",
    "content",
    "timestamp",
    "project_id",
    "user_id",
    "user_name",
    "room",
    "room_id",
    "room_title",
    "room_info",
    "participants",
    "participant_list",
    "api_key",
    "token",
    "resume",
    "id",
    "name",
    "x",
];

const WORDS: [&str; 27] = [
    "event",
    "create",
    "created",
    "update",
    "updated",
    "delete",
    "deleted",
    "connected",
    "authenticated",
    "subscribed",
    "unsubscribed",
    "joined",
    "left",
    "user_joined",
    "user_left",
    "message",
    "broadcast",
    "snapshot",
    "lagged",
    "pong",
    "error",
    "auth",
    "subscribe",
    "unsubscribe",
    "join",
    "leave",
    "ping",
];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(&WORDS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(prop::sample::select(&KEYS[..]), inner, 0..4).prop_map(
                |map| map.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            ),
        ]
    })
}

fn any_message() -> impl Strategy<Value = Map<String, Value>> {
    let word = prop::sample::select(&["type", "event", "action"][..]);
    let first = (word, prop::sample::select(&WORDS[..]));
    let rest = prop::collection::btree_map(prop::sample::select(&KEYS[..]), any_value(), 0..8);
    (first, rest).prop_map(|((key, word), rest)| {
        let mut map: Map<String, Value> =
            rest.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        map.insert(key.into(), word.into());
        map
    })
}

/// Everything that this crate reads from a peer.
fn read_all(text: &str) {
    let shared = Text::from(text);
    if let Ok(message) = ServerMessage::decode(&shared) {
        let _ = format!("{message:?}");
    }
    let _ = ClientMessage::decode(text);
    let _ = Hello::decode(text);
    let _ = BroadcastHello::decode(text);
    let _ = RoomHello::decode(text);
    let _ = cocobase_proto::rest::rooms(&shared);
    let _ = cocobase_proto::rest::body::updates(text);
    let _ = cocobase_proto::rest::WatchQuery::from_query(text);
}

proptest! {
    #[test]
    fn no_text_panics(text in ".{0,64}", json in r#"[{}\[\]":,a-e0-9.\\u ]{0,64}"#) {
        read_all(&text);
        read_all(&json);
    }

    #[test]
    fn no_message_panics_and_every_object_is_read(message in any_message()) {
        let text = Value::Object(message).to_string();
        read_all(&text);
        prop_assert!(ServerMessage::decode(&Text::from(&*text)).is_ok());
    }

    /// Order, white space, escapes in keys, unknown keys: none of it matters.
    #[test]
    fn the_way_of_writing_does_not_matter(message in any_message(), seed in any::<usize>()) {
        let plain = Value::Object(message.clone()).to_string();
        let mut members: Vec<String> = message
            .iter()
            .map(|(key, value)| {
                let key: String = key.chars().map(|c| format!("\\u{:04x}", c as u32)).collect();
                format!(" \"{key}\" : {value} ")
            })
            .collect();
        members.push(r#""another key":{"type":"pong"}"#.into());
        let len = members.len();
        members.rotate_left(seed % len);
        let odd = format!("\n{{{}}}\t", members.join(","));
        prop_assert_eq!(shown(&odd), shown(&plain));
    }
}

/// A message without what tells how it was written: the frame.
fn shown(json: &str) -> ServerMessage {
    let mut message = read(json);
    match &mut message {
        ServerMessage::Message(message) => message.frame = Text::default(),
        ServerMessage::UserJoined(who) | ServerMessage::UserLeft(who) => {
            who.frame = Text::default();
        }
        _ => {}
    }
    message
}

#[test]
fn nesting_is_bounded_by_the_text_alone() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        for key in KEYS {
            read_all(&format!(r#"{{"type":"message","{key}":{deep}}}"#));
        }
        let frame = format!(r#"{{"type":"message","content":{deep}}}"#);
        let message = take!(read(&frame), ServerMessage::Message(message) => message);
        assert_eq!(message.content, &*deep);
        let error = message.get::<Value>().unwrap_err();
        assert!(error.reason.contains("recursion limit"), "{error}");
    }
}

#[test]
fn a_key_that_stands_twice_is_malformed() {
    for json in [
        r#"{"event":"create","event":"delete","data":{"id":"1"}}"#,
        r#"{"event":"create","data":{"id":"1"},"d\u0061ta":{"id":"2"}}"#,
    ] {
        let error = ServerMessage::decode(&Text::from(json)).unwrap_err();
        assert!(error.reason.contains("duplicate field"), "{error}");
    }
    // Keys of other makers' may stand as often as they like.
    assert_eq!(read(r#"{"x":1,"type":"pong","x":2}"#), ServerMessage::Pong);
}

#[test]
fn a_broken_escape_is_no_text() {
    assert_eq!(read(r#"{"event":"\ud800"}"#), ServerMessage::Unknown);
    let frame = r#"{"type":"message","user_id":"\ud800","content":"\ud800"}"#;
    let message = take!(read(frame), ServerMessage::Message(message) => message);
    assert_eq!(message.user_id, None);
    assert_eq!(message.content, r#""\ud800""#);
    assert!(message.get::<String>().is_err());
}
