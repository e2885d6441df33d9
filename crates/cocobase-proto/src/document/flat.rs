//! The flat view of a document, written as JSON.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::head::Head;
use crate::json::JsonError;
use crate::wire::keys;
use crate::wire::lenient::Key;
use crate::wire::write::{push_key, push_string};

/// A document's metadata, as the flat view shows them.
///
/// ```
/// use cocobase_proto::Metadata;
///
/// let metadata = Metadata { id: Some("doc_1"), created_at: Some("2024-01-15T10:30:00Z"), updated_at: None };
/// let view = metadata.flat_view(r#"{"name":"Ada","id":"hidden"}"#).unwrap();
/// assert_eq!(view["id"], "doc_1");
/// assert_eq!(view["name"], "Ada");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Metadata<'a> {
    /// The document's id.
    pub id: Option<&'a str>,
    /// When it was created, RFC 3339.
    pub created_at: Option<&'a str>,
    /// When it was last changed, RFC 3339.
    pub updated_at: Option<&'a str>,
}

impl<'a> Metadata<'a> {
    fn entries(self) -> [(&'static str, Option<&'a str>); 3] {
        [
            (keys::ID, self.id),
            (keys::CREATED_AT, self.created_at),
            (keys::UPDATED_AT, self.updated_at),
        ]
    }

    /// The flat view of a document with these metadata and `fields`, a JSON object: the form that a
    /// [`Matcher`](crate::filter::Matcher) reads.
    ///
    /// # Errors
    ///
    /// When `fields` is not a JSON object.
    pub fn flat_view(self, fields: &str) -> Result<Map<String, Value>, JsonError> {
        let mut view: Map<String, Value> = serde_json::from_str(fields)?;
        for (key, value) in self.entries() {
            if let Some(value) = value {
                view.insert(key.into(), Value::String(value.into()));
            }
        }
        Ok(view)
    }

    fn hides(self, key: &str) -> bool {
        self.entries().iter().any(|(name, value)| *name == key && value.is_some())
    }
}

/// Appends the flat view of `fields` (a JSON object) to `out`: the id first, then the fields, then
/// the times.
pub(crate) fn push_flat(
    out: &mut String,
    metadata: Metadata<'_>,
    fields: &str,
) -> Result<(), JsonError> {
    out.push('{');
    let start = out.len();
    push_entries(out, start, &metadata.entries()[..1]);
    let hidden = may_hold(fields, [keys::ID, keys::CREATED_AT, keys::UPDATED_AT]);
    match inner(fields) {
        Some(inner) if !hidden => push_part(out, start, inner),
        _ => push_fields(out, start, fields, |key| !metadata.hides(key))?,
    }
    push_entries(out, start, &metadata.entries()[1..]);
    out.push('}');
    Ok(())
}

/// Appends a flat document without its mark.
pub(super) fn push_unmarked(out: &mut String, document: &str) -> Result<(), JsonError> {
    out.push('{');
    push_fields(out, out.len(), document, |key| key != keys::SHAPE)?;
    out.push('}');
    Ok(())
}

/// Appends a flat document that reads back as flat.
///
/// The one flat document that would not is one whose only field is an object called `data`. It gets
/// the key `_shape`, so that it is not taken for a nested one (our decision; a reader that does not
/// know the key sees one more field).
pub(crate) fn push_flat_document(
    out: &mut String,
    metadata: Metadata<'_>,
    fields: &str,
) -> Result<(), JsonError> {
    let start = out.len();
    push_flat(out, metadata, fields)?;
    if may_hold(fields, [keys::DATA]) {
        let written = out.get(start..).unwrap_or_default();
        if serde_json::from_str::<Head<'_>>(written)?.nested_fields().is_some() {
            out.pop();
            out.push(',');
            push_key(out, keys::SHAPE);
            push_string(out, keys::SHAPE_FLAT);
            out.push('}');
        }
    }
    Ok(())
}

/// Whether the object may hold one of these keys at its top level. An escape may spell any key.
pub(super) fn may_hold<const N: usize>(fields: &str, names: [&str; N]) -> bool {
    fields.contains("\\u")
        || names.iter().any(|name| {
            fields.match_indices(name).any(|(at, _)| {
                let before = at.checked_sub(1).and_then(|before| fields.as_bytes().get(before));
                let after = fields.as_bytes().get(at + name.len());
                before == Some(&b'"') && after == Some(&b'"')
            })
        })
}

/// Appends those fields of an object whose keys `shows` lets through.
fn push_fields(
    out: &mut String,
    start: usize,
    object: &str,
    shows: impl Fn(&str) -> bool,
) -> Result<(), JsonError> {
    for (Key(key), value) in serde_json::from_str::<Fields<'_>>(object)?.0 {
        if shows(&key) {
            push_separator(out, start);
            push_key(out, &key);
            out.push_str(value.get());
        }
    }
    Ok(())
}

/// What stands between the braces.
fn inner(object: &str) -> Option<&str> {
    Some(object.trim().strip_prefix('{')?.strip_suffix('}')?.trim())
}

fn push_entries(out: &mut String, start: usize, entries: &[(&str, Option<&str>)]) {
    for (key, value) in entries {
        if let Some(value) = value {
            push_separator(out, start);
            push_key(out, key);
            push_string(out, value);
        }
    }
}

fn push_part(out: &mut String, start: usize, part: &str) {
    if !part.is_empty() {
        push_separator(out, start);
        out.push_str(part);
    }
}

fn push_separator(out: &mut String, start: usize) {
    if out.len() > start {
        out.push(',');
    }
}

/// The fields of an object in the order in which they stand.
struct Fields<'a>(Vec<(Key<'a>, &'a RawValue)>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FieldsVisitor;
        impl<'de> Visitor<'de> for FieldsVisitor {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    fields.push(entry);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(FieldsVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METADATA: Metadata<'_> =
        Metadata { id: Some("doc_1"), created_at: Some("t"), updated_at: Some("u") };

    #[test]
    fn fields_stand_between_id_and_times() {
        for (fields, flat) in [
            (r#"{"a":1}"#, r#"{"id":"doc_1","a":1,"created_at":"t","updated_at":"u"}"#),
            (r#" { "a" : 1 } "#, r#"{"id":"doc_1","a" : 1,"created_at":"t","updated_at":"u"}"#),
            ("{}", r#"{"id":"doc_1","created_at":"t","updated_at":"u"}"#),
            (r#"{"id":7,"a":1}"#, r#"{"id":"doc_1","a":1,"created_at":"t","updated_at":"u"}"#),
            (
                r#"{"x":{"id":7}}"#,
                r#"{"id":"doc_1","x":{"id":7},"created_at":"t","updated_at":"u"}"#,
            ),
            (r#"{"i\u0064":7}"#, r#"{"id":"doc_1","created_at":"t","updated_at":"u"}"#),
            (
                r#"{"data":{"a":1}}"#,
                r#"{"id":"doc_1","data":{"a":1},"created_at":"t","updated_at":"u","_shape":"flat"}"#,
            ),
            (
                r#"{"data":{"a":1},"b":2}"#,
                r#"{"id":"doc_1","data":{"a":1},"b":2,"created_at":"t","updated_at":"u"}"#,
            ),
        ] {
            let mut out = String::new();
            push_flat_document(&mut out, METADATA, fields).unwrap();
            assert_eq!(out, flat, "{fields}");
        }
    }
}
