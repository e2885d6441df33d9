//! The filters of one collection's subscribers.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use cocobase_proto::filter::{Filter, Matcher};
use serde_json::{Map, Value};

use crate::hub::SubscriberId;

/// Which subscribers a change concerns. It scans all filters.
#[derive(Debug, Default)]
pub(crate) struct FilterSet {
    /// `None` lets everything through.
    matchers: BTreeMap<SubscriberId, Option<Matcher>>,
    filtered: usize,
}

impl FilterSet {
    pub(crate) fn is_empty(&self) -> bool {
        self.matchers.is_empty()
    }

    pub(crate) fn insert(&mut self, id: SubscriberId, filter: &Filter) {
        self.remove(id);
        let matcher = (!filter.is_empty()).then(|| Matcher::new(filter));
        self.filtered += usize::from(matcher.is_some());
        self.matchers.insert(id, matcher);
    }

    pub(crate) fn remove(&mut self, id: SubscriberId) {
        if let Some(Some(_)) = self.matchers.remove(&id) {
            self.filtered -= 1;
        }
    }

    /// Whether any answer depends on the documents, which then have to be read.
    pub(crate) const fn needs_documents(&self) -> bool {
        self.filtered > 0
    }

    /// Appends the subscribers whose filter fits the new document or the old one.
    pub(crate) fn collect(
        &self,
        old: Option<&Map<String, Value>>,
        new: &Map<String, Value>,
        receivers: &mut Vec<SubscriberId>,
    ) {
        let fits =
            |matcher: &Matcher| matcher.matches(new) || old.is_some_and(|old| matcher.matches(old));
        receivers.extend(
            self.matchers
                .iter()
                .filter(|(_, matcher)| matcher.as_ref().is_none_or(fits))
                .map(|(id, _)| *id),
        );
    }

    /// Appends every subscriber; right only when none of them has a filter.
    pub(crate) fn collect_unfiltered(&self, receivers: &mut Vec<SubscriberId>) {
        receivers.extend(self.matchers.keys().copied());
    }
}
