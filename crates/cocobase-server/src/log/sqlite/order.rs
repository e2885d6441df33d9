//! A document's place in a sorted list.

use std::cmp::Ordering;

use cocobase_proto::query::{Order, SortKey};

/// A document's place in a sorted list; equal keys keep the order of creation.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) key: SortKey,
    pub(super) order: Order,
    pub(super) created_seq: i64,
}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_key = self.key.compare(&other.key, self.order);
        by_key.then(self.created_seq.cmp(&other.created_seq))
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Entry {}
