//! Lists that are asked for, and what happens until they come.

use alloc::collections::BTreeMap;

use crate::document::Document;
use crate::query::ListQuery;
use crate::text::Text;
use crate::wire::Position;

/// A list that a [`LiveView`](super::LiveView) wants to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Read {
    /// To be given back with the answer.
    pub id: ReadId,
    /// What to ask the server for.
    pub query: ListQuery,
}

/// The number of one request for a list. Late answers are told apart by it. See [`Read`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ReadId(pub(super) u64);

/// A request on its way, and the changes that have come since.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) id: ReadId,
    /// How far the changes had been followed when it was asked for.
    since: Option<Position>,
    /// The last change of each document.
    changes: BTreeMap<Text, Late>,
    /// There were too many of them.
    has_overflowed: bool,
}

#[derive(Debug, Clone)]
struct Late {
    /// `None` when it was deleted.
    document: Option<Document>,
    seq: Option<u64>,
}

impl Asked {
    pub(super) const fn new(id: ReadId, since: Option<Position>) -> Self {
        Self { id, since, changes: BTreeMap::new(), has_overflowed: false }
    }

    pub(super) fn note(
        &mut self,
        id: &Text,
        document: Option<&Document>,
        seq: Option<u64>,
        max: usize,
    ) {
        if self.changes.len() >= max && !self.changes.contains_key(id) {
            self.has_overflowed = true;
            self.changes.clear();
        }
        if !self.has_overflowed {
            self.changes.insert(id.clone(), Late { document: document.cloned(), seq });
        }
    }

    /// Whether a list from `position` is of use: it is not older than the request, as one from a
    /// lagging copy of the server may be, and what has changed since is known.
    pub(super) fn accepts(&self, position: Option<&Position>) -> bool {
        let is_older = match (&self.since, position) {
            (Some(since), Some(position)) => {
                since.epoch == position.epoch && since.seq > position.seq
            }
            _ => false,
        };
        !self.has_overflowed && !is_older
    }

    /// The changes to be applied to a list that contains those up to `included`, if it says so.
    pub(super) fn after(
        self,
        included: Option<u64>,
    ) -> impl Iterator<Item = (Text, Option<Document>)> {
        self.changes
            .into_iter()
            .filter(move |(_, late)| {
                late.seq.zip(included).is_none_or(|(seq, included)| seq > included)
            })
            .map(|(id, late)| (id, late.document))
    }
}
