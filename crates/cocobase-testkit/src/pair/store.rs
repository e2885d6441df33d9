//! What is durable: a plain list of changes for each collection, and what follows from it.

use std::collections::BTreeMap;

use cocobase_hub::Commit;
use cocobase_proto::{ChangeKind, Document, Metadata, Position, Text};

use super::query::{Fields, QUERIES};
use crate::random::Random;

pub(super) const COLLECTIONS: [&str; 2] = ["quakes", "users"];

/// All histories, the present one and those that were given up.
#[derive(Debug)]
pub(super) struct Store {
    epoch: Text,
    epochs: u32,
    histories: BTreeMap<(Text, Text), History>,
    revisions: u64,
}

/// One collection in one epoch.
#[derive(Debug, Default)]
pub(super) struct History {
    /// What was there before the first change.
    base: Documents,
    changes: Vec<Entry>,
    /// What is there after the last one.
    present: Documents,
    /// Changes up to this number can no longer be read.
    forgotten: u64,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) commit: Commit,
    stored: Stored,
    /// One bit for each of [`QUERIES`]: whether the old or the new document matches.
    matches: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) created_at: Text,
    pub(super) updated_at: Text,
    pub(super) fields: Fields,
}

pub(super) type Documents = BTreeMap<Text, Stored>;

impl Entry {
    pub(super) const fn fits(&self, query: usize) -> bool {
        self.matches >> query & 1 == 1
    }

    fn apply(&self, documents: &mut Documents) {
        let Self { commit, stored, .. } = self;
        if commit.kind == ChangeKind::Deleted {
            documents.remove(&commit.id);
        } else {
            documents.insert(commit.id.clone(), stored.clone());
        }
    }
}

impl History {
    pub(super) fn end(&self) -> u64 {
        self.changes.len() as u64
    }

    pub(super) fn entry(&self, seq: u64) -> Option<&Entry> {
        self.changes.get(usize::try_from(seq.checked_sub(1)?).ok()?)
    }

    /// The changes with these numbers, both included, that the query lets through.
    pub(super) fn fitting(&self, from: u64, to: u64, query: usize) -> impl Iterator<Item = &Entry> {
        let start = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
        let end = usize::try_from(to).unwrap_or(usize::MAX).min(self.changes.len());
        let part = self.changes.get(start..end).unwrap_or_default();
        part.iter().filter(move |entry| entry.fits(query))
    }

    /// The collection as it was after the change `seq`.
    pub(super) fn documents_at(&self, seq: u64) -> Documents {
        if seq >= self.end() {
            return self.present.clone();
        }
        let mut documents = self.base.clone();
        for entry in self.changes.iter().take(usize::try_from(seq).unwrap_or(usize::MAX)) {
            entry.apply(&mut documents);
        }
        documents
    }

    pub(super) const fn documents(&self) -> &Documents {
        &self.present
    }

    /// A page of what came after `seq`, and whether that is all that came.
    pub(super) fn page(&self, seq: u64, limit: usize) -> (Vec<Commit>, bool) {
        let part = self.changes.iter().skip(usize::try_from(seq).unwrap_or(usize::MAX));
        let reaches_back = seq >= self.forgotten;
        let read = if reaches_back { limit } else { 0 };
        (part.take(read).map(|entry| entry.commit.clone()).collect(), reaches_back)
    }

    pub(super) fn forget_up_to(&mut self, seq: u64) {
        self.forgotten = self.forgotten.max(seq);
    }
}

impl Store {
    pub(super) fn new() -> Self {
        let mut store =
            Self { epoch: Text::default(), epochs: 0, histories: BTreeMap::new(), revisions: 0 };
        store.begin_again(false);
        store
    }

    pub(super) const fn epoch(&self) -> &Text {
        &self.epoch
    }

    /// Another history begins, with the present documents or with none.
    pub(super) fn begin_again(&mut self, keeps_documents: bool) {
        let documents = COLLECTIONS.map(|name| {
            let kept = self.present(name).filter(|_| keeps_documents);
            kept.map(|history| history.present.clone()).unwrap_or_default()
        });
        self.epochs += 1;
        self.epoch = format!("e{}", self.epochs).into();
        for (name, base) in COLLECTIONS.into_iter().zip(documents) {
            let history = History { present: base.clone(), base, ..History::default() };
            self.histories.insert((self.epoch.clone(), name.into()), history);
        }
    }

    pub(super) fn history(&self, epoch: &Text, collection: &str) -> Option<&History> {
        self.histories.get(&(epoch.clone(), collection.into()))
    }

    pub(super) fn present(&self, collection: &str) -> Option<&History> {
        self.history(&self.epoch, collection)
    }

    pub(super) fn present_mut(&mut self, collection: &str) -> Option<&mut History> {
        self.histories.get_mut(&(self.epoch.clone(), collection.into()))
    }

    pub(super) fn position(&self, collection: &str) -> Position {
        let seq = self.present(collection).map_or(0, History::end);
        Position { epoch: self.epoch.clone(), seq }
    }

    /// A random change to a collection.
    pub(super) fn write(&mut self, collection: &str, random: &mut Random) -> Option<Commit> {
        self.revisions += 1;
        let revision = self.revisions;
        let history = self.present_mut(collection)?;
        let documents = &history.present;
        let existing: Vec<&Text> = documents.keys().collect();
        let chosen = if random.chance(35) { None } else { random.pick(&existing).copied() };
        let time: Text = format!("2025-01-01T00:00:00.{revision:09}Z").into();
        let (kind, id, old) = match chosen {
            None => (ChangeKind::Created, format!("d{revision:06}").into(), None),
            Some(id) => {
                let kind = match random.chance(30) {
                    true => ChangeKind::Deleted,
                    false => ChangeKind::Updated,
                };
                (kind, id.clone(), documents.get(id))
            }
        };
        let created_at = old.map_or_else(|| time.clone(), |old| old.created_at.clone());
        let fields = match (kind, old) {
            (ChangeKind::Deleted, Some(old)) => old.fields.clone(),
            _ => Fields::random(random, revision),
        };
        let fits = |fields: &Fields| {
            QUERIES
                .iter()
                .rev()
                .fold(0, |bits, query| bits << 1 | u64::from((query.matches)(fields)))
        };
        let matches = fits(&fields) | old.map_or(0, |old| fits(&old.fields));
        let commit = Commit {
            collection: collection.into(),
            seq: history.end() + 1,
            kind,
            id,
            created_at: created_at.clone(),
            updated_at: time.clone(),
            data: fields.json().into(),
            old: old.filter(|_| kind == ChangeKind::Updated).map(|old| old.fields.json().into()),
        };
        let stored = Stored { created_at, updated_at: time, fields };
        let entry = Entry { commit: commit.clone(), stored, matches };
        entry.apply(&mut history.present);
        history.changes.push(entry);
        Some(commit)
    }
}

/// A document as a list shows it.
pub(super) fn flat(id: &Text, stored: &Stored) -> Document {
    let metadata = Metadata {
        id: Some(id),
        created_at: Some(&stored.created_at),
        updated_at: Some(&stored.updated_at),
    };
    let view = metadata.flat_view(&stored.fields.json()).unwrap_or_default();
    Document::new(serde_json::Value::Object(view).to_string().into())
}
