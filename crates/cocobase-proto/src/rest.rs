//! Documents over HTTP (surface D): requests as values, and the reading of their answers.
//!
//! Any HTTP library can carry them: send [`Request::body`] as `application/json` to the base
//! address plus [`Request::path`], with the header of [`credential_header`].

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::credentials::Credentials;
use crate::document::Document;
use crate::endpoint::path_segment;
use crate::filter::FilterError;
use crate::json::JsonError;
use crate::query::ListQuery;
use crate::refusal::{Refusal, RefusalKind};
use crate::text::Text;
use crate::wire::ErrorMessage;
use crate::wire::lenient::Loose;

/// One request to the documents of a server.
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
    /// The JSON to send.
    pub body: Option<String>,
}

/// The HTTP methods that surface D uses.
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

/// The header that makes a repeated request harmless (ours): the server answers a second request
/// with the same value as it answered the first, and writes nothing twice.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// The name and value of the header that carries `credentials`.
///
/// ```
/// use cocobase_proto::{Credentials, rest::credential_header};
/// let (name, value) = credential_header(&Credentials::Token("jwt".into()));
/// assert_eq!((name, value.as_str()), ("authorization", "Bearer jwt"));
/// ```
#[must_use]
pub fn credential_header(credentials: &Credentials) -> (&'static str, String) {
    match credentials {
        Credentials::ApiKey(key) => ("x-api-key", key.expose().into()),
        Credentials::Token(token) => ("authorization", format!("Bearer {}", token.expose())),
    }
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
        let body = json(&Data { data: fields })?;
        Ok(Self { method: Method::Post, path: format!("/collections/documents?{query}"), body })
    }

    /// Reads one document.
    #[must_use]
    pub fn get(collection: &str, id: &str) -> Self {
        Self { method: Method::Get, path: document_path(collection, id), body: None }
    }

    /// Lists documents.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    pub fn list(collection: &str, query: &ListQuery) -> Result<Self, FilterError> {
        let query = query.to_query()?;
        let mut path = format!("/collections/{}/documents", path_segment(collection));
        if !query.is_empty() {
            path.push('?');
            path.push_str(&query);
        }
        Ok(Self { method: Method::Get, path, body: None })
    }

    /// Gives some fields of a document new values and leaves the others alone.
    ///
    /// # Errors
    ///
    /// When `fields` has no JSON form.
    pub fn update(collection: &str, id: &str, fields: &impl Serialize) -> Result<Self, JsonError> {
        let body = json(&Data { data: fields })?;
        Ok(Self { method: Method::Patch, path: document_path(collection, id), body })
    }

    /// Deletes a document.
    #[must_use]
    pub fn delete(collection: &str, id: &str) -> Self {
        Self { method: Method::Delete, path: document_path(collection, id), body: None }
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
        Ok(Self { method: Method::Post, path, body: json(&Body { documents })? })
    }

    /// Lists the collections.
    #[must_use]
    pub fn collections() -> Self {
        Self { method: Method::Get, path: "/collections".into(), body: None }
    }
}

#[derive(Serialize)]
struct Data<'a, T> {
    data: &'a T,
}

fn json(body: &impl Serialize) -> Result<Option<String>, JsonError> {
    Ok(Some(serde_json::to_string(body)?))
}

fn document_path(collection: &str, id: &str) -> String {
    format!("/collections/{}/documents/{}", path_segment(collection), path_segment(id))
}

/// The documents in an answer that is a list.
///
/// # Errors
///
/// When the answer is not a JSON array.
///
/// ```
/// use cocobase_proto::rest::documents;
/// let answer = documents(&r#"[{"id":"1","data":{"a":1}},{"id":"2","data":{}}]"#.into()).unwrap();
/// assert_eq!(answer[1].id().unwrap(), "2");
/// ```
pub fn documents(answer: &Text) -> Result<Vec<Document>, JsonError> {
    let items: Vec<&RawValue> = serde_json::from_str(answer)?;
    Ok(items.into_iter().map(|item| Document::new(answer.slice_of(item.get()))).collect())
}

/// The collections in the answer to [`Request::collections`].
///
/// # Errors
///
/// When the answer is no list of collections.
///
/// ```
/// use cocobase_proto::rest::collections;
/// let answer = collections(r#"[{"id":"users","name":"users","created_at":"2024-01-15T10:30:00Z"}]"#);
/// assert_eq!(answer.unwrap()[0].name, "users");
/// ```
pub fn collections(answer: &str) -> Result<Vec<Collection>, JsonError> {
    Ok(serde_json::from_str(answer)?)
}

/// A collection, as `GET /collections` lists it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Collection {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// When it was created, RFC 3339.
    #[serde(default)]
    pub created_at: Option<String>,
}

/// The error in the body of an answer whose status is not a success: the server's own message where
/// there is one, and the start of the body otherwise.
///
/// ```
/// use cocobase_proto::rest::error_message;
/// assert_eq!(&*error_message(404, r#"{"error":true,"message":"Document not found"}"#).message, "Document not found");
/// assert_eq!(&*error_message(502, "<html>…").message, "HTTP status 502: <html>…");
/// ```
#[must_use]
pub fn error_message(status: u16, body: &str) -> ErrorMessage {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow, default)]
        error: Loose<'a>,
        #[serde(borrow, default)]
        message: Loose<'a>,
        #[serde(borrow, default)]
        detail: Loose<'a>,
    }
    let parsed: Option<Body<'_>> = serde_json::from_str(body).ok();
    let said = parsed
        .as_ref()
        .and_then(|body| body.message.text().or(body.error.text()).or(body.detail.text()));
    match said {
        Some(said) => ErrorMessage::new(said),
        None => {
            let start: String = body.trim().chars().take(200).collect();
            let mut message = format!("HTTP status {status}");
            if !start.is_empty() {
                message = format!("{message}: {start}");
            }
            ErrorMessage::new(message)
        }
    }
}

/// The refusal in an answer, if credentials or the collection are refused. Other errors concern the
/// one request.
///
/// ```
/// use cocobase_proto::RefusalKind;
/// use cocobase_proto::rest::{error_message, refusal};
///
/// let wrong_key = error_message(401, r#"{"error":true,"message":"Invalid API key"}"#);
/// assert_eq!(refusal(401, &wrong_key).unwrap().kind, RefusalKind::Credentials);
/// assert!(refusal(404, &error_message(404, "")).is_none());
/// ```
#[must_use]
pub fn refusal(status: u16, message: &ErrorMessage) -> Option<Refusal> {
    match status {
        401 | 403 => {
            Some(Refusal { kind: RefusalKind::Credentials, message: message.message.clone() })
        }
        _ => Refusal::of_message(message),
    }
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
