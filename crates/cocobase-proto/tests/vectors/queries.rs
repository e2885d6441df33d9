//! Query strings of lists and of event streams.

use cocobase_proto::query::{ListQuery, Order};
use cocobase_proto::rest::WatchQuery;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::filters::{clauses, error_value, outcome};
use crate::pattern::compare;
use crate::rest::Watch;
use crate::shapes;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueryVector {
    query: String,
    means: Option<Value>,
    error: Option<Value>,
    /// How it is written again, if it is not the same.
    written: Option<String>,
}

impl Vector for QueryVector {
    fn check(&self) -> Result<(), String> {
        let read = ListQuery::from_query(&self.query);
        outcome("reading", &self.means, &self.error, read.clone().map(|query| meaning(&query)))?;
        if let Ok(query) = read {
            let written = query.to_query().map_err(|error| error.to_string())?;
            let expected = self.written.as_ref().unwrap_or(&self.query);
            compare("writing", &json!(expected), &json!(written))?;
        }
        Ok(())
    }
}

fn meaning(query: &ListQuery) -> Value {
    let order = match query.order {
        Order::Ascending => "ascending",
        Order::Descending => "descending",
    };
    let mut meaning =
        json!({"filter": clauses(&query.filter), "order": order, "offset": query.offset});
    if let Some(sort) = &query.sort {
        meaning["sort"] = json!(sort);
    }
    if let Some(limit) = query.limit {
        meaning["limit"] = json!(limit);
    }
    meaning
}

/// The query string of an event stream.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchVector {
    query: String,
    means: Option<Watch>,
    error: Option<Value>,
    /// How it is written again, if it is not the same.
    written: Option<String>,
}

impl Vector for WatchVector {
    fn check(&self) -> Result<(), String> {
        match (WatchQuery::from_query(&self.query), &self.means, &self.error) {
            (Ok(read), Some(means), None) => {
                compare("reading", &watch(&means.build()?), &watch(&read))?;
                let written = read.to_query().map_err(|error| error.to_string())?;
                let expected = self.written.as_ref().unwrap_or(&self.query);
                compare("writing", &json!(expected), &json!(written))
            }
            (Err(found), None, Some(error)) => compare("reading", error, &error_value(&found)),
            (found, ..) => Err(format!("reading gave {found:?}")),
        }
    }
}

fn watch(query: &WatchQuery) -> Value {
    let filters = shapes::json(&query.filter.to_json().unwrap_or_default());
    json!({"filters": filters, "greeting": query.greeting, "snapshot": query.snapshot})
}
