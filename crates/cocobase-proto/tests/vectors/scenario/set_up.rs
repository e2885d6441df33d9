//! How a scene begins.

use core::time::Duration;

use cocobase_proto::wire::User;
use cocobase_proto::{Offline, OutboxConfig, RoomEntry, SessionConfig, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::rest::filter;
use crate::shapes::{Access, share};

pub(super) fn access(access: &Access) -> cocobase_proto::Access {
    match access.credentials() {
        Some(credentials) => cocobase_proto::Access::Fixed(credentials),
        None => cocobase_proto::Access::Ask,
    }
}

/// What the session is about, by surface.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) enum Target {
    C(Watch),
    #[serde(rename = "C'")]
    SelfHosted(Watch),
    S(Watch),
    #[serde(rename = "C or S")]
    CollectionOrEvents(Watch),
    B(Who),
    R(Entry),
    G(Who),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Watch {
    collection: String,
    filters: Option<Value>,
    #[serde(default)]
    snapshot: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Who {
    user_id: Option<String>,
    user_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    room: String,
    mode: Mode,
    #[serde(default)]
    title: String,
    user_id: Option<String>,
    user_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    Join,
    Create,
    JoinOrCreate,
}

impl Watch {
    pub(super) fn build(&self) -> Result<Subscription, String> {
        let subscription = Subscription::new(&self.collection, filter(&self.filters)?)
            .map_err(|error| error.to_string())?;
        Ok(if self.snapshot { subscription.with_snapshot() } else { subscription })
    }
}

impl Who {
    fn build(&self) -> User {
        User { id: share(&self.user_id), name: share(&self.user_name) }
    }
}

impl Target {
    pub(super) fn build(&self) -> Result<cocobase_proto::Target, String> {
        use cocobase_proto::Target as T;
        Ok(match self {
            Self::C(watch) => T::Collection(watch.build()?),
            Self::SelfHosted(watch) => T::SelfHosted(watch.build()?),
            Self::S(watch) => T::Events(watch.build()?),
            Self::CollectionOrEvents(watch) => T::CollectionOrEvents(watch.build()?),
            Self::B(who) => T::Broadcast(who.build()),
            Self::G(who) => T::Gateway(who.build()),
            Self::R(entry) => {
                let (room, title) = (entry.room.as_str(), entry.title.as_str());
                let entered = match entry.mode {
                    Mode::Join => RoomEntry::join(room),
                    Mode::Create => RoomEntry::create(room, title),
                    Mode::JoinOrCreate => RoomEntry::join_or_create(room, title),
                };
                T::Room(match (&entry.user_id, &entry.user_name) {
                    (Some(id), Some(name)) => entered.by(id.as_str(), name.as_str()),
                    _ => entered,
                })
            }
        })
    }
}

/// What differs from the defaults. Times are in seconds.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Config {
    connect_timeout: Option<f64>,
    greeting_timeout: Option<f64>,
    stream_greeting_timeout: Option<f64>,
    ping_interval: Option<f64>,
    silence_timeout: Option<f64>,
    backoff_initial: Option<f64>,
    backoff_max: Option<f64>,
    longest_retry_after: Option<f64>,
    max_events: Option<usize>,
    max_topics: Option<usize>,
    max_participants: Option<usize>,
    max_stream_message: Option<usize>,
    resume: Option<bool>,
    unix_epoch: Option<f64>,
    refresh_ahead: Option<f64>,
    outbox_messages: Option<usize>,
    outbox_bytes: Option<usize>,
    outbox_expires_after: Option<f64>,
    /// Refuse what is published without a link.
    refuse_offline: Option<bool>,
}

impl Config {
    pub(super) fn build(&self) -> SessionConfig {
        let seconds = |given: Option<f64>, default| given.map_or(default, Duration::from_secs_f64);
        let d = SessionConfig::default();
        SessionConfig {
            connect_timeout: seconds(self.connect_timeout, d.connect_timeout),
            greeting_timeout: seconds(self.greeting_timeout, d.greeting_timeout),
            stream_greeting_timeout: seconds(
                self.stream_greeting_timeout,
                d.stream_greeting_timeout,
            ),
            ping_interval: seconds(self.ping_interval, d.ping_interval),
            silence_timeout: seconds(self.silence_timeout, d.silence_timeout),
            backoff_initial: seconds(self.backoff_initial, d.backoff_initial),
            backoff_max: seconds(self.backoff_max, d.backoff_max),
            longest_retry_after: seconds(self.longest_retry_after, d.longest_retry_after),
            max_events: self.max_events.unwrap_or(d.max_events),
            max_topics: self.max_topics.unwrap_or(d.max_topics),
            max_participants: self.max_participants.unwrap_or(d.max_participants),
            max_stream_message: self.max_stream_message.unwrap_or(d.max_stream_message),
            resume: self.resume.unwrap_or(d.resume),
            unix_epoch: self.unix_epoch.map(Duration::from_secs_f64),
            refresh_ahead: seconds(self.refresh_ahead, d.refresh_ahead),
            outbox: OutboxConfig {
                max_messages: self.outbox_messages.unwrap_or(d.outbox.max_messages),
                max_bytes: self.outbox_bytes.unwrap_or(d.outbox.max_bytes),
                expires_after: self.outbox_expires_after.map(Duration::from_secs_f64),
                offline: match self.refuse_offline {
                    Some(true) => Offline::Refuse,
                    _ => Offline::Queue,
                },
            },
        }
    }
}
