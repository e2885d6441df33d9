//! The documents that a view knows, in order, and how far its knowledge reaches.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::query::Sorting;
use crate::text::Text;

use super::event::{LeftCause, LiveEvent};
use super::row::Row;

/// How a set is ordered, how many of its documents are shown, and how many are kept.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame<'a> {
    pub(super) sorting: Sorting<'a>,
    pub(super) limit: usize,
    pub(super) keep: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Set {
    /// In order.
    rows: Vec<Arc<Row>>,
    by_id: BTreeMap<Text, Arc<Row>>,
    horizon: Horizon,
}

/// Up to where the set is known to hold every document that matches.
#[derive(Debug, Clone)]
enum Horizon {
    Nothing,
    UpTo(Arc<Row>),
    Whole,
}

impl Set {
    /// Nothing is known yet.
    pub(super) const fn unknown() -> Self {
        Self { rows: Vec::new(), by_id: BTreeMap::new(), horizon: Horizon::Nothing }
    }

    /// Known to be empty.
    pub(super) const fn empty() -> Self {
        Self { rows: Vec::new(), by_id: BTreeMap::new(), horizon: Horizon::Whole }
    }

    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.horizon, Horizon::Whole)
    }

    pub(super) fn get(&self, id: &str) -> Option<&Arc<Row>> {
        self.by_id.get(id)
    }

    pub(super) fn shown(&self, limit: usize) -> &[Arc<Row>] {
        self.rows.get(..limit).unwrap_or(&self.rows)
    }

    /// Puts `row` in the place of what has this id, or takes it out, and tells what that changes of
    /// the first `limit` documents. Whether the next one to show has become unknown is the answer.
    pub(super) fn replace(
        &mut self,
        id: &str,
        row: Option<Arc<Row>>,
        cause: LeftCause,
        frame: Frame<'_>,
        tell: &mut dyn FnMut(LiveEvent),
    ) -> bool {
        let Frame { sorting, limit, keep } = frame;
        let before = self.rows.len();
        let old = self.by_id.remove(id);
        let from = old.as_ref().map(|old| self.place(old, sorting));
        if let Some(from) = from.filter(|from| *from < before) {
            self.rows.remove(from);
        }
        let cause = if row.is_some() { LeftCause::Displaced } else { cause };
        let row = row.filter(|row| self.reaches(row, sorting));
        let to = row.as_ref().map(|row| {
            let to = self.place(row, sorting);
            self.rows.insert(to, row.clone());
            self.by_id.insert(row.id.clone(), row.clone());
            to
        });
        let was = old.zip(from).filter(|(_, from)| *from < limit);
        let is = row.zip(to).filter(|(_, to)| *to < limit);
        match (was, is) {
            (Some((old, from)), Some((row, to))) => {
                if from != to || !old.is_same(&row) {
                    tell(LiveEvent::Changed {
                        old: old.document.clone(),
                        document: row.document.clone(),
                        from,
                        to,
                    });
                }
            }
            (Some((old, from)), None) => {
                tell(LiveEvent::Left { old: old.document.clone(), from, cause });
                let last = limit - 1;
                match self.rows.get(last) {
                    Some(next) => {
                        tell(LiveEvent::Entered { document: next.document.clone(), at: last });
                    }
                    None => return !self.is_whole(),
                }
            }
            (None, Some((row, at))) => {
                if let Some(last) = self.rows.get(limit) {
                    tell(LiveEvent::Left {
                        old: last.document.clone(),
                        from: limit - 1,
                        cause: LeftCause::Displaced,
                    });
                }
                tell(LiveEvent::Entered { document: row.document.clone(), at });
            }
            (None, None) => {}
        }
        self.truncate(keep);
        false
    }

    /// Tells what leads from what `old` shows to what `self` shows.
    pub(super) fn tell_from(&self, old: &Self, frame: Frame<'_>, tell: &mut dyn FnMut(LiveEvent)) {
        let mut mirror = Self::empty();
        mirror.rows = old.shown(frame.limit).to_vec();
        mirror.by_id = mirror.rows.iter().map(|row| (row.id.clone(), row.clone())).collect();
        let shown = self.shown(frame.limit);
        let stays: BTreeSet<&str> = shown.iter().map(|row| &*row.id).collect();
        let all = Frame { limit: usize::MAX, keep: usize::MAX, ..frame };
        for row in old.shown(frame.limit).iter().filter(|row| !stays.contains(&*row.id)) {
            let is_known = self.by_id.contains_key(&row.id);
            let cause = if is_known { LeftCause::Displaced } else { LeftCause::Missed };
            mirror.replace(&row.id, None, cause, all, tell);
        }
        for row in shown {
            mirror.replace(&row.id, Some(row.clone()), LeftCause::Missed, all, tell);
        }
    }

    fn place(&self, row: &Row, sorting: Sorting<'_>) -> usize {
        self.rows.partition_point(|other| other.compare(row, sorting).is_lt())
    }

    fn reaches(&self, row: &Row, sorting: Sorting<'_>) -> bool {
        match &self.horizon {
            Horizon::Nothing => false,
            Horizon::UpTo(last) => row.compare(last, sorting).is_le(),
            Horizon::Whole => true,
        }
    }

    fn truncate(&mut self, keep: usize) {
        while self.rows.len() > keep {
            if let Some(row) = self.rows.pop() {
                self.by_id.remove(&row.id);
            }
            self.horizon = self.rows.last().cloned().map_or(Horizon::Nothing, Horizon::UpTo);
        }
    }
}
