//! What a server says when something is wrong.

use alloc::string::String;
use core::fmt;

use super::keys;
use super::surface::Surface;
use super::write::ObjectWriter;
use crate::text::Text;

/// An error as a server words it, whichever of its spellings it used:
/// `{"error":E,"error_detail":D}`, `{"error":true,"message":M}` or
/// `{"type":"error","code":C,"message":M}`.
///
/// ```
/// use cocobase_proto::wire::{ErrorMessage, ServerMessage, Surface};
/// use cocobase_proto::Text;
///
/// let text = Text::from(r#"{"error":"Invalid API key","error_detail":"Project not found"}"#);
/// let ServerMessage::Error(error) = ServerMessage::decode(&text).unwrap() else { panic!() };
/// assert_eq!(error.to_string(), "Invalid API key: Project not found");
///
/// let same = ErrorMessage::new("Invalid API key").with_detail("Project not found");
/// assert_eq!(same.encode(Surface::Collection), &*text);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMessage {
    /// A word for programs, such as `UNAUTHORIZED`.
    pub code: Option<Text>,
    /// A sentence for people; on most surfaces it is all there is to tell errors apart.
    pub message: Text,
    /// What exactly was wrong.
    pub detail: Option<Text>,
    /// The collection that it is about. The link's other subscriptions go on (ours).
    pub collection: Option<Text>,
    /// The room that it is about.
    pub room: Option<Text>,
}

/// # The documented messages
impl ErrorMessage {
    /// A hello without credentials (document 003).
    pub const API_KEY_REQUIRED: &str = "API key is required";
    /// Wrong credentials (document 003).
    pub const INVALID_API_KEY: &str = "Invalid API key";
    /// Wrong or missing credentials on the gateway (document 002).
    pub const INVALID_TOKEN: &str = "Invalid or missing authentication token";
    /// No hello in time (document 003).
    pub const AUTHENTICATION_TIMEOUT: &str = "Authentication timeout";
    /// No such collection, or not for this key (document 003).
    pub const COLLECTION_NOT_FOUND: &str = "Collection not found or access denied";
    /// No such collection, on the gateway (document 002).
    pub const NO_COLLECTION: &str = "Collection does not exist";
    /// The room that was to be joined is not there (document 003).
    pub const ROOM_NOT_FOUND: &str = "Room not found";
    /// The room is another project's (document 003).
    pub const FOREIGN_ROOM: &str = "Room belongs to different project";
    /// A filter that cannot be understood (ours).
    pub const INVALID_FILTERS: &str = "Invalid filters";
    /// A message that cannot be read (ours).
    pub const INVALID_MESSAGE: &str = "Invalid message";
    /// A message that this surface does not know (ours).
    pub const UNKNOWN_MESSAGE: &str = "Unknown message";
}

/// The words for programs in the errors of the gateway.
///
/// ```
/// use cocobase_proto::wire::{ErrorMessage, Surface, code};
///
/// // A documented message brings its code along.
/// let error = ErrorMessage::new(ErrorMessage::ROOM_NOT_FOUND).of_room("general");
/// assert_eq!(
///     error.encode(Surface::Gateway),
///     r#"{"type":"error","code":"ROOM_NOT_FOUND","message":"Room not found","room":"general"}"#,
/// );
/// assert_eq!(code::UNAUTHORIZED, "UNAUTHORIZED");
/// ```
pub mod code {
    /// Wrong or missing credentials (document 002).
    pub const UNAUTHORIZED: &str = "UNAUTHORIZED";
    /// No such collection (document 002).
    pub const INVALID_COLLECTION: &str = "INVALID_COLLECTION";
    /// No such room (ours).
    pub const ROOM_NOT_FOUND: &str = "ROOM_NOT_FOUND";
    /// The room is another project's (ours).
    pub const FOREIGN_ROOM: &str = "FOREIGN_ROOM";
    /// A filter that cannot be understood (ours).
    pub const INVALID_FILTERS: &str = "INVALID_FILTERS";
    /// A message that cannot be read (ours).
    pub const INVALID_MESSAGE: &str = "INVALID_MESSAGE";
    /// A message that the gateway does not know (ours).
    pub const UNKNOWN_MESSAGE: &str = "UNKNOWN_MESSAGE";
    /// No credentials in time (ours).
    pub const TIMEOUT: &str = "TIMEOUT";
    /// Anything else (ours).
    pub const ERROR: &str = "ERROR";
}

/// Which code the gateway gives to a message that comes without one.
const CODES: [(&str, &str); 11] = [
    (ErrorMessage::API_KEY_REQUIRED, code::UNAUTHORIZED),
    (ErrorMessage::INVALID_API_KEY, code::UNAUTHORIZED),
    (ErrorMessage::INVALID_TOKEN, code::UNAUTHORIZED),
    (ErrorMessage::AUTHENTICATION_TIMEOUT, code::TIMEOUT),
    (ErrorMessage::COLLECTION_NOT_FOUND, code::INVALID_COLLECTION),
    (ErrorMessage::NO_COLLECTION, code::INVALID_COLLECTION),
    (ErrorMessage::ROOM_NOT_FOUND, code::ROOM_NOT_FOUND),
    (ErrorMessage::FOREIGN_ROOM, code::FOREIGN_ROOM),
    (ErrorMessage::INVALID_FILTERS, code::INVALID_FILTERS),
    (ErrorMessage::INVALID_MESSAGE, code::INVALID_MESSAGE),
    (ErrorMessage::UNKNOWN_MESSAGE, code::UNKNOWN_MESSAGE),
];

impl ErrorMessage {
    /// An error with nothing but its message.
    #[must_use]
    pub fn new(message: impl Into<Text>) -> Self {
        Self { code: None, message: message.into(), detail: None, collection: None, room: None }
    }

    /// The same error with a word for programs.
    #[must_use]
    pub fn with_code(mut self, code: impl Into<Text>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// The same error with a detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Text>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same error, about this collection.
    #[must_use]
    pub fn of_collection(mut self, collection: impl Into<Text>) -> Self {
        self.collection = Some(collection.into());
        self
    }

    /// The same error, about this room.
    #[must_use]
    pub fn of_room(mut self, room: impl Into<Text>) -> Self {
        self.room = Some(room.into());
        self
    }

    /// The error as this surface spells it.
    ///
    /// | surface | spelling |
    /// |---|---|
    /// | G | `{"type":"error","code":…,"message":…}` |
    /// | C, C′, B, R | `{"error":…,"error_detail":…}` |
    /// | D, L, S | `{"error":true,"message":…}`, the detail being part of the message |
    ///
    /// `room_id` is the documents'; `error_detail` and `room` on G, and `collection` everywhere, are
    /// ours.
    #[must_use]
    pub fn encode(&self, surface: Surface) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        match surface {
            Surface::Gateway => {
                object
                    .string(keys::TYPE, "error")
                    .string(keys::CODE, self.code_or_default())
                    .string(keys::MESSAGE, &self.message)
                    .maybe_string(keys::ERROR_DETAIL, self.detail.as_deref())
                    .maybe_string(keys::COLLECTION, self.collection.as_deref())
                    .maybe_string(keys::ROOM, self.room.as_deref());
            }
            Surface::Rooms | Surface::Documents | Surface::Events => {
                let said = alloc::string::ToString::to_string(self);
                object.boolean(keys::ERROR, true).string(keys::MESSAGE, &said);
            }
            Surface::Collection | Surface::SelfHosted | Surface::Broadcast | Surface::Room => {
                object
                    .string(keys::ERROR, &self.message)
                    .maybe_string(keys::ERROR_DETAIL, self.detail.as_deref())
                    .maybe_string(keys::COLLECTION, self.collection.as_deref())
                    .maybe_string(keys::ROOM_ID, self.room.as_deref());
            }
        }
        object.end();
        out
    }

    fn code_or_default(&self) -> &str {
        let known = || CODES.iter().find(|(message, _)| self.message == *message);
        self.code.as_deref().or_else(|| Some(known()?.1)).unwrap_or(code::ERROR)
    }
}

impl fmt::Display for ErrorMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}
