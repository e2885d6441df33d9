//! The filters of one collection's subscribers.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::BuildHasher;
use core::mem;

use cocobase_proto::filter::{Filter, Matcher};
use foldhash::fast::FixedState;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use serde_json::{Map, Value};

use crate::connections::ConnectionId;
use crate::index::{Candidate, Index};

/// Which subscribers a change concerns.
///
/// An index answers, in time that grows with the number of subscribers concerned and hardly with
/// the number of filters. Equal filters of many subscribers are kept once.
///
/// ```
/// use cocobase_hub::{ConnectionId, FilterSet};
/// use cocobase_proto::Metadata;
/// use cocobase_proto::filter::Filter;
///
/// let mut filters = FilterSet::default();
/// filters.insert(ConnectionId::from_bits(1), &Filter::new().eq("status", "active").gte("age", 18));
/// filters.insert(ConnectionId::from_bits(2), &Filter::new().eq("status", "gone"));
/// filters.insert(ConnectionId::from_bits(3), &Filter::new());
///
/// let new = Metadata::default().flat_view(r#"{"status":"gone","age":20}"#)?;
/// let old = Metadata::default().flat_view(r#"{"status":"active","age":20}"#)?;
/// let mut receivers = Vec::new();
/// filters.collect(None, &new, &mut receivers);
/// assert_eq!(receivers, [ConnectionId::from_bits(2), ConnectionId::from_bits(3)]);
///
/// receivers.clear();
/// filters.collect(Some(&old), &new, &mut receivers);
/// assert_eq!(receivers, [ConnectionId::from_bits(1), ConnectionId::from_bits(2), ConnectionId::from_bits(3)]);
/// # Ok::<(), cocobase_proto::JsonError>(())
/// ```
#[derive(Debug, Default)]
pub struct FilterSet {
    /// Those whom everything concerns.
    unfiltered: BTreeSet<ConnectionId>,
    /// The slots of the others' filters.
    slots: BTreeMap<ConnectionId, u32>,
    /// By slot, as are `matchers` and `audiences`.
    filters: Vec<Filter>,
    matchers: Vec<Matcher>,
    audiences: Vec<Audience>,
    free: Vec<u32>,
    /// The slots, by the filters in them.
    equal: HashTable<u32>,
    hasher: FixedState,
    index: Index,
    event: u64,
    found: Vec<Candidate>,
}

/// The subscribers of one filter.
#[derive(Debug)]
struct Audience {
    /// The last event that they were told of.
    told: u64,
    first: ConnectionId,
    others: Vec<ConnectionId>,
}

impl FilterSet {
    /// Whether there is no subscriber.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unfiltered.is_empty() && self.slots.is_empty()
    }

    /// Adds a subscriber, or gives one that is there another filter.
    pub fn insert(&mut self, id: ConnectionId, filter: &Filter) {
        self.remove(id);
        if filter.is_empty() {
            self.unfiltered.insert(id);
            return;
        }
        let (filters, hasher) = (&self.filters, &self.hasher);
        let is_equal = |slot: &u32| filters.get(*slot as usize) == Some(filter);
        let hash_of = |slot: &u32| hasher.hash_one(filters.get(*slot as usize));
        let slot = match self.equal.entry(hasher.hash_one(Some(filter)), is_equal, hash_of) {
            Entry::Occupied(entry) => {
                let slot = *entry.get();
                if let Some(audience) = self.audiences.get_mut(slot as usize) {
                    audience.others.push(id);
                }
                slot
            }
            Entry::Vacant(entry) => {
                let slot = self.free.pop().unwrap_or(filters.len() as u32);
                entry.insert(slot);
                let audience = Audience { told: 0, first: id, others: Vec::new() };
                put(&mut self.filters, slot, filter.clone());
                put(&mut self.matchers, slot, Matcher::new(filter));
                put(&mut self.audiences, slot, audience);
                self.index.insert(slot, &self.filters);
                slot
            }
        };
        self.slots.insert(id, slot);
    }

    /// Forgets a subscriber. One that is not there is no trouble.
    pub fn remove(&mut self, id: ConnectionId) {
        self.unfiltered.remove(&id);
        let Some(slot) = self.slots.remove(&id) else {
            return;
        };
        if let Some(audience) = self.audiences.get_mut(slot as usize) {
            if audience.first != id {
                audience.others.retain(|other| *other != id);
                return;
            }
            if let Some(other) = audience.others.pop() {
                audience.first = other;
                return;
            }
        }
        self.index.remove(slot, &self.filters);
        let hash = self.hasher.hash_one(self.filters.get(slot as usize));
        if let Ok(entry) = self.equal.find_entry(hash, |other| *other == slot) {
            entry.remove();
        }
        // An empty filter takes no memory beyond its place.
        put(&mut self.filters, slot, Filter::new());
        put(&mut self.matchers, slot, Matcher::new(&Filter::new()));
        self.free.push(slot);
    }

    /// Whether any answer depends on the documents, which then have to be read.
    #[must_use]
    pub fn needs_documents(&self) -> bool {
        !self.slots.is_empty()
    }

    /// Appends the subscribers whose filter fits the new document or the old one, given as their
    /// [flat views](cocobase_proto::Metadata::flat_view), in the order of their numbers.
    pub fn collect(
        &mut self,
        old: Option<&Map<String, Value>>,
        new: &Map<String, Value>,
        receivers: &mut Vec<ConnectionId>,
    ) {
        let start = receivers.len();
        self.event += 1;
        self.collect_matching(new, receivers);
        if let Some(old) = old {
            self.collect_matching(old, receivers);
        }
        if let Some(matching) = receivers.get_mut(start..) {
            matching.sort_unstable();
        }
        if !self.unfiltered.is_empty() {
            self.collect_unfiltered(receivers);
            // Two sorted runs, which this merges.
            receivers.get_mut(start..).unwrap_or_default().sort();
        }
    }

    /// Appends every subscriber without a filter, in the order of their numbers: all there are, unless
    /// the [documents are needed](Self::needs_documents).
    pub fn collect_unfiltered(&self, receivers: &mut Vec<ConnectionId>) {
        receivers.extend(&self.unfiltered);
    }

    fn collect_matching(
        &mut self,
        document: &Map<String, Value>,
        receivers: &mut Vec<ConnectionId>,
    ) {
        let mut found = mem::take(&mut self.found);
        self.index.collect(document, &mut found);
        for candidate in found.drain(..) {
            let slot = candidate.slot() as usize;
            let (Some(audience), Some(matcher)) =
                (self.audiences.get_mut(slot), self.matchers.get(slot))
            else {
                continue;
            };
            if audience.told != self.event && (candidate.is_proved() || matcher.matches(document)) {
                audience.told = self.event;
                receivers.push(audience.first);
                receivers.extend(&audience.others);
            }
        }
        self.found = found;
    }
}

/// Fills a slot, which is one of the row's or the next.
fn put<T>(row: &mut Vec<T>, slot: u32, value: T) {
    match row.get_mut(slot as usize) {
        Some(place) => *place = value,
        None => row.push(value),
    }
}
