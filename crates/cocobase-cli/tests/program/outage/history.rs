//! The truth: the server's history, read from its beginning without the client's code.

use std::collections::{BTreeMap, BTreeSet};

use cocobase_tokio::{Collection, ListQuery};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::things::{Rule, Thing};
use super::writer::Ledger;
use super::{KEY, PATIENCE};

/// A change: a mark belongs to one write only, and a document is deleted once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Told {
    Created(u64),
    Updated(u64),
    Deleted(String),
}

/// One collection's changes.
pub(crate) struct History {
    pub(crate) entries: Vec<Entry>,
}

/// One change, with the document before and after it.
pub(crate) struct Entry {
    told: Told,
    id: String,
    old: Option<Thing>,
    new: Option<Thing>,
}

impl History {
    /// Reads everything up to the last thing.
    pub(crate) async fn read(address: &str, collection: &str, epoch: &str) -> Self {
        // HTTP/1.0 knows no chunks: lines are lines.
        let request = format!(
            "GET /realtime/sse/{collection} HTTP/1.0\r\nhost: {address}\r\n\
             authorization: Bearer {KEY}\r\nlast-event-id: {epoch}:0\r\n\r\n"
        );
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut lines = BufReader::new(stream).lines();
        let mut documents: BTreeMap<String, Thing> = BTreeMap::new();
        let mut entries = Vec::new();
        loop {
            let line = timeout(PATIENCE, lines.next_line()).await.expect("the history goes on");
            let line = line.unwrap().expect("the history ends with the last thing");
            let Some(event) = line.strip_prefix("data: ") else { continue };
            let event: Value = serde_json::from_str(event).unwrap();
            assert_eq!(event["seq"], entries.len() as u64 + 1, "{event}");
            let id = event["document"]["id"].as_str().unwrap().to_owned();
            let thing = || -> Thing {
                let fields = event["document"]["data"].clone();
                let thing: Thing = serde_json::from_value(fields).unwrap();
                assert_eq!(thing, Thing::of(thing.mark), "{event}");
                thing
            };
            let (told, new) = match event["event"].as_str() {
                Some("created") => (Told::Created(thing().mark), Some(thing())),
                Some("updated") => (Told::Updated(thing().mark), Some(thing())),
                Some("deleted") => (Told::Deleted(id.clone()), None),
                _ => panic!("{event}"),
            };
            let old = match &new {
                Some(new) => documents.insert(id.clone(), new.clone()),
                None => documents.remove(&id),
            };
            assert_eq!(old.is_none(), matches!(told, Told::Created(_)), "{event}");
            let is_last = new.as_ref() == Some(&Thing::last());
            entries.push(Entry { told, id, old, new });
            if is_last {
                return Self { entries };
            }
        }
    }

    /// The documents that the changes leave.
    pub(crate) fn documents(&self) -> BTreeMap<String, Thing> {
        let mut documents = BTreeMap::new();
        for Entry { id, new, .. } in &self.entries {
            match new {
                Some(new) => documents.insert(id.clone(), new.clone()),
                None => documents.remove(id),
            };
        }
        documents
    }

    /// What a watcher with this filter is told, numbered.
    pub(crate) fn told_to(&self, rule: &Rule) -> Vec<(u64, Told)> {
        let admits = |thing: &Option<Thing>| thing.as_ref().is_some_and(rule.admits);
        (1..)
            .zip(&self.entries)
            .filter(|(_, entry)| admits(&entry.old) || admits(&entry.new))
            .map(|(seq, entry)| (seq, entry.told.clone()))
            .collect()
    }

    /// Asserts that what was acknowledged happened, once and in its writer's order, and that
    /// nothing happened which nobody wrote.
    pub(crate) fn agrees_with(&self, ledgers: &[&Ledger]) {
        let mut places = BTreeMap::new();
        for (place, entry) in self.entries.iter().enumerate() {
            assert_eq!(places.insert(&entry.told, place), None, "twice: {:?}", entry.told);
        }
        for ledger in ledgers {
            let happened = ledger.acknowledged.iter().map(|told| places.get(told));
            let happened: Vec<_> = happened.collect();
            for (told, place) in ledger.acknowledged.iter().zip(&happened) {
                assert!(place.is_some(), "{told:?} was acknowledged, and is lost");
            }
            assert!(happened.is_sorted(), "a writer's changes are in its order");
        }
        let written = |ledger: &&Ledger| {
            let all = ledger.acknowledged.iter().chain(&ledger.in_doubt);
            all.cloned().collect::<Vec<_>>()
        };
        let mut written: BTreeSet<Told> = ledgers.iter().flat_map(written).collect();
        written.insert(Told::Created(Thing::last().mark));
        let unknown = places.into_keys().find(|told| !written.contains(told));
        assert_eq!(unknown, None, "nobody wrote it");
    }
}

/// The documents as a list query gives them.
pub(crate) async fn documents(things: &Collection) -> BTreeMap<String, Thing> {
    let mut documents = BTreeMap::new();
    loop {
        let offset = documents.len() as u64;
        let query = ListQuery { limit: Some(500), offset, ..ListQuery::default() };
        let page = things.list(&query).await.unwrap();
        if page.is_empty() {
            return documents;
        }
        for document in page {
            let id = document.id().unwrap().as_str().to_owned();
            assert_eq!(documents.insert(id, document.get::<Thing>().unwrap()), None);
        }
    }
}
