//! What the user wants of a session while it lives.

use serde::de::IgnoredAny;

use crate::json::JsonError;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::Surface;

use super::event::{Event, GapCause, Topic};
use super::outbox::{Offline, Published, Unpublished, UnpublishedReason};
use super::target::{RoomEntry, Subscription};
use super::{Phase, Session, WakeReason};

/// Why a command makes no sense to a session.
///
/// ```
/// use cocobase_proto::CommandError;
/// assert_eq!(CommandError::Closed.to_string(), "the session is closed");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The session is over.
    #[error("the session is closed")]
    Closed,
    /// Only a gateway's subscriptions and rooms come and go.
    #[error("only a gateway session can subscribe and join; start another session instead")]
    NotGateway,
    /// The session has as many collections and rooms as its configuration allows.
    #[error("the session already has {0} collections and rooms, the most it may have")]
    TooMany(usize),
}

/// # Commands of a gateway session
impl Session {
    /// Asks for the changes of a collection, on this link and all that follow. Subscribing again
    /// with another filter replaces the filter, and tells a [`Gap`](super::Gap).
    ///
    /// # Errors
    ///
    /// When the session is no gateway's, is closed, or has too many topics.
    pub fn subscribe_to(
        &mut self,
        subscription: Subscription,
        now: Instant,
    ) -> Result<(), CommandError> {
        let name = subscription.collection.clone();
        let is_known = self.topics.watched.contains_key(&name);
        self.check_gateway(!is_known)?;
        match self.topics.watched.get_mut(&name) {
            Some(watched) if watched.subscription == subscription => return Ok(()),
            Some(watched) => {
                watched.continuity.start_over(!subscription.filter.is_empty(), now);
                watched.subscription = subscription;
                let is_unanswered = !core::mem::replace(&mut watched.is_live, false);
                if is_unanswered {
                    self.end_first(&name);
                }
            }
            None => {
                let watched = self.topics.watch(subscription, None);
                watched.was_confirmed = self.ended.is_trusted();
            }
        }
        self.mark(Topic::Collection(name), is_known);
        Ok(())
    }

    /// Ends a subscription. One that is not there is no trouble.
    ///
    /// # Errors
    ///
    /// When the session is no gateway's or is closed.
    pub fn unsubscribe_from(&mut self, collection: &str) -> Result<(), CommandError> {
        self.check_gateway(false)?;
        if self.topics.watched.remove(collection).is_some() {
            self.mark(Topic::Collection(collection.into()), true);
        }
        Ok(())
    }

    /// Enters a room, on this link and all that follow.
    ///
    /// # Errors
    ///
    /// When the session is no gateway's, is closed, or has too many topics.
    pub fn join(&mut self, room: &str) -> Result<(), CommandError> {
        let is_known = self.topics.rooms.contains_key(room);
        self.check_gateway(!is_known)?;
        if !is_known {
            self.topics.enter(RoomEntry::join(room));
            self.mark(Topic::Room(room.into()), false);
        }
        Ok(())
    }

    /// Leaves a room. One that is not there is no trouble. Messages that wait for it come back as
    /// [`Event::Expired`](super::Event::Expired).
    ///
    /// # Errors
    ///
    /// When the session is no gateway's or is closed.
    pub fn leave(&mut self, room: &str) -> Result<(), CommandError> {
        self.check_gateway(false)?;
        if self.topics.rooms.remove(room).is_some() {
            let topic = Topic::Room(room.into());
            self.give_back(&topic, self.last_heard);
            self.mark(topic, true);
        }
        Ok(())
    }

    fn check_gateway(&self, needs_room: bool) -> Result<(), CommandError> {
        let limit = self.config.max_topics;
        match self.phase {
            Phase::Closed => Err(CommandError::Closed),
            _ if self.surface != Surface::Gateway => Err(CommandError::NotGateway),
            _ if needs_room && self.topics.len() >= limit => Err(CommandError::TooMany(limit)),
            _ => Ok(()),
        }
    }
}

/// # Publishing
impl Session {
    /// Says something to the project or to a room: any JSON. It goes out on the present link, waits
    /// for the next, or comes back with the reason; it is never dropped silently.
    ///
    /// ```
    /// # use cocobase_proto::*;
    /// # use cocobase_proto::wire::User;
    /// # let now = Instant::default();
    /// # let access = Access::Fixed(Credentials::ApiKey("k".into()));
    /// # let target = Target::Broadcast(User::default());
    /// # let mut session = Session::new(target, access, SessionConfig::default(), 1, now);
    /// // There is no link yet, so it waits.
    /// let published = session.publish(Topic::Broadcast, r#"{"text":"Hello!"}"#.into(), now);
    /// assert_eq!(published, Ok(Published::Queued));
    ///
    /// let refused = session.publish(Topic::Broadcast, "not JSON".into(), now).unwrap_err();
    /// assert_eq!(refused.content, "not JSON");
    /// ```
    ///
    /// # Errors
    ///
    /// When the session does not lead to `topic`, is closed, or has no room; when `content` is no
    /// JSON; when there is no link and the configuration says [`Offline::Refuse`]. The content comes
    /// back.
    pub fn publish(
        &mut self,
        topic: Topic,
        content: Text,
        now: Instant,
    ) -> Result<Published, Unpublished> {
        let is_live = matches!(self.phase, Phase::Live(_));
        if let Some(reason) = self.reason_against(&topic, &content, is_live) {
            return Err(Unpublished { content, reason });
        }
        let is_next = is_live && self.outbox.is_empty();
        self.outbox
            .push(topic, content, now, &self.config.outbox)
            .map_err(|content| Unpublished { content, reason: UnpublishedReason::Full })?;
        if let Some(expiry) = self.outbox.expiry(&self.config.outbox) {
            let expiry = expiry.max(now + core::time::Duration::from_nanos(1));
            self.timers.set(WakeReason::Expiry, expiry);
        }
        Ok(if is_next { Published::Sent } else { Published::Queued })
    }

    fn reason_against(
        &self,
        topic: &Topic,
        content: &str,
        is_live: bool,
    ) -> Option<UnpublishedReason> {
        let leads_there = match topic {
            Topic::Broadcast => self.topics.broadcast.is_some(),
            Topic::Room(room) => self.topics.rooms.contains_key(room),
            Topic::Collection(_) | Topic::Everything => false,
        };
        if self.phase == Phase::Closed {
            return Some(UnpublishedReason::Closed);
        }
        if !leads_there {
            return Some(UnpublishedReason::NotThere);
        }
        if !is_live && self.config.outbox.offline == Offline::Refuse {
            return Some(UnpublishedReason::Offline);
        }
        let json = serde_json::from_str::<IgnoredAny>(content);
        json.err().map(|error| UnpublishedReason::Json(JsonError::from(error)))
    }

    /// The server left something out, and cannot be asked for it.
    pub(super) fn break_off(&mut self, collection: &str, cause: GapCause) {
        if let Some(watched) = self.topics.watched.get_mut(collection) {
            watched.continuity.break_off(cause, self.last_heard);
            watched.is_live = false;
        }
    }

    pub(super) fn tell_all(&mut self, events: impl IntoIterator<Item = Event>, now: Instant) {
        for event in events {
            self.tell(event, now);
        }
    }
}
