//! What a write's body holds, within this server's limits.

use axum::http::StatusCode;
use cocobase_proto::Text;
use cocobase_proto::rest::body::{self, BodyError};

use super::error::ApiError;
use super::names::name;
use crate::fields::Fields;
use crate::limits::Limits;

/// `{"data":{…}}`
pub(super) fn data(body: &str, limits: &Limits) -> Result<Text, ApiError> {
    document("`data`", body::data(body)?, limits)
}

/// `{…}`, the fields themselves.
pub(super) fn bare(body: &str, limits: &Limits) -> Result<Text, ApiError> {
    document("the body", body::bare(body)?, limits)
}

/// `{"documents":[{…},…]}`
pub(super) fn documents(body: &str, limits: &Limits) -> Result<Vec<Text>, ApiError> {
    in_batch(body::documents(body)?, limits)?
        .into_iter()
        .enumerate()
        .map(|(place, fields)| document(&format!("`documents[{place}]`"), fields, limits))
        .collect()
}

/// `{"updates":{id:{…},…}}`
pub(super) fn updates(body: &str, limits: &Limits) -> Result<Vec<(Text, Text)>, ApiError> {
    in_batch(body::updates(body)?, limits)?
        .into_iter()
        .map(|(id, fields)| {
            let id = name("document id", &id)?;
            let fields = document(&format!("the update of `{id}`"), fields, limits)?;
            Ok((id, fields))
        })
        .collect()
}

/// `{"document_ids":[…]}`
pub(super) fn document_ids(body: &str, limits: &Limits) -> Result<Vec<Text>, ApiError> {
    let ids = in_batch(body::document_ids(body)?, limits)?;
    ids.into_iter().map(|id| name("document id", &id)).collect()
}

/// The fields of one document, each name once.
fn document(what: &str, fields: &str, limits: &Limits) -> Result<Text, ApiError> {
    let fields =
        Fields::parse(fields).map_err(|error| ApiError::bad_request(format!("{what}: {error}")))?;
    let json = fields.to_json();
    let (bytes, limit) = (json.len(), limits.max_document_bytes);
    if bytes > limit {
        let message = format!("{what} is {bytes} bytes of JSON; a document has at most {limit}");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    Ok(json.into())
}

fn in_batch<T>(items: Vec<T>, limits: &Limits) -> Result<Vec<T>, ApiError> {
    let (count, limit) = (items.len(), limits.max_batch);
    if count > limit {
        return Err(ApiError::unprocessable(format!(
            "a batch of {count} documents; at most {limit} are allowed"
        )));
    }
    Ok(items)
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Json(_) => Self::bad_request(error.to_string()),
            _ => Self::unprocessable(error.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said<T: std::fmt::Debug>(result: Result<T, ApiError>) -> String {
        match result {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("{error:?}"),
        }
    }

    #[test]
    fn every_wrong_type_is_named() {
        let limits = &Limits { max_batch: 2, max_document_bytes: 20, ..Limits::default() };
        let big = format!(r#"{{"data":{{"a":"{}"}}}}"#, "x".repeat(20));
        let table = [
            (said(data(r#"{"data":{"a":1},"x":2}"#, limits)), r#"{\"a\":1}"#),
            (said(data("[]", limits)), "the body must be an object, not an array"),
            (said(data(r#"{"a":1}"#, limits)), "the body has no key `data`; it must be an object"),
            (said(data(r#"{"data":"x"}"#, limits)), "`data` must be an object, not a string"),
            (said(data(r#"{"data":null}"#, limits)), "`data` must be an object, not null"),
            (said(data(&big, limits)), "`data` is 28 bytes of JSON; a document has at most 20"),
            (said(bare("12", limits)), "the body must be an object, not a number"),
            (said(bare(r#"{"data":1}"#, limits)), r#"{\"data\":1}"#),
            (said(documents(r#"{"documents":[{},{"a":1}]}"#, limits)), r#"["{}", "{\"a\":1}"]"#),
            (said(documents(r#"{"documents":{}}"#, limits)), "`documents` must be an array"),
            (said(documents(r#"{"documents":[{},true]}"#, limits)), "`documents[1]` must be"),
            (said(documents(r#"{"documents":[{},{},{}]}"#, limits)), "a batch of 3 documents"),
            (said(updates(r#"{"updates":{"1":{"a":1}}}"#, limits)), r#"[("1", "{\"a\":1}")]"#),
            (said(updates(r#"{"updates":[]}"#, limits)), "`updates` must be an object"),
            (said(updates(r#"{"updates":{"1":2}}"#, limits)), "the update of `1` must be"),
            (said(document_ids(r#"{"document_ids":["a"]}"#, limits)), r#"["a"]"#),
            (said(document_ids(r#"{"document_ids":[1]}"#, limits)), "`document_ids[0]` must be"),
            (said(document_ids(r#"{"document_ids":[""]}"#, limits)), "missing document id"),
            (said(document_ids(r#"{}"#, limits)), "no key `document_ids`"),
        ];
        for (found, expected) in table {
            assert!(found.contains(expected), "{found}\n{expected}");
        }
    }
}
