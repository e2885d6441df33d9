//! What is said in rooms and on the broadcast, and who hears it.

use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use cocobase_proto::wire::encode::{self, Presence, PresenceKind};
use cocobase_proto::wire::{ErrorMessage, Surface, code};
use cocobase_proto::{Instant, Participant, Position, Text};

use crate::clock::rfc3339;
use crate::close::TRY_AGAIN;
use crate::config::Overflow;
use crate::connection::{Subject, TieState};
use crate::connections::ConnectionId;
use crate::delivery::TOO_SLOW;
use crate::encoded::Encoded;
use crate::frame::{Frame, Weight};
use crate::hub::Hub;
use crate::rooms::{Channel, EnterError, Mode, Room, StoredMessage};

/// The most users that a greeting names. Beyond that it says only how many there are, as naming all
/// of a crowd to each who comes would take the square of its number.
const MAX_NAMED: usize = 1_000;

/// Messages of the past, each with its number.
pub(crate) type Missed = Vec<(u64, Frame)>;

impl Hub {
    /// Brings a connection into a room and greets it there.
    pub(crate) fn join(
        &mut self,
        id: ConnectionId,
        room: &Text,
        mode: Mode<'_>,
        resume: Option<&Position>,
        now: Instant,
    ) -> Result<(), EnterError> {
        let Some(connection) = self.connections.get_mut(id) else { return Ok(()) };
        let Some(user) = connection.user.clone() else { return Ok(()) };
        let surface = connection.surface;
        let entered = self.rooms.enter(room, id, &user, mode, now)?;
        let subject = Subject::Room(room.clone());
        connection.tie(subject.clone(), TieState::Live);

        let is_news = entered.is_first_of_user;
        let room = entered.room;
        let words = room.info();
        let missed = resume.map(|from| missed(room.channel(), from, words, surface));
        let now_at = room.channel().position();
        let (position, resumed) = answer(resume, &now_at, missed.as_ref());
        let participants: Option<Vec<Participant>> = (room.participants().len() <= MAX_NAMED)
            .then(|| room.participants().cloned().collect());
        let greeting = encode::Joined {
            room: words,
            user_id: Some(&user.id),
            participants: participants.as_deref(),
            position: Some(position),
            resumed,
        };
        let text = greeting.encode(surface);
        let presence = is_news.then(|| presence(room, &user, PresenceKind::Joined, now));
        let others = room.channel().members().to_vec();

        self.say_text(id, &text);
        self.replay(id, &subject, missed.flatten().unwrap_or_default());
        if let Some(frame) = presence {
            self.tell_presence(&others, Some(id), &subject, &frame);
        }
        Ok(())
    }

    /// Takes a connection out of a room and tells the others.
    pub(crate) fn tell_departure(&mut self, id: ConnectionId, room: &Text, now: Instant) {
        let Some(left) = self.rooms.leave(room, id, now) else { return };
        if left.is_last_of_user {
            let frame = presence(left.room, &left.user, PresenceKind::Left, now);
            let others = left.room.channel().members().to_vec();
            self.tell_presence(&others, None, &Subject::Room(room.clone()), &frame);
        }
    }

    /// Says something in a room.
    pub(crate) fn post_room(&mut self, id: ConnectionId, room: &Text, content: &str, now: Instant) {
        let Some(posted) = self.rooms.post(room, id, content, now) else {
            let error = match self.rooms.get(room) {
                None => ErrorMessage::new(ErrorMessage::ROOM_NOT_FOUND),
                Some(_) => ErrorMessage::new("Not in this room").with_code(code::ERROR),
            };
            let error = error.with_detail("join the room before you say something there");
            return self.report(id, &error.of_room(room.clone()));
        };
        let (words, message) = (posted.room.info(), posted.message);
        let words = (words.id.to_string(), words.title.map(String::from));
        let mut receivers = core::mem::take(&mut self.receivers);
        receivers.extend_from_slice(posted.room.channel().members());
        let (at, seq) = (rfc3339(message.at), message.seq);
        let mut said = Encoded::new(move |surface| {
            let words =
                encode::Room { id: &words.0, title: words.1.as_deref(), participants: None };
            Some(frame(&message, words, &at, surface))
        });
        self.hand_out(&receivers, seq, || Subject::Room(room.clone()), &mut said);
        receivers.clear();
        self.receivers = receivers;
    }

    /// Brings a connection to the broadcast and greets it there.
    pub(crate) fn join_broadcast(&mut self, id: ConnectionId, resume: Option<&Position>) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let Some(user) = connection.user.clone() else { return };
        self.broadcast.enter(id, Arc::clone(&user));
        connection.tie(Subject::Broadcast, TieState::Live);

        let words = encode::Room::default();
        let missed = resume.map(|from| missed(&self.broadcast, from, words, Surface::Broadcast));
        let now_at = self.broadcast.position();
        let (position, resumed) = answer(resume, &now_at, missed.as_ref());
        let greeting = encode::BroadcastGreeting {
            project_id: &self.config.project_id,
            user_id: &user.id,
            position: Some(position),
            resumed,
        };
        let text = greeting.encode();
        self.say_text(id, &text);
        self.replay(id, &Subject::Broadcast, missed.flatten().unwrap_or_default());
    }

    /// Says something to the whole project.
    pub(crate) fn post_broadcast(&mut self, id: ConnectionId, content: &str, now: Instant) {
        let Some(message) = self.broadcast.post(id, content, now) else { return };
        let mut receivers = core::mem::take(&mut self.receivers);
        receivers.extend_from_slice(self.broadcast.members());
        let (at, seq) = (rfc3339(message.at), message.seq);
        let mut said = Encoded::new(move |surface| {
            Some(frame(&message, encode::Room::default(), &at, surface))
        });
        self.hand_out(&receivers, seq, || Subject::Broadcast, &mut said);
        receivers.clear();
        self.receivers = receivers;
    }

    /// Queues what a connection has missed. If it has missed too much for its queue, it lags, whatever
    /// is to become of slow clients else: one that were disconnected would come back for the same.
    fn replay(&mut self, id: ConnectionId, subject: &Subject, missed: Missed) {
        for (seq, frame) in missed {
            self.deliver_with_care(id, subject, seq, &frame, Overflow::Lag);
        }
    }

    /// Tells the room's own connections who came or went. There is no number to see by that one was
    /// missed; so who has no place for it is to come again, and is told who is there.
    fn tell_presence(
        &mut self,
        others: &[ConnectionId],
        except: Option<ConnectionId>,
        subject: &Subject,
        frame: &Frame,
    ) {
        for id in others.iter().copied().filter(|id| Some(*id) != except) {
            let Some(connection) = self.connections.get_mut(id) else { continue };
            if connection.surface != Surface::Room || connection.is_closing() {
                continue;
            }
            let is_live = matches!(connection.state(subject), Some(TieState::Live));
            if is_live && self.outlet.fits(&connection.queue, frame.cost()) {
                self.outlet.push(id, connection, frame.clone());
            } else {
                self.cut_off(id, TRY_AGAIN, TOO_SLOW);
            }
        }
    }
}

/// Where the greeting says that it goes on, and whether that is where the client wanted to.
fn answer<'a>(
    resume: Option<&'a Position>,
    now_at: &'a Position,
    missed: Option<&Option<Missed>>,
) -> (&'a Position, Option<bool>) {
    match (resume, missed) {
        (Some(from), Some(Some(_))) => (from, Some(true)),
        (_, missed) => (now_at, missed.map(|_| false)),
    }
}

/// What was said after `from`, unless something of it may be missing.
fn missed(
    channel: &Channel<ConnectionId>,
    from: &Position,
    words: encode::Room<'_>,
    surface: Surface,
) -> Option<Missed> {
    let told = |message: &StoredMessage| {
        (message.seq, frame(message, words, &rfc3339(message.at), surface))
    };
    channel.since(from).map(|messages| messages.map(told).collect())
}

fn frame(message: &StoredMessage, words: encode::Room<'_>, at: &str, surface: Surface) -> Frame {
    Frame::message(&message.wire(words, at).encode(surface), Weight::Event)
}

fn presence(
    room: &Room<ConnectionId>,
    user: &Participant,
    kind: PresenceKind,
    now: Instant,
) -> Frame {
    let presence = Presence {
        kind,
        user_id: &user.id,
        user_name: user.name.as_deref(),
        timestamp: &rfc3339(now),
        room: room.info(),
    };
    Frame::message(&presence.encode(), Weight::Event)
}
