//! Messages on their way to the server.

use alloc::collections::VecDeque;
use core::time::Duration;

use crate::json::JsonError;
use crate::text::Text;
use crate::time::Instant;

use super::event::Topic;

/// How much a session keeps for the server, and what it does while it has no link.
///
/// ```
/// use cocobase_proto::{Offline, OutboxConfig};
/// let impatient = OutboxConfig { offline: Offline::Refuse, ..OutboxConfig::default() };
/// assert_eq!(impatient.max_messages, 256);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxConfig {
    /// How many messages may wait: 256 (our decision).
    pub max_messages: usize,
    /// How many bytes of content may wait: 1 MiB (our decision).
    pub max_bytes: usize,
    /// What becomes of a message that is published without a link: it is queued (our decision).
    pub offline: Offline,
    /// How long a message may wait before it is given back as
    /// [`Event::Expired`](super::Event::Expired): for ever (our decision).
    pub expires_after: Option<Duration>,
}

/// What becomes of a message that is published while there is no link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Offline {
    /// It waits for the next link.
    Queue,
    /// It is refused.
    Refuse,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self { max_messages: 256, max_bytes: 1 << 20, offline: Offline::Queue, expires_after: None }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Published {
    /// It goes out on the present link, as the next thing that the driver sends.
    Sent,
    /// It waits for a link, or for those before it.
    Queued,
}

/// A message that was not published, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the message was not published: {reason}")]
pub struct Unpublished {
    /// The message.
    pub content: Text,
    /// What is in the way.
    pub reason: UnpublishedReason,
}

/// Why a message was not published.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnpublishedReason {
    /// The session is over.
    #[error("the session is closed")]
    Closed,
    /// This session cannot send there.
    #[error("this session does not lead there; join the room first")]
    NotThere,
    /// There is no link, and messages are not to be queued.
    #[error("there is no connection")]
    Offline,
    /// Too many messages wait.
    #[error("too many messages are waiting; publish it again later")]
    Full,
    /// It is no JSON.
    #[error("it is no JSON: {0}")]
    Json(#[from] JsonError),
}

/// One message, waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parcel {
    pub(super) topic: Topic,
    pub(super) content: Text,
    queued_at: Instant,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Outbox {
    parcels: VecDeque<Parcel>,
    bytes: usize,
}

impl Outbox {
    pub(super) fn len(&self) -> usize {
        self.parcels.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.parcels.is_empty()
    }

    /// Takes a message in, unless there is no room for it.
    pub(super) fn push(
        &mut self,
        topic: Topic,
        content: Text,
        now: Instant,
        config: &OutboxConfig,
    ) -> Result<(), Text> {
        let bytes = self.bytes + content.len();
        if self.parcels.len() >= config.max_messages || bytes > config.max_bytes {
            return Err(content);
        }
        self.bytes = bytes;
        self.parcels.push_back(Parcel { topic, content, queued_at: now });
        Ok(())
    }

    pub(super) fn pop(&mut self) -> Option<Parcel> {
        let parcel = self.parcels.pop_front()?;
        self.bytes -= parcel.content.len();
        Some(parcel)
    }

    /// When the oldest message expires.
    pub(super) fn expiry(&self, config: &OutboxConfig) -> Option<Instant> {
        Some(self.parcels.front()?.queued_at + config.expires_after?)
    }

    /// Takes the oldest message if its time is over.
    pub(super) fn pop_expired(&mut self, now: Instant, config: &OutboxConfig) -> Option<Parcel> {
        self.expiry(config).filter(|expiry| *expiry <= now)?;
        self.pop()
    }

    /// Takes all messages for a topic.
    pub(super) fn take_for(&mut self, topic: &Topic) -> VecDeque<Parcel> {
        let (taken, kept) =
            core::mem::take(&mut self.parcels).into_iter().partition(|one| one.topic == *topic);
        self.parcels = kept;
        self.bytes = self.parcels.iter().map(|parcel| parcel.content.len()).sum();
        taken
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outbox_is_bounded_by_count_and_bytes() {
        let config = OutboxConfig { max_messages: 2, max_bytes: 10, ..OutboxConfig::default() };
        let now = Instant::default();
        let mut outbox = Outbox::default();
        let mut push = |content: &str| outbox.push(Topic::Broadcast, content.into(), now, &config);
        assert_eq!(push("123456"), Ok(()));
        assert_eq!(push("123456"), Err("123456".into()), "too many bytes");
        assert_eq!(push("1234"), Ok(()));
        assert_eq!(push(""), Err("".into()), "too many messages");
        assert_eq!(outbox.pop().unwrap().content, "123456");
        assert_eq!(outbox.push(Topic::Broadcast, "123456".into(), now, &config), Ok(()));
    }

    #[test]
    fn messages_expire_in_order() {
        let config = OutboxConfig {
            expires_after: Some(Duration::from_nanos(10)),
            ..OutboxConfig::default()
        };
        let mut outbox = Outbox::default();
        for at in [0, 5] {
            let at = Instant::from_nanos(at);
            outbox.push(Topic::Broadcast, "x".into(), at, &config).unwrap();
        }
        assert_eq!(outbox.expiry(&config), Some(Instant::from_nanos(10)));
        assert_eq!(outbox.pop_expired(Instant::from_nanos(9), &config), None);
        assert!(outbox.pop_expired(Instant::from_nanos(12), &config).is_some());
        assert_eq!(outbox.pop_expired(Instant::from_nanos(12), &config), None);
    }
}
