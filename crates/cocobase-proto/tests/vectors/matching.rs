//! Which documents a filter fits.

use std::collections::BTreeSet;

use cocobase_proto::filter::{Clause, Filter, Matcher, Operator};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Vector, load};

/// A document, and the filters that fit it and that do not.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MeaningVector {
    /// The flat view.
    document: Map<String, Value>,
    fit: Vec<Value>,
    do_not_fit: Vec<Value>,
}

impl Vector for MeaningVector {
    fn check(&self) -> Result<(), String> {
        for (filters, expected) in [(&self.fit, true), (&self.do_not_fit, false)] {
            for json in filters {
                let filter =
                    Filter::from_json(&json.to_string()).map_err(|error| error.to_string())?;
                if Matcher::new(&filter).matches(&self.document) != expected {
                    return Err(format!("{json} should {}fit", if expected { "" } else { "not " }));
                }
            }
        }
        Ok(())
    }
}

fn kind(document: &Map<String, Value>, field: &str) -> &'static str {
    match document.get(field) {
        None => "missing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "boolean",
        Some(Value::Number(_)) => "number",
        Some(Value::String(_)) => "string",
        Some(Value::Array(_)) => "array",
        Some(Value::Object(_)) => "object",
    }
}

/// The table has a line for each operator on each type of field.
#[test]
fn every_operator_meets_every_type() {
    let mut met = BTreeSet::new();
    for mut vector in load("filters-meaning.json") {
        vector.retain(|key, _| !matches!(key.as_str(), "name" | "about" | "source"));
        let vector: MeaningVector = serde_json::from_value(Value::Object(vector)).unwrap();
        for json in vector.fit.iter().chain(&vector.do_not_fit) {
            let filter = Filter::from_json(&json.to_string()).unwrap();
            let conditions = filter.clauses().iter().flat_map(Clause::conditions);
            met.extend(conditions.flat_map(|condition| {
                let kinds = condition.fields().iter().map(|field| kind(&vector.document, field));
                kinds.map(|kind| (condition.operator(), kind))
            }));
        }
    }
    for operator in Operator::ALL {
        for kind in ["missing", "null", "boolean", "number", "string", "array", "object"] {
            assert!(met.contains(&(operator, kind)), "{operator} never meets a {kind} field");
        }
    }
}
