//! The connections of a channel.

use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cocobase_proto::Participant;

/// Connections side by side in memory, for the walk over all of them, and found by key.
#[derive(Debug)]
pub(super) struct Members<M> {
    list: Vec<M>,
    seats: BTreeMap<M, Seat>,
}

#[derive(Debug)]
struct Seat {
    /// Where in the list.
    at: usize,
    user: Arc<Participant>,
}

impl<M: Copy + Ord> Members<M> {
    pub(super) const fn new() -> Self {
        Self { list: Vec::new(), seats: BTreeMap::new() }
    }

    pub(super) fn list(&self) -> &[M] {
        &self.list
    }

    pub(super) fn user(&self, member: M) -> Option<&Arc<Participant>> {
        self.seats.get(&member).map(|seat| &seat.user)
    }

    /// Adds a member. One that is there stays who it is: `false`.
    pub(super) fn insert(&mut self, member: M, user: Arc<Participant>) -> bool {
        let Entry::Vacant(place) = self.seats.entry(member) else { return false };
        place.insert(Seat { at: self.list.len(), user });
        self.list.push(member);
        true
    }

    pub(super) fn remove(&mut self, member: M) -> Option<Arc<Participant>> {
        let Seat { at, user } = self.seats.remove(&member)?;
        // The last one takes the place of the one that goes.
        self.list.swap_remove(at);
        if let Some(moved) = self.list.get(at)
            && let Some(seat) = self.seats.get_mut(moved)
        {
            seat.at = at;
        }
        // A crowd that has gone must not go on to take its memory.
        if self.list.capacity() / 4 > self.list.len() {
            self.list.shrink_to(2 * self.list.len());
        }
        Some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_leaves_the_others_stay_side_by_side() {
        let user = Arc::new(Participant { id: "u".into(), name: None });
        let mut members = Members::new();
        for member in 0..1_000 {
            assert!(members.insert(member, Arc::clone(&user)));
            assert!(!members.insert(member, Arc::clone(&user)));
        }
        for member in (0..1_000).filter(|member| member % 10 != 0) {
            assert!(members.remove(member).is_some());
            assert!(members.remove(member).is_none());
        }
        let mut left = members.list().to_vec();
        left.sort_unstable();
        assert_eq!(left, (0..1_000).step_by(10).collect::<Vec<_>>());
        assert!(members.list.capacity() <= 4 * left.len() + 3, "{}", members.list.capacity());

        for member in left {
            assert!(members.remove(member).is_some());
        }
        assert_eq!((members.list(), members.list.capacity()), (&[][..], 0));
    }
}
