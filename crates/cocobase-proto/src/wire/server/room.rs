//! What a server tells about rooms and broadcasts.

use alloc::vec::Vec;

use serde::de::DeserializeOwned;

use crate::json::JsonError;
use crate::text::Text;

use super::collection::Position;

/// A message of another client, to a room or to the whole project.
///
/// ```
/// use cocobase_proto::Text;
/// use cocobase_proto::wire::ServerMessage;
///
/// let frame = Text::from(r#"{"type":"message","user_id":"u1","content":"Hello!","x":1}"#);
/// let ServerMessage::Message(message) = ServerMessage::decode(&frame).unwrap() else { panic!() };
/// assert_eq!(message.user_id.as_deref(), Some("u1"));
/// assert_eq!(message.content, r#""Hello!""#);
/// assert_eq!(message.get::<String>().unwrap(), "Hello!");
/// // What this crate does not know is not lost.
/// assert_eq!(message.frame, frame);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomMessage {
    /// The room, as far as the server describes it; nothing on surface B.
    pub room: RoomInfo,
    /// Who sent it.
    pub user_id: Option<Text>,
    /// The sender's name for people.
    pub user_name: Option<Text>,
    /// When it was sent: RFC 3339, or a number, as the server wrote it.
    pub timestamp: Option<Text>,
    /// What was sent: any JSON, as it came. `null` if there is nothing.
    pub content: Text,
    /// The message's number in its room (ours).
    pub seq: Option<u64>,
    /// The whole message as it came.
    pub frame: Text,
}

impl RoomMessage {
    /// Decodes the content.
    ///
    /// # Errors
    ///
    /// When the content does not fit `T`. Its JSON stays in `content`.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        Ok(serde_json::from_str(&self.content)?)
    }
}

/// Somebody came to a room, or left it.
///
/// ```
/// use cocobase_proto::wire::ServerMessage;
///
/// let json = r#"{"type":"user_left","user_id":"u1","room_info":{"id":"general","participants":3}}"#;
/// let ServerMessage::UserLeft(who) = ServerMessage::decode(&json.into()).unwrap() else { panic!() };
/// assert_eq!(who.user_id.unwrap(), "u1");
/// assert_eq!(who.room.participants, Some(3));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The room, as far as the server describes it.
    pub room: RoomInfo,
    /// Who.
    pub user_id: Option<Text>,
    /// The name for people.
    pub user_name: Option<Text>,
    /// When: RFC 3339, or a number, as the server wrote it.
    pub timestamp: Option<Text>,
    /// The whole message as it came.
    pub frame: Text,
}

/// The client is in a room: the greeting of surface R, and the answer to `join` on G.
///
/// ```
/// use cocobase_proto::wire::ServerMessage;
///
/// let json = r#"{"event":"joined","room_id":"general","participants":3,"user_id":"u1"}"#;
/// let ServerMessage::Joined(joined) = ServerMessage::decode(&json.into()).unwrap() else { panic!() };
/// assert_eq!(joined.room.id.unwrap(), "general");
/// assert_eq!(joined.room.participants, Some(3));
/// assert_eq!(joined.participants, None);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Joined {
    /// The room, as far as the server describes it.
    pub room: RoomInfo,
    /// Who the client is to the others.
    pub user_id: Option<Text>,
    /// Who is in the room, the client included (ours).
    pub participants: Option<Vec<Participant>>,
    /// From where on messages follow (ours).
    pub position: Option<Position>,
    /// The answer to a request to resume (ours); see [`Greeting`](super::Greeting).
    pub resumed: Option<bool>,
}

/// A room, as far as a message describes it. See [`Joined`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomInfo {
    /// Its id, which stands in its address.
    pub id: Option<Text>,
    /// Its title for people.
    pub title: Option<Text>,
    /// How many are in it.
    pub participants: Option<u64>,
}

/// Somebody in a room.
///
/// See [`rest::rooms`](crate::rest::rooms) for an example.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Participant {
    /// The id.
    pub id: Text,
    /// The name for people.
    pub name: Option<Text>,
}
