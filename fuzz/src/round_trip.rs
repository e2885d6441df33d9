//! What one end writes the other reads as it was meant, whatever the values.

use arbitrary::{Arbitrary, Unstructured};
use cocobase_proto::filter::{Filter, FilterError};
use cocobase_proto::sse::{Block, Decoder, Item};
use cocobase_proto::wire::encode::{self, CollectionEvent, PresenceKind, Room, StoredDocument};
use cocobase_proto::wire::{
    BroadcastHello, ClientMessage, ErrorMessage, HelloError, RoomAction, RoomHello,
    SelfHostedHello, ServerMessage, Split, Surface, User,
};
use cocobase_proto::{ChangeKind, Credentials, Metadata, Position, Shape, Text};
use serde_json::{Map, Value};

/// The values that messages are made of.
#[derive(Arbitrary, Debug)]
struct Values {
    id: String,
    title: Option<String>,
    name: Option<String>,
    time: String,
    epoch: String,
    seq: u64,
    count: Option<u64>,
    flag: Option<bool>,
    kind: u8,
    fields: Vec<(String, Json)>,
    old: Option<Vec<(String, Json)>>,
}

#[derive(Arbitrary, Debug)]
enum Json {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Text(value) => value.as_str().into(),
            Self::Array(items) => items.iter().map(Self::value).collect(),
            Self::Object(fields) => Value::Object(object(fields)),
        }
    }
}

fn object(fields: &[(String, Json)]) -> Map<String, Value> {
    fields.iter().map(|(key, value)| (key.clone(), value.value())).collect()
}

fn read(text: &str) -> ServerMessage {
    ServerMessage::decode(&Text::from(text)).expect(text)
}

/// Values, put into every message.
pub fn round_trip(input: &[u8]) {
    let Ok(values) = Values::arbitrary_take_rest(Unstructured::new(input)) else { return };
    if depth(&values.fields) + depth(values.old.as_deref().unwrap_or_default()) > 64 {
        // Deeper than serde_json reads values.
        return;
    }
    changes(&values);
    greetings(&values);
    rooms(&values);
    hellos(&values);
    streams(&values);
}

fn depth(fields: &[(String, Json)]) -> usize {
    fn of(json: &Json) -> usize {
        match json {
            Json::Array(items) => 1 + items.iter().map(of).max().unwrap_or(0),
            Json::Object(fields) => 1 + depth(fields),
            _ => 0,
        }
    }
    fields.iter().map(|(_, json)| of(json)).max().unwrap_or(0)
}

fn changes(values: &Values) {
    let fields = Value::Object(object(&values.fields)).to_string();
    let old = values.old.as_ref().map(|old| Value::Object(object(old)).to_string());
    let document = StoredDocument {
        collection: &values.time,
        id: &values.id,
        created_at: &values.epoch,
        updated_at: &values.time,
        fields: &fields,
    };
    let metadata = Metadata {
        id: Some(&values.id),
        created_at: Some(&values.epoch),
        updated_at: Some(&values.time),
    };
    let expected = metadata.flat_view(&fields).unwrap();
    let kind = [ChangeKind::Created, ChangeKind::Updated, ChangeKind::Deleted]
        [usize::from(values.kind % 3)];
    let event = CollectionEvent { kind, document, old: old.as_deref(), seq: values.seq };
    for text in [
        event.encode(Shape::Flat).unwrap(),
        event.encode(Shape::Nested).unwrap(),
        event.encode_gateway(),
    ] {
        match read(&text) {
            ServerMessage::Created(change) | ServerMessage::Updated(change) => {
                assert_ne!(kind, ChangeKind::Deleted);
                assert_eq!(change.document.to_map().unwrap(), expected, "{text}");
                assert_eq!(change.document.id().unwrap(), *values.id);
                assert_eq!(change.old.as_deref(), old.as_deref());
                assert_eq!(change.seq, Some(values.seq));
            }
            ServerMessage::Deleted(deleted) => {
                assert_eq!(kind, ChangeKind::Deleted);
                assert_eq!(deleted.id.unwrap(), *values.id);
                assert_eq!(deleted.seq, Some(values.seq));
            }
            other => panic!("{text}: {other:?}"),
        }
    }
    for text in [
        document.encode_snapshot(Shape::Flat).unwrap(),
        document.encode_snapshot(Shape::Nested).unwrap(),
        document.encode_snapshot_gateway(),
    ] {
        let ServerMessage::Snapshot(part) = read(&text) else { panic!("{text}") };
        assert_eq!(part.document.to_map().unwrap(), expected, "{text}");
    }
}

fn greetings(values: &Values) {
    let position = Position { epoch: values.epoch.as_str().into(), seq: values.seq };
    let greeting = encode::Greeting {
        collection: &values.id,
        filters: None,
        position: &position,
        resumed: values.flag,
        snapshot: values.count,
    };
    for surface in [Surface::Collection, Surface::Gateway, Surface::Events] {
        let text = greeting.encode(surface);
        let (ServerMessage::Greeting(read) | ServerMessage::Subscribed(read)) = read(&text) else {
            panic!("{text}")
        };
        assert_eq!(read.collection.as_deref(), Some(&*values.id));
        assert_eq!(read.position.as_ref(), Some(&position));
        assert_eq!((read.resumed, read.snapshot), (values.flag, values.count));
    }
    if !position.epoch.is_empty() {
        assert_eq!(Position::from_event_id(&position.to_event_id()), Some(position));
    }
    let error = ErrorMessage {
        code: values.name.as_deref().map(Text::from),
        message: values.id.as_str().into(),
        detail: values.title.as_deref().map(Text::from),
        collection: None,
        room: None,
    };
    for surface in [Surface::Collection, Surface::Gateway] {
        let text = error.encode(surface);
        let ServerMessage::Error(read) = read(&text) else { panic!("{text}") };
        assert_eq!((read.message, read.detail), (error.message.clone(), error.detail.clone()));
    }
}

fn rooms(values: &Values) {
    let content = Value::Object(object(&values.fields)).to_string();
    let room = Room { id: &values.id, title: values.title.as_deref(), participants: values.count };
    let message = encode::Message {
        room,
        user_id: Some(&values.epoch),
        user_name: values.name.as_deref(),
        timestamp: Some(&values.time),
        content: &content,
        seq: Some(values.seq),
    };
    for surface in [Surface::Broadcast, Surface::Room, Surface::Gateway] {
        let text = message.encode(surface);
        let ServerMessage::Message(read) = read(&text) else { panic!("{text}") };
        assert_eq!(read.content, *content);
        assert_eq!(read.user_id.as_deref(), Some(&*values.epoch));
        assert_eq!(read.user_name.as_deref(), values.name.as_deref());
        assert_eq!(read.seq, Some(values.seq));
    }
    for kind in [PresenceKind::Joined, PresenceKind::Left] {
        let presence = encode::Presence {
            kind,
            user_id: &values.epoch,
            user_name: values.name.as_deref(),
            timestamp: &values.time,
            room,
        };
        let text = presence.encode();
        let (ServerMessage::UserJoined(who) | ServerMessage::UserLeft(who)) = read(&text) else {
            panic!("{text}")
        };
        assert_eq!(who.user_id.as_deref(), Some(&*values.epoch));
        assert_eq!(who.room.participants, values.count);
    }
}

fn hellos(values: &Values) {
    // An empty name says no more than none.
    let text =
        |text: &Option<String>| text.as_deref().filter(|text| !text.is_empty()).map(Text::from);
    let user = User { id: text(&values.title), name: text(&values.name) };
    let resume =
        values.flag.map(|_| Position { epoch: values.epoch.as_str().into(), seq: values.seq });
    if !values.id.is_empty() {
        let credentials = Credentials::Token(values.id.as_str().into());
        let hello = BroadcastHello {
            credentials: credentials.clone(),
            user: user.clone(),
            resume: resume.clone(),
        };
        assert_eq!(BroadcastHello::decode(&hello.encode()), Ok(hello));
        self_hosted(values, &credentials);
        let action = if values.kind < 128 { RoomAction::Create } else { RoomAction::Join };
        let title = text(&values.title);
        let hello = RoomHello { credentials, user, action, title, resume: resume.clone() };
        assert_eq!(RoomHello::decode(&hello.encode()), Ok(hello));
        for message in [
            ClientMessage::Join { room: values.id.as_str().into(), resume: resume.clone() },
            ClientMessage::Leave { room: values.id.as_str().into() },
            ClientMessage::Unsubscribe { collection: values.id.as_str().into() },
        ] {
            let text = message.encode(Surface::Gateway).unwrap();
            assert_eq!(ClientMessage::decode(&text), Ok(message));
        }
    }
}

/// A filter of any fields and texts, as far as surface C′ carries it.
fn self_hosted(values: &Values, credentials: &Credentials) {
    let Credentials::Token(secret) = credentials else { return };
    let kinds = [ChangeKind::Created, ChangeKind::Updated, ChangeKind::Deleted];
    let is_wanted = |(at, _): &(usize, ChangeKind)| values.kind >> at & 1 == 1;
    let filter = values.fields.iter().fold(Filter::new(), |filter, (name, value)| match value {
        Json::Text(text) => filter.eq(name, text),
        _ => filter,
    });
    let hello = SelfHostedHello {
        credentials: Credentials::ApiKey(secret.expose().into()),
        actions: kinds.into_iter().enumerate().filter(is_wanted).map(|(_, kind)| kind).collect(),
        filter: Split::of(&filter).carried,
    };
    match SelfHostedHello::decode(&hello.encode()) {
        Ok(again) => assert_eq!(again, hello),
        Err(HelloError::Filter(FilterError::TooLarge { .. })) => {}
        Err(error) => panic!("{error}"),
    }
}

fn streams(values: &Values) {
    let data = Value::Object(object(&values.fields)).to_string();
    let name = values.name.as_deref().unwrap_or_default();
    let block = Block { name, id: Some(&values.id), data: Some(&data), retry: None };
    let mut out = String::new();
    if block.push_to(&mut out).is_err() {
        assert_eq!(out, "");
        return;
    }
    let mut decoder = Decoder::default();
    decoder.push(out.as_bytes());
    let Some(Item::Message(message)) = decoder.poll() else { panic!("{out}") };
    assert_eq!(
        (&*message.name, &*message.data, &*message.last_event_id),
        (name, &*data, &*values.id)
    );
    assert_eq!(decoder.poll(), None);
}
