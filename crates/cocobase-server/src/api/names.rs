//! The names in a request's path, query and headers.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::HeaderMap;
use axum::http::request::Parts;
use cocobase_proto::Text;
use cocobase_proto::rest::IDEMPOTENCY_KEY;

use super::error::ApiError;
use crate::limits::MAX_NAME_BYTES;

/// What `{collection}` stands for in the path.
pub(crate) struct InCollection(pub(crate) Text);

/// What `{room}` stands for in the path.
pub(crate) struct InRoom(pub(crate) Text);

/// What `{collection}` and `{id}` stand for in the path.
pub(super) struct DocumentPath {
    pub(super) collection: Text,
    pub(super) id: Text,
}

/// The `collection` of the query string.
pub(super) struct QueryCollection(pub(super) Text);

/// The idempotency key, if there is one.
pub(super) struct WriteKey(pub(super) Option<Text>);

/// `name` if it can be a collection's name or a document's id. `what` says which of them it is.
pub(crate) fn name(what: &str, name: &str) -> Result<Text, ApiError> {
    let wrong = if name.is_empty() {
        format!("missing {what}: it must have at least one character")
    } else if name.len() > MAX_NAME_BYTES {
        format!("{what} is {} bytes long; at most {MAX_NAME_BYTES} are allowed", name.len())
    } else if name.chars().any(char::is_control) {
        format!("{what} {name:?} holds a control character")
    } else {
        return Ok(name.into());
    };
    Err(ApiError::bad_request(wrong))
}

async fn path<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    what: &'static str,
    key: &str,
) -> Result<Text, ApiError> {
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|error| ApiError::bad_request(error.to_string()))?;
    let value = params.iter().find(|(name, _)| *name == key).map_or("", |(_, value)| value);
    name(what, value)
}

impl<S: Send + Sync> FromRequestParts<S> for InCollection {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path(parts, state, "collection name", "collection").await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InRoom {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path(parts, state, "room id", "room").await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for DocumentPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let collection = path(parts, state, "collection name", "collection").await?;
        let id = path(parts, state, "document id", "id").await?;
        Ok(Self { collection, id })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for QueryCollection {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        let found = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "collection");
        match found {
            Some((_, value)) => name("collection name", &value).map(Self),
            None => Err(ApiError::bad_request(
                "missing collection name: POST /collections/documents?collection=NAME",
            )),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for WriteKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        write_key(&parts.headers).map(Self)
    }
}

fn write_key(headers: &HeaderMap) -> Result<Option<Text>, ApiError> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    match value.to_str() {
        Ok(key) if (1..=MAX_NAME_BYTES).contains(&key.len()) => Ok(Some(key.into())),
        _ => Err(ApiError::bad_request(format!(
            "the header `{IDEMPOTENCY_KEY}` must be 1 to {MAX_NAME_BYTES} ASCII characters"
        ))),
    }
}
