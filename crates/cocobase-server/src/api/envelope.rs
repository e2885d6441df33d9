//! What a write's body holds, by the keys that the vendor's SDK sends.

use axum::http::StatusCode;
use cocobase_proto::Text;
use serde_json::value::RawValue;

use super::error::ApiError;
use super::names::name;
use crate::fields::Fields;
use crate::limits::Limits;

/// `{"data":{…}}`
pub(super) fn data(body: &str, limits: &Limits) -> Result<Text, ApiError> {
    document("`data`", key(&object("the body", body)?, "data", "an object")?, limits)
}

/// `{…}`, the fields themselves.
pub(super) fn bare(body: &str, limits: &Limits) -> Result<Text, ApiError> {
    sized("the body", object("the body", body)?.to_json(), limits)
}

/// `{"documents":[{…},…]}`
pub(super) fn documents(body: &str, limits: &Limits) -> Result<Vec<Text>, ApiError> {
    list(&object("the body", body)?, "documents", "an array of objects", limits)?
        .into_iter()
        .enumerate()
        .map(|(place, item)| document(&format!("`documents[{place}]`"), item, limits))
        .collect()
}

/// `{"updates":{id:{…},…}}`
pub(super) fn updates(body: &str, limits: &Limits) -> Result<Vec<(Text, Text)>, ApiError> {
    let body = object("the body", body)?;
    let updates = key(&body, "updates", "an object of objects by document id")?;
    let updates = object("`updates`", updates.get())?;
    in_batch(updates.entries().count(), limits)?;
    updates
        .entries()
        .map(|(id, fields)| {
            let id = name("document id", id)?;
            let fields = document(&format!("the update of `{id}`"), fields, limits)?;
            Ok((id, fields))
        })
        .collect()
}

/// `{"document_ids":[…]}`
pub(super) fn document_ids(body: &str, limits: &Limits) -> Result<Vec<Text>, ApiError> {
    list(&object("the body", body)?, "document_ids", "an array of strings", limits)?
        .into_iter()
        .enumerate()
        .map(|(place, id)| match serde_json::from_str::<String>(id.get()) {
            Ok(id) => name("document id", &id),
            Err(_) => Err(wrong_type(&format!("`document_ids[{place}]`"), "a string", id.get())),
        })
        .collect()
}

fn document(what: &str, fields: &RawValue, limits: &Limits) -> Result<Text, ApiError> {
    sized(what, object(what, fields.get())?.to_json(), limits)
}

fn sized(what: &str, json: String, limits: &Limits) -> Result<Text, ApiError> {
    let (bytes, limit) = (json.len(), limits.max_document_bytes);
    if bytes > limit {
        let message = format!("{what} is {bytes} bytes of JSON; a document has at most {limit}");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    Ok(json.into())
}

fn object<'a>(what: &str, json: &'a str) -> Result<Fields<'a>, ApiError> {
    Fields::parse(json).map_err(|_| wrong_type(what, "an object", json))
}

fn key<'a>(body: &Fields<'a>, key: &str, kind: &str) -> Result<&'a RawValue, ApiError> {
    body.get(key).ok_or_else(|| {
        ApiError::unprocessable(format!("the body has no key `{key}`; it must be {kind}"))
    })
}

fn list<'a>(
    body: &Fields<'a>,
    name: &str,
    kind: &str,
    limits: &Limits,
) -> Result<Vec<&'a RawValue>, ApiError> {
    let items = key(body, name, kind)?;
    let items: Vec<&RawValue> = serde_json::from_str(items.get())
        .map_err(|_| wrong_type(&format!("`{name}`"), kind, items.get()))?;
    in_batch(items.len(), limits)?;
    Ok(items)
}

fn in_batch(count: usize, limits: &Limits) -> Result<(), ApiError> {
    let limit = limits.max_batch;
    if count > limit {
        return Err(ApiError::unprocessable(format!(
            "a batch of {count} documents; at most {limit} are allowed"
        )));
    }
    Ok(())
}

fn wrong_type(what: &str, kind: &str, json: &str) -> ApiError {
    let found = match json.as_bytes().first() {
        Some(b'{') => "an object",
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    ApiError::unprocessable(format!("{what} must be {kind}, not {found}"))
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
