//! What servers say: text to meaning, and meaning to text where our server writes it so.

use cocobase_proto::wire::{
    Change, Deleted, ErrorMessage, Greeting, Joined, Lagged, Presence, RoomInfo, RoomMessage,
    ServerMessage,
};
use cocobase_proto::{Document, Shape, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Vector;
use crate::pattern::compare;
use crate::shapes::{At, Letter, Said, json, string};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ServerVector {
    message: Said,
    means: ServerMeaning,
    /// The surface on which a server that means this writes it so.
    written_on: Option<Letter>,
}

impl Vector for ServerVector {
    fn check(&self) -> Result<(), String> {
        let found = ServerMeaning::of(&self.message.text());
        compare("reading", &value(&self.means), &value(&found))?;
        if let Some(surface) = self.written_on {
            let written = self.means.write(surface.into())?;
            compare("writing", &self.message.json()?, &json(&written))?;
        }
        Ok(())
    }
}

/// A meaning as JSON: what it does not say is absent.
pub(crate) fn value(meaning: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(meaning).expect("a meaning is JSON");
    if let Some(members) = value.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    value
}

/// Whatever a server may mean, under the names that the vectors use.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServerMeaning {
    pub(crate) kind: String,
    pub(crate) collection: Option<String>,
    pub(crate) filters: Option<Value>,
    pub(crate) position: Option<At>,
    pub(crate) resumed: Option<bool>,
    pub(crate) snapshot: Option<u64>,
    pub(crate) project_id: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) user_name: Option<String>,
    pub(crate) timestamp: Option<String>,
    pub(crate) room: Option<Room>,
    pub(crate) people: Option<Vec<Person>>,
    pub(crate) content: Option<Value>,
    pub(crate) id: Option<String>,
    pub(crate) document: Option<Shown>,
    pub(crate) old: Option<Value>,
    pub(crate) seq: Option<u64>,
    pub(crate) missed: Option<u64>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) line: Option<usize>,
    pub(crate) column: Option<usize>,
}

/// A room as a message describes it.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Room {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) participants: Option<u64>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Person {
    pub(crate) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
}

/// A document: its shape on the wire and its flat view.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    pub(crate) shape: String,
    pub(crate) view: Value,
}

impl From<&Document> for Shown {
    fn from(document: &Document) -> Self {
        let shape = match document.shape() {
            Shape::Flat => "flat",
            Shape::Nested => "nested",
        };
        let view = document.to_map().map_or_else(|error| error.to_string().into(), Value::Object);
        Self { shape: shape.into(), view }
    }
}

impl ServerMeaning {
    fn of(text: &str) -> Self {
        let frame = Text::from(text);
        match ServerMessage::decode(&frame) {
            Ok(message) => Self::of_message(&message),
            Err(error) => Self {
                line: Some(error.line),
                column: Some(error.column),
                ..Self::kind("malformed")
            },
        }
    }

    pub(crate) fn kind(kind: &str) -> Self {
        Self { kind: kind.into(), ..Self::default() }
    }

    fn of_message(message: &ServerMessage) -> Self {
        use ServerMessage as M;
        match message {
            M::Greeting(greeting) => Self::of_greeting("connected", greeting),
            M::Authenticated => Self::kind("authenticated"),
            M::Subscribed(greeting) => Self::of_greeting("subscribed", greeting),
            M::Unsubscribed { collection } => Self::of_unsubscribed(collection),
            M::Joined(joined) => Self::of_joined(joined),
            M::Left { room } => Self::of_left(room),
            M::Created(change) => Self::of_change("created", change),
            M::Updated(change) => Self::of_change("updated", change),
            M::Deleted(deleted) => Self::of_deleted(deleted),
            M::Snapshot(part) => Self::of_snapshot(&part.collection, &part.document),
            M::Message(message) => Self::of_room_message(message),
            M::UserJoined(presence) => Self::of_presence("user_joined", presence),
            M::UserLeft(presence) => Self::of_presence("user_left", presence),
            M::Lagged(lagged) => Self::of_lagged(lagged),
            M::Pong => Self::kind("pong"),
            M::Error(error) => Self::of_error("error", error),
            M::Unknown => Self::kind("unknown"),
            _ => Self::kind("not in this format"),
        }
    }

    pub(crate) fn of_greeting(kind: &str, greeting: &Greeting) -> Self {
        Self {
            collection: string(&greeting.collection),
            filters: greeting.filters.as_deref().map(json),
            position: greeting.position.as_ref().map(At::from),
            resumed: greeting.resumed,
            snapshot: greeting.snapshot,
            project_id: string(&greeting.project_id),
            user_id: string(&greeting.user_id),
            ..Self::kind(kind)
        }
    }

    pub(crate) fn of_unsubscribed(collection: &Text) -> Self {
        Self { collection: Some(collection.to_string()), ..Self::kind("unsubscribed") }
    }

    pub(crate) fn of_joined(joined: &Joined) -> Self {
        let people = joined.participants.as_ref().map(|people| {
            let person = |one: &cocobase_proto::wire::Participant| Person {
                id: one.id.to_string(),
                name: string(&one.name),
            };
            people.iter().map(person).collect()
        });
        Self {
            room: room(&joined.room),
            user_id: string(&joined.user_id),
            people,
            position: joined.position.as_ref().map(At::from),
            resumed: joined.resumed,
            ..Self::kind("joined")
        }
    }

    pub(crate) fn of_left(id: &Text) -> Self {
        let room = Room { id: Some(id.to_string()), ..Room::default() };
        Self { room: Some(room), ..Self::kind("left") }
    }

    pub(crate) fn of_change(kind: &str, change: &Change) -> Self {
        Self {
            collection: string(&change.collection),
            id: string(&change.document.id()),
            document: Some(Shown::from(&change.document)),
            old: change.old.as_deref().map(json),
            seq: change.seq,
            ..Self::kind(kind)
        }
    }

    pub(crate) fn of_deleted(deleted: &Deleted) -> Self {
        Self {
            collection: string(&deleted.collection),
            id: string(&deleted.id),
            seq: deleted.seq,
            ..Self::kind("deleted")
        }
    }

    pub(crate) fn of_snapshot(collection: &Option<Text>, document: &Document) -> Self {
        Self {
            collection: string(collection),
            id: string(&document.id()),
            document: Some(Shown::from(document)),
            ..Self::kind("snapshot")
        }
    }

    pub(crate) fn of_room_message(message: &RoomMessage) -> Self {
        Self {
            room: room(&message.room),
            user_id: string(&message.user_id),
            user_name: string(&message.user_name),
            timestamp: string(&message.timestamp),
            content: Some(json(&message.content)),
            seq: message.seq,
            ..Self::kind("message")
        }
    }

    pub(crate) fn of_presence(kind: &str, presence: &Presence) -> Self {
        Self {
            room: room(&presence.room),
            user_id: string(&presence.user_id),
            user_name: string(&presence.user_name),
            timestamp: string(&presence.timestamp),
            ..Self::kind(kind)
        }
    }

    fn of_lagged(lagged: &Lagged) -> Self {
        Self {
            collection: string(&lagged.collection),
            room: lagged
                .room
                .as_ref()
                .map(|id| Room { id: Some(id.to_string()), ..Room::default() }),
            missed: lagged.missed,
            position: lagged.position.as_ref().map(At::from),
            ..Self::kind("lagged")
        }
    }

    pub(crate) fn of_error(kind: &str, error: &ErrorMessage) -> Self {
        let room = error.room.as_ref();
        Self {
            code: string(&error.code),
            message: Some(error.message.to_string()),
            detail: string(&error.detail),
            collection: string(&error.collection),
            room: room.map(|id| Room { id: Some(id.to_string()), ..Room::default() }),
            ..Self::kind(kind)
        }
    }
}

fn room(info: &RoomInfo) -> Option<Room> {
    let room =
        Room { id: string(&info.id), title: string(&info.title), participants: info.participants };
    (room != Room::default()).then_some(room)
}
