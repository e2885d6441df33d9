//! Text from the other end: it is read or refused, and what is read can be said again.

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::{
    BroadcastHello, ClientMessage, Hello, RoomHello, SelfHostedHello, ServerMessage, Split, Surface,
};
use cocobase_proto::{Access, Credentials, Document, Input, Shape, Subscription, Target, Text};
use serde_json::Value;

use super::laws::{self, Call, Run};

/// Text from a server, read as a client reads it.
pub fn server_text(input: &[u8]) {
    let Ok(text) = Text::from_utf8(input.to_vec().into()) else { return };
    check_both_ways(&text);
    check_live(&text);
    let Ok(message) = ServerMessage::decode(&text) else { return };
    match message {
        ServerMessage::Created(change) | ServerMessage::Updated(change) => {
            check_inside(&text, change.document.json());
            check_document(&change.document);
        }
        ServerMessage::Deleted(deleted) => check_document(&deleted.document),
        ServerMessage::Snapshot(part) => check_document(&part.document),
        ServerMessage::Message(message) => {
            assert_eq!(message.frame, text);
            let _ = message.get::<Value>();
        }
        ServerMessage::Error(error) => {
            for surface in [Surface::Collection, Surface::Gateway, Surface::Room] {
                let again = ServerMessage::decode(&error.encode(surface).into());
                let Ok(ServerMessage::Error(again)) = again else { panic!("{again:?}") };
                assert_eq!(again.message, error.message);
                assert_eq!(again.detail, error.detail);
                assert_eq!(again.collection, error.collection);
                assert_eq!(again.room, error.room);
            }
        }
        _ => {}
    }
}

/// On a live link, and on one that is not yet greeted.
fn check_live(text: &Text) {
    let access = Access::Fixed(Credentials::ApiKey("k".into()));
    let target = Target::Collection(Subscription::new("users", Filter::new()).unwrap());
    let mut run = Run::new(target, access, laws::narrow(), 1);
    let said = Call::Input(Input::Text(text.clone()));
    for call in [
        &Call::PollActions(9),
        &Call::Input(Input::Opened),
        &said,
        &Call::Input(Input::Text(r#"{"event":"connected","epoch":"e","seq":1}"#.into())),
        &Call::PollEvents(9),
        &said,
    ] {
        run.call(call);
    }
}

/// A line break leaves the short way of reading, and changes nothing else.
fn check_both_ways(text: &Text) {
    let mut long = ServerMessage::decode(&format!("{text}\n").into());
    match &mut long {
        Ok(ServerMessage::Message(message)) => message.frame = text.clone(),
        Ok(ServerMessage::UserJoined(who) | ServerMessage::UserLeft(who)) => {
            who.frame = text.clone();
        }
        _ => {}
    }
    assert_eq!(ServerMessage::decode(text).ok(), long.ok());
}

/// A document is part of its frame, not a copy.
fn check_inside(frame: &Text, part: &Text) {
    let (frame, part) = (frame.as_bytes().as_ptr_range(), part.as_bytes().as_ptr_range());
    assert!(frame.start <= part.start && part.end <= frame.end, "a document was copied");
}

/// However a document is asked, it says the same.
fn check_document(document: &Document) {
    let long = Document::new(format!("{}\n", document.json()).into());
    assert_eq!(document.get::<Value>().ok(), long.get::<Value>().ok());
    let (id, shape) = (document.id(), document.shape());
    let (created_at, updated_at) = (document.created_at(), document.updated_at());
    let Ok(view) = document.to_map() else { return };
    assert_eq!(Value::Object(view.clone()), document.get::<Value>().unwrap());
    if shape == Shape::Nested {
        for (key, value) in [("id", &id), ("created_at", &created_at), ("updated_at", &updated_at)]
        {
            if let Some(value) = value {
                assert_eq!(view.get(key), Some(&Value::from(&**value)));
            }
        }
    }
}

/// Text from a client, read as each surface of a server reads it.
pub fn client_text(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    if let Ok(hello) = Hello::decode(text) {
        assert!(hello.filter.is_empty() || Hello::written_filter(text).is_some());
        // A filter is written in its simplest form, which means the same. That may be longer than
        // what was read, and limits apply to both.
        if let Ok(written) = hello.encode() {
            let again = Hello::decode(&written).unwrap();
            assert_eq!(again.encode(), Ok(written));
            assert_eq!((again.credentials, again.resume), (hello.credentials, hello.resume));
        }
    }
    if let Ok(hello) = BroadcastHello::decode(text) {
        assert_eq!(BroadcastHello::decode(&hello.encode()), Ok(hello));
    }
    if let Ok(hello) = RoomHello::decode(text) {
        assert_eq!(RoomHello::decode(&hello.encode()), Ok(hello));
    }
    if let Ok(hello) = SelfHostedHello::decode(text) {
        let again = SelfHostedHello::decode(&hello.encode()).unwrap();
        // A token goes out as a key, and of the filter what means the same there as here.
        assert_eq!(again.credentials.secret(), hello.credentials.secret());
        assert_eq!(again.actions, hello.actions);
        assert_eq!(again.filter, Split::of(&hello.filter).carried);
    }
    match ClientMessage::decode(text) {
        Err(_) | Ok(ClientMessage::Unknown) => {}
        Ok(message) => {
            let Ok(written) = message.encode(Surface::Gateway) else { return };
            let again = ClientMessage::decode(&written).unwrap();
            assert_eq!(again.encode(Surface::Gateway).as_ref(), Ok(&written));
            // A filter is written in its simplest form, and the gateway has one word for a key and
            // a token.
            if !matches!(message, ClientMessage::Auth { .. } | ClientMessage::Subscribe { .. }) {
                assert_eq!(again, message);
            }
        }
    }
}
