//! One pass over a message, whatever its dialect.

use alloc::vec::Vec;
use core::fmt;

use serde::de::{Error, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::ServerMessage;
use super::collection::{Change, Deleted, Greeting, Lagged, Position, SnapshotDocument};
use super::room::{Joined, Participant, Presence, RoomInfo, RoomMessage};
use crate::document::Document;
use crate::json::{JsonError, from_object, members};
use crate::text::Text;
use crate::wire::error_message::ErrorMessage;
use crate::wire::keys;
use crate::wire::lenient::Key;
use crate::wire::raw::Raw;

macro_rules! envelope {
    ($($field:ident: $key:path,)+) => {
        /// The values of every key of every dialect, as they stand in the text.
        #[derive(Debug, Default, PartialEq)]
        pub(super) struct Envelope<'a> {
            $($field: Raw<'a>,)+
        }

        impl<'a> Envelope<'a> {
            /// Where the value of this key belongs.
            fn slot(&mut self, key: &str) -> Option<(&'static str, &mut Raw<'a>)> {
                match key {
                    $($key => Some(($key, &mut self.$field)),)+
                    _ => None,
                }
            }
        }
    };
}

envelope! {
    kind: keys::TYPE,
    event: keys::EVENT,
    action: keys::ACTION,
    collection: keys::COLLECTION,
    collection_id: keys::COLLECTION_ID,
    document_id: keys::DOCUMENT_ID,
    data: keys::DATA,
    document: keys::DOCUMENT,
    old_data: keys::OLD_DATA,
    filters: keys::FILTERS,
    epoch: keys::EPOCH,
    seq: keys::SEQ,
    resumed: keys::RESUMED,
    snapshot: keys::SNAPSHOT,
    missed: keys::MISSED,
    error: keys::ERROR,
    error_detail: keys::ERROR_DETAIL,
    code: keys::CODE,
    message: keys::MESSAGE,
    content: keys::CONTENT,
    timestamp: keys::TIMESTAMP,
    project_id: keys::PROJECT_ID,
    user_id: keys::USER_ID,
    user_name: keys::USER_NAME,
    room: keys::ROOM,
    room_id: keys::ROOM_ID,
    room_title: keys::ROOM_TITLE,
    room_info: keys::ROOM_INFO,
    participants: keys::PARTICIPANTS,
    participant_list: keys::PARTICIPANT_LIST,
}

/// Derived code would fill an option for each key and copy them all; a message has a handful.
impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut envelope = Self::default();
        deserializer.deserialize_map(Filling(&mut envelope))?;
        Ok(envelope)
    }
}

impl<'a> Envelope<'a> {
    /// Fills an empty envelope with a message. Plain JSON takes a shorter way, to the same end.
    #[inline]
    pub(super) fn read(&mut self, text: &'a str) -> Result<(), JsonError> {
        let is_plain = members(text, |key, value| match self.slot(key) {
            Some((_, slot)) if slot.any().is_some() => None,
            Some((_, slot)) => {
                *slot = Raw::new(value);
                Some(())
            }
            None => Some(()),
        });
        match is_plain {
            Some(()) => Ok(()),
            None => {
                *self = from_object(text)?;
                Ok(())
            }
        }
    }
}

struct Filling<'e, 'a>(&'e mut Envelope<'a>);

impl<'de: 'a, 'a> Visitor<'de> for Filling<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a message, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            match self.0.slot(&key) {
                Some((key, slot)) if slot.any().is_some() => {
                    return Err(A::Error::duplicate_field(key));
                }
                Some((_, slot)) => *slot = map.next_value()?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// What `room_info` says.
#[derive(Default, Deserialize)]
#[serde(default)]
struct RoomBody<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    title: Raw<'a>,
    #[serde(borrow)]
    participants: Raw<'a>,
}

/// One entry of a list of participants.
#[derive(Default, Deserialize)]
#[serde(default)]
struct ParticipantBody<'a> {
    #[serde(borrow)]
    id: Raw<'a>,
    #[serde(borrow)]
    name: Raw<'a>,
}

impl Envelope<'_> {
    pub(super) fn to_message(&self, text: &Text) -> ServerMessage {
        if let Some(error) = self.error(text) {
            return ServerMessage::Error(error);
        }
        [self.event, self.action, self.kind]
            .into_iter()
            .filter_map(Raw::text)
            .find_map(|word| self.message_called(&word, text))
            .unwrap_or(ServerMessage::Unknown)
    }

    /// The message that `word` announces, if the rest of it is there.
    fn message_called(&self, word: &str, text: &Text) -> Option<ServerMessage> {
        Some(match word {
            "create" | "created" => ServerMessage::Created(self.change(text)?),
            "update" | "updated" => ServerMessage::Updated(self.change(text)?),
            "delete" | "deleted" => ServerMessage::Deleted(self.deleted(text)?),
            "snapshot" => ServerMessage::Snapshot(SnapshotDocument {
                collection: self.collection_name(text),
                document: self.document(text)?,
            }),
            "message" | "broadcast" => ServerMessage::Message(self.room_message(text)),
            "user_joined" => ServerMessage::UserJoined(self.presence(text)),
            "user_left" => ServerMessage::UserLeft(self.presence(text)),
            "connected" => ServerMessage::Greeting(self.greeting(text)),
            // C′ greets with this word, and G answers `auth` with it.
            "authenticated" if self.action.json().is_some() => {
                ServerMessage::Greeting(self.greeting(text))
            }
            "authenticated" => ServerMessage::Authenticated,
            "subscribed" => {
                self.collection_name(text)?;
                ServerMessage::Subscribed(self.greeting(text))
            }
            "unsubscribed" => {
                ServerMessage::Unsubscribed { collection: self.collection_name(text)? }
            }
            "joined" => ServerMessage::Joined(self.joined(text)),
            "left" => ServerMessage::Left { room: self.room_name(text)? },
            "lagged" => ServerMessage::Lagged(Lagged {
                collection: self.collection_name(text),
                room: self.room_name(text),
                missed: self.missed.integer(),
                position: self.position(text),
            }),
            "pong" => ServerMessage::Pong,
            _ => return None,
        })
    }

    fn error(&self, text: &Text) -> Option<ErrorMessage> {
        const UNSPECIFIED: Text = Text::from_static("unspecified error");
        let code = share(text, self.code.text());
        let message = share(text, self.message.text());
        let message = match self.error.json() {
            Some("true") => message.unwrap_or(UNSPECIFIED),
            Some(_) if let Some(said) = self.error.text() => text.slice_of(&said),
            _ if self.kind.text().as_deref() == Some("error") => {
                message.or_else(|| code.clone()).unwrap_or(UNSPECIFIED)
            }
            _ => return None,
        };
        Some(ErrorMessage {
            code,
            message,
            detail: share(text, self.error_detail.text()),
            collection: self.collection_name(text),
            room: self.room_name(text),
        })
    }

    fn greeting(&self, text: &Text) -> Greeting {
        Greeting {
            collection: self.collection_name(text),
            filters: self.filters.json().map(|filters| text.slice_of(filters)),
            position: self.position(text),
            resumed: self.resumed.boolean(),
            snapshot: self.snapshot.integer(),
            project_id: share(text, self.project_id.scalar()),
            user_id: share(text, self.user_id.scalar()),
        }
    }

    fn position(&self, text: &Text) -> Option<Position> {
        Some(Position { epoch: share(text, self.epoch.text())?, seq: self.seq.integer()? })
    }

    fn change(&self, text: &Text) -> Option<Change> {
        Some(Change {
            collection: self.collection_name(text),
            document: self.document(text)?,
            old: self.old_data.json().map(|old| text.slice_of(old)),
            seq: self.seq.integer(),
        })
    }

    fn deleted(&self, text: &Text) -> Option<Deleted> {
        let document = self.document(text);
        let id = share(text, self.document_id.scalar()).or_else(|| document.as_ref()?.id());
        if document.is_none() && id.is_none() {
            return None;
        }
        Some(Deleted {
            collection: self.collection_name(text),
            id,
            document: document.unwrap_or_else(|| Document::new(Text::from_static("{}"))),
            seq: self.seq.integer(),
        })
    }

    /// The document stands under `data` or under `document`; it is an object or it is absent.
    fn document(&self, text: &Text) -> Option<Document> {
        let json = self.data.object().or_else(|| self.document.object())?;
        Some(Document::new(text.slice_of(json)))
    }

    fn room_message(&self, text: &Text) -> RoomMessage {
        // `content` on R, `data` on B, `message` on G.
        let content = [self.content, self.data, self.message].into_iter().find_map(Raw::any);
        RoomMessage {
            room: self.room_info(text),
            user_id: share(text, self.user_id.scalar()),
            user_name: share(text, self.user_name.scalar()),
            timestamp: share(text, self.timestamp.scalar()),
            content: content.map_or(Text::from_static("null"), |json| text.slice_of(json)),
            seq: self.seq.integer(),
            frame: text.clone(),
        }
    }

    fn presence(&self, text: &Text) -> Presence {
        Presence {
            room: self.room_info(text),
            user_id: share(text, self.user_id.scalar()),
            user_name: share(text, self.user_name.scalar()),
            timestamp: share(text, self.timestamp.scalar()),
            frame: text.clone(),
        }
    }

    fn joined(&self, text: &Text) -> Joined {
        Joined {
            room: self.room_info(text),
            user_id: share(text, self.user_id.scalar()),
            participants: participants(text, self.participant_list),
            position: self.position(text),
            resumed: self.resumed.boolean(),
        }
    }

    /// What is said of the room under `room_info`, and beside it.
    fn room_info(&self, text: &Text) -> RoomInfo {
        let body: RoomBody<'_> = self.room_info.get().unwrap_or_default();
        RoomInfo {
            id: share(text, body.id.scalar()).or_else(|| self.room_name(text)),
            title: share(text, body.title.text().or_else(|| self.room_title.text())),
            participants: body.participants.integer().or_else(|| self.participants.integer()),
        }
    }

    fn room_name(&self, text: &Text) -> Option<Text> {
        share(text, self.room.scalar().or_else(|| self.room_id.scalar()))
    }

    fn collection_name(&self, text: &Text) -> Option<Text> {
        share(text, self.collection_id.scalar().or_else(|| self.collection.scalar()))
    }
}

/// The participants that `list` names. An entry without an id is left out.
pub(crate) fn participants(text: &Text, list: Raw<'_>) -> Option<Vec<Participant>> {
    let items: Vec<Raw<'_>> = list.get()?;
    let participant = |item: Raw<'_>| {
        let body: ParticipantBody<'_> = item.get()?;
        let id = share(text, body.id.scalar())?;
        Some(Participant { id, name: share(text, body.name.scalar()) })
    };
    Some(items.into_iter().filter_map(participant).collect())
}

fn share(text: &Text, part: Option<impl AsRef<str>>) -> Option<Text> {
    part.map(|part| text.slice_of(part.as_ref()))
}
