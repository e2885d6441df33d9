//! The errors that a server reports: what ends the session, what a topic, what a link, and what nothing.

use crate::refusal::{Refusal, RefusalKind};
use crate::time::Instant;
use crate::wire::{ErrorMessage, Surface};

use super::event::{Event, Fault, Topic};
use super::{Phase, Session};

impl Session {
    pub(super) fn server_error(&mut self, error: ErrorMessage, now: Instant) {
        let is_greeting = matches!(self.phase, Phase::Greeting(_));
        if let Some(refusal) = Refusal::of_message(&error) {
            let is_topics = refusal.kind != RefusalKind::Credentials;
            return if self.surface == Surface::Gateway && is_topics {
                self.refuse_topic(error, refusal, now);
            } else if self.surface == Surface::Room && self.enters_another_way(&refusal) {
                self.give_up_link(now);
                self.open(now);
            } else {
                self.refuse(refusal, now);
            };
        }
        let is_timeout = error.message.eq_ignore_ascii_case(ErrorMessage::AUTHENTICATION_TIMEOUT);
        if is_greeting && (is_timeout || self.surface != Surface::Gateway) {
            return self.lose(Fault::Server(error), None, now);
        }
        self.tell(Event::ServerError(error), now);
    }

    /// Whether a room that is refused one way may be entered the other way.
    fn enters_another_way(&mut self, refusal: &Refusal) -> bool {
        refusal.kind == RefusalKind::Room
            && self.topics.only_room().is_some_and(|room| room.switch())
    }

    /// The gateway refuses one subscription or room. The documented errors do not say which: then it
    /// must be the only one that is not confirmed, or nobody knows.
    fn refuse_topic(&mut self, error: ErrorMessage, refusal: Refusal, now: Instant) {
        let is_room = matches!(refusal.kind, RefusalKind::Room | RefusalKind::ForeignRoom);
        let topic = match is_room {
            true => error.room.clone().or_else(|| {
                let mut open = self.topics.rooms.iter().filter(|(_, room)| !room.view.is_current());
                let (room, _) = open.next()?;
                open.next().is_none().then(|| room.clone())
            }),
            false => error.collection.clone().or_else(|| {
                let mut open = self.topics.watched.iter().filter(|(_, watched)| !watched.is_live);
                let (name, _) = open.next()?;
                open.next().is_none().then(|| name.clone())
            }),
        };
        let Some(name) = topic else { return self.tell(Event::ServerError(error), now) };
        let topic = if is_room {
            self.give_back(&Topic::Room(name.clone()), now);
            self.topics.rooms.remove(&name).map(|_| Topic::Room(name))
        } else {
            self.topics.watched.remove(&name).map(|_| Topic::Collection(name))
        };
        match topic {
            Some(topic) => self.tell(Event::TopicRefused { topic, refusal }, now),
            None => self.tell(Event::ServerError(error), now),
        }
    }
}
