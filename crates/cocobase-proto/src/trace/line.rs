//! The lines of a trace. The keys of the format stand here and nowhere else.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::session::{
    Action, Carrier, Offline, OutboxConfig, RoomMode, SessionConfig, WakeReason, Wakeup,
};
use crate::time::Instant;

/// What the first line says the file is.
pub(super) const FORMAT: &str = "cocobase-session";
/// The version of the format that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// As much of the first line as every version has.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Mark {
    pub(super) trace: String,
    pub(super) version: u32,
}

/// The first line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Header {
    pub(super) trace: String,
    pub(super) version: u32,
    pub(super) target: TargetLine,
    pub(super) access: AccessLine,
    #[serde(with = "ConfigLine")]
    pub(super) config: SessionConfig,
    pub(super) seed: u64,
    pub(super) at: u64,
    pub(super) wake: Option<WakeLine>,
}

/// Every other line: a call, what it gave, and when the session wants to be woken after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Line {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) at: Option<u64>,
    pub(super) call: Call,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gives: Option<Output>,
    #[serde(default)]
    pub(super) wake: Option<WakeLine>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Call {
    SetCredentials(AccessLine),
    CredentialsUnavailable(String),
    Reconnect,
    NetworkChanged,
    Close,
    Input { link: u64, input: InputLine },
    Timeout,
    Subscribe(SubscriptionLine),
    Unsubscribe(String),
    Join(String),
    Leave(String),
    Publish { to: TopicLine, content: String },
    PollEvent,
    PollAction,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum InputLine {
    Opened,
    Text(String),
    Binary,
    /// A piece of an event stream that is UTF-8.
    Bytes(String),
    /// One that is not: a character is cut.
    Base64(String),
    Item(ItemLine),
    Alive,
    Refused {
        status: u16,
        retry_after: Option<Duration>,
        body: String,
    },
    ConnectFailed(String),
    Closed {
        code: Option<u16>,
        reason: String,
    },
    Broken(String),
}

/// What a carrier has read in an event stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ItemLine {
    Message { name: String, data: String, last_event_id: String },
    Comment,
    Retry(Duration),
    Overflow { dropped: u64, limit: usize },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Output {
    Nothing,
    /// An event as people read it.
    Event(String),
    Open {
        link: u64,
        path: String,
        /// Of an event stream's request.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        headers: Option<Vec<(String, String)>>,
    },
    Send {
        link: u64,
        text: String,
    },
    CloseLink {
        link: u64,
    },
    /// What a command answered, as people read it.
    Answer(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct WakeLine {
    at: u64,
    #[serde(with = "ReasonLine")]
    why: WakeReason,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TargetLine {
    Collection(SubscriptionLine),
    SelfHosted(SubscriptionLine),
    Events(SubscriptionLine),
    CollectionOrEvents(SubscriptionLine),
    Broadcast(UserLine),
    Room(RoomLine),
    Gateway(UserLine),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct SubscriptionLine {
    pub(super) collection: String,
    /// The filter's wire form.
    pub(super) filters: String,
    pub(super) snapshot: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct UserLine {
    pub(super) id: Option<String>,
    pub(super) name: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct RoomLine {
    pub(super) room: String,
    pub(super) title: Option<String>,
    #[serde(with = "ModeLine")]
    pub(super) mode: RoomMode,
    pub(super) user: UserLine,
}

/// Credentials, or that they are asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum AccessLine {
    Ask,
    Key(String),
    Token(String),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TopicLine {
    Collection(String),
    Room(String),
    Broadcast,
    Everything,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "SessionConfig")]
struct ConfigLine {
    connect_timeout: Duration,
    greeting_timeout: Duration,
    stream_greeting_timeout: Duration,
    ping_interval: Duration,
    silence_timeout: Duration,
    backoff_initial: Duration,
    backoff_max: Duration,
    longest_retry_after: Duration,
    max_events: usize,
    max_topics: usize,
    max_participants: usize,
    max_stream_message: usize,
    #[serde(with = "OutboxLine")]
    outbox: OutboxConfig,
    resume: bool,
    unix_epoch: Option<Duration>,
    refresh_ahead: Duration,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "OutboxConfig")]
struct OutboxLine {
    max_messages: usize,
    max_bytes: usize,
    #[serde(with = "OfflineLine")]
    offline: Offline,
    expires_after: Option<Duration>,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Offline", rename_all = "snake_case")]
enum OfflineLine {
    Queue,
    Refuse,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "RoomMode", rename_all = "snake_case")]
enum ModeLine {
    Join,
    Create,
    JoinOrCreate,
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WakeReason", rename_all = "snake_case")]
enum ReasonLine {
    Connect,
    Greeting,
    Ping,
    Silence,
    Reconnect,
    Expiry,
    Refresh,
}

impl From<Wakeup> for WakeLine {
    fn from(wakeup: Wakeup) -> Self {
        Self { at: wakeup.at.as_nanos(), why: wakeup.reason }
    }
}

impl From<Option<Action>> for Output {
    fn from(action: Option<Action>) -> Self {
        match action {
            None => Self::Nothing,
            Some(Action::Open { link, path, carrier }) => {
                let headers = match carrier {
                    Carrier::WebSocket => None,
                    Carrier::EventStream { headers } => Some(
                        headers
                            .into_iter()
                            .map(|(name, value)| (name.to_string(), value))
                            .collect(),
                    ),
                };
                Self::Open { link: link.0, path, headers }
            }
            Some(Action::Send { link, text }) => {
                Self::Send { link: link.0, text: text.to_string() }
            }
            Some(Action::Close { link }) => Self::CloseLink { link: link.0 },
        }
    }
}

impl Call {
    pub(super) const fn has_time(&self) -> bool {
        match self {
            Self::SetCredentials(_)
            | Self::CredentialsUnavailable(_)
            | Self::Reconnect
            | Self::NetworkChanged
            | Self::Input { .. }
            | Self::Timeout
            | Self::Subscribe(_)
            | Self::Publish { .. } => true,
            Self::Close
            | Self::Unsubscribe(_)
            | Self::Join(_)
            | Self::Leave(_)
            | Self::PollEvent
            | Self::PollAction => false,
        }
    }
}

impl Line {
    /// The time of the call; of no meaning for those without one.
    pub(super) fn now(&self) -> Instant {
        Instant::from_nanos(self.at.unwrap_or_default())
    }
}
