//! The first message of a link.

use alloc::string::String;

use serde::Deserialize;

use super::parts::{
    credentials, excerpt, filter, owned, push_credentials, push_resume, push_subscription,
    push_user, resume, user,
};
use crate::credentials::Credentials;
use crate::filter::{Filter, FilterError};
use crate::json::{JsonError, from_object};
use crate::text::Text;
use crate::wire::keys;
use crate::wire::raw::Raw;
use crate::wire::server::Position;
use crate::wire::write::ObjectWriter;

/// The hello of surface C: who the client is and which documents it wants.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::wire::Hello;
/// use cocobase_proto::{Credentials, Position};
///
/// let key = Credentials::ApiKey("coco_1234".into());
/// let hello = Hello { filter: Filter::new().eq("status", "active"), ..Hello::new(key) };
/// let text = hello.encode().unwrap();
/// assert_eq!(text, r#"{"api_key":"coco_1234","filters":{"status":"active"}}"#);
/// assert_eq!(Hello::decode(&text).unwrap(), hello);
///
/// // What was missed, or else all there is.
/// let position = Position { epoch: "e1".into(), seq: 41 };
/// let hello = Hello { resume: Some(position), snapshot: true, ..hello };
/// assert!(hello.encode().unwrap().ends_with(r#""resume":{"epoch":"e1","seq":41},"snapshot":true}"#));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Hello {
    /// The key or token.
    pub credentials: Credentials,
    /// Which documents matter; the empty filter stands for all.
    pub filter: Filter,
    /// Send first what came after this position (ours).
    pub resume: Option<Position>,
    /// Send first the documents that match now, unless the server can resume (ours).
    pub snapshot: bool,
}

/// The hello of surface B: who the client is, for the server and for the others.
///
/// ```
/// use cocobase_proto::wire::{BroadcastHello, User};
/// use cocobase_proto::Credentials;
///
/// let hello = BroadcastHello {
///     credentials: Credentials::ApiKey("k".into()),
///     user: User { id: Some("user_123".into()), name: Some("John Doe".into()) },
///     resume: None,
/// };
/// let text = hello.encode();
/// assert_eq!(text, r#"{"api_key":"k","user_id":"user_123","user_name":"John Doe"}"#);
/// assert_eq!(BroadcastHello::decode(&text).unwrap(), hello);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroadcastHello {
    /// The key or token.
    pub credentials: Credentials,
    /// Who the client is to the others.
    pub user: User,
    /// Send first what came after this position (ours).
    pub resume: Option<Position>,
}

/// The hello of surface R: who the client is, and how it enters the room.
///
/// ```
/// use cocobase_proto::wire::{RoomAction, RoomHello, User};
/// use cocobase_proto::Credentials;
///
/// let hello = RoomHello {
///     credentials: Credentials::ApiKey("k".into()),
///     user: User { id: Some("user_123".into()), name: None },
///     action: RoomAction::Create,
///     title: Some("General Chat".into()),
///     resume: None,
/// };
/// let text = hello.encode();
/// assert_eq!(
///     text,
///     r#"{"api_key":"k","user_id":"user_123","action":"create","room_title":"General Chat"}"#,
/// );
/// assert_eq!(RoomHello::decode(&text).unwrap(), hello);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomHello {
    /// The key or token.
    pub credentials: Credentials,
    /// Who the client is to the others.
    pub user: User,
    /// How it enters.
    pub action: RoomAction,
    /// The room's title for people. The vendor's clients send it with `join` as well.
    pub title: Option<Text>,
    /// Send first what came after this position (ours).
    pub resume: Option<Position>,
}

/// How a client enters a room. See [`RoomHello`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum RoomAction {
    /// Makes the room.
    Create,
    /// Enters a room that is there. A hello that does not say means this (our decision).
    #[default]
    Join,
}

/// Who a client is to the others; the server makes up what is missing. See [`BroadcastHello`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct User {
    /// An id for programs.
    pub id: Option<Text>,
    /// A name for people.
    pub name: Option<Text>,
}

/// Why a hello cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelloError {
    /// The text is not a JSON object.
    #[error("the first message must be a JSON object: {0}")]
    Json(#[from] JsonError),
    /// Neither `api_key` nor `token` is a non-empty string.
    #[error("the first message must carry the API key: {{\"api_key\":\"…\"}}")]
    NoCredentials,
    /// The filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// `action` is neither `create` nor `join`.
    #[error("`action` is {0}; it must be \"create\" or \"join\"")]
    Action(Text),
    /// `actions` is no list of kinds of change (C′).
    #[error("`actions` holds {0}; it must be a list of \"created\", \"updated\" and \"deleted\"")]
    Actions(Text),
}

impl Hello {
    /// A hello that asks for every document from now on.
    #[must_use]
    pub const fn new(credentials: Credentials) -> Self {
        Self { credentials, filter: Filter::new(), resume: None, snapshot: false }
    }

    /// The JSON of this hello.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    pub fn encode(&self) -> Result<String, FilterError> {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        push_credentials(&mut object, &self.credentials);
        push_subscription(&mut object, &self.filter, self.resume.as_ref(), self.snapshot)?;
        object.end();
        Ok(out)
    }

    /// Reads a hello.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object, names no credentials, or its filter cannot be read.
    pub fn decode(text: &str) -> Result<Self, HelloError> {
        let body: Body<'_> = from_object(text)?;
        Ok(Self {
            credentials: credentials(body.api_key, body.token).ok_or(HelloError::NoCredentials)?,
            filter: filter(body.filters)?,
            resume: resume(body.resume),
            snapshot: body.snapshot.boolean() == Some(true),
        })
    }

    /// The filter in a hello as the client wrote it: what a greeting echoes.
    ///
    /// ```
    /// use cocobase_proto::wire::Hello;
    /// let hello = r#"{"api_key":"k","filters":{"age_gte":"18"}}"#;
    /// assert_eq!(Hello::written_filter(hello), Some(r#"{"age_gte":"18"}"#));
    /// ```
    #[must_use]
    pub fn written_filter(text: &str) -> Option<&str> {
        let body: Body<'_> = from_object(text).ok()?;
        body.filters.json()
    }
}

impl BroadcastHello {
    /// The JSON of this hello.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        push_credentials(&mut object, &self.credentials);
        push_user(&mut object, &self.user);
        push_resume(&mut object, self.resume.as_ref());
        object.end();
        out
    }

    /// Reads a hello.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object or names no credentials.
    pub fn decode(text: &str) -> Result<Self, HelloError> {
        let body: Body<'_> = from_object(text)?;
        Ok(Self {
            credentials: credentials(body.api_key, body.token).ok_or(HelloError::NoCredentials)?,
            user: user(body.user_id, body.user_name),
            resume: resume(body.resume),
        })
    }
}

impl RoomHello {
    /// The JSON of this hello.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        push_credentials(&mut object, &self.credentials);
        push_user(&mut object, &self.user);
        object
            .string(keys::ACTION, self.action.as_str())
            .maybe_string(keys::ROOM_TITLE, self.title.as_deref());
        push_resume(&mut object, self.resume.as_ref());
        object.end();
        out
    }

    /// Reads a hello.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object, names no credentials, or wants to do something else with a
    /// room than to create or to join it.
    pub fn decode(text: &str) -> Result<Self, HelloError> {
        let body: Body<'_> = from_object(text)?;
        let action = match (body.action.json(), body.action.text().as_deref()) {
            (None, _) => RoomAction::default(),
            (_, Some("create")) => RoomAction::Create,
            (_, Some("join")) => RoomAction::Join,
            (Some(json), _) => return Err(HelloError::Action(excerpt(json))),
        };
        Ok(Self {
            credentials: credentials(body.api_key, body.token).ok_or(HelloError::NoCredentials)?,
            user: user(body.user_id, body.user_name),
            action,
            title: body.room_title.text().map(owned),
            resume: resume(body.resume),
        })
    }
}

impl RoomAction {
    /// The word on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Join => "join",
        }
    }
}

/// Every key of every hello.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body<'a> {
    #[serde(borrow)]
    api_key: Raw<'a>,
    #[serde(borrow)]
    token: Raw<'a>,
    #[serde(borrow)]
    filters: Raw<'a>,
    #[serde(borrow)]
    user_id: Raw<'a>,
    #[serde(borrow)]
    user_name: Raw<'a>,
    #[serde(borrow)]
    action: Raw<'a>,
    #[serde(borrow)]
    room_title: Raw<'a>,
    #[serde(borrow)]
    resume: Raw<'a>,
    #[serde(borrow)]
    snapshot: Raw<'a>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_stand_for_the_key() {
        for (json, credentials) in [
            (r#"{"api_key":"k"}"#, Credentials::ApiKey("k".into())),
            (r#"{"token":"t"}"#, Credentials::Token("t".into())),
            (r#"{"api_key":"","token":"t"}"#, Credentials::Token("t".into())),
            (r#"{"api_key":null,"token":"t","filters":null}"#, Credentials::Token("t".into())),
        ] {
            assert_eq!(Hello::decode(json).unwrap().credentials, credentials, "{json}");
            assert_eq!(BroadcastHello::decode(json).unwrap().credentials, credentials, "{json}");
            assert_eq!(RoomHello::decode(json).unwrap().credentials, credentials, "{json}");
        }
    }

    #[test]
    fn a_hello_without_a_key_says_what_is_missing() {
        for json in ["{}", r#"{"api_key":7}"#, r#"{"api_key":""}"#, r#"{"filters":{}}"#] {
            assert_eq!(Hello::decode(json), Err(HelloError::NoCredentials), "{json}");
            assert_eq!(BroadcastHello::decode(json), Err(HelloError::NoCredentials), "{json}");
            assert_eq!(RoomHello::decode(json), Err(HelloError::NoCredentials), "{json}");
        }
        for json in ["", "{", "[]", "hello", "7"] {
            assert!(matches!(Hello::decode(json), Err(HelloError::Json(_))), "{json}");
        }
        let odd = Hello::decode(r#"{"api_key":"k","filters":[1]}"#);
        assert!(matches!(odd, Err(HelloError::Filter(_))), "{odd:?}");
    }

    #[test]
    fn a_room_is_joined_unless_the_hello_says_create() {
        for (action, expected) in [
            ("null", Ok(RoomAction::Join)),
            (r#""join""#, Ok(RoomAction::Join)),
            (r#""create""#, Ok(RoomAction::Create)),
            (r#""leave""#, Err(HelloError::Action(r#""leave""#.into()))),
            ("7", Err(HelloError::Action("7".into()))),
        ] {
            let hello = alloc::format!(r#"{{"api_key":"k","action":{action}}}"#);
            assert_eq!(RoomHello::decode(&hello).map(|hello| hello.action), expected);
        }
    }

    #[test]
    fn what_cannot_be_resumed_from_is_left_aside() {
        for (resume, seq) in [
            (r#"{"epoch":"e","seq":7}"#, Some(7)),
            (r#"{"seq":7.0,"epoch":"e","more":[]}"#, Some(7)),
            (r#"{"epoch":"e","seq":"7"}"#, None),
            (r#"{"epoch":"e"}"#, None),
            (r#"["e",7]"#, None),
            ("null", None),
        ] {
            let hello = alloc::format!(r#"{{"token":"t","resume":{resume}}}"#);
            let hello = Hello::decode(&hello).unwrap();
            assert_eq!(hello.resume.map(|position| position.seq), seq, "{resume}");
        }
    }
}
