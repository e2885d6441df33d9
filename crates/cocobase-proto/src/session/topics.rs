//! The desired state: what a session is about, whatever becomes of its links.

use alloc::boxed::Box;
use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};

use crate::document::Document;
use crate::filter::{Filter, Matcher};
use crate::text::Text;
use crate::time::Instant;
use crate::wire::RoomAction;

use super::continuity::Continuity;
use super::event::Topic;
use super::room::RoomView;
use super::target::{RoomEntry, RoomMode, Subscription, Target};

/// Most sessions have one topic, and a map keeps places for a dozen: so they are boxes.
#[derive(Debug, Clone, Default)]
pub(super) struct Topics {
    pub(super) watched: BTreeMap<Text, Box<Watched>>,
    pub(super) rooms: BTreeMap<Text, Box<Entered>>,
    pub(super) broadcast: Option<Continuity>,
}

/// A subscription and how far it has been followed.
#[derive(Debug, Clone)]
pub(super) struct Watched {
    pub(super) subscription: Subscription,
    pub(super) continuity: Continuity,
    /// The filter, where the server does not evaluate it (surface C′).
    pub(super) local: Option<LocalFilter>,
    /// The server has confirmed it on this link.
    pub(super) is_live: bool,
    /// The server has confirmed it on some link, so it can be expected to do so again.
    pub(super) was_confirmed: bool,
}

/// Which ends of subscriptions our server still has to confirm on this link. Whatever it says of such
/// a collection before, it says of a subscription that is no longer wanted, even if another has
/// followed.
#[derive(Debug, Clone, Default)]
pub(super) struct Ended {
    awaited: BTreeMap<Text, u32>,
    is_ours: bool,
}

impl Ended {
    /// The server has shown that it confirms subscriptions and their ends.
    pub(super) const fn trust(&mut self) {
        self.is_ours = true;
    }

    /// Whether the server can be expected to confirm.
    pub(super) const fn is_trusted(&self) -> bool {
        self.is_ours
    }

    /// The server is told that a subscription ends. Up to `limit` collections are remembered.
    pub(super) fn tell(&mut self, name: &Text, limit: usize) {
        if let Some(count) = self.awaited.get_mut(name) {
            *count = count.saturating_add(1);
        } else if self.is_ours && self.awaited.len() < limit {
            self.awaited.insert(name.clone(), 1);
        }
    }

    /// The server confirms it.
    pub(super) fn confirm(&mut self, name: &Text) {
        if let Some(count) = self.awaited.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.awaited.remove(name);
            }
        }
    }

    pub(super) fn is_awaited(&self, name: &Text) -> bool {
        self.awaited.contains_key(name)
    }
}

/// A room and who is in it.
#[derive(Debug, Clone)]
pub(super) struct Entered {
    pub(super) entry: RoomEntry,
    /// What the next hello asks for.
    pub(super) action: RoomAction,
    /// The other action has been tried since the room was last entered.
    pub(super) has_switched: bool,
    pub(super) continuity: Continuity,
    pub(super) view: RoomView,
    pub(super) was_confirmed: bool,
}

/// Evaluates a filter on the client's side.
#[derive(Debug, Clone)]
pub(super) struct LocalFilter {
    matcher: Matcher,
    /// The documents that matched when they were last seen: their updates are told even when they
    /// no longer match, so that a live view learns what left it.
    matched: BTreeSet<Text>,
    /// There were too many of them to remember; from then on every update is told.
    is_full: bool,
}

/// How many matching documents a local filter remembers.
const MAX_MATCHED: usize = 10_000;

impl Topics {
    pub(super) fn new(target: Target) -> Self {
        let mut topics = Self::default();
        match target {
            Target::Collection(subscription)
            | Target::Events(subscription)
            | Target::CollectionOrEvents(subscription) => {
                topics.watch(subscription, None);
            }
            Target::SelfHosted(subscription) => {
                let local = LocalFilter::new(&subscription.filter);
                topics.watch(subscription, local);
            }
            Target::Broadcast(_) => {
                topics.broadcast = Some(Continuity::new(Topic::Broadcast, false));
            }
            Target::Room(entry) => topics.enter(entry),
            Target::Gateway(_) => {}
        }
        topics
    }

    /// Nothing is known of what a server confirms.
    pub(super) fn forget_confirmations(&mut self) {
        for watched in self.watched.values_mut() {
            watched.was_confirmed = false;
        }
    }

    pub(super) fn watch(
        &mut self,
        subscription: Subscription,
        local: Option<LocalFilter>,
    ) -> &mut Watched {
        let name = subscription.collection.clone();
        let topic = Topic::Collection(name.clone());
        let continuity = Continuity::new(topic, !subscription.filter.is_empty());
        let watched = Box::new(Watched {
            subscription,
            continuity,
            local,
            is_live: false,
            was_confirmed: false,
        });
        match self.watched.entry(name) {
            Entry::Vacant(vacant) => vacant.insert(watched),
            Entry::Occupied(occupied) => {
                let place = occupied.into_mut();
                *place = watched;
                place
            }
        }
    }

    pub(super) fn enter(&mut self, entry: RoomEntry) {
        let room = entry.room.clone();
        let entered = Entered {
            action: entry.first_action(),
            has_switched: false,
            continuity: Continuity::new(Topic::Room(room.clone()), false),
            view: RoomView::default(),
            was_confirmed: false,
            entry,
        };
        self.rooms.insert(room, Box::new(entered));
    }

    pub(super) fn len(&self) -> usize {
        self.watched.len() + self.rooms.len()
    }

    pub(super) fn contains(&self, topic: &Topic) -> bool {
        match topic {
            Topic::Collection(name) => self.watched.contains_key(name),
            Topic::Room(room) => self.rooms.contains_key(room),
            Topic::Broadcast | Topic::Everything => false,
        }
    }

    /// The one subscription of a session that has only one.
    pub(super) fn only_watched(&mut self) -> Option<&mut Box<Watched>> {
        self.watched.values_mut().next()
    }

    /// The one room of a session that has only one.
    pub(super) fn only_room(&mut self) -> Option<&mut Box<Entered>> {
        self.rooms.values_mut().next()
    }

    /// The link is lost.
    pub(super) fn lose(&mut self, last_heard: Instant) {
        for watched in self.watched.values_mut() {
            watched.is_live = false;
            watched.continuity.lose(last_heard);
        }
        for room in self.rooms.values_mut() {
            room.view.leave();
            room.continuity.lose(last_heard);
        }
        if let Some(continuity) = &mut self.broadcast {
            continuity.lose(last_heard);
        }
    }
}

impl RoomEntry {
    fn first_action(&self) -> RoomAction {
        match self.mode {
            RoomMode::Create => RoomAction::Create,
            RoomMode::Join | RoomMode::JoinOrCreate => RoomAction::Join,
        }
    }
}

impl Entered {
    /// Tries the other way into the room, once: creating one that is missing, or joining one that
    /// is there.
    pub(super) fn switch(&mut self) -> bool {
        let may_switch = !self.has_switched && self.entry.mode != RoomMode::Join;
        if may_switch {
            self.has_switched = true;
            self.action = match self.action {
                RoomAction::Create => RoomAction::Join,
                RoomAction::Join => RoomAction::Create,
            };
        }
        may_switch
    }

    /// The room is entered: the next time, the first way is tried first again.
    pub(super) fn settle(&mut self) {
        self.has_switched = false;
        self.action = self.entry.first_action();
        self.was_confirmed = true;
    }
}

impl LocalFilter {
    fn new(filter: &Filter) -> Option<Self> {
        (!filter.is_empty()).then(|| Self {
            matcher: Matcher::new(filter),
            matched: BTreeSet::new(),
            is_full: false,
        })
    }

    /// Whether a created or updated document is to be told.
    pub(super) fn admits(&mut self, document: &Document) -> bool {
        let (Some(id), Ok(view)) = (document.id(), document.to_map()) else { return true };
        if self.matcher.matches(&view) {
            if self.matched.len() < MAX_MATCHED {
                self.matched.insert(id);
            } else {
                self.is_full |= !self.matched.contains(&id);
            }
            return true;
        }
        self.matched.remove(&id) || self.is_full
    }

    pub(super) fn forget(&mut self, id: Option<&Text>) {
        if let Some(id) = id {
            self.matched.remove(id);
        }
    }
}
