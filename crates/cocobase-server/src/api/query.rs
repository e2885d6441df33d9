//! Many documents: lists, counts, aggregates, and the list of collections.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use cocobase_proto::query::ListQuery;
use cocobase_proto::rest::answer as written;

use super::answer;
use super::error::ApiError;
use super::names::InCollection;
use crate::app::App;
use crate::limits::Limits;
use crate::log::{Aggregate, Log, Operation};

/// How many documents a list has when the query does not say, after the vendor's SDK.
const DEFAULT_LIMIT: u64 = 100;

/// `GET /collections`
pub(super) async fn collections(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let collections = app.log.collections().await?;
    Ok(answer::json(StatusCode::OK, answer::collections(&collections)))
}

/// `GET /collections/C/documents`. A collection without documents is an empty list, whether it
/// ever had one or not: collections come into being with their first document, and clients watch
/// and list before that.
pub(super) async fn list(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let mut query = parse(&query.unwrap_or_default())?;
    check_page(&mut query, &app.limits)?;
    let listing = app.log.list(collection, query, app.limits.max_answer_bytes).await?;
    let body = answer::list(listing.collection.as_ref(), &listing.documents);
    Ok(answer::json_at(StatusCode::OK, body, listing.position, app.log.epoch()))
}

/// `GET /collections/C/query/documents/count`
pub(super) async fn count(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = parse(&query.unwrap_or_default())?;
    let count = app.log.count(collection, query).await?;
    Ok(answer::json(StatusCode::OK, written::count(count)))
}

/// `GET /collections/C/query/documents/aggregate?field=F&operation=O`
pub(super) async fn aggregate(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let (aggregate, word, query) = parse_aggregate(&query.unwrap_or_default())?;
    let field = aggregate.field.clone();
    let result = app.log.aggregate(collection.clone(), query, aggregate).await?;
    let body = written::aggregate(&collection, &field, &word, &result.to_string());
    Ok(answer::json(StatusCode::OK, body))
}

/// The aggregate, its operation as it was spelled, and the rest of the query string.
fn parse_aggregate(query: &str) -> Result<(Aggregate, String, ListQuery), ApiError> {
    let (mut field, mut operation) = (None, None);
    let mut filters = form_urlencoded::Serializer::new(String::new());
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        // The first of each; a filter on a field of that name may follow it.
        match &*key {
            "field" if field.is_none() => field = Some(value.into_owned()),
            "operation" if operation.is_none() => operation = Some(value.into_owned()),
            _ => {
                filters.append_pair(&key, &value);
            }
        }
    }
    let missing = |key| ApiError::bad_request(format!("the query string has no `{key}`"));
    let field = field.filter(|field| !field.is_empty()).ok_or_else(|| missing("field"))?;
    let word = operation.ok_or_else(|| missing("operation"))?;
    let aggregate = Aggregate { field, operation: operation_of(&word)? };
    Ok((aggregate, word, parse(&filters.finish())?))
}

fn operation_of(word: &str) -> Result<Operation, ApiError> {
    Ok(match word {
        "count" => Operation::Count,
        "sum" => Operation::Sum,
        "avg" => Operation::Avg,
        "min" => Operation::Min,
        "max" => Operation::Max,
        _ => {
            return Err(ApiError::bad_request(format!(
                "`operation` is {word:?}; it must be count, sum, avg, min or max"
            )));
        }
    })
}

fn parse(query: &str) -> Result<ListQuery, ApiError> {
    ListQuery::from_query(query).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// Gives the query a limit, and refuses pages that are too large rather than to give fewer
/// documents than were asked for: a client would take that for the end.
fn check_page(query: &mut ListQuery, limits: &Limits) -> Result<(), ApiError> {
    let limit = *query.limit.get_or_insert(DEFAULT_LIMIT.min(limits.max_list));
    if limit > limits.max_list {
        return Err(ApiError::bad_request(format!(
            "`limit` is {limit}; at most {} are allowed: read on with `offset`",
            limits.max_list
        )));
    }
    let reach = query.offset.saturating_add(limit);
    if query.sort.is_some() && reach > limits.max_sorted {
        return Err(ApiError::bad_request(format!(
            "`offset` and `limit` reach {reach} documents far; \
             with `sort`, at most {} are allowed: filter, or leave out `sort`",
            limits.max_sorted
        )));
    }
    Ok(())
}
