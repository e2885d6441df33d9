//! The documents of a world, and the history of their changes.

use std::collections::BTreeMap;

use cocobase_hub::{Commit, SnapshotDocument, SnapshotPage};
use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::{ChangeKind, Metadata, Text};
use serde_json::{Map, Value};

#[derive(Debug, Default)]
pub(super) struct Store {
    pub(super) collections: BTreeMap<Text, Collection>,
    /// All changes ever made: they name documents and their times.
    revisions: u64,
}

#[derive(Debug, Default)]
pub(super) struct Collection {
    documents: BTreeMap<Text, Stored>,
    pub(super) history: Vec<Commit>,
}

#[derive(Debug, Clone)]
struct Stored {
    created_at: Text,
    updated_at: Text,
    fields: Map<String, Value>,
}

impl Store {
    pub(super) fn create(&mut self, collection: &str, fields: Map<String, Value>) -> Commit {
        self.revisions += 1;
        let id = Text::from(format!("d{:06}", self.revisions));
        self.commit(collection, ChangeKind::Created, id, fields)
    }

    /// Gives some fields of a document new values, if there is such a document.
    pub(super) fn update(
        &mut self,
        collection: &str,
        id: &str,
        fields: Map<String, Value>,
    ) -> Option<Commit> {
        let (id, stored) = self.collections.get(collection)?.documents.get_key_value(id)?;
        let (id, mut merged) = (id.clone(), stored.fields.clone());
        merged.extend(fields);
        self.revisions += 1;
        Some(self.commit(collection, ChangeKind::Updated, id, merged))
    }

    pub(super) fn delete(&mut self, collection: &str, id: &str) -> Option<Commit> {
        let (id, stored) = self.collections.get(collection)?.documents.get_key_value(id)?;
        let (id, fields) = (id.clone(), stored.fields.clone());
        self.revisions += 1;
        Some(self.commit(collection, ChangeKind::Deleted, id, fields))
    }

    fn commit(
        &mut self,
        name: &str,
        kind: ChangeKind,
        id: Text,
        fields: Map<String, Value>,
    ) -> Commit {
        let updated_at = time(self.revisions);
        let collection = self.collections.entry(name.into()).or_default();
        let former = collection.documents.remove(&id);
        let created_at = former.as_ref().map_or(&updated_at, |former| &former.created_at).clone();
        let commit = Commit {
            collection: name.into(),
            seq: collection.history.len() as u64 + 1,
            kind,
            id: id.clone(),
            created_at: created_at.clone(),
            updated_at: updated_at.clone(),
            data: json(&fields),
            old: former.filter(|_| kind == ChangeKind::Updated).map(|former| json(&former.fields)),
        };
        if kind != ChangeKind::Deleted {
            collection.documents.insert(id, Stored { created_at, updated_at, fields });
        }
        collection.history.push(commit.clone());
        commit
    }

    pub(super) fn snapshot(&self, collection: &str, filter: &Filter) -> SnapshotPage {
        let Some(collection) = self.collections.get(collection) else {
            return SnapshotPage { seq: 0, documents: Vec::new() };
        };
        let matcher = Matcher::new(filter);
        let documents = collection.documents.iter().filter_map(|(id, stored)| {
            let Stored { created_at, updated_at, fields } = stored;
            let metadata = Metadata {
                id: Some(id),
                created_at: Some(created_at),
                updated_at: Some(updated_at),
            };
            let view = metadata.flat_view(&json(fields)).ok()?;
            matcher.matches(&view).then(|| SnapshotDocument {
                id: id.clone(),
                created_at: created_at.clone(),
                updated_at: updated_at.clone(),
                fields: json(fields),
            })
        });
        SnapshotPage { seq: collection.history.len() as u64, documents: documents.collect() }
    }

    /// The changes after a number.
    pub(super) fn history(&self, collection: &str, after: u64) -> Vec<Commit> {
        let history = self.collections.get(collection).map(|collection| &collection.history);
        let after = usize::try_from(after).unwrap_or(usize::MAX);
        history.into_iter().flatten().skip(after).cloned().collect()
    }
}

/// A time that grows with every change. Documents are ordered by it.
fn time(revision: u64) -> Text {
    format!("2025-01-01T00:00:00.{revision:09}Z").into()
}

fn json(fields: &Map<String, Value>) -> Text {
    serde_json::to_string(fields).unwrap_or_default().into()
}
