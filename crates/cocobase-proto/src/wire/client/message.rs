//! What a client says after its hello, and on the gateway from the first.

use alloc::borrow::Cow;
use alloc::string::String;

use serde::Deserialize;

use super::hello::User;
use super::parts::{credentials, filter, push_resume, push_subscription, push_user, resume, user};
use crate::credentials::Credentials;
use crate::filter::{Filter, FilterError};
use crate::json::{JsonError, from_object};
use crate::wire::keys;
use crate::wire::raw::Raw;
use crate::wire::server::Position;
use crate::wire::surface::Surface;
use crate::wire::write::ObjectWriter;

/// One message from a client, other than the hellos of the surfaces C, B and R.
///
/// It borrows from the text that it is read from. Every surface reads every message; which of them
/// it serves is for the server to say.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::wire::{ClientMessage, Surface};
///
/// let message = ClientMessage::subscribe("posts", Filter::new().eq("status", "published"));
/// let text = message.encode(Surface::Gateway).unwrap();
/// assert_eq!(
///     text,
///     r#"{"type":"subscribe","collection":"posts","filters":{"status":"published"}}"#,
/// );
/// assert_eq!(ClientMessage::decode(&text).unwrap(), message);
///
/// assert_eq!(ClientMessage::decode(r#"{"type":"ping"}"#).unwrap(), ClientMessage::Ping);
/// assert_eq!(ClientMessage::decode(r#"{"type":"wave"}"#).unwrap(), ClientMessage::Unknown);
/// assert!(ClientMessage::decode("{").is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ClientMessage<'a> {
    /// Who the client is (G).
    Auth {
        /// The key or token.
        credentials: Credentials,
        /// Who the client is to the others in its rooms (ours).
        user: User,
    },
    /// Asks for the changes of a collection (G).
    Subscribe {
        /// The collection's name.
        collection: Cow<'a, str>,
        /// Which documents matter; the empty filter stands for all.
        filter: Filter,
        /// Send first what came after this position (ours).
        resume: Option<Position>,
        /// Send first the documents that match now, unless the server can resume (ours).
        snapshot: bool,
    },
    /// Ends a subscription (G).
    Unsubscribe {
        /// The collection's name.
        collection: Cow<'a, str>,
    },
    /// Enters a room (G).
    Join {
        /// The room's id.
        room: Cow<'a, str>,
        /// Send first what came after this position (ours).
        resume: Option<Position>,
    },
    /// Leaves a room (G, ours).
    Leave {
        /// The room's id.
        room: Cow<'a, str>,
    },
    /// Sends something to a room (G).
    Broadcast {
        /// The room's id.
        room: Cow<'a, str>,
        /// What: any JSON.
        message: Cow<'a, str>,
    },
    /// Sends something to the project (B) or to the room (R).
    Message {
        /// What: any JSON.
        content: Cow<'a, str>,
    },
    /// Asks for a pong.
    Ping,
    /// JSON, but nothing that this version of the protocol knows.
    Unknown,
}

/// Why a client's message cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClientMessageError {
    /// The text is not a JSON object.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The message lacks something that it is nothing without.
    #[error("a message of type `{kind}` must carry `{key}`")]
    Missing {
        /// The message's type.
        kind: &'static str,
        /// The key that is missing, or whose value is of another type or empty.
        key: &'static str,
    },
    /// The filter of a subscription cannot be read.
    #[error("the filter for `{collection}` cannot be read: {error}")]
    Filter {
        /// The collection's name.
        collection: String,
        /// What is wrong with the filter.
        error: FilterError,
    },
}

impl<'a> ClientMessage<'a> {
    /// A subscription to what changes from now on.
    pub fn subscribe(collection: impl Into<Cow<'a, str>>, filter: Filter) -> Self {
        Self::Subscribe { collection: collection.into(), filter, resume: None, snapshot: false }
    }

    /// The JSON of this message as `surface` spells it; only [`Message`](Self::Message) differs.
    ///
    /// # Errors
    ///
    /// When a filter has no wire form.
    pub fn encode(&self, surface: Surface) -> Result<String, FilterError> {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        match self {
            Self::Auth { credentials, user } => {
                object.string(keys::TYPE, AUTH);
                // The gateway takes a key for a token (documents 001 and 002).
                object.string(keys::TOKEN, credentials.secret().expose());
                push_user(&mut object, user);
            }
            Self::Subscribe { collection, filter, resume, snapshot } => {
                object.string(keys::TYPE, SUBSCRIBE).string(keys::COLLECTION, collection);
                push_subscription(&mut object, filter, resume.as_ref(), *snapshot)?;
            }
            Self::Unsubscribe { collection } => {
                object.string(keys::TYPE, UNSUBSCRIBE).string(keys::COLLECTION, collection);
            }
            Self::Join { room, resume } => {
                object.string(keys::TYPE, JOIN).string(keys::ROOM, room);
                push_resume(&mut object, resume.as_ref());
            }
            Self::Leave { room } => {
                object.string(keys::TYPE, LEAVE).string(keys::ROOM, room);
            }
            Self::Broadcast { room, message } => {
                object.string(keys::TYPE, BROADCAST).string(keys::ROOM, room);
                object.json(keys::MESSAGE, message);
            }
            Self::Message { content } => {
                let key = match surface {
                    Surface::Broadcast => keys::DATA,
                    _ => keys::CONTENT,
                };
                object.string(keys::TYPE, MESSAGE).json(key, content);
            }
            Self::Ping => {
                object.string(keys::TYPE, PING);
            }
            Self::Unknown => {}
        }
        object.end();
        Ok(out)
    }

    /// Reads one message.
    ///
    /// # Errors
    ///
    /// When `text` is not a JSON object, or its message lacks something.
    pub fn decode(text: &'a str) -> Result<Self, ClientMessageError> {
        let body: Body<'a> = from_object(text)?;
        let Some(kind) = body.kind.text() else { return Ok(Self::Unknown) };
        let collection = |kind| required(body.collection.non_empty(), kind, keys::COLLECTION);
        let room = |kind| required(body.room.non_empty(), kind, keys::ROOM);
        Ok(match &*kind {
            AUTH => Self::Auth {
                credentials: required(credentials(body.api_key, body.token), AUTH, keys::TOKEN)?,
                user: user(body.user_id, body.user_name),
            },
            SUBSCRIBE => {
                let collection = collection(SUBSCRIBE)?;
                let filter = filter(body.filters).map_err(|error| ClientMessageError::Filter {
                    collection: collection.clone().into(),
                    error,
                })?;
                let resume = resume(body.resume);
                let snapshot = body.snapshot.boolean() == Some(true);
                Self::Subscribe { collection, filter, resume, snapshot }
            }
            UNSUBSCRIBE => Self::Unsubscribe { collection: collection(UNSUBSCRIBE)? },
            JOIN => Self::Join { room: room(JOIN)?, resume: resume(body.resume) },
            LEAVE => Self::Leave { room: room(LEAVE)? },
            BROADCAST => Self::Broadcast {
                room: room(BROADCAST)?,
                message: required(body.message.any(), BROADCAST, keys::MESSAGE)?.into(),
            },
            MESSAGE => {
                // `content` on R, `data` on B; either is taken on both.
                let content = body.content.any().or(body.data.any());
                Self::Message { content: required(content, MESSAGE, "data` or `content")?.into() }
            }
            PING => Self::Ping,
            _ => Self::Unknown,
        })
    }
}

const AUTH: &str = "auth";
const SUBSCRIBE: &str = "subscribe";
const UNSUBSCRIBE: &str = "unsubscribe";
const JOIN: &str = "join";
const LEAVE: &str = "leave";
const BROADCAST: &str = "broadcast";
const MESSAGE: &str = "message";
const PING: &str = "ping";

/// Every key of every message.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow, rename = "type")]
    kind: Raw<'a>,
    #[serde(borrow)]
    token: Raw<'a>,
    #[serde(borrow)]
    api_key: Raw<'a>,
    #[serde(borrow)]
    user_id: Raw<'a>,
    #[serde(borrow)]
    user_name: Raw<'a>,
    #[serde(borrow)]
    collection: Raw<'a>,
    #[serde(borrow)]
    filters: Raw<'a>,
    #[serde(borrow)]
    resume: Raw<'a>,
    #[serde(borrow)]
    snapshot: Raw<'a>,
    #[serde(borrow)]
    room: Raw<'a>,
    #[serde(borrow)]
    message: Raw<'a>,
    #[serde(borrow)]
    content: Raw<'a>,
    #[serde(borrow)]
    data: Raw<'a>,
}

fn required<T>(
    value: Option<T>,
    kind: &'static str,
    key: &'static str,
) -> Result<T, ClientMessageError> {
    value.ok_or(ClientMessageError::Missing { kind, key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_says_what_it_lacks() {
        for (json, kind, key) in [
            (r#"{"type":"auth"}"#, AUTH, "token"),
            (r#"{"type":"auth","token":""}"#, AUTH, "token"),
            (r#"{"type":"subscribe"}"#, SUBSCRIBE, "collection"),
            (r#"{"type":"subscribe","collection":["a"]}"#, SUBSCRIBE, "collection"),
            (r#"{"type":"unsubscribe","collection":""}"#, UNSUBSCRIBE, "collection"),
            (r#"{"type":"join","room":7}"#, JOIN, "room"),
            (r#"{"type":"leave"}"#, LEAVE, "room"),
            (r#"{"type":"broadcast","message":1}"#, BROADCAST, "room"),
            (r#"{"type":"broadcast","room":"r"}"#, BROADCAST, "message"),
            (r#"{"type":"message"}"#, MESSAGE, "data` or `content"),
        ] {
            let error = ClientMessage::decode(json).unwrap_err();
            assert_eq!(error, ClientMessageError::Missing { kind, key }, "{json}");
        }
    }

    #[test]
    fn a_filter_that_cannot_be_read_names_its_collection() {
        let json = r#"{"type":"subscribe","collection":"posts","filters":{"a":[1]}}"#;
        let error = ClientMessage::decode(json).unwrap_err();
        let ClientMessageError::Filter { collection, .. } = &error else { panic!("{error:?}") };
        assert_eq!(collection, "posts");
    }

    #[test]
    fn what_is_sent_may_be_any_json() {
        for content in ["null", "7", r#""text""#, "[[]]", r#"{"a":{"b":1}}"#] {
            let sent = ClientMessage::Message { content: content.into() };
            for surface in [Surface::Broadcast, Surface::Room] {
                let text = sent.encode(surface).unwrap();
                assert_eq!(ClientMessage::decode(&text).unwrap(), sent, "{text}");
            }
            let sent = ClientMessage::Broadcast { room: "r".into(), message: content.into() };
            let text = sent.encode(Surface::Gateway).unwrap();
            assert_eq!(ClientMessage::decode(&text).unwrap(), sent, "{text}");
        }
    }

    #[test]
    fn unknown_is_no_error() {
        for json in ["{}", r#"{"type":null}"#, r#"{"type":7}"#, r#"{"type":"PING"}"#] {
            assert_eq!(ClientMessage::decode(json).unwrap(), ClientMessage::Unknown, "{json}");
        }
        for json in ["", "[]", "7", r#"{"type":"ping""#, r#"{"type":"a","type":"b"}"#] {
            assert!(
                matches!(ClientMessage::decode(json), Err(ClientMessageError::Json(_))),
                "{json}"
            );
        }
    }
}
