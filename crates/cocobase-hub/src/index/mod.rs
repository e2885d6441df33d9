//! The filters that a document matches, without looking at all of them.
//!
//! # How it works
//!
//! A document is read once: the fields that some filter asks for, found by hash and numbered. Then it
//! walks a tree. The root keeps a handful of filters as they are; when there are more, it sends each
//! on by the most telling of its clauses, to a node that is reached only by documents that fit this
//! clause. That node does the same with the clauses that are left. So `status = 'active' and mag >= 5`
//! ends up in the order of the magnitudes *under* the active ones, and a document meets the filters
//! that it matches and few others. The steps of a filter follow from the filter alone ([`plan`]), so
//! removing it needs no record of where it went.
//!
//! | clause | found by | exact |
//! |---|---|---|
//! | `eq`, `in` | hash of the value ([`scalar`]) | yes |
//! | `gt`, `gte`, `lt`, `lte`, all of one field together | a point in nested spans ([`intervals`]) | numbers: yes; texts: up to 32 bytes, then tried |
//! | `startswith`, `endswith` | order of the letters, forwards or backwards ([`letters`]) | yes |
//! | `contains` | the same at each place of the text, after a hash of three letters; of an array, hash of the element | up to 32 bytes, then tried |
//! | `isnull` | presence or lack of the field | yes |
//! | `ne`, `notin` | presence of the field; then tried, one by one | no |
//!
//! A clause with alternatives stands under the key of each. When all clauses have been steps and each
//! was exact, the filter is *proved* to match. Otherwise the [`Matcher`](cocobase_proto::filter::Matcher)
//! tries it: it has the last word on meaning, and the index may only err by naming too many.
//!
//! # What it costs
//!
//! Tried one by one, where the clauses before have led to, are filters that have nothing better than
//!
//! - `ne`, `notin` or `isnull`, alone or as an alternative, where the field is there (or not): they
//!   match almost everything anyway;
//! - a second range, on another field than the first;
//! - ranges that end in texts with the same 32 bytes, or parts that begin with the same 32;
//! - clauses with more than 1,024 keys, fields with more than eight dots.
//!
//! Nothing else is scanned. Each filter stands in as many places as its first clause has keys, or in
//! 32 at most if it takes steps beyond.
//!
//! A filter takes 350 to 1,100 bytes, itself and its matcher included; equal ones are kept once by
//! [`FilterSet`](crate::FilterSet). `cargo bench -p cocobase-hub --bench index` measures it and the
//! times, beside a scan.

mod branch;
mod candidate;
mod document;
mod intervals;
mod letters;
mod names;
mod node;
mod plan;
mod point;
mod scalar;

use alloc::string::String;
use alloc::vec::Vec;

use cocobase_proto::filter::Filter;
use serde_json::{Map, Value};

pub(crate) use self::candidate::Candidate;
use self::document::Document;
use self::names::Names;
use self::node::{Entry, Node};
use self::plan::Plan;

/// Filters by what their documents must have. The filters themselves stay with the caller, each in a
/// slot below 2^30.
#[derive(Debug, Default)]
pub(crate) struct Index {
    names: Names,
    root: Node,
}

impl Index {
    /// Adds the filter in `slot`, which is not there yet.
    pub(crate) fn insert(&mut self, slot: u32, filters: &[Filter]) {
        if let Some(filter) = filters.get(slot as usize) {
            let plan = Plan::new(filter);
            plan.fields().iter().for_each(|field| self.names.take(field));
            self.root.insert(Entry { slot, plan: &plan, names: &self.names, filters }, 0);
        }
    }

    /// Removes the filter in `slot`, which is still the one that was added.
    pub(crate) fn remove(&mut self, slot: u32, filters: &[Filter]) {
        if let Some(filter) = filters.get(slot as usize) {
            let plan = Plan::new(filter);
            self.root.remove(Entry { slot, plan: &plan, names: &self.names, filters }, 0);
            plan.fields().iter().for_each(|field| self.names.release(field));
        }
    }

    /// Appends every filter that the document matches and maybe some others, some of them twice.
    pub(crate) fn collect(&self, document: &Map<String, Value>, found: &mut Vec<Candidate>) {
        self.root.collect(&Document::new(&self.names, document), false, found);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_removed_leaves_nothing_behind() {
        let mut filters = Vec::new();
        for n in 0..10 {
            for expression in [
                "a = 'N' and b = 1 and c > N",
                "a >= N and a < 'x'",
                "a in (N, 5, 'x') and b > 1",
                "a.b.c startswith 'prefix N' or a.b endswith 'N suffix'",
                "a contains 'N' and b.c != N",
                "a is null and b != N",
                "a is not null and b not in (N)",
                "c = 1 or d is null or e contains 'part N'",
            ] {
                let expression = expression.replace('N', &alloc::format!("{n}"));
                filters.push(Filter::parse_where(&expression).unwrap());
            }
        }
        let slots = 0..filters.len() as u32;
        let mut index = Index::default();
        slots.clone().for_each(|slot| index.insert(slot, &filters));
        assert!(!index.root.is_empty() && !index.names.is_empty());
        slots.rev().for_each(|slot| index.remove(slot, &filters));
        assert!(index.root.is_empty() && index.names.is_empty());
    }
}
