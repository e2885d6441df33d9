//! One subscription: is what the user was told what was committed?

use std::collections::BTreeSet;

use cocobase_proto::{
    ChangeKind, Document, Event, Gap, GapCause, Greeting, Position, Snapshot, Text, Topic,
};

use super::budget::Budget;
use crate::pair::query::QUERIES;
use crate::pair::store::{Documents, Entry, Store, flat};

/// Follows what a user hears of one collection.
#[derive(Debug)]
pub(in crate::pair) struct Follower {
    collection: Text,
    query: usize,
    wants_snapshot: bool,
    /// The server may leave out what a later change of the same document makes pointless.
    coalesces: bool,
    /// All up to here was told, or lies in a gap that was told.
    position: Option<Position>,
    /// Told to be missing after `position`.
    budget: Budget,
    /// What the last greeting says, until the gap behind it, if any, was told.
    greeted: Option<Position>,
    was_greeted: bool,
    /// The server has confirmed the present query on this link.
    pub(super) is_confirmed: bool,
    gathered: Vec<Document>,
    /// Documents with changes that were left out: a later one is to come.
    promised: BTreeSet<Text>,
}

type Verdict = Result<(), String>;

impl Follower {
    pub(in crate::pair) fn new(
        collection: &str,
        query: usize,
        snapshot: bool,
        coalesces: bool,
    ) -> Self {
        Self {
            collection: collection.into(),
            query,
            wants_snapshot: snapshot,
            coalesces,
            position: None,
            budget: Budget::default(),
            greeted: None,
            was_greeted: false,
            is_confirmed: false,
            gathered: Vec::new(),
            promised: BTreeSet::new(),
        }
    }

    pub(super) const fn collection(&self) -> &Text {
        &self.collection
    }

    pub(super) const fn wants(&self, query: usize, snapshot: bool) -> bool {
        self.query == query && self.wants_snapshot == snapshot
    }

    /// The user asks for something else of the same collection.
    pub(super) fn replace_query(&mut self, query: usize, snapshot: bool) {
        let collection = self.collection.clone();
        *self =
            Self { was_greeted: true, ..Self::new(&collection, query, snapshot, self.coalesces) };
    }

    /// Takes in what the user was told. `epoch` is the history in which the link's server counts.
    pub(super) fn note(&mut self, event: &Event, epoch: &Text, store: &Store) -> Verdict {
        match event {
            Event::Snapshot(Snapshot { document, .. }) => self.gathered.push(document.clone()),
            Event::Disconnected(_) => {
                self.gathered.clear();
                self.is_confirmed = false;
            }
            Event::Connected(greeting) | Event::Subscribed(greeting) => {
                self.is_confirmed = true;
                self.close(store)?;
                return self.greet(greeting, store);
            }
            Event::Gap(gap) => return self.gap(gap, store),
            Event::Created(change) => {
                let seq = change.seq.ok_or("a change without a number")?;
                return self.change(ChangeKind::Created, seq, &change.document, epoch, store);
            }
            Event::Updated(change) => {
                let seq = change.seq.ok_or("a change without a number")?;
                return self.change(ChangeKind::Updated, seq, &change.document, epoch, store);
            }
            Event::Deleted(deleted) => {
                let seq = deleted.seq.ok_or("a change without a number")?;
                return self.change(ChangeKind::Deleted, seq, &deleted.document, epoch, store);
            }
            _ => {}
        }
        Ok(())
    }

    /// Nothing is on its way any more: everything must have been told.
    pub(super) fn check_quiet(&mut self, store: &Store) -> Verdict {
        self.close(store)?;
        let end = store.position(&self.collection);
        self.reach(&end, store)?;
        match self.promised.first() {
            Some(id) => Err(format!("the last change of {id} never came")),
            None => Ok(()),
        }
    }

    fn greet(&mut self, greeting: &Greeting, store: &Store) -> Verdict {
        let gathered = std::mem::take(&mut self.gathered);
        let was_greeted = std::mem::replace(&mut self.was_greeted, true);
        let Some(position) = &greeting.position else {
            // A stream that began without a greeting: where, is not known.
            self.position = None;
            return Ok(());
        };
        if let Some(count) = greeting.snapshot {
            self.budget = Budget::default();
            self.promised.clear();
            self.position = Some(position.clone());
            return self.check_snapshot(&gathered, count, position, store);
        }
        if greeting.resumed == Some(true) {
            return match &self.position {
                Some(mine) if mine.epoch != position.epoch && self.budget.is_endless() => {
                    // The greeting of that epoch is among what the user was told to have missed.
                    self.position = None;
                    Ok(())
                }
                Some(mine) if mine.epoch != position.epoch => Err(format!(
                    "resumed in epoch {}, having been in {}",
                    position.epoch, mine.epoch
                )),
                _ => Ok(()),
            };
        }
        if was_greeted {
            self.greeted = Some(position.clone());
        } else {
            self.position = Some(position.clone());
        }
        Ok(())
    }

    fn gap(&mut self, gap: &Gap, store: &Store) -> Verdict {
        self.promised.clear();
        if self.greeted == self.position {
            // The greeting misses nothing, so the gap is about what came after it.
            self.greeted = None;
        }
        match gap.topic == Topic::Everything {
            true => self.budget.add_shared(gap.missed),
            false => self.budget.add(gap.missed),
        }
        if gap.cause != GapCause::Overflow {
            return self.close(store);
        }
        if self.budget.is_endless() && self.greeted.is_some() {
            // The gap before the greeting may be among what was lost, and so may be what came after.
            self.position = self.greeted.take();
        }
        Ok(())
    }

    /// The greeting's position is where the user goes on.
    fn close(&mut self, store: &Store) -> Verdict {
        let Some(greeted) = self.greeted.take() else { return Ok(()) };
        self.reach(&greeted, store)
    }

    /// All up to `to` is told or told to be missing.
    fn reach(&mut self, to: &Position, store: &Store) -> Verdict {
        let Some(from) = self.position.replace(to.clone()) else {
            self.budget = Budget::default();
            return Ok(());
        };
        if from.epoch != to.epoch {
            return match std::mem::take(&mut self.budget).is_endless() {
                true => Ok(()),
                false => Err(format!(
                    "epoch {} gave way to {} without a gap of unknown extent",
                    from.epoch, to.epoch
                )),
            };
        }
        if from.seq > to.seq {
            return Err(format!("went back from {} to {}", from.seq, to.seq));
        }
        let Some(history) = store.history(&to.epoch, &self.collection) else {
            return Err(format!("there is no epoch {}", to.epoch));
        };
        let missing: Vec<&Entry> = history.fitting(from.seq + 1, to.seq, self.query).collect();
        let count = missing.len() as u64;
        if self.coalesces && self.budget.is_empty() {
            self.promised.extend(missing.iter().map(|entry| entry.commit.id.clone()));
            return Ok(());
        }
        if self.coalesces {
            self.budget = Budget::default();
            return Ok(());
        }
        self.budget.settle(count).map_err(|problem| {
            let seqs: Vec<u64> = missing.iter().map(|entry| entry.commit.seq).collect();
            format!("between {} and {}, {problem}: {seqs:?}", from.seq, to.seq)
        })
    }

    fn change(
        &mut self,
        kind: ChangeKind,
        seq: u64,
        document: &Document,
        epoch: &Text,
        store: &Store,
    ) -> Verdict {
        self.close(store)?;
        // What it counts in is no secret, unless the greeting was among what the user was told to
        // have missed.
        let may_be_new = self.budget.is_endless()
            && store
                .history(epoch, &self.collection)
                .and_then(|history| history.entry(seq))
                .is_some_and(|entry| document.id().as_ref() == Some(&entry.commit.id));
        let known = self.position.as_ref().filter(|_| !may_be_new);
        let epoch = known.map_or(epoch, |position| &position.epoch).clone();
        let history = store.history(&epoch, &self.collection);
        let Some(entry) = history.and_then(|history| history.entry(seq)) else {
            return Err(format!("change {seq} of epoch {epoch} was never committed"));
        };
        if let Some(position) = &self.position
            && seq <= position.seq
            && position.epoch == epoch
        {
            return Err(format!("change {seq} was told after {}", position.seq));
        }
        if entry.commit.kind != kind {
            return Err(format!(
                "change {seq} was told as {kind:?}, and is {:?}",
                entry.commit.kind
            ));
        }
        if !entry.fits(self.query) {
            return Err(format!("change {seq} was told and does not match"));
        }
        if document.id().as_ref() != Some(&entry.commit.id) {
            return Err(format!("change {seq} is told of {:?}", document.id()));
        }
        if kind != ChangeKind::Deleted
            && document.to_map().ok() != entry.commit.metadata().flat_view(&entry.commit.data).ok()
        {
            return Err(format!("change {seq} tells of other values: {}", document.json()));
        }
        self.reach(&Position { epoch: epoch.clone(), seq: seq - 1 }, store)?;
        self.promised.remove(&entry.commit.id);
        self.position = Some(Position { epoch, seq });
        Ok(())
    }

    fn check_snapshot(
        &self,
        gathered: &[Document],
        count: u64,
        position: &Position,
        store: &Store,
    ) -> Verdict {
        if gathered.len() as u64 != count {
            // Some were dropped as the user was slow; that was told.
            return Ok(());
        }
        let Some(history) = store.history(&position.epoch, &self.collection) else {
            return Err(format!("a snapshot of the unknown epoch {}", position.epoch));
        };
        let expected = wanted(&history.documents_at(position.seq), self.query);
        let mut given = gathered.to_vec();
        given.sort_by_key(Document::id);
        same(&given, &expected)
            .map_err(|problem| format!("the snapshot at {}: {problem}", position.seq))
    }
}

/// What the model says a query has to answer, by id.
pub(in crate::pair) fn wanted(documents: &Documents, query: usize) -> Vec<Document> {
    let Some(query) = QUERIES.get(query) else { return Vec::new() };
    let fit = documents.iter().filter(|(_, stored)| (query.matches)(&stored.fields));
    fit.map(|(id, stored)| flat(id, stored)).collect()
}

/// Whether two lists show the same, however it is written.
pub(in crate::pair) fn same(given: &[Document], expected: &[Document]) -> Verdict {
    let ids = |list: &[Document]| list.iter().map(Document::id).collect::<Vec<_>>();
    if ids(given) != ids(expected) {
        return Err(format!("has {:?} instead of {:?}", ids(given), ids(expected)));
    }
    for (given, expected) in given.iter().zip(expected) {
        if given.to_map().ok() != expected.to_map().ok() {
            return Err(format!("has {} instead of {}", given.json(), expected.json()));
        }
    }
    Ok(())
}
