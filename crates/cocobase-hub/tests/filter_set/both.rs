//! The set of filters beside a scan of all of them.

use std::collections::BTreeMap;

use cocobase_hub::{ConnectionId, FilterSet};
use cocobase_proto::filter::{Filter, Matcher};
use serde_json::{Map, Value};

/// Asks every matcher.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) matchers: BTreeMap<ConnectionId, Matcher>,
}

impl Scan {
    fn collect(
        &self,
        old: Option<&Map<String, Value>>,
        new: &Map<String, Value>,
    ) -> Vec<ConnectionId> {
        let fits =
            |matcher: &Matcher| matcher.matches(new) || old.is_some_and(|old| matcher.matches(old));
        self.matchers.iter().filter(|(_, matcher)| fits(matcher)).map(|(id, _)| *id).collect()
    }
}

/// The set and a scan, which are told the same.
#[derive(Debug, Default)]
pub(crate) struct Both {
    pub(crate) set: FilterSet,
    pub(crate) scan: Scan,
}

impl Both {
    pub(crate) fn insert(&mut self, id: u64, filter: &Filter) {
        self.set.insert(ConnectionId::from_bits(id), filter);
        self.scan.matchers.insert(ConnectionId::from_bits(id), Matcher::new(filter));
    }

    pub(crate) fn remove(&mut self, id: u64) {
        self.set.remove(ConnectionId::from_bits(id));
        self.scan.matchers.remove(&ConnectionId::from_bits(id));
    }

    /// The receivers, on which both agree.
    pub(crate) fn collect(
        &mut self,
        old: Option<&Map<String, Value>>,
        new: &Map<String, Value>,
    ) -> Vec<ConnectionId> {
        let mut found = Vec::new();
        self.set.collect(old, new, &mut found);
        let expected = self.scan.collect(old, new);
        assert_eq!(found, expected, "{old:?} {new:?}");
        assert_eq!(self.set.is_empty(), self.scan.matchers.is_empty());
        found
    }
}
