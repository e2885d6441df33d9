//! Documents and queries of which the model knows by itself what matches.

use cocobase_proto::filter::{Condition, Filter};

use crate::random::Random;

/// A document's fields, as plain values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) group: &'static str,
    pub(super) n: u64,
    pub(super) name: Option<&'static str>,
    /// Another number with every change, so that no two versions look alike.
    pub(super) revision: u64,
}

impl Fields {
    pub(super) fn random(random: &mut Random, revision: u64) -> Self {
        let group = random.pick(&["a", "b", "c"]).copied().unwrap_or("a");
        let name = random.pick(&[None, Some("Xenia"), Some("alex"), Some("Bo")]).copied();
        Self { group, n: random.below(10), name: name.flatten(), revision }
    }

    pub(super) fn json(&self) -> String {
        let Self { group, n, name, revision } = self;
        let name = name.map_or("null".into(), |name| format!("\"{name}\""));
        format!(r#"{{"group":"{group}","n":{n},"name":{name},"revision":{revision}}}"#)
    }
}

/// A filter in two spellings: the protocol's and plain Rust.
pub(super) struct Query {
    pub(super) filter: fn() -> Filter,
    pub(super) matches: fn(&Fields) -> bool,
}

/// The first one lets everything through.
pub(super) const QUERIES: &[Query] = &[
    Query { filter: Filter::new, matches: |_| true },
    Query { filter: || Filter::new().eq("group", "a"), matches: |one| one.group == "a" },
    Query { filter: || Filter::new().gte("n", 5), matches: |one| one.n >= 5 },
    Query {
        filter: || Filter::new().eq("group", "b").lt("n", 7),
        matches: |one| one.group == "b" && one.n < 7,
    },
    Query {
        filter: || Filter::new().contains("name", "x"),
        matches: |one| matches!(one.name, Some("Xenia" | "alex")),
    },
    Query {
        filter: || Filter::new().any_of([Condition::eq("n", 3), Condition::eq("group", "c")]),
        matches: |one| one.n == 3 || one.group == "c",
    },
];
