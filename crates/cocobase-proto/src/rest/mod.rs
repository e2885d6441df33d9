//! The surfaces that speak HTTP, as values: requests and answers, both ways.
//!
//! Any HTTP library can carry them: send [`Request::body`] as `application/json` to the base
//! address plus [`Request::path`], with [`Request::headers`] and the header of
//! [`credential_header`] (on surface S: [`bearer_header`]).
//!
//! | surface | a client writes | and reads | a server reads | and writes |
//! |---|---|---|---|---|
//! | D, documents | [`Request`] | [`document`], [`documents`], [`collections`], [`count`], [`aggregate`] | [`body`], [`ListQuery`] | [`answer`] |
//! | L, rooms | [`Request::rooms`] | [`rooms`] | | [`RoomList::encode`] |
//! | S, a collection's events | [`Request::watch`] | [`ServerMessage`](crate::wire::ServerMessage) | [`WatchQuery`] | [`wire::encode`](crate::wire::encode) |
//! | any | | [`error_message`], [`refusal`] | | [`ErrorMessage::encode`] |

pub mod answer;
pub mod body;
mod read;
mod rooms;
mod watch;

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::Serialize;

use crate::credentials::Credentials;
use crate::endpoint::path_segment;
use crate::filter::FilterError;
use crate::json::JsonError;
use crate::query::ListQuery;
#[cfg(doc)]
use crate::wire::ErrorMessage;

pub use read::{
    Collection, aggregate, collections, count, document, documents, error_message, refusal,
};
pub use rooms::{ListedRoom, RoomList, rooms};
pub use watch::WatchQuery;

/// One request to a server.
///
/// ```
/// use cocobase_proto::rest::{Method, Request};
///
/// let request = Request::create("users", &serde_json::json!({"name": "Ada"})).unwrap();
/// assert_eq!(request.method, Method::Post);
/// assert_eq!(request.path, "/collections/documents?collection=users");
/// assert_eq!(request.body.unwrap(), r#"{"data":{"name":"Ada"}}"#);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The HTTP method.
    pub method: Method,
    /// Path and query string, percent-encoded, to be put behind the base address.
    pub path: String,
    /// Headers beside those of the credentials and of the body.
    pub headers: Vec<(&'static str, String)>,
    /// The JSON to send.
    pub body: Option<String>,
}

/// The HTTP methods that are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Creates, and every batch.
    Post,
    /// Changes some fields.
    Patch,
    /// Deletes.
    Delete,
}

impl Method {
    /// The method as HTTP spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// # Header names
///
/// In lower case, as HTTP/2 wants them.
///
/// ```
/// use cocobase_proto::rest::header;
/// assert!([header::API_KEY, header::SEQ].iter().all(|name| name.chars().all(|c| !c.is_uppercase())));
/// ```
pub mod header {
    /// The project's key (surfaces D and L).
    pub const API_KEY: &str = "x-api-key";
    /// `Bearer` and a key or token (surface S), or a token (D and L).
    pub const AUTHORIZATION: &str = "authorization";
    /// What the client understands.
    pub const ACCEPT: &str = "accept";
    /// Where a broken stream of events is to go on (surface S).
    pub const LAST_EVENT_ID: &str = "last-event-id";
    /// How long a client is to wait.
    pub const RETRY_AFTER: &str = "retry-after";
    /// Makes a repeated request harmless (ours): the server answers a second request with the same
    /// value as it answered the first, and writes nothing twice.
    pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
    /// The collection's last change that an answer knows of (ours).
    pub const SEQ: &str = "x-cocobase-seq";
    /// Which history that number belongs to (ours).
    pub const EPOCH: &str = "x-cocobase-epoch";
}

pub use header::IDEMPOTENCY_KEY;

/// The media type of a stream of events (surface S).
pub const EVENT_STREAM: &str = "text/event-stream";

/// The name and value of the header that carries `credentials` on the surfaces D and L.
///
/// ```
/// use cocobase_proto::{Credentials, rest::credential_header};
/// let (name, value) = credential_header(&Credentials::Token("jwt".into()));
/// assert_eq!((name, value.as_str()), ("authorization", "Bearer jwt"));
/// ```
#[must_use]
pub fn credential_header(credentials: &Credentials) -> (&'static str, String) {
    match credentials {
        Credentials::ApiKey(key) => (header::API_KEY, key.expose().into()),
        Credentials::Token(_) => bearer_header(credentials),
    }
}

/// The name and value of the header that carries `credentials` on surface S: a key too is a bearer
/// there (document 002).
///
/// ```
/// use cocobase_proto::{Credentials, rest::bearer_header};
/// let (name, value) = bearer_header(&Credentials::ApiKey("coco_1234".into()));
/// assert_eq!((name, value.as_str()), ("authorization", "Bearer coco_1234"));
/// ```
#[must_use]
pub fn bearer_header(credentials: &Credentials) -> (&'static str, String) {
    (header::AUTHORIZATION, format!("Bearer {}", credentials.secret().expose()))
}

impl Request {
    /// Creates a document from its fields.
    ///
    /// # Errors
    ///
    /// When `fields` has no JSON form.
    pub fn create(collection: &str, fields: &impl Serialize) -> Result<Self, JsonError> {
        let query: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("collection", collection)
            .finish();
        let path = format!("/collections/documents?{query}");
        Self::new(Method::Post, path).with_body(&Data { data: fields })
    }

    /// Reads one document.
    #[must_use]
    pub fn get(collection: &str, id: &str) -> Self {
        Self::new(Method::Get, document_path(collection, id))
    }

    /// Lists documents.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    pub fn list(collection: &str, query: &ListQuery) -> Result<Self, FilterError> {
        let path = format!("/collections/{}/documents", path_segment(collection));
        Ok(Self::new(Method::Get, with_query(path, &query.to_query()?)))
    }

    /// Gives some fields of a document new values and leaves the others alone.
    ///
    /// # Errors
    ///
    /// When `fields` has no JSON form.
    pub fn update(collection: &str, id: &str, fields: &impl Serialize) -> Result<Self, JsonError> {
        Self::new(Method::Patch, document_path(collection, id)).with_body(&Data { data: fields })
    }

    /// Deletes a document.
    #[must_use]
    pub fn delete(collection: &str, id: &str) -> Self {
        Self::new(Method::Delete, document_path(collection, id))
    }

    /// Creates several documents, all of them or none.
    ///
    /// # Errors
    ///
    /// When `documents` has no JSON form.
    pub fn create_many(collection: &str, documents: &[impl Serialize]) -> Result<Self, JsonError> {
        #[derive(Serialize)]
        struct Body<'a, T> {
            documents: &'a [T],
        }
        let path = format!("/collections/{}/batch/documents/create", path_segment(collection));
        Self::new(Method::Post, path).with_body(&Body { documents })
    }

    /// Changes several documents, all of them or none: ids, and fields with new values.
    ///
    /// # Errors
    ///
    /// When `updates` has no JSON form: it must be a map from ids to objects.
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use cocobase_proto::rest::Request;
    ///
    /// let updates = BTreeMap::from([("doc_1", serde_json::json!({"age": 37}))]);
    /// let request = Request::update_many("users", &updates).unwrap();
    /// assert_eq!(request.path, "/collections/users/batch/documents/update");
    /// assert_eq!(request.body.unwrap(), r#"{"updates":{"doc_1":{"age":37}}}"#);
    /// ```
    pub fn update_many(collection: &str, updates: &impl Serialize) -> Result<Self, JsonError> {
        #[derive(Serialize)]
        struct Body<'a, T> {
            updates: &'a T,
        }
        let path = format!("/collections/{}/batch/documents/update", path_segment(collection));
        Self::new(Method::Post, path).with_body(&Body { updates })
    }

    /// Deletes several documents. Those that do not exist are passed over.
    ///
    /// # Errors
    ///
    /// When `ids` has no JSON form, which strings always have.
    ///
    /// ```
    /// use cocobase_proto::rest::Request;
    /// let request = Request::delete_many("users", &["doc_1", "doc_2"]).unwrap();
    /// assert_eq!(request.body.unwrap(), r#"{"document_ids":["doc_1","doc_2"]}"#);
    /// ```
    pub fn delete_many(collection: &str, ids: &[impl Serialize]) -> Result<Self, JsonError> {
        #[derive(Serialize)]
        struct Body<'a, T> {
            document_ids: &'a [T],
        }
        let path = format!("/collections/{}/batch/documents/delete", path_segment(collection));
        Self::new(Method::Post, path).with_body(&Body { document_ids: ids })
    }

    /// Counts documents. The page of the query has no part in it.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    pub fn count(collection: &str, query: &ListQuery) -> Result<Self, FilterError> {
        let path = format!("/collections/{}/query/documents/count", path_segment(collection));
        Ok(Self::new(Method::Get, with_query(path, &query.to_query()?)))
    }

    /// Computes one number of a field of many documents. `operation` is one of `count`, `sum`,
    /// `avg`, `min` and `max`.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    ///
    /// ```
    /// use cocobase_proto::query::ListQuery;
    /// use cocobase_proto::rest::Request;
    ///
    /// let request = Request::aggregate("users", "age", "avg", &ListQuery::default()).unwrap();
    /// assert_eq!(
    ///     request.path,
    ///     "/collections/users/query/documents/aggregate?field=age&operation=avg",
    /// );
    /// ```
    pub fn aggregate(
        collection: &str,
        field: &str,
        operation: &str,
        query: &ListQuery,
    ) -> Result<Self, FilterError> {
        let mut what: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("field", field)
            .append_pair("operation", operation)
            .finish();
        let query = query.to_query()?;
        if !query.is_empty() {
            what = format!("{what}&{query}");
        }
        let path = format!("/collections/{}/query/documents/aggregate", path_segment(collection));
        Ok(Self::new(Method::Get, with_query(path, &what)))
    }

    /// Lists the collections.
    #[must_use]
    pub fn collections() -> Self {
        Self::new(Method::Get, "/collections".into())
    }

    /// Lists the rooms (surface L). [`rooms`] reads the answer.
    ///
    /// ```
    /// use cocobase_proto::rest::Request;
    /// assert_eq!(Request::rooms().path, "/realtime/rooms");
    /// ```
    #[must_use]
    pub fn rooms() -> Self {
        Self::new(Method::Get, "/realtime/rooms".into())
    }

    fn new(method: Method, path: String) -> Self {
        Self { method, path, headers: Vec::new(), body: None }
    }

    fn with_body(self, body: &impl Serialize) -> Result<Self, JsonError> {
        Ok(Self { body: Some(serde_json::to_string(body)?), ..self })
    }
}

#[derive(Serialize)]
struct Data<'a, T> {
    data: &'a T,
}

fn with_query(path: String, query: &str) -> String {
    if query.is_empty() { path } else { format!("{path}?{query}") }
}

fn document_path(collection: &str, id: &str) -> String {
    format!("/collections/{}/documents/{}", path_segment(collection), path_segment(id))
}

/// Whether a request that was answered with this status may succeed if it is repeated: 408, 425, 429
/// and 5xx, but for 501, 505 and 507, where something has to be changed first.
///
/// ```
/// use cocobase_proto::rest::may_pass;
/// assert!(may_pass(503) && !may_pass(404) && !may_pass(507));
/// ```
#[must_use]
pub const fn may_pass(status: u16) -> bool {
    matches!(status, 408 | 425 | 429 | 500..=599) && !matches!(status, 501 | 505 | 507)
}

/// How long a `Retry-After` header asks to wait, if it gives seconds. A date needs a clock, which
/// the core has not.
///
/// ```
/// use cocobase_proto::rest::retry_after;
/// assert_eq!(retry_after(" 7 "), Some(core::time::Duration::from_secs(7)));
/// assert_eq!(retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), None);
/// ```
#[must_use]
pub fn retry_after(value: &str) -> Option<Duration> {
    value.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_percent_encoded() {
        assert_eq!(Request::get("a/b ?", "..").path, "/collections/a%2Fb%20%3F/documents/%2E%2E");
        assert_eq!(
            Request::create("a&b", &1).unwrap().path,
            "/collections/documents?collection=a%26b"
        );
    }
}
