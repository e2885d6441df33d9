//! The tree of the index.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use cocobase_proto::filter::Filter;

use super::branch::Branch;
use super::candidate::Candidate;
use super::document::{Document, Field};
use super::names::{FieldId, Names};
use super::plan::{Plan, Step, Want};

/// Filters that a node keeps before it leads on to others: so few are sooner tried than told apart.
const FEW: usize = 4;

/// A filter on its way through the tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) slot: u32,
    pub(super) plan: &'a Plan<'a>,
    pub(super) names: &'a Names,
    /// All filters, by slot.
    pub(super) filters: &'a [Filter],
}

impl Entry<'_> {
    /// What stands at the end of so many steps.
    pub(super) fn candidate(self, depth: usize) -> Candidate {
        Candidate::new(self.slot, self.plan.proves(depth))
    }
}

/// Where filters meet that have taken the same steps.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// Those at the end of their steps, and the few that need not go on.
    here: Vec<Candidate>,
    /// Once there were more than a few.
    ways: Option<Box<Ways>>,
}

impl Node {
    pub(super) fn is_empty(&self) -> bool {
        self.here.is_empty() && self.ways.is_none()
    }

    pub(super) fn insert(&mut self, entry: Entry<'_>, depth: usize) {
        let Some(step) = entry.plan.steps.get(depth) else {
            self.here.push(entry.candidate(depth));
            return;
        };
        if self.ways.is_none() && self.here.len() < FEW {
            self.here.push(Candidate::waiting(entry.slot));
            return;
        }
        if self.ways.is_none() {
            self.spread(entry, depth);
        }
        self.ways.get_or_insert_default().insert(step, entry, depth);
    }

    /// Sends those on who have steps left: at most a few.
    fn spread(&mut self, entry: Entry<'_>, depth: usize) {
        let waiting = self.here.extract_if(.., |candidate| candidate.is_waiting());
        for slot in waiting.map(Candidate::slot) {
            let Some(filter) = entry.filters.get(slot as usize) else {
                continue;
            };
            let plan = Plan::new(filter);
            if let Some(step) = plan.steps.get(depth) {
                let entry = Entry { slot, plan: &plan, ..entry };
                self.ways.get_or_insert_default().insert(step, entry, depth);
            }
        }
    }

    pub(super) fn remove(&mut self, entry: Entry<'_>, depth: usize) {
        if let Some(at) = self.here.iter().position(|candidate| candidate.slot() == entry.slot) {
            self.here.swap_remove(at);
        } else if let Some(ways) = &mut self.ways
            && let Some(step) = entry.plan.steps.get(depth)
        {
            ways.remove(step, entry, depth);
            if ways.is_empty() {
                self.ways = None;
            }
        }
    }

    /// Appends the candidates from here on. `doubted`: a step before was not exact.
    pub(super) fn collect(
        &self,
        document: &Document<'_>,
        doubted: bool,
        found: &mut Vec<Candidate>,
    ) {
        found.extend(self.here.iter().map(|candidate| candidate.unless(doubted)));
        if let Some(ways) = &self.ways {
            ways.collect(document, doubted, found);
        }
    }
}

/// The ways on from a node.
#[derive(Debug, Default)]
struct Ways {
    by_field: BTreeMap<FieldId, Vec<Branch>>,
    /// For documents that lack the field.
    by_lack: BTreeMap<FieldId, Node>,
}

impl Ways {
    fn is_empty(&self) -> bool {
        self.by_field.is_empty() && self.by_lack.is_empty()
    }

    fn insert(&mut self, step: &Step<'_>, entry: Entry<'_>, depth: usize) {
        for key in &step.keys {
            let (Some(field), want) = (entry.names.id(key.field), &key.want) else {
                continue;
            };
            let Some(mut new) = Branch::new(want) else {
                self.by_lack.entry(field).or_default().insert(entry, depth + 1);
                continue;
            };
            let branches = self.by_field.entry(field).or_default();
            if let Some(branch) = branches.iter_mut().find(|branch| branch.takes(want)) {
                branch.insert(want, entry, depth + 1);
            } else {
                new.insert(want, entry, depth + 1);
                branches.push(new);
            }
        }
    }

    fn remove(&mut self, step: &Step<'_>, entry: Entry<'_>, depth: usize) {
        for key in &step.keys {
            let Some(field) = entry.names.id(key.field) else {
                continue;
            };
            if key.want == Want::Null {
                if let Some(node) = self.by_lack.get_mut(&field) {
                    node.remove(entry, depth + 1);
                    if node.is_empty() {
                        self.by_lack.remove(&field);
                    }
                }
            } else if let Some(branches) = self.by_field.get_mut(&field) {
                if let Some(branch) = branches.iter_mut().find(|branch| branch.takes(&key.want)) {
                    branch.remove(&key.want, entry, depth + 1);
                }
                branches.retain(|branch| !branch.is_empty());
                if branches.is_empty() {
                    self.by_field.remove(&field);
                }
            }
        }
    }

    fn collect(&self, document: &Document<'_>, doubted: bool, found: &mut Vec<Candidate>) {
        let mut follow = |branches: &[Branch], field: &Field<'_>| {
            for branch in branches {
                branch.collect(field, document, doubted, found);
            }
        };
        // Peers choose how many fields there are on either side: the fewer lead.
        if self.by_field.len() <= document.fields().len() {
            for (id, branches) in &self.by_field {
                if let Some(field) = document.field(*id) {
                    follow(branches, field);
                }
            }
        } else {
            for field in document.fields() {
                if let Some(branches) = self.by_field.get(&field.id()) {
                    follow(branches, field);
                }
            }
        }
        for (id, node) in &self.by_lack {
            if document.field(*id).is_none() {
                node.collect(document, doubted, found);
            }
        }
    }
}
