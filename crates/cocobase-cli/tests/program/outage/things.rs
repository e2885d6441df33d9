//! What is written, and what is asked for.

use cocobase_tokio::Filter;
use serde::{Deserialize, Serialize};

use super::random::Random;

pub(crate) const COLLECTIONS: [&str; 2] = ["people", "things"];

/// The fields of a document as one write leaves them. They follow from its mark, so that whoever
/// reads them can tell that nothing of another write is among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Thing {
    /// Every create and every update has another one.
    pub(crate) mark: u64,
    n: u64,
    group: String,
    place: String,
}

impl Thing {
    pub(crate) fn of(mark: u64) -> Self {
        if mark == Self::last().mark {
            return Self::last();
        }
        let mut random = Random::new(mark);
        let mut pick = |from: [&str; 3]| from[random.below(3) as usize].to_owned();
        let (group, place) = (pick(["a", "b", "c"]), pick(["Alaska", "Chile", "Guatemala"]));
        Self { mark, n: random.below(1000), group, place }
    }

    /// The last one that is written. Every rule admits it, so that every watcher knows the end.
    pub(crate) fn last() -> Self {
        Self { mark: u64::MAX, n: 250, group: "b".into(), place: "Alaska".into() }
    }
}

/// A filter, and what it means.
pub(crate) struct Rule {
    pub(crate) filter: fn() -> Filter,
    pub(crate) admits: fn(&Thing) -> bool,
}

pub(crate) const RULES: [Rule; 5] = [
    Rule { filter: Filter::new, admits: |_| true },
    Rule { filter: || Filter::new().lt("n", 300), admits: |thing| thing.n < 300 },
    Rule { filter: || Filter::new().eq("group", "b"), admits: |thing| thing.group == "b" },
    Rule {
        filter: || Filter::new().contains("place", "ala"),
        admits: |thing| thing.place == "Alaska" || thing.place == "Guatemala",
    },
    Rule {
        filter: || Filter::new().gte("n", 200).is_in("group", ["a", "b"]),
        admits: |thing| thing.n >= 200 && thing.group != "c",
    },
];
