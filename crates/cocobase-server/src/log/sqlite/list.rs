//! List queries over the documents of a collection.

use std::collections::BinaryHeap;

use cocobase_proto::Text;
use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::query::{ListQuery, Order, SortKey, Sorting, field};
use rusqlite::{CachedStatement, Connection, params};
use serde_json::{Map, Value};

use super::apply::Row;
use super::order::Entry;
use super::read::{document_from, text};
use crate::log::{Collection, Document, LogError};

/// The documents that a query found, and when that was. For an example see
/// [`SqliteLog::list`](crate::log::SqliteLog::list).
#[derive(Debug, Clone)]
pub struct Listing {
    /// The collection; `None` before its first document.
    pub collection: Option<Collection>,
    /// The documents, in the query's order.
    pub documents: Vec<Document>,
    /// The collection's last change at the moment of the read; 0 before the first. Whoever has
    /// this list misses nothing when they follow the log from here.
    pub position: u64,
}

/// What to compute from the values of a field. Documents without the field, or with null, do not
/// count; all but [`Operation::Count`] look at numbers only.
///
/// ```
/// use cocobase_server::log::{Aggregate, Operation};
/// let aggregate = Aggregate { field: "mag".into(), operation: Operation::Avg };
/// assert_eq!(aggregate.operation, Operation::Avg);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aggregate {
    /// The field's name, or a dotted path into nested objects.
    pub field: String,
    /// What to compute.
    pub operation: Operation,
}

/// See [`Aggregate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// How many documents have the field.
    Count,
    /// The sum; 0 without any number. Exact as long as all are integers.
    Sum,
    /// The mean; null without any number.
    Avg,
    /// The smallest number; null without any.
    Min,
    /// The largest number; null without any.
    Max,
}

pub(super) fn collections(conn: &Connection) -> rusqlite::Result<Vec<Collection>> {
    conn.prepare_cached("SELECT name, created_at FROM collections ORDER BY name")?
        .query_map([], |row| Ok(Collection { name: text(row, 0)?, created_at: text(row, 1)? }))?
        .collect()
}

pub(super) fn list(
    conn: &Connection,
    name: Text,
    query: &ListQuery,
    max_bytes: usize,
) -> Result<Listing, LogError> {
    let Some(row) = Row::find(conn, &name)? else {
        return Ok(Listing { collection: None, documents: Vec::new(), position: 0 });
    };
    let page = Page { conn, collection: row.id, query, max_bytes };
    let documents = match query.sorting() {
        Sorting::Creation(Order::Ascending) => page.scan("ASC")?,
        Sorting::Creation(Order::Descending) => page.scan("DESC")?,
        Sorting::Field(field, order) => page.sorted(field, order)?,
    };
    Ok(Listing { collection: Some(row.collection), documents, position: row.last_seq })
}

pub(super) fn count(conn: &Connection, name: &Text, filter: &Filter) -> Result<u64, LogError> {
    let mut count = 0;
    each_match(conn, name, filter, |_, _| count += 1)?;
    Ok(count)
}

pub(super) fn aggregate(
    conn: &Connection,
    name: &Text,
    filter: &Filter,
    aggregate: &Aggregate,
) -> Result<Value, LogError> {
    let mut tally = Tally::default();
    each_match(conn, name, filter, |_, document| {
        if let Some(value) = field(document, &aggregate.field) {
            tally.add(value);
        }
    })?;
    Ok(tally.result(aggregate.operation))
}

/// Calls `each` with the creation number and the flat view of every document that fits.
fn each_match(
    conn: &Connection,
    name: &Text,
    filter: &Filter,
    mut each: impl FnMut(i64, &Map<String, Value>),
) -> Result<(), LogError> {
    let Some(row) = Row::find(conn, name)? else { return Ok(()) };
    let matcher = Matcher::new(filter);
    let mut statement = in_order(conn, "ASC", "")?;
    let mut rows = statement.query([row.id])?;
    while let Some(row) = rows.next()? {
        let document = flat_view(&document_from(row)?)?;
        if matcher.matches(&document) {
            each(row.get(5)?, &document);
        }
    }
    Ok(())
}

fn in_order<'c>(
    conn: &'c Connection,
    direction: &'static str,
    page: &'static str,
) -> rusqlite::Result<CachedStatement<'c>> {
    conn.prepare_cached(&format!(
        "SELECT id, version, created_at, updated_at, data, created_seq
         FROM documents WHERE collection = ?1 ORDER BY created_seq {direction} {page}"
    ))
}

/// One page of documents, collected until it is full or too large.
struct Page<'a> {
    conn: &'a Connection,
    collection: i64,
    query: &'a ListQuery,
    max_bytes: usize,
}

impl Page<'_> {
    /// The page in creation order, or against it.
    fn scan(&self, direction: &'static str) -> Result<Vec<Document>, LogError> {
        let limit = self.query.limit.unwrap_or(u64::MAX);
        let mut found = Found::new(self.max_bytes);
        if self.query.filter == Filter::default() {
            let signed = |number| i64::try_from(number).unwrap_or(i64::MAX);
            let mut statement = in_order(self.conn, direction, "LIMIT ?2 OFFSET ?3")?;
            let page = params![self.collection, signed(limit), signed(self.query.offset)];
            let mut rows = statement.query(page)?;
            while let Some(row) = rows.next()? {
                found.push(document_from(row)?)?;
            }
            return Ok(found.documents);
        }
        let matcher = Matcher::new(&self.query.filter);
        let mut statement = in_order(self.conn, direction, "")?;
        let mut rows = statement.query([self.collection])?;
        let mut skip = self.query.offset;
        while (found.documents.len() as u64) < limit {
            let Some(row) = rows.next()? else { break };
            let document = document_from(row)?;
            if matcher.matches(&flat_view(&document)?) {
                if skip > 0 {
                    skip -= 1;
                } else {
                    found.push(document)?;
                }
            }
        }
        Ok(found.documents)
    }

    /// The page in the order of a field. Memory holds the sort keys of `offset + limit`
    /// documents, never the documents before the page.
    fn sorted(&self, name: &str, order: Order) -> Result<Vec<Document>, LogError> {
        let Self { query, .. } = self;
        let keep = query.limit.map_or(u64::MAX, |limit| query.offset.saturating_add(limit));
        let matcher = Matcher::new(&query.filter);
        let mut best = BinaryHeap::new();
        let mut statement = in_order(self.conn, "ASC", "")?;
        let mut rows = statement.query([self.collection])?;
        while let Some(row) = rows.next()? {
            let document = flat_view(&document_from(row)?)?;
            if !matcher.matches(&document) {
                continue;
            }
            let key = SortKey::new(field(&document, name));
            best.push(Entry { key, order, created_seq: row.get(5)? });
            if best.len() as u64 > keep {
                best.pop();
            }
        }
        let mut found = Found::new(self.max_bytes);
        let mut statement = self.conn.prepare_cached(
            "SELECT id, version, created_at, updated_at, data
             FROM documents WHERE collection = ?1 AND created_seq = ?2",
        )?;
        let offset = usize::try_from(query.offset).unwrap_or(usize::MAX);
        for entry in best.into_sorted_vec().into_iter().skip(offset) {
            let at = params![self.collection, entry.created_seq];
            found.push(statement.query_row(at, document_from)?)?;
        }
        Ok(found.documents)
    }
}

struct Found {
    documents: Vec<Document>,
    bytes: usize,
    max_bytes: usize,
}

impl Found {
    fn new(max_bytes: usize) -> Self {
        Self { documents: Vec::new(), bytes: 0, max_bytes }
    }

    fn push(&mut self, document: Document) -> Result<(), LogError> {
        self.bytes += document.data.len();
        if self.bytes > self.max_bytes {
            return Err(LogError::AnswerTooLarge { limit: self.max_bytes });
        }
        self.documents.push(document);
        Ok(())
    }
}

/// The document as filters see it: its fields, and its metadata in front of fields of that name.
fn flat_view(document: &Document) -> Result<Map<String, Value>, LogError> {
    let mut fields: Map<String, Value> = serde_json::from_str(&document.data)
        .map_err(|error| LogError::Engine(format!("document `{}`: {error}", document.id)))?;
    for (name, text) in [
        ("id", &document.id),
        ("created_at", &document.created_at),
        ("updated_at", &document.updated_at),
    ] {
        fields.insert(name.into(), Value::from(text.as_str()));
    }
    Ok(fields)
}

/// What [`aggregate`] knows of the values so far.
#[derive(Default)]
struct Tally {
    present: u64,
    numbers: u64,
    /// The sum as an integer, as long as all numbers were.
    integers: Option<i128>,
    sum: f64,
    range: Option<(Value, Value)>,
}

impl Tally {
    fn add(&mut self, value: &Value) {
        if value.is_null() {
            return;
        }
        self.present += 1;
        let Value::Number(number) = value else { return };
        let before = if self.numbers == 0 { Some(0) } else { self.integers };
        self.integers = before.zip(number.as_i128()).and_then(|(sum, one)| sum.checked_add(one));
        self.numbers += 1;
        self.sum += number.as_f64().unwrap_or(0.0);
        self.range = Some(match self.range.take() {
            None => (value.clone(), value.clone()),
            Some((min, max)) => {
                let compare = |other: &Value| {
                    let key = SortKey::new(Some(value));
                    key.compare(&SortKey::new(Some(other)), Order::Ascending)
                };
                let min = if compare(&min).is_lt() { value.clone() } else { min };
                let max = if compare(&max).is_gt() { value.clone() } else { max };
                (min, max)
            }
        });
    }

    fn result(self, operation: Operation) -> Value {
        match operation {
            Operation::Count => self.present.into(),
            Operation::Sum if self.numbers == 0 => 0.into(),
            Operation::Sum => self
                .integers
                .and_then(serde_json::Number::from_i128)
                .map_or(self.sum.into(), Value::Number),
            Operation::Avg if self.numbers == 0 => Value::Null,
            Operation::Avg => (self.sum / self.numbers as f64).into(),
            Operation::Min => self.range.map_or(Value::Null, |(min, _)| min),
            Operation::Max => self.range.map_or(Value::Null, |(_, max)| max),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn aggregates_of_mixed_values() {
        let tally = |values: Value| {
            let mut tally = Tally::default();
            values.as_array().unwrap().iter().for_each(|value| tally.add(value));
            tally
        };
        let table = [
            (json!([]), [json!(0), json!(0), Value::Null, Value::Null, Value::Null]),
            (json!([null]), [json!(0), json!(0), Value::Null, Value::Null, Value::Null]),
            (json!(["a", true]), [json!(2), json!(0), Value::Null, Value::Null, Value::Null]),
            (json!([3, 1, 2]), [json!(3), json!(6), json!(2.0), json!(1), json!(3)]),
            (json!([1, 2.5, "x"]), [json!(3), json!(3.5), json!(1.75), json!(1), json!(2.5)]),
            (
                json!([9007199254740993_i64, 0]),
                [
                    json!(2),
                    json!(9007199254740993_i64),
                    json!(4503599627370496.0),
                    json!(0),
                    json!(9007199254740993_i64),
                ],
            ),
        ];
        use Operation::{Avg, Count, Max, Min, Sum};
        for (values, results) in table {
            for (operation, result) in [Count, Sum, Avg, Min, Max].into_iter().zip(results) {
                let found = tally(values.clone()).result(operation);
                assert_eq!(found, result, "{operation:?} of {values}");
            }
        }
    }
}
