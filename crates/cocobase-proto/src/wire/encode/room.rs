//! What a server writes about rooms and broadcasts.

use alloc::string::String;

use crate::wire::keys;
use crate::wire::server::{Participant, Position};
use crate::wire::surface::Surface;
use crate::wire::write::ObjectWriter;

use super::collection::push_position;

/// A room, as messages describe it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Room<'a> {
    /// Its id, which stands in its address.
    pub id: &'a str,
    /// Its title for people.
    pub title: Option<&'a str>,
    /// How many are in it.
    pub participants: Option<u64>,
}

/// The greeting of surface B.
///
/// ```
/// use cocobase_proto::wire::encode::BroadcastGreeting;
///
/// let greeting = BroadcastGreeting {
///     project_id: "project_abc",
///     user_id: "user_123",
///     ..BroadcastGreeting::default()
/// };
/// assert_eq!(
///     greeting.encode(),
///     r#"{"event":"connected","project_id":"project_abc","user_id":"user_123"}"#,
/// );
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct BroadcastGreeting<'a> {
    /// The project.
    pub project_id: &'a str,
    /// Who the client is to the others.
    pub user_id: &'a str,
    /// From where on messages follow (ours).
    pub position: Option<&'a Position>,
    /// The answer to a client that asked to resume (ours).
    pub resumed: Option<bool>,
}

impl BroadcastGreeting<'_> {
    /// The JSON of this greeting.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object
            .string(keys::EVENT, "connected")
            .string(keys::PROJECT_ID, self.project_id)
            .string(keys::USER_ID, self.user_id);
        push_position(&mut object, self.position, self.resumed);
        object.end();
        out
    }
}

/// The client is in a room: the greeting of surface R, and the answer to `join` on G (ours).
///
/// ```
/// use cocobase_proto::wire::Surface;
/// use cocobase_proto::wire::encode::{Joined, Room};
///
/// let joined = Joined {
///     room: Room { id: "general-chat", title: Some("General Chat"), participants: Some(3) },
///     user_id: Some("user_123"),
///     ..Joined::default()
/// };
/// assert_eq!(
///     joined.encode(Surface::Room),
///     concat!(
///         r#"{"event":"joined","room_id":"general-chat","room_title":"General Chat","#,
///         r#""participants":3,"user_id":"user_123"}"#,
///     ),
/// );
/// let bare = Joined { room: Room { id: "chat-123", ..Room::default() }, ..Joined::default() };
/// assert_eq!(bare.encode(Surface::Gateway), r#"{"type":"joined","room":"chat-123"}"#);
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Joined<'a> {
    /// The room.
    pub room: Room<'a>,
    /// Who the client is to the others.
    pub user_id: Option<&'a str>,
    /// Who is in the room, the client included (ours).
    pub participants: Option<&'a [Participant]>,
    /// From where on messages follow (ours).
    pub position: Option<&'a Position>,
    /// The answer to a client that asked to resume (ours).
    pub resumed: Option<bool>,
}

impl Joined<'_> {
    /// The JSON of this message on surface G or R.
    #[must_use]
    pub fn encode(&self, surface: Surface) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        match surface {
            Surface::Gateway => {
                object.string(keys::TYPE, "joined").string(keys::ROOM, self.room.id)
            }
            _ => object.string(keys::EVENT, "joined").string(keys::ROOM_ID, self.room.id),
        };
        object
            .maybe_string(keys::ROOM_TITLE, self.room.title)
            .maybe_number(keys::PARTICIPANTS, self.room.participants)
            .maybe_string(keys::USER_ID, self.user_id);
        if let Some(participants) = self.participants {
            push_participants(object.key(keys::PARTICIPANT_LIST), participants);
        }
        push_position(&mut object, self.position, self.resumed);
        object.end();
        out
    }
}

/// Somebody came to a room, or left it.
///
/// ```
/// use cocobase_proto::wire::encode::{Presence, PresenceKind, Room};
///
/// let presence = Presence {
///     kind: PresenceKind::Left,
///     user_id: "user_123",
///     user_name: Some("John Doe"),
///     timestamp: "2024-01-15T10:35:00Z",
///     room: Room { id: "general-chat", title: Some("General Chat"), participants: Some(3) },
/// };
/// assert_eq!(
///     presence.encode(),
///     concat!(
///         r#"{"type":"user_left","user_id":"user_123","user_name":"John Doe","#,
///         r#""timestamp":"2024-01-15T10:35:00Z","#,
///         r#""room_info":{"id":"general-chat","title":"General Chat","participants":3}}"#,
///     ),
/// );
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Presence<'a> {
    /// What happened.
    pub kind: PresenceKind,
    /// Who.
    pub user_id: &'a str,
    /// The name for people.
    pub user_name: Option<&'a str>,
    /// When, RFC 3339.
    pub timestamp: &'a str,
    /// The room as it is now.
    pub room: Room<'a>,
}

/// Coming or going. See [`Presence`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PresenceKind {
    /// Somebody came.
    Joined,
    /// Somebody left.
    Left,
}

impl Presence<'_> {
    /// The JSON of this message.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        let word = match self.kind {
            PresenceKind::Joined => "user_joined",
            PresenceKind::Left => "user_left",
        };
        object
            .string(keys::TYPE, word)
            .string(keys::USER_ID, self.user_id)
            .maybe_string(keys::USER_NAME, self.user_name)
            .string(keys::TIMESTAMP, self.timestamp);
        push_room_info(&mut object, self.room);
        object.end();
        out
    }
}

/// A message of a client, told to the others.
///
/// ```
/// use cocobase_proto::wire::Surface;
/// use cocobase_proto::wire::encode::{Message, Room};
///
/// let message = Message {
///     room: Room { id: "general-chat", title: Some("General Chat"), participants: None },
///     user_id: Some("user_123"),
///     user_name: Some("John Doe"),
///     timestamp: Some("2024-01-15T10:30:00Z"),
///     content: r#""Hello everyone!""#,
///     seq: None,
/// };
/// for (surface, json) in [
///     (Surface::Broadcast, concat!(
///         r#"{"type":"message","user_id":"user_123","user_name":"John Doe","#,
///         r#""timestamp":"2024-01-15T10:30:00Z","data":"Hello everyone!"}"#,
///     )),
///     (Surface::Room, concat!(
///         r#"{"type":"message","user_id":"user_123","user_name":"John Doe","#,
///         r#""content":"Hello everyone!","timestamp":"2024-01-15T10:30:00Z","#,
///         r#""room_info":{"id":"general-chat","title":"General Chat"}}"#,
///     )),
///     (Surface::Gateway, concat!(
///         r#"{"type":"event","event":"broadcast","room":"general-chat","#,
///         r#""message":"Hello everyone!","user_id":"user_123","user_name":"John Doe","#,
///         r#""timestamp":"2024-01-15T10:30:00Z"}"#,
///     )),
/// ] {
///     assert_eq!(message.encode(surface), json);
/// }
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The room; surface B does not tell it.
    pub room: Room<'a>,
    /// Who sent it.
    pub user_id: Option<&'a str>,
    /// The sender's name for people.
    pub user_name: Option<&'a str>,
    /// When, RFC 3339.
    pub timestamp: Option<&'a str>,
    /// What was sent: JSON.
    pub content: &'a str,
    /// The message's number in its room (ours).
    pub seq: Option<u64>,
}

impl Message<'_> {
    /// The JSON of this message on surface B, G or R. The sender and the time are ours on G.
    #[must_use]
    pub fn encode(&self, surface: Surface) -> String {
        let mut out = String::with_capacity(160 + self.content.len());
        let mut object = ObjectWriter::new(&mut out);
        match surface {
            Surface::Gateway => {
                object
                    .string(keys::TYPE, "event")
                    .string(keys::EVENT, "broadcast")
                    .string(keys::ROOM, self.room.id)
                    .json(keys::MESSAGE, self.content);
                self.push_sender(&mut object);
                object.maybe_string(keys::TIMESTAMP, self.timestamp);
            }
            Surface::Broadcast => {
                object.string(keys::TYPE, "message");
                self.push_sender(&mut object);
                object.maybe_string(keys::TIMESTAMP, self.timestamp).json(keys::DATA, self.content);
            }
            _ => {
                object.string(keys::TYPE, "message");
                self.push_sender(&mut object);
                object
                    .json(keys::CONTENT, self.content)
                    .maybe_string(keys::TIMESTAMP, self.timestamp);
                push_room_info(&mut object, self.room);
            }
        }
        object.maybe_number(keys::SEQ, self.seq).end();
        out
    }

    fn push_sender(&self, object: &mut ObjectWriter<'_>) {
        object
            .maybe_string(keys::USER_ID, self.user_id)
            .maybe_string(keys::USER_NAME, self.user_name);
    }
}

/// The client has left a room, as it asked (G, ours).
///
/// ```
/// use cocobase_proto::wire::encode;
/// assert_eq!(encode::left("chat-123"), r#"{"type":"left","room":"chat-123"}"#);
/// ```
#[must_use]
pub fn left(room: &str) -> String {
    let mut out = String::new();
    ObjectWriter::new(&mut out).string(keys::TYPE, "left").string(keys::ROOM, room).end();
    out
}

/// `[{"id","name"},…]`
pub(crate) fn push_participants(out: &mut String, participants: &[Participant]) {
    out.push('[');
    for (at, Participant { id, name }) in participants.iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        ObjectWriter::new(out).string(keys::ID, id).maybe_string(keys::NAME, name.as_deref()).end();
    }
    out.push(']');
}

fn push_room_info(object: &mut ObjectWriter<'_>, room: Room<'_>) {
    object.object(keys::ROOM_INFO, |info| {
        info.string(keys::ID, room.id)
            .maybe_string(keys::TITLE, room.title)
            .maybe_number(keys::PARTICIPANTS, room.participants);
    });
}
