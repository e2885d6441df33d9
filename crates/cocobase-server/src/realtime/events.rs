//! Surface S: a collection's events as an event stream.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use cocobase_hub::Entrance;
use cocobase_proto::rest::header::LAST_EVENT_ID;
use cocobase_proto::rest::{EVENT_STREAM, WatchQuery};
use cocobase_proto::{Credentials, Secret, Text};
use futures_util::stream;

use super::handover::Handover;
use crate::api::{self, ApiError, InCollection};
use crate::app::App;

/// For nginx and those who understand its header: pass on what comes as it comes.
const X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// `GET /realtime/sse/C?filters=…`
///
/// A browser's `EventSource` cannot send headers, so the key may stand in the query string, and so may
/// the last event's id, for pages that make a new one after each lost connection.
pub(super) async fn stream(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
    handover: Handover,
) -> Result<Response, ApiError> {
    let written = query.unwrap_or_default();
    let key = api::given_key(&headers).map(Cow::Borrowed).or_else(|| key_in(&written));
    let key = api::accept_key(&app.keys, key)?;
    let query = WatchQuery::from_query(&written)
        .map_err(|error| ApiError::bad_request(format!("Invalid filters: {error}")))?;
    let entrance = Entrance::Events {
        collection,
        query,
        written_filter: WatchQuery::written_filter(&written),
        credentials: Some(Credentials::ApiKey(Secret::from(&*key))),
        last_event_id: last_event_id(&headers, &written),
    };
    // One who asks for the head alone gets no stream.
    if method != Method::HEAD {
        handover.offer(&app, entrance)?;
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (X_ACCEL_BUFFERING, HeaderValue::from_static("no")),
    ];
    // The hub's task writes the body. This one stands for it: nobody knows its length.
    let body = Body::from_stream(stream::pending::<Result<Bytes, Infallible>>());
    Ok((headers, body).into_response())
}

/// The key in a query string, as `api_key` or `token`.
fn key_in(query: &str) -> Option<Cow<'_, str>> {
    find_in(query, |key| matches!(key, "api_key" | "token"))
}

/// An `EventSource` that connects again by itself knows better than its address what it has heard.
fn last_event_id(headers: &HeaderMap, query: &str) -> Option<Text> {
    let header = headers.get(LAST_EVENT_ID).and_then(|id| id.to_str().ok()).map(Text::from);
    header.or_else(|| find_in(query, |key| key == "last_event_id").map(|id| Text::from(&*id)))
}

fn find_in(query: &str, is_wanted: impl Fn(&str) -> bool) -> Option<Cow<'_, str>> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, value)| is_wanted(key) && !value.is_empty()).map(|(_, value)| value)
}
