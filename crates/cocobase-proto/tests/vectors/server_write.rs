//! Meanings into text, as our server writes them.

use cocobase_proto::wire::encode::{self, CollectionEvent, PresenceKind, StoredDocument};
use cocobase_proto::wire::{ErrorMessage, Lagged, Participant, Position, Surface};
use cocobase_proto::{ChangeKind, Shape};
use serde_json::Value;

use crate::server::{ServerMeaning, Shown};
use crate::shapes::share;

impl ServerMeaning {
    /// The message of a server that means this, on `surface`.
    pub(crate) fn write(&self, surface: Surface) -> Result<String, String> {
        let position = self.position.as_ref().map(Position::from);
        Ok(match self.kind.as_str() {
            "connected" if surface == Surface::Broadcast => encode::BroadcastGreeting {
                project_id: self.project_id.as_deref().unwrap_or_default(),
                user_id: self.user_id.as_deref().unwrap_or_default(),
                position: position.as_ref(),
                resumed: self.resumed,
            }
            .encode(),
            "connected" | "subscribed" => encode::Greeting {
                collection: self.collection.as_deref().unwrap_or_default(),
                filters: self.filters.as_ref().map(Value::to_string).as_deref(),
                position: &position.ok_or("our server's greeting has a position")?,
                resumed: self.resumed,
                snapshot: self.snapshot,
            }
            .encode(surface),
            "authenticated" => encode::AUTHENTICATED.into(),
            "unsubscribed" => encode::unsubscribed(self.collection.as_deref().unwrap_or_default()),
            "left" => encode::left(self.room().id),
            "joined" => self.write_joined(surface, position),
            "created" => self.write_change(ChangeKind::Created, surface)?,
            "updated" => self.write_change(ChangeKind::Updated, surface)?,
            "deleted" => self.write_change(ChangeKind::Deleted, surface)?,
            "snapshot" => {
                let parts = Parts::of(self.document.as_ref())?;
                let stored = parts.stored(self);
                match surface {
                    Surface::Gateway | Surface::Events => stored.encode_snapshot_gateway(),
                    _ => stored.encode_snapshot(parts.shape).map_err(|error| error.to_string())?,
                }
            }
            "message" => encode::Message {
                room: self.room(),
                user_id: self.user_id.as_deref(),
                user_name: self.user_name.as_deref(),
                timestamp: self.timestamp.as_deref(),
                content: &self.content.as_ref().unwrap_or(&Value::Null).to_string(),
                seq: self.seq,
            }
            .encode(surface),
            "user_joined" => self.write_presence(PresenceKind::Joined),
            "user_left" => self.write_presence(PresenceKind::Left),
            "lagged" => encode::lagged(&Lagged {
                collection: share(&self.collection),
                room: self.room.as_ref().and_then(|room| share(&room.id)),
                missed: self.missed,
                position,
            }),
            "pong" => encode::PONG.into(),
            "error" => ErrorMessage {
                code: share(&self.code),
                message: self.message.as_deref().unwrap_or_default().into(),
                detail: share(&self.detail),
                collection: share(&self.collection),
                room: self.room.as_ref().and_then(|room| share(&room.id)),
            }
            .encode(surface),
            other => return Err(format!("no server writes {other:?}")),
        })
    }

    fn room(&self) -> encode::Room<'_> {
        self.room.as_ref().map_or_else(encode::Room::default, |room| encode::Room {
            id: room.id.as_deref().unwrap_or_default(),
            title: room.title.as_deref(),
            participants: room.participants,
        })
    }

    fn write_joined(&self, surface: Surface, position: Option<Position>) -> String {
        let people: Option<Vec<Participant>> = self.people.as_ref().map(|people| {
            let person = |id: &str, name| Participant { id: id.into(), name: share(name) };
            people.iter().map(|one| person(&one.id, &one.name)).collect()
        });
        encode::Joined {
            room: self.room(),
            user_id: self.user_id.as_deref(),
            participants: people.as_deref(),
            position: position.as_ref(),
            resumed: self.resumed,
        }
        .encode(surface)
    }

    fn write_presence(&self, kind: PresenceKind) -> String {
        encode::Presence {
            kind,
            user_id: self.user_id.as_deref().unwrap_or_default(),
            user_name: self.user_name.as_deref(),
            timestamp: self.timestamp.as_deref().unwrap_or_default(),
            room: self.room(),
        }
        .encode()
    }

    fn write_change(&self, kind: ChangeKind, surface: Surface) -> Result<String, String> {
        let parts = match kind {
            ChangeKind::Deleted => Parts::default(),
            _ => Parts::of(self.document.as_ref())?,
        };
        let old = self.old.as_ref().map(Value::to_string);
        let event = CollectionEvent {
            kind,
            document: parts.stored(self),
            old: old.as_deref(),
            seq: self.seq.ok_or("our server numbers its changes")?,
        };
        Ok(match surface {
            Surface::Gateway | Surface::Events => event.encode_gateway(),
            _ => event.encode(parts.shape).map_err(|error| error.to_string())?,
        })
    }
}

/// A flat view, taken apart into metadata and fields.
#[derive(Default)]
struct Parts {
    shape: Shape,
    created_at: String,
    updated_at: String,
    fields: String,
}

impl Parts {
    fn of(document: Option<&Shown>) -> Result<Self, String> {
        let Some(Shown { shape, view: Value::Object(view) }) = document else {
            return Err("there is no document to write".into());
        };
        let mut fields = view.clone();
        fields.remove("id");
        let mut take = |key| match fields.remove(key) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("our server tells {key}")),
        };
        let (created_at, updated_at) = (take("created_at")?, take("updated_at")?);
        let shape = if shape == "nested" { Shape::Nested } else { Shape::Flat };
        Ok(Self { shape, created_at, updated_at, fields: Value::Object(fields).to_string() })
    }

    fn stored<'a>(&'a self, of: &'a ServerMeaning) -> StoredDocument<'a> {
        StoredDocument {
            collection: of.collection.as_deref().unwrap_or_default(),
            id: of.id.as_deref().unwrap_or_default(),
            created_at: &self.created_at,
            updated_at: &self.updated_at,
            fields: &self.fields,
        }
    }
}
