//! The reference: what one user was told, held against what happened.

mod budget;
mod changes;
mod messages;

use std::collections::{BTreeMap, BTreeSet};

use cocobase_proto::{Event, GapCause, Position, Text, Topic};

use super::store::Store;
pub(super) use changes::{Follower, same, wanted};
use messages::number_of;
pub(super) use messages::{Board, Listener, content};

type Verdict = Result<(), String>;

/// One user's view.
#[derive(Debug, Default)]
pub(super) struct Audit {
    is_gateway: bool,
    followers: Vec<Follower>,
    listeners: Vec<Listener>,
    /// Who is in each room, by what the user was told of comings and goings.
    pub(super) people: BTreeMap<Text, BTreeSet<Text>>,
    outbox: Outbox,
    pub(super) told: u64,
    pub(super) gaps: u64,
}

/// What became of the messages that the session took.
#[derive(Debug, Default)]
struct Outbox {
    /// Taken, and neither handed to the driver nor given back.
    waiting: Vec<Text>,
    /// Handed to the driver on the present link.
    sent: BTreeSet<Text>,
    last_sent: BTreeMap<Topic, u64>,
    published: u64,
    /// The user was told to have missed events. That a message was given back may be among them.
    has_overflowed: bool,
}

/// # What the user wants
impl Audit {
    pub(super) fn new(is_gateway: bool) -> Self {
        Self { is_gateway, ..Self::default() }
    }

    pub(super) fn follows(&self, collection: &str) -> bool {
        self.followers.iter().any(|follower| follower.collection() == collection)
    }

    /// The rooms, or the broadcast, that the user listens to.
    pub(super) fn topics(&self) -> Vec<Topic> {
        self.listeners.iter().map(|listener| listener.topic().clone()).collect()
    }

    pub(super) fn follow(&mut self, follower: Follower) {
        self.followers.push(follower);
    }

    pub(super) fn unfollow(&mut self, collection: &str) {
        self.followers.retain(|follower| follower.collection() != collection);
    }

    pub(super) fn replace_query(&mut self, collection: &str, query: usize, snapshot: bool) {
        let followers = self.followers.iter_mut();
        followers
            .filter(|follower| follower.collection() == collection)
            .for_each(|follower| follower.replace_query(query, snapshot));
    }

    /// Whether the user follows just this.
    pub(super) fn wants(&self, collection: &str, query: usize, snapshot: bool) -> bool {
        let mut followers = self.followers.iter();
        followers.any(|one| one.collection() == collection && one.wants(query, snapshot))
    }

    /// Whether the server has confirmed what the user wants of a collection.
    pub(super) fn is_confirmed(&self, collection: &str) -> bool {
        let mut followers = self.followers.iter();
        followers.any(|follower| follower.collection() == collection && follower.is_confirmed)
    }

    pub(super) fn listen(&mut self, topic: Topic) {
        self.listeners.push(Listener::new(topic));
    }

    pub(super) fn leave(&mut self, room: &Text) {
        let topic = Topic::Room(room.clone());
        self.listeners.retain(|listener| *listener.topic() != topic);
    }

    /// The number of the next message.
    pub(super) const fn next_number(&mut self) -> u64 {
        self.outbox.published += 1;
        self.outbox.published
    }

    /// The session took a message.
    pub(super) fn published(&mut self, content: Text) {
        self.outbox.waiting.push(content);
    }

    /// The user has closed the session, or it was refused: what waits is dropped.
    pub(super) fn end(&mut self) {
        let Outbox { published, .. } = self.outbox;
        self.outbox = Outbox { published, ..Outbox::default() };
    }
}

/// # What happens
impl Audit {
    /// Takes in what the user was told.
    pub(super) fn note(
        &mut self,
        event: &Event,
        epoch: &Text,
        store: &Store,
        board: &mut Board,
    ) -> Verdict {
        self.told += 1;
        self.gaps += u64::from(matches!(event, Event::Gap(_)));
        for follower in &mut self.followers {
            let name = follower.collection().clone();
            // A gateway's own greeting is about none of its collections.
            let is_gateways = self.is_gateway && matches!(event, Event::Connected(_));
            if !is_gateways && concerns(event, &Topic::Collection(name.clone())) {
                follower
                    .note(event, epoch, store)
                    .map_err(|problem| format!("{name}: {problem}"))?;
            }
        }
        for listener in &mut self.listeners {
            let topic = listener.topic().clone();
            if !concerns(event, &topic) {
                continue;
            }
            match event {
                Event::Gap(gap) => listener.gap(gap),
                Event::Message(message) => listener.message(message, board),
                Event::Joined(joined) => listener.greet(joined.position.as_ref(), joined.resumed),
                Event::Connected(greeting) if topic == Topic::Broadcast => {
                    listener.greet(greeting.position.as_ref(), greeting.resumed)
                }
                _ => Ok(()),
            }
            .map_err(|problem| format!("{topic}: {problem}"))?;
        }
        match event {
            Event::Expired(expired) => {
                self.take_waiting(&expired.content, "given back")?;
            }
            Event::Gap(gap) if gap.cause == GapCause::Overflow => self.outbox.has_overflowed = true,
            Event::Refused(_) => self.end(),
            _ => {}
        }
        self.count_people(event);
        Ok(())
    }

    /// A new link is made: what became of that which was sent on the last one, nobody knows.
    pub(super) fn reconnects(&mut self) {
        self.outbox.sent.clear();
    }

    /// The session handed a message to the driver.
    pub(super) fn sent(&mut self, topic: &Topic, content: &Text) -> Verdict {
        self.take_waiting(content, "sent")?;
        let number = number_of(content).unwrap_or_default();
        let last = self.outbox.last_sent.insert(topic.clone(), number);
        if let Some(last) = last.filter(|last| *last >= number) {
            return Err(format!("{content} was sent after number {last}"));
        }
        self.outbox.sent.insert(content.clone());
        Ok(())
    }

    /// The server took a message of this user.
    pub(super) fn accepted(&mut self, topic: &Topic, content: &Text) {
        self.outbox.sent.remove(content);
        let listener = self.listeners.iter_mut().find(|listener| listener.topic() == topic);
        if let Some(listener) = listener {
            listener.echoes.insert(content.clone());
        }
    }

    fn take_waiting(&mut self, content: &Text, fate: &str) -> Verdict {
        let before = self.outbox.waiting.len();
        self.outbox.waiting.retain(|waiting| waiting != content);
        match self.outbox.waiting.len() < before {
            true => Ok(()),
            false => Err(format!("{content} was {fate} and does not wait")),
        }
    }

    fn count_people(&mut self, event: &Event) {
        match event {
            Event::Joined(joined) => {
                let (Some(room), Some(people)) = (&joined.room.id, &joined.participants) else {
                    return;
                };
                let people = people.iter().map(|one| one.id.clone()).collect();
                self.people.insert(room.clone(), people);
            }
            Event::UserJoined(presence) | Event::UserLeft(presence) => {
                let (Some(room), Some(user)) = (&presence.room.id, &presence.user_id) else {
                    return;
                };
                let people = self.people.entry(room.clone()).or_default();
                match event {
                    Event::UserJoined(_) => people.insert(user.clone()),
                    _ => people.remove(user),
                };
            }
            _ => {}
        }
    }
}

/// # When nothing is on its way any more
impl Audit {
    /// Every change was told; every message was handed over, and heard by the server if the link on
    /// which it was sent still stands.
    pub(super) fn check_quiet(&mut self, store: &Store) -> Verdict {
        for follower in &mut self.followers {
            let name = follower.collection().clone();
            follower.check_quiet(store).map_err(|problem| format!("{name}: {problem}"))?;
        }
        if let Some(content) = self.outbox.waiting.first()
            && !self.outbox.has_overflowed
        {
            return Err(format!("{content} was neither sent nor given back"));
        }
        match self.outbox.sent.first() {
            Some(content) => Err(format!("{content} was sent on a link that stands, in vain")),
            None => Ok(()),
        }
    }

    /// Where this user is in a room or in the broadcast.
    pub(super) fn position_in(&mut self, topic: &Topic) -> Result<Option<Position>, String> {
        let mut listeners = self.listeners.iter_mut();
        match listeners.find(|listener| listener.topic() == topic) {
            Some(listener) => listener.quiet_position(),
            None => Ok(None),
        }
    }

    /// Everything that was said was heard.
    pub(super) fn check_heard(&mut self, topic: &Topic, end: &Position, board: &Board) -> Verdict {
        let mut listeners = self.listeners.iter_mut();
        match listeners.find(|listener| listener.topic() == topic) {
            Some(listener) => {
                listener.check_quiet(end, board).map_err(|problem| format!("{topic}: {problem}"))
            }
            None => Ok(()),
        }
    }
}

/// Whether an event is about `topic`, or about everything. On surfaces with one topic a message
/// need not name it.
fn concerns(event: &Event, topic: &Topic) -> bool {
    let collection = |name: &Option<Text>| match (topic, name) {
        (Topic::Collection(mine), Some(name)) => mine == name,
        (Topic::Collection(_), None) => true,
        _ => false,
    };
    let room = |id: &Option<Text>| match (topic, id) {
        (Topic::Room(mine), Some(id)) => mine == id,
        (_, id) => id.is_none(),
    };
    match event {
        Event::Subscribed(greeting) => collection(&greeting.collection),
        Event::Snapshot(part) => collection(&part.collection),
        Event::Created(change) | Event::Updated(change) => collection(&change.collection),
        Event::Deleted(deleted) => collection(&deleted.collection),
        Event::Gap(gap) => gap.topic == *topic || gap.topic == Topic::Everything,
        Event::Message(message) => room(&message.room.id),
        Event::Joined(joined) => room(&joined.room.id),
        _ => true,
    }
}
