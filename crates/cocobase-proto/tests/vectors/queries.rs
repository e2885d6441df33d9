//! Query strings of lists.

use cocobase_proto::query::{ListQuery, Order};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::filters::{clauses, outcome};
use crate::pattern::compare;

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
