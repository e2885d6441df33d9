//! Who is in a room.

use alloc::collections::BTreeMap;

use crate::text::Text;
use crate::wire::{Joined, Presence};

/// A room as the session knows it: kept right through joins, departures and reconnections.
///
/// ```
/// # use cocobase_proto::Session;
/// fn show(session: &Session) {
///     if let Some(room) = session.room("general") {
///         println!("{}: {} here", room.title().map_or("?", |title| title), room.count());
///         for (id, name) in room.participants() {
///             println!("  {id} {}", name.map_or("", |name| name));
///         }
///     }
/// }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomView {
    title: Option<Text>,
    count: u64,
    people: BTreeMap<Text, Option<Text>>,
    me: Option<Text>,
    is_current: bool,
    is_complete: bool,
}

impl RoomView {
    /// The room's title, if the server said it.
    #[must_use]
    pub const fn title(&self) -> Option<&Text> {
        self.title.as_ref()
    }

    /// How many are in the room, this client included.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The id that this client has in the room, if the server said it.
    #[must_use]
    pub const fn me(&self) -> Option<&Text> {
        self.me.as_ref()
    }

    /// Those in the room of whom the session knows, by id, with their names.
    pub fn participants(&self) -> impl Iterator<Item = (&Text, Option<&Text>)> {
        self.people.iter().map(|(id, name)| (id, name.as_ref()))
    }

    /// Whether [`participants`](Self::participants) are all. The documented greeting tells only how
    /// many were there before; our server names them.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether the room is entered at present. Without a link the view is the last one.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.is_current
    }

    pub(super) fn enter(&mut self, joined: &Joined, limit: usize) {
        self.title = joined.room.title.clone().or_else(|| self.title.take());
        self.people.clear();
        self.me.clone_from(&joined.user_id);
        let listed = joined.participants.iter().flatten();
        self.people.extend(listed.take(limit).map(|one| (one.id.clone(), one.name.clone())));
        let known = joined.participants.as_ref().map(|all| all.len() as u64);
        self.is_complete = known.is_some_and(|known| known <= limit as u64);
        self.count = joined.room.participants.or(known).unwrap_or(1);
        self.is_current = true;
    }

    pub(super) const fn leave(&mut self) {
        self.is_current = false;
    }

    pub(super) fn arrive(&mut self, presence: &Presence, limit: usize) {
        let is_new = presence.user_id.as_ref().is_none_or(|id| !self.people.contains_key(id));
        if let Some(id) = &presence.user_id {
            if self.people.len() < limit || !is_new {
                self.people.insert(id.clone(), presence.user_name.clone());
            } else {
                self.is_complete = false;
            }
        }
        let counted = self.count.saturating_add(u64::from(is_new));
        self.recount(presence, counted);
    }

    pub(super) fn depart(&mut self, presence: &Presence) {
        let is_known = presence.user_id.as_ref().is_some_and(|id| self.people.remove(id).is_some());
        let was_counted = is_known || !self.is_complete;
        let counted = self.count.saturating_sub(u64::from(was_counted));
        self.recount(presence, counted);
    }

    fn recount(&mut self, presence: &Presence, counted: u64) {
        self.count = presence.room.participants.unwrap_or(counted);
        if presence.room.title.is_some() {
            self.title.clone_from(&presence.room.title);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Participant, RoomInfo};

    fn joined(count: u64, people: Option<&[&str]>) -> Joined {
        Joined {
            room: RoomInfo { participants: Some(count), ..RoomInfo::default() },
            participants: people.map(|people| {
                people.iter().map(|id| Participant { id: (*id).into(), name: None }).collect()
            }),
            ..Joined::default()
        }
    }

    fn presence(id: &str, count: Option<u64>) -> Presence {
        Presence {
            room: RoomInfo { participants: count, ..RoomInfo::default() },
            user_id: Some(id.into()),
            user_name: None,
            timestamp: None,
            frame: Text::default(),
        }
    }

    fn ids(view: &RoomView) -> alloc::vec::Vec<&str> {
        view.participants().map(|(id, _)| &**id).collect()
    }

    #[test]
    fn people_come_and_go() {
        let mut view = RoomView::default();
        view.enter(&joined(2, Some(&["a", "me"])), 10);
        assert!(view.is_complete() && view.is_current());
        view.arrive(&presence("b", None), 10);
        view.arrive(&presence("b", None), 10);
        assert_eq!((view.count(), ids(&view)), (3, alloc::vec!["a", "b", "me"]));
        view.depart(&presence("a", None));
        view.depart(&presence("stranger", None));
        assert_eq!((view.count(), ids(&view)), (2, alloc::vec!["b", "me"]));
        view.arrive(&presence("c", Some(7)), 10);
        assert_eq!(view.count(), 7, "the server knows better");
    }

    #[test]
    fn a_server_that_names_nobody_is_believed_in_its_number() {
        let mut view = RoomView::default();
        view.enter(&joined(5, None), 10);
        assert!(!view.is_complete());
        assert_eq!(view.count(), 5);
        view.depart(&presence("unknown", None));
        assert_eq!(view.count(), 4);
    }

    #[test]
    fn a_crowd_is_counted_but_not_listed() {
        let mut view = RoomView::default();
        view.enter(&joined(3, Some(&["a", "b", "c"])), 2);
        assert!(!view.is_complete());
        view.arrive(&presence("d", None), 2);
        assert_eq!((view.count(), ids(&view).len()), (4, 2));
    }
}
