//! What the shell around the hubs does: it answers their questions, keeps what is committed, and
//! publishes it.

use std::collections::BTreeMap;

use cocobase_hub::{Commit, HistoryPage, HubAction, SnapshotDocument, SnapshotPage, Verdict};
use cocobase_proto::ChangeKind;
use cocobase_proto::filter::{Filter, Matcher};

use super::{NAMES, QUEUE, Run, unchanged};

impl Run {
    pub(super) fn answer(&mut self, question: &HubAction, well: bool, len: usize) {
        let now = self.now;
        match question {
            HubAction::Authenticate { id, credentials } => {
                let is_right = well && credentials.secret().expose() == "k";
                let verdict = if is_right { Verdict::Accepted } else { Verdict::Refused };
                self.each(|hub| hub.handle_verdict(*id, verdict, now));
            }
            HubAction::ReadHistory { id, collection, after } => {
                let log = self.log.commits.get(&**collection).cloned().unwrap_or_default();
                let forgotten = self.forgotten.get(&**collection).copied().unwrap_or_default();
                let start = usize::try_from(*after).unwrap().min(log.len());
                let commits = &log[start..(start + len.max(1)).min(log.len())];
                let page = HistoryPage { commits, reaches_back: *after >= forgotten };
                self.each(|hub| hub.handle_history(*id, collection, well.then_some(page), now));
            }
            HubAction::ReadSnapshot { id, collection, filter } => {
                let page = self.snapshot(collection, filter);
                self.each(|hub| {
                    hub.handle_snapshot(*id, collection, well.then(|| page.clone()), now);
                });
            }
        }
    }

    fn snapshot(&self, collection: &str, filter: &Filter) -> SnapshotPage {
        let log = self.log.commits.get(collection).map(Vec::as_slice).unwrap_or_default();
        let matcher = Matcher::new(filter);
        let mut documents = BTreeMap::new();
        for commit in log {
            let view = commit.metadata().flat_view(&commit.data).unwrap();
            let document = SnapshotDocument {
                id: commit.id.clone(),
                created_at: commit.created_at.clone(),
                updated_at: commit.updated_at.clone(),
                fields: commit.data.clone(),
            };
            match matcher.matches(&view) {
                true => documents.insert(commit.id.clone(), document),
                false => documents.remove(&commit.id),
            };
        }
        SnapshotPage { seq: log.len() as u64, documents: documents.into_values().collect() }
    }

    pub(super) fn commit(&mut self, collection: u8, document: u8, value: u8, deleted: bool) {
        let name = NAMES[usize::from(collection) % NAMES.len()];
        let log = self.log.commits.entry(name.into()).or_default();
        let id = format!("d{}", document % 5);
        let old = log.iter().rev().find(|commit| commit.id == *id).map(|commit| &commit.data);
        // A few are so large that nothing else has place beside them.
        let filler = if value > 250 { "x".repeat(QUEUE) } else { String::new() };
        let data = match deleted {
            true => r#"{"deleted":true}"#.to_owned(),
            false => format!(r#"{{"a":{},"filler":"{filler}"}}"#, value % 3),
        };
        log.push(Commit {
            collection: name.into(),
            seq: log.len() as u64 + 1,
            kind: match (old, deleted) {
                (_, true) => ChangeKind::Deleted,
                (None, _) => ChangeKind::Created,
                (Some(_), _) => ChangeKind::Updated,
            },
            id: id.into(),
            created_at: "t".into(),
            updated_at: "u".into(),
            old: old.cloned(),
            data: data.into(),
        });
    }

    pub(super) fn publish(&mut self) {
        let now = self.now;
        for (name, commits) in self.log.commits.clone() {
            let published = self.log.published.entry(name).or_default();
            let new: Vec<_> =
                commits.iter().filter(|commit| commit.seq > *published).cloned().collect();
            *published = commits.len() as u64;
            for commit in &new {
                self.each(|hub| hub.publish(commit, now));
            }
            // Once more changes nothing.
            if let Some(last) = commits.last() {
                let before = format!("{:?}", self.hub);
                self.hub.publish(last, now);
                unchanged(&before, &self.hub, "a repeated commit");
            }
        }
    }
}
