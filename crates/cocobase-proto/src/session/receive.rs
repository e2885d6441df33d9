//! What the server says, and what follows from it.

use alloc::boxed::Box;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::document::Document;
use crate::json::{JsonError, behind_value};
use crate::sse::Item;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{
    Change, Greeting, Joined, Lagged, Position, Presence, RoomMessage, ServerMessage, Surface,
};

use super::continuity::{Answer, Continuity, Verdict};
use super::event::{Event, Fault, GapCause, Malformed, Snapshot, Topic};
use super::link::LinkId;
use super::topics::{LocalFilter, Watched};
use super::{Phase, Session, WakeReason};

impl Session {
    /// A piece of an event stream.
    pub(super) fn receive_bytes(&mut self, link: LinkId, bytes: Bytes, now: Instant) {
        if self.surface != Surface::Events {
            return;
        }
        self.stream.push_bytes(bytes);
        while let Some(item) = self.stream.poll() {
            self.receive_item(link, item, now);
            // What was said may have ended the link, and with it the rest of the piece.
            if self.phase.link() != Some(link) {
                return;
            }
        }
    }

    /// What an event stream says, whoever has read it.
    pub(super) fn receive_item(&mut self, link: LinkId, item: Item, now: Instant) {
        if self.surface != Surface::Events {
            return;
        }
        match item {
            Item::Message(message) => {
                self.last_event_id = message.last_event_id;
                self.receive(link, message.data, now);
            }
            Item::Comment => {}
            Item::Retry(pause) => self.stream_pause = Some(pause),
            Item::Overflow(overflow) => {
                let reason = alloc::string::ToString::to_string(&overflow);
                let error = JsonError { line: 0, column: 0, reason };
                let text = Text::default();
                self.tell(Event::Malformed(Malformed { text, error }), now);
            }
        }
    }

    pub(super) fn receive(&mut self, link: LinkId, text: Text, now: Instant) {
        let message = match self.templates.read(&text, |at_document, _| behind_value(at_document)) {
            Some(message) => Ok(message),
            None => ServerMessage::decode(&text).inspect(|message| {
                self.templates.learn(&text, message);
            }),
        };
        match message {
            Ok(message) if self.is_awaited(link, &message, now) => {
                self.take(link, message, text, now);
            }
            Ok(_) => {}
            Err(error) => self.tell(Event::Malformed(Malformed { text, error }), now),
        }
    }

    /// Does what follows from a message that is of interest.
    pub(super) fn take(&mut self, link: LinkId, message: ServerMessage, text: Text, now: Instant) {
        match message {
            // A room is entered with `joined`, and with nothing else.
            ServerMessage::Greeting(_) | ServerMessage::Subscribed(_)
                if self.surface == Surface::Room => {}
            ServerMessage::Greeting(greeting) => self.greeted(link, greeting, now),
            ServerMessage::Subscribed(greeting) => self.subscribed(link, greeting, now),
            ServerMessage::Unsubscribed { collection } => {
                self.ended.confirm(&collection);
                // Of one that another has followed, the user has heard enough.
                if !self.topics.watched.contains_key(&collection) {
                    self.tell(Event::Unsubscribed { collection }, now);
                }
            }
            ServerMessage::Joined(joined) => self.joined(link, joined, now),
            ServerMessage::Left { room } => self.tell(Event::Left { room }, now),
            ServerMessage::Created(mut change) => {
                let verdict = self.judge(link, &mut change, now);
                self.tell_verdict(verdict, Event::Created(change), now);
            }
            ServerMessage::Updated(mut change) => {
                let verdict = self.judge(link, &mut change, now);
                self.tell_verdict(verdict, Event::Updated(change), now);
            }
            ServerMessage::Deleted(mut deleted) => {
                self.fill_seq(&mut deleted.seq);
                if let Some(local) = self.local_filter() {
                    local.forget(deleted.id.as_ref());
                }
                let verdict = self.follow(link, deleted.collection.as_ref(), deleted.seq, now);
                self.tell_verdict(verdict, Event::Deleted(deleted), now);
            }
            ServerMessage::Snapshot(document) => {
                if let Phase::Greeting(_) = self.phase {
                    // A snapshot may be long; each of its documents is a sign of life.
                    self.set_timer(WakeReason::Greeting, self.config.greeting_timeout, now);
                }
                self.tell(Event::Snapshot(Snapshot::from(document)), now);
            }
            ServerMessage::Message(message) => self.message(link, message, now),
            ServerMessage::UserJoined(presence) => self.presence(presence, true, now),
            ServerMessage::UserLeft(presence) => self.presence(presence, false, now),
            ServerMessage::Lagged(lagged) => self.lagged(lagged, now),
            ServerMessage::Error(error) => self.server_error(error, now),
            ServerMessage::Pong => {
                self.round_trip = self.pinged_at.take().map(|at| now.since(at)).or(self.round_trip);
            }
            ServerMessage::Authenticated => self.ended.trust(),
            _ => self.tell(Event::Unknown(text), now),
        }
    }

    /// Whether what the server says is of interest, now that it says something.
    pub(super) fn is_awaited(
        &mut self,
        link: LinkId,
        message: &ServerMessage,
        now: Instant,
    ) -> bool {
        if self.surface == Surface::Gateway && !matches!(message, ServerMessage::Error(_)) {
            // Nothing confirms a gateway's hello for sure, so whatever it says does.
            self.go_live(link, Greeting::default, now);
        }
        !collection_of(message).is_some_and(|name| self.ended.is_awaited(name))
    }

    /// What to do with a created or updated document.
    pub(super) fn judge(&mut self, link: LinkId, change: &mut Change, now: Instant) -> Verdict {
        self.fill_seq(&mut change.seq);
        match self.admits(&change.document) {
            true => self.follow(link, change.collection.as_ref(), change.seq, now),
            false => Verdict::Ignore,
        }
    }

    /// The link is live: everything that the session is about goes on.
    pub(super) fn take_up(&mut self, greeting: Greeting, now: Instant) {
        let answer = answer_of(&greeting);
        let mut gaps = Vec::new();
        match self.surface {
            // A room goes on when it is joined.
            Surface::Room => {}
            Surface::Gateway => {
                // A server that has confirmed before is waited for; of another, this is all.
                let unconfirmed = self.topics.watched.values_mut().filter(|one| !one.was_confirmed);
                gaps.extend(
                    unconfirmed.filter_map(|watched| take_up(&mut watched.continuity, now)),
                );
                let unconfirmed = self.topics.rooms.values_mut().filter(|one| !one.was_confirmed);
                gaps.extend(unconfirmed.filter_map(|room| take_up(&mut room.continuity, now)));
            }
            Surface::Broadcast => {
                if let Some(continuity) = &mut self.topics.broadcast {
                    gaps.extend(continuity.resume(answer, now));
                }
            }
            _ => {
                if let Some(watched) = self.topics.only_watched() {
                    watched.is_live = true;
                    gaps.extend(watched.continuity.resume(answer, now));
                }
            }
        }
        self.tell(Event::Connected(greeting), now);
        self.tell_all(gaps.into_iter().map(Event::Gap), now);
    }

    /// The server greets. An event stream may count as live already; then a late greeting still tells
    /// from where on events follow, and that the next link's is worth waiting for.
    fn greeted(&mut self, link: LinkId, greeting: Greeting, now: Instant) {
        if self.surface == Surface::Events
            && let Some(watched) = self.topics.only_watched()
        {
            watched.was_confirmed = true;
            if watched.is_live
                && watched.continuity.position().is_none()
                && let Some(position) = &greeting.position
            {
                watched.continuity.set_position(position.clone());
            }
        }
        self.go_live(link, || greeting, now);
    }

    /// A subscription of the gateway stands. Elsewhere it is another word for the greeting.
    fn subscribed(&mut self, link: LinkId, greeting: Greeting, now: Instant) {
        if self.surface != Surface::Gateway {
            return self.greeted(link, greeting, now);
        }
        let Some(watched) =
            greeting.collection.as_ref().and_then(|name| self.topics.watched.get_mut(name))
        else {
            return;
        };
        watched.was_confirmed = true;
        if watched.is_live {
            return;
        }
        watched.is_live = true;
        let gap = watched.continuity.resume(answer_of(&greeting), now);
        self.tell(Event::Subscribed(greeting), now);
        self.tell_all(gap.map(Event::Gap), now);
    }

    fn joined(&mut self, link: LinkId, joined: Joined, now: Instant) {
        let limit = self.config.max_participants;
        let is_room = self.surface == Surface::Room;
        let was_live = matches!(self.phase, Phase::Live(_));
        if is_room {
            if was_live {
                return;
            }
            self.go_live(link, Greeting::default, now);
        }
        let room = match (&joined.room.id, is_room) {
            (_, true) => self.topics.only_room(),
            (Some(id), false) => self.topics.rooms.get_mut(id),
            (None, false) => None,
        };
        let Some(room) = room else { return };
        room.settle();
        room.view.enter(&joined, limit);
        let answer = Answer {
            position: joined.position.as_ref(),
            resumed: joined.resumed,
            has_snapshot: false,
        };
        let gap = room.continuity.resume(answer, now);
        self.tell(Event::Joined(joined), now);
        self.tell_all(gap.map(Event::Gap), now);
    }

    /// What to do with a change. It is as good a proof of life as a greeting, for servers that do
    /// not greet.
    fn follow(
        &mut self,
        link: LinkId,
        collection: Option<&Text>,
        seq: Option<u64>,
        now: Instant,
    ) -> Verdict {
        if self.topics.watched.is_empty() {
            return Verdict::Ignore;
        }
        self.go_live(link, Greeting::default, now);
        let is_gateway = self.surface == Surface::Gateway;
        let last_heard = self.last_heard;
        let watched = match collection {
            Some(name) if is_gateway => self.topics.watched.get_mut(name),
            None if is_gateway && self.topics.watched.len() != 1 => None,
            _ => self.topics.only_watched(),
        };
        // What belongs to no subscription is a latecomer of one that was ended.
        let Some(watched) = watched else { return Verdict::Ignore };
        if watched.was_confirmed && !watched.is_live {
            // The server is about to resume; what it said before comes again, in its place.
            return Verdict::Ignore;
        }
        // A server that confirms nothing shows by its first change that the stream goes on.
        let gap = take_up(&mut watched.continuity, now);
        let verdict = watched.continuity.advance(seq, last_heard, now);
        self.tell_all(gap.map(Event::Gap), now);
        verdict
    }

    fn message(&mut self, link: LinkId, message: RoomMessage, now: Instant) {
        let last_heard = self.last_heard;
        if self.surface == Surface::Broadcast {
            self.go_live(link, Greeting::default, now);
        }
        let continuity = match (self.surface, &message.room.id) {
            (Surface::Broadcast, _) => self.topics.broadcast.as_mut(),
            (Surface::Gateway, Some(id)) => {
                self.topics.rooms.get_mut(id).map(|room| &mut room.continuity)
            }
            (Surface::Room, _) => self.topics.only_room().map(|room| &mut room.continuity),
            _ => None,
        };
        let Some(continuity) = continuity else { return };
        let gap = take_up(continuity, now);
        let verdict = continuity.advance(message.seq, last_heard, now);
        self.tell_all(gap.map(Event::Gap), now);
        self.tell_verdict(verdict, Event::Message(message), now);
    }

    fn presence(&mut self, presence: Presence, has_come: bool, now: Instant) {
        let limit = self.config.max_participants;
        let room = match &presence.room.id {
            Some(id) if self.surface == Surface::Gateway => self.topics.rooms.get_mut(id),
            _ => self.topics.only_room(),
        };
        let Some(room) = room else { return };
        if has_come {
            room.view.arrive(&presence, limit);
            self.tell(Event::UserJoined(presence), now);
        } else {
            room.view.depart(&presence);
            self.tell(Event::UserLeft(presence), now);
        }
    }

    /// The server had to leave something out. Where it can be asked for it, it is; what cannot be
    /// had again is a gap.
    fn lagged(&mut self, lagged: Lagged, now: Instant) {
        let (resumes, last_heard) = (self.config.resume, self.last_heard);
        let is_gateway = self.surface == Surface::Gateway;
        if let Some(room) = lagged.room.as_ref().filter(|_| is_gateway) {
            let Some(room) = self.topics.rooms.get_mut(room) else { return };
            let gap = room.continuity.lagged(lagged.missed, lagged.position, last_heard, now);
            return self.tell(Event::Gap(gap), now);
        }
        if is_gateway && lagged.collection.is_none() {
            // All of them have lagged.
            let names: Vec<Text> = self.topics.watched.keys().cloned().collect();
            for name in names {
                let collection = Some(name);
                self.lagged(Lagged { collection, missed: None, ..lagged.clone() }, now);
            }
            return;
        }
        let watched = match &lagged.collection {
            Some(name) if is_gateway => self.topics.watched.get_mut(name),
            _ => self.topics.only_watched(),
        };
        let Some(watched) = watched else {
            return self.tell_lag_elsewhere(lagged, now);
        };
        if !resumes || watched.continuity.position().is_none() {
            let gap = watched.continuity.lagged(lagged.missed, lagged.position, last_heard, now);
            return self.tell(Event::Gap(gap), now);
        }
        if !is_gateway {
            return self.lose(Fault::Lagged, None, now);
        }
        if watched.was_confirmed && !watched.is_live {
            // It is being resumed already.
            return;
        }
        let collection = watched.subscription.collection.clone();
        self.break_off(&collection, GapCause::Lagged);
        self.mark(Topic::Collection(collection), true);
    }

    fn tell_lag_elsewhere(&mut self, lagged: Lagged, now: Instant) {
        let last_heard = self.last_heard;
        let continuity = match &mut self.topics.broadcast {
            Some(continuity) => Some(continuity),
            None => self.topics.only_room().map(|room| &mut room.continuity),
        };
        if let Some(continuity) = continuity {
            let gap = continuity.lagged(lagged.missed, lagged.position, last_heard, now);
            self.tell(Event::Gap(gap), now);
        }
    }

    pub(super) fn tell_verdict(&mut self, verdict: Verdict, event: Event, now: Instant) {
        match verdict {
            Verdict::Ignore => {}
            Verdict::Deliver => self.tell(event, now),
            Verdict::DeliverAfter(gap) => {
                self.tell(Event::Gap(gap), now);
                self.tell(event, now);
            }
        }
    }

    /// On an event stream, a change's number may stand in its id.
    fn fill_seq(&mut self, seq: &mut Option<u64>) {
        if self.surface != Surface::Events || self.last_event_id.is_empty() {
            return;
        }
        let is_placed = |watched: &mut Box<Watched>| watched.continuity.position().is_some();
        if seq.is_some() && self.topics.only_watched().is_some_and(is_placed) {
            return;
        }
        let Some((epoch, at)) = Position::parts(&self.last_event_id) else { return };
        if seq.is_none() {
            *seq = Some(at);
        }
        // A stream without a greeting says by its ids what it counts in.
        if let Some(watched) = self.topics.only_watched()
            && watched.continuity.position().is_none()
        {
            let before = Position { epoch: epoch.into(), seq: at.saturating_sub(1) };
            watched.continuity.set_position(before);
        }
    }

    fn admits(&mut self, document: &Document) -> bool {
        self.local_filter().is_none_or(|local| local.admits(document))
    }

    fn local_filter(&mut self) -> Option<&mut LocalFilter> {
        match self.surface {
            Surface::SelfHosted => self.topics.only_watched()?.local.as_mut(),
            _ => None,
        }
    }
}

/// The collection whose subscription a message is part of.
const fn collection_of(message: &ServerMessage) -> Option<&Text> {
    match message {
        ServerMessage::Subscribed(greeting) => greeting.collection.as_ref(),
        ServerMessage::Created(change) | ServerMessage::Updated(change) => {
            change.collection.as_ref()
        }
        ServerMessage::Deleted(deleted) => deleted.collection.as_ref(),
        ServerMessage::Snapshot(document) => document.collection.as_ref(),
        ServerMessage::Lagged(lagged) => lagged.collection.as_ref(),
        _ => None,
    }
}

fn answer_of(greeting: &Greeting) -> Answer<'_> {
    Answer {
        position: greeting.position.as_ref(),
        resumed: greeting.resumed,
        has_snapshot: greeting.snapshot.is_some(),
    }
}

/// The stream goes on with a server that does not say from where.
fn take_up(continuity: &mut Continuity, now: Instant) -> Option<super::Gap> {
    if !continuity.is_broken() {
        return None;
    }
    continuity.resume(Answer::default(), now)
}
