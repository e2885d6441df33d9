//! What several kinds of vectors have in common.

use cocobase_proto::wire::{ServerMessage, Surface};
use cocobase_proto::{Credentials, Event, Position, RefusalKind, Snapshot, Text};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A message: its text, or any JSON value whose spelling does not matter.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Said {
    Text(String),
    Json(Value),
}

impl Said {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Json(json) => json.to_string(),
        }
    }

    pub(crate) fn json(&self) -> Result<Value, String> {
        match self {
            Self::Text(text) => serde_json::from_str(text).map_err(|error| error.to_string()),
            Self::Json(json) => Ok(json.clone()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct At {
    pub(crate) epoch: String,
    pub(crate) seq: u64,
}

impl From<&Position> for At {
    fn from(position: &Position) -> Self {
        Self { epoch: position.epoch.to_string(), seq: position.seq }
    }
}

impl From<&At> for Position {
    fn from(at: &At) -> Self {
        Self { epoch: at.epoch.as_str().into(), seq: at.seq }
    }
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Access {
    ApiKey(String),
    Token(String),
    /// Asked for.
    Ask,
}

impl Access {
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::ApiKey(key) => Some(Credentials::ApiKey(key.as_str().into())),
            Self::Token(token) => Some(Credentials::Token(token.as_str().into())),
            Self::Ask => None,
        }
    }
}

/// A surface by its letter.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(crate) enum Letter {
    G,
    C,
    #[serde(rename = "C'")]
    SelfHosted,
    B,
    R,
    S,
    L,
    D,
}

impl From<Letter> for Surface {
    fn from(letter: Letter) -> Self {
        match letter {
            Letter::G => Self::Gateway,
            Letter::C => Self::Collection,
            Letter::SelfHosted => Self::SelfHosted,
            Letter::B => Self::Broadcast,
            Letter::R => Self::Room,
            Letter::S => Self::Events,
            Letter::L => Self::Rooms,
            Letter::D => Self::Documents,
        }
    }
}

pub(crate) fn refusal_kind(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::Credentials => "credentials",
        RefusalKind::Collection => "collection",
        RefusalKind::Room => "room",
        RefusalKind::ForeignRoom => "foreign_room",
        RefusalKind::Filter => "filter",
        RefusalKind::Request => "request",
        _ => "not in this format",
    }
}

/// What the user of a session is told of a message, where that is the message itself.
pub(crate) fn event(text: &str) -> Result<Event, String> {
    use ServerMessage as M;
    Ok(match M::decode(&Text::from(text)).map_err(|error| error.to_string())? {
        M::Greeting(greeting) => Event::Connected(greeting),
        M::Subscribed(greeting) => Event::Subscribed(greeting),
        M::Created(change) => Event::Created(change),
        M::Updated(change) => Event::Updated(change),
        M::Deleted(deleted) => Event::Deleted(deleted),
        M::Snapshot(part) => {
            Event::Snapshot(Snapshot { collection: part.collection, document: part.document })
        }
        M::Message(message) => Event::Message(message),
        other => return Err(format!("not in this format: {other:?}")),
    })
}

/// JSON that a message holds. A content that is none is shown as its text.
pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.into()))
}

pub(crate) fn string(text: &Option<Text>) -> Option<String> {
    text.as_ref().map(ToString::to_string)
}

pub(crate) fn share(text: &Option<String>) -> Option<Text> {
    text.as_deref().map(Text::from)
}
