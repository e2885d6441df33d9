//! What a server makes of the bodies of writes (surface D).
//!
//! Fields stay the JSON that they came as. A key that stands twice in an object counts once: the
//! last value, in the first place.
//!
//! ```
//! use cocobase_proto::rest::body;
//!
//! assert_eq!(body::data(r#"{"data":{"name":"Ada"}}"#).unwrap(), r#"{"name":"Ada"}"#);
//! assert_eq!(
//!     body::data(r#"{"data":"Ada"}"#).unwrap_err().to_string(),
//!     "`data` must be an object, not a string",
//! );
//! ```

use alloc::borrow::Cow;
use alloc::collections::BTreeMap;
use alloc::collections::btree_map::Entry;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::json::JsonError;
use crate::wire::keys;
use crate::wire::lenient::Key;

/// Why a body cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BodyError {
    /// It is not JSON.
    #[error("the body is not JSON: {0}")]
    Json(#[from] JsonError),
    /// A part of it has another type than it must have.
    #[error("{what} must be {kind}, not {found}")]
    WrongType {
        /// The part, in words.
        what: String,
        /// What it must be.
        kind: &'static str,
        /// What it is.
        found: &'static str,
    },
    /// A part of it is missing.
    #[error("the body has no key `{key}`; it must be {kind}")]
    Missing {
        /// The key.
        key: &'static str,
        /// What its value must be.
        kind: &'static str,
    },
}

const OBJECT: &str = "an object";
const THE_BODY: &str = "the body";

/// The fields in `{"data":{…}}`.
///
/// # Errors
///
/// When the body is anything else.
pub fn data(body: &str) -> Result<&str, BodyError> {
    object("`data`", key(body, keys::DATA, OBJECT)?)
}

/// The fields in a body that is nothing but the fields.
///
/// # Errors
///
/// When the body is not an object.
///
/// ```
/// use cocobase_proto::rest::body;
/// assert_eq!(body::bare(r#"{"data":1}"#).unwrap(), r#"{"data":1}"#);
/// assert!(body::bare("[]").is_err());
/// ```
pub fn bare(body: &str) -> Result<&str, BodyError> {
    object(THE_BODY, parse(body)?)
}

/// The fields of each document in `{"documents":[{…},…]}`.
///
/// # Errors
///
/// When the body is anything else.
///
/// ```
/// use cocobase_proto::rest::body;
/// assert_eq!(body::documents(r#"{"documents":[{},{"a":1}]}"#).unwrap(), ["{}", r#"{"a":1}"#]);
/// ```
pub fn documents(body: &str) -> Result<Vec<&str>, BodyError> {
    let place = |(place, item)| object(&format!("`documents[{place}]`"), item);
    list(body, "documents", "an array of objects")?.into_iter().enumerate().map(place).collect()
}

/// The ids and fields in `{"updates":{id:{…},…}}`.
///
/// # Errors
///
/// When the body is anything else.
///
/// ```
/// use cocobase_proto::rest::body;
/// let updates = body::updates(r#"{"updates":{"doc_1":{"a":1}}}"#).unwrap();
/// assert_eq!(updates, [("doc_1".into(), r#"{"a":1}"#)]);
/// ```
pub fn updates(body: &str) -> Result<Vec<(Cow<'_, str>, &str)>, BodyError> {
    let updates = key(body, "updates", "an object of objects by document id")?;
    members("`updates`", updates)?
        .into_iter()
        .map(|(id, fields)| {
            let fields = object(&format!("the update of `{id}`"), fields)?;
            Ok((id, fields))
        })
        .collect()
}

/// The ids in `{"document_ids":[…]}`.
///
/// # Errors
///
/// When the body is anything else.
///
/// ```
/// use cocobase_proto::rest::body;
/// assert_eq!(body::document_ids(r#"{"document_ids":["doc_1"]}"#).unwrap(), ["doc_1"]);
/// ```
pub fn document_ids(body: &str) -> Result<Vec<Cow<'_, str>>, BodyError> {
    list(body, "document_ids", "an array of strings")?
        .into_iter()
        .enumerate()
        .map(|(place, id)| match serde_json::from_str::<Key<'_>>(id.get()) {
            Ok(Key(id)) => Ok(id),
            Err(_) => Err(wrong_type(&format!("`document_ids[{place}]`"), "a string", id)),
        })
        .collect()
}

fn parse(body: &str) -> Result<&RawValue, BodyError> {
    Ok(serde_json::from_str(body).map_err(JsonError::from)?)
}

fn object<'a>(what: &str, json: &'a RawValue) -> Result<&'a str, BodyError> {
    match json.get() {
        object if object.starts_with('{') => Ok(object),
        _ => Err(wrong_type(what, OBJECT, json)),
    }
}

fn members<'a>(what: &str, json: &'a RawValue) -> Result<Vec<Member<'a>>, BodyError> {
    let Members(members) = serde_json::from_str(object(what, json)?).map_err(JsonError::from)?;
    Ok(members)
}

fn key<'a>(
    body: &'a str,
    key: &'static str,
    kind: &'static str,
) -> Result<&'a RawValue, BodyError> {
    let members = members(THE_BODY, parse(body)?)?;
    let member = members.into_iter().find(|(name, _)| name == key);
    member.map(|(_, value)| value).ok_or(BodyError::Missing { key, kind })
}

fn list<'a>(
    body: &'a str,
    name: &'static str,
    kind: &'static str,
) -> Result<Vec<&'a RawValue>, BodyError> {
    let items = key(body, name, kind)?;
    serde_json::from_str(items.get()).map_err(|_| wrong_type(&format!("`{name}`"), kind, items))
}

fn wrong_type(what: &str, kind: &'static str, json: &RawValue) -> BodyError {
    let found = match json.get().as_bytes().first() {
        Some(b'{') => OBJECT,
        Some(b'[') => "an array",
        Some(b'"') => "a string",
        Some(b't' | b'f') => "a boolean",
        Some(b'n') => "null",
        _ => "a number",
    };
    BodyError::WrongType { what: what.into(), kind, found }
}

type Member<'a> = (Cow<'a, str>, &'a RawValue);

/// The members of an object in their order.
struct Members<'a>(Vec<Member<'a>>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<Member<'de>> = Vec::new();
                let mut places: BTreeMap<Cow<'de, str>, usize> = BTreeMap::new();
                while let Some((Key(name), value)) = map.next_entry::<Key<'de>, &RawValue>()? {
                    match places.entry(name.clone()) {
                        Entry::Vacant(place) => {
                            place.insert(members.len());
                            members.push((name, value));
                        }
                        Entry::Occupied(place) => {
                            if let Some(member) = members.get_mut(*place.get()) {
                                member.1 = value;
                            }
                        }
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use core::fmt::Debug;

    use super::*;

    fn said<T: Debug>(result: Result<T, BodyError>) -> String {
        match result {
            Ok(value) => format!("{value:?}"),
            Err(error) => format!("{error}"),
        }
    }

    #[test]
    fn every_wrong_type_is_named() {
        let table = [
            (said(data(r#"{"data":{"a":1},"x":2}"#)), r#""{\"a\":1}""#),
            (said(data(r#"{"d\u0061ta":{},"data":{"b":2}}"#)), r#""{\"b\":2}""#),
            (said(data(" [] ")), "the body must be an object, not an array"),
            (said(data(r#"{"a":1}"#)), "the body has no key `data`; it must be an object"),
            (said(data(r#"{"data":"x"}"#)), "`data` must be an object, not a string"),
            (said(data(r#"{"data":null}"#)), "`data` must be an object, not null"),
            (
                said(data(r#"{"data":{}"#)),
                "the body is not JSON: EOF while parsing an object at line 1 column 10",
            ),
            (said(bare("12")), "the body must be an object, not a number"),
            (said(bare(r#"{"data":1}"#)), r#""{\"data\":1}""#),
            (said(documents(r#"{"documents":[{},{"a":1}]}"#)), r#"["{}", "{\"a\":1}"]"#),
            (
                said(documents(r#"{"documents":{}}"#)),
                "`documents` must be an array of objects, not an object",
            ),
            (
                said(documents(r#"{"documents":[{},true]}"#)),
                "`documents[1]` must be an object, not a boolean",
            ),
            (
                said(updates(r#"{"updates":{"1":{"a":1},"2":{},"1":{}}}"#)),
                r#"[("1", "{}"), ("2", "{}")]"#,
            ),
            (said(updates(r#"{"updates":[]}"#)), "`updates` must be an object, not an array"),
            (
                said(updates(r#"{"updates":{"1":2}}"#)),
                "the update of `1` must be an object, not a number",
            ),
            (said(document_ids(r#"{"document_ids":["a","\u0062"]}"#)), r#"["a", "b"]"#),
            (
                said(document_ids(r#"{"document_ids":[1]}"#)),
                "`document_ids[0]` must be a string, not a number",
            ),
            (
                said(document_ids("{}")),
                "the body has no key `document_ids`; it must be an array of strings",
            ),
        ];
        for (found, expected) in table {
            assert_eq!(found, expected);
        }
    }
}
