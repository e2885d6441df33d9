//! What a client makes of answers.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

#[cfg(doc)]
use super::Request;
use crate::document::Document;
use crate::json::{JsonError, from_object};
use crate::refusal::{Refusal, RefusalKind};
use crate::text::Text;
use crate::wire::ErrorMessage;
use crate::wire::raw::Raw;

/// The document that an answer is.
///
/// # Errors
///
/// When the answer is no JSON object: a page, say, of somebody on the way who wants to be seen first.
///
/// ```
/// use cocobase_proto::rest::document;
/// assert_eq!(document(&r#"{"id":"1","data":{"a":1}}"#.into()).unwrap().id().unwrap(), "1");
/// assert!(document(&"<html>Please log in</html>".into()).is_err());
/// assert!(document(&"[]".into()).is_err());
/// ```
pub fn document(answer: &Text) -> Result<Document, JsonError> {
    from_object::<IgnoredAny>(answer)?;
    Ok(Document::new(answer.clone()))
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

/// The number in the answer to [`Request::count`] or [`Request::delete_many`].
///
/// # Errors
///
/// When the answer has none.
///
/// ```
/// use cocobase_proto::rest::count;
/// assert_eq!(count(r#"{"count":7}"#).unwrap(), 7);
/// assert_eq!(count(r#"{"status":"success","message":"2 documents deleted","count":2}"#).unwrap(), 2);
/// ```
pub fn count(answer: &str) -> Result<u64, JsonError> {
    #[derive(Deserialize)]
    struct Body {
        count: u64,
    }
    Ok(from_object::<Body>(answer)?.count)
}

/// The result in the answer to [`Request::aggregate`], as JSON: a number, or null if there was
/// nothing to compute it of.
///
/// # Errors
///
/// When the answer has none.
///
/// ```
/// use cocobase_proto::rest::aggregate;
/// let answer = r#"{"field":"age","operation":"avg","result":36.5,"collection":"users"}"#;
/// assert_eq!(aggregate(&answer.into()).unwrap(), "36.5");
/// ```
pub fn aggregate(answer: &Text) -> Result<Text, JsonError> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        result: &'a RawValue,
    }
    let body: Body<'_> = from_object(answer)?;
    Ok(answer.slice_of(body.result.get()))
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
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body<'a> {
        #[serde(borrow)]
        error: Raw<'a>,
        #[serde(borrow)]
        message: Raw<'a>,
        #[serde(borrow)]
        detail: Raw<'a>,
    }
    let parsed: Body<'_> = from_object(body).unwrap_or_default();
    match [parsed.message, parsed.error, parsed.detail].into_iter().find_map(Raw::text) {
        Some(said) => ErrorMessage::new(&*said),
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
