//! What one end writes the other reads as it was meant, whatever the values.

use cocobase_proto::filter::Filter;
use cocobase_proto::rest::{self, ListedRoom, RoomList, WatchQuery};
use cocobase_proto::wire::encode::{self, CollectionEvent, PresenceKind, Room, StoredDocument};
use cocobase_proto::wire::{
    BroadcastHello, ClientMessage, ErrorMessage, Hello, Participant, Position, RoomAction,
    RoomHello, SelfHostedHello, ServerMessage, Split, Surface, User,
};
use cocobase_proto::{ChangeKind, Credentials, Metadata, Shape, Text};
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::{read, take};

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![".{1,12}", "[\"\\\\/\\x00-\\x1f]{1,6}"].prop_map(Text::from)
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(field(), inner, 0..4)
                .prop_map(|map| map.into_iter().collect()),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => ".{1,6}",
        1 => prop::sample::select(
            &["id", "data", "created_at", "updated_at", "collection", "_shap", "createdAt"][..],
        )
        .prop_map(String::from),
    ]
}

fn fields() -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(field(), json(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn position() -> impl Strategy<Value = Position> {
    (text(), any::<u64>()).prop_map(|(epoch, seq)| Position { epoch, seq })
}

fn credentials() -> impl Strategy<Value = Credentials> {
    (any::<bool>(), text()).prop_map(|(is_key, text)| match is_key {
        true => Credentials::ApiKey((&*text).into()),
        false => Credentials::Token((&*text).into()),
    })
}

fn user() -> impl Strategy<Value = User> {
    (of(text()), of(text())).prop_map(|(id, name)| User { id, name })
}

fn filter() -> impl Strategy<Value = Filter> {
    prop_oneof![
        Just(Filter::new()),
        any::<i64>().prop_map(|n| Filter::new().eq("a", n)),
        "[a-z ]{1,8}".prop_map(|s| Filter::new().contains("a", s).gte("b", 1)),
    ]
}

fn kind() -> impl Strategy<Value = ChangeKind> {
    prop::sample::select(&[ChangeKind::Created, ChangeKind::Updated, ChangeKind::Deleted][..])
}

proptest! {
    #[test]
    fn hellos(
        credentials in credentials(),
        user in user(),
        filter in filter(),
        resume in of(position()),
        snapshot in any::<bool>(),
        title in of(text()),
        create in any::<bool>(),
    ) {
        let hello =
            Hello { credentials: credentials.clone(), filter, resume: resume.clone(), snapshot };
        prop_assert_eq!(Hello::decode(&hello.encode().unwrap()).unwrap(), hello);
        let hello = BroadcastHello {
            credentials: credentials.clone(), user: user.clone(), resume: resume.clone(),
        };
        prop_assert_eq!(BroadcastHello::decode(&hello.encode()).unwrap(), hello);
        let action = if create { RoomAction::Create } else { RoomAction::Join };
        let hello = RoomHello { credentials, user, action, title, resume };
        prop_assert_eq!(RoomHello::decode(&hello.encode()).unwrap(), hello);
    }

    #[test]
    fn hellos_of_the_self_hosted_server(
        key in text(),
        actions in prop::sample::subsequence(
            vec![ChangeKind::Created, ChangeKind::Updated, ChangeKind::Deleted], 0..=3,
        ),
        fields in prop::collection::btree_map(field(), ".{0,12}", 0..4),
    ) {
        let filter =
            fields.into_iter().fold(Filter::new(), |filter, (name, value)| filter.eq(name, value));
        // What it cannot carry, it does not say.
        let filter = Split::of(&filter).carried;
        let credentials = Credentials::ApiKey((&*key).into());
        let hello = SelfHostedHello { credentials, actions, filter };
        prop_assert_eq!(SelfHostedHello::decode(&hello.encode()).unwrap(), hello);
    }

    #[test]
    fn client_messages(
        name in text(),
        token in text(),
        user in user(),
        filter in filter(),
        resume in of(position()),
        snapshot in any::<bool>(),
        content in json(),
    ) {
        let name = || name.to_string().into();
        let content = || content.to_string().into();
        for message in [
            ClientMessage::Auth { credentials: Credentials::Token((&*token).into()), user },
            ClientMessage::Subscribe { collection: name(), filter, resume: resume.clone(), snapshot },
            ClientMessage::Unsubscribe { collection: name() },
            ClientMessage::Join { room: name(), resume },
            ClientMessage::Leave { room: name() },
            ClientMessage::Broadcast { room: name(), message: content() },
            ClientMessage::Message { content: content() },
            ClientMessage::Ping,
        ] {
            for surface in [Surface::Gateway, Surface::Broadcast, Surface::Room] {
                let text = message.encode(surface).unwrap();
                prop_assert_eq!(&ClientMessage::decode(&text).unwrap(), &message);
            }
        }
    }

    #[test]
    fn changes(
        kind in kind(),
        names in (text(), text(), text(), text()),
        map in fields(),
        old in of(fields()),
        seq in any::<u64>(),
    ) {
        let (collection, id, created_at, updated_at) = &names;
        let fields = Value::Object(map).to_string();
        let old = old.map(|old| Value::Object(old).to_string());
        let document = StoredDocument { collection, id, created_at, updated_at, fields: &fields };
        let event = CollectionEvent { kind, document, old: old.as_deref(), seq };
        let snapshot = document.encode_snapshot(Shape::Flat).unwrap();
        let expected = Metadata {
            id: Some(id), created_at: Some(created_at), updated_at: Some(updated_at),
        }
        .flat_view(&fields)
        .unwrap();
        for written in [snapshot, document.encode_snapshot_gateway()] {
            let part = take!(read(&written), ServerMessage::Snapshot(part) => part);
            prop_assert_eq!(part.document.to_map().unwrap(), expected.clone());
            prop_assert_eq!(part.collection.as_deref(), Some(&**collection));
        }
        for written in [
            event.encode(Shape::Flat).unwrap(),
            event.encode(Shape::Nested).unwrap(),
            event.encode_gateway(),
        ] {
            let (found, change) = match read(&written) {
                ServerMessage::Created(change) => (ChangeKind::Created, change),
                ServerMessage::Updated(change) => (ChangeKind::Updated, change),
                ServerMessage::Deleted(deleted) => {
                    prop_assert_eq!(kind, ChangeKind::Deleted);
                    prop_assert_eq!(deleted.id.as_ref(), Some(id));
                    prop_assert_eq!(deleted.seq, Some(seq));
                    continue;
                }
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(found, kind);
            prop_assert_eq!(change.document.to_map().unwrap(), expected.clone());
            prop_assert_eq!(change.collection.as_ref(), Some(collection));
            prop_assert_eq!(change.old.as_deref(), old.as_deref());
            prop_assert_eq!(change.seq, Some(seq));
        }
    }

    #[test]
    fn greetings(
        collection in text(),
        filter in of(fields()),
        position in position(),
        resumed in of(any::<bool>()),
        snapshot in of(any::<u64>()),
    ) {
        let filter = filter.map(|filter| Value::Object(filter).to_string());
        let written = encode::Greeting {
            collection: &collection,
            filters: filter.as_deref(),
            position: &position,
            resumed,
            snapshot,
        };
        for surface in [Surface::Collection, Surface::Gateway, Surface::Events] {
            let greeting = match read(&written.encode(surface)) {
                ServerMessage::Greeting(greeting) | ServerMessage::Subscribed(greeting) => greeting,
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(greeting.collection.as_ref(), Some(&collection));
            prop_assert_eq!(greeting.filters.as_deref(), filter.as_deref());
            prop_assert_eq!(greeting.position.as_ref(), Some(&position));
            prop_assert_eq!((greeting.resumed, greeting.snapshot), (resumed, snapshot));
        }
        let id = position.to_event_id();
        prop_assert_eq!(Position::from_event_id(&id), Some(position));
    }

    #[test]
    fn rooms(
        names in (text(), of(text()), text(), of(text()), text()),
        count in of(any::<u64>()),
        content in json(),
        people in of(prop::collection::vec((text(), of(text())), 0..3)),
        position in of(position()),
        seq in of(any::<u64>()),
    ) {
        let (id, title, user_id, user_name, timestamp) = &names;
        let room = Room { id, title: title.as_deref(), participants: count };
        let people: Option<Vec<Participant>> = people.map(|people| {
            people.into_iter().map(|(id, name)| Participant { id, name }).collect()
        });

        let joined = encode::Joined {
            room,
            user_id: Some(user_id),
            participants: people.as_deref(),
            position: position.as_ref(),
            resumed: Some(true),
        };
        for surface in [Surface::Room, Surface::Gateway] {
            let read = take!(read(&joined.encode(surface)), ServerMessage::Joined(joined) => joined);
            prop_assert_eq!(read.room.id.as_ref(), Some(id));
            prop_assert_eq!(&read.room.title, title);
            prop_assert_eq!(read.room.participants, count);
            prop_assert_eq!(read.user_id.as_ref(), Some(user_id));
            prop_assert_eq!(&read.participants, &people);
            prop_assert_eq!(&read.position, &position);
            prop_assert_eq!(read.resumed, Some(true));
        }

        let user_name = user_name.as_deref();
        for kind in [PresenceKind::Joined, PresenceKind::Left] {
            let presence = encode::Presence { kind, user_id, user_name, timestamp, room };
            let (who, found) = match read(&presence.encode()) {
                ServerMessage::UserJoined(who) => (who, PresenceKind::Joined),
                ServerMessage::UserLeft(who) => (who, PresenceKind::Left),
                other => panic!("{other:?}"),
            };
            prop_assert_eq!(found, kind);
            prop_assert_eq!(who.user_id.as_ref(), Some(user_id));
            prop_assert_eq!(who.user_name.as_deref(), user_name);
            prop_assert_eq!(who.timestamp.as_ref(), Some(timestamp));
            prop_assert_eq!(who.room.participants, count);
        }

        let content = content.to_string();
        let message = encode::Message {
            room, user_id: Some(user_id), user_name, timestamp: Some(timestamp),
            content: &content, seq,
        };
        for surface in [Surface::Broadcast, Surface::Room, Surface::Gateway] {
            let frame = message.encode(surface);
            let read = take!(read(&frame), ServerMessage::Message(message) => message);
            prop_assert_eq!(&*read.content, &*content);
            prop_assert_eq!(read.user_id.as_ref(), Some(user_id));
            prop_assert_eq!(read.user_name.as_deref(), user_name);
            prop_assert_eq!(read.timestamp.as_ref(), Some(timestamp));
            prop_assert_eq!(read.seq, seq);
            prop_assert_eq!(read.room.id.as_deref(), (surface != Surface::Broadcast).then_some(&**id));
            prop_assert_eq!(&*read.frame, &*frame);
        }

        let listed = ListedRoom {
            id: id.clone(),
            title: title.clone(),
            created_by: Some(user_id.clone()),
            participants: count,
            participant_list: people.unwrap_or_default(),
            created_at: Some(timestamp.clone()),
        };
        let list = RoomList { rooms: vec![listed.clone(), listed], total: 9 };
        prop_assert_eq!(rest::rooms(&list.encode().into()).unwrap(), list);
    }

    #[test]
    fn errors(
        message in text(),
        code in of(text()),
        detail in of(text()),
        collection in of(text()),
        room in of(text()),
    ) {
        let error = ErrorMessage { code, message, detail, collection, room };
        let gateway = take!(
            read(&error.encode(Surface::Gateway)), ServerMessage::Error(error) => error
        );
        let code = gateway.code.clone();
        prop_assert!(error.code.is_none() || error.code == code);
        prop_assert_eq!(gateway, ErrorMessage { code, ..error.clone() });
        for surface in [Surface::Collection, Surface::Broadcast, Surface::Room] {
            let read = take!(read(&error.encode(surface)), ServerMessage::Error(error) => error);
            prop_assert_eq!(read, ErrorMessage { code: None, ..error.clone() });
        }
        let read = rest::error_message(400, &error.encode(Surface::Documents));
        prop_assert_eq!(&*read.message, error.to_string());
    }

    #[test]
    fn watch_queries(filter in filter(), greeting in any::<bool>(), snapshot in any::<bool>()) {
        let query = WatchQuery { filter, greeting, snapshot };
        prop_assert_eq!(WatchQuery::from_query(&query.to_query().unwrap()).unwrap(), query);
    }
}
