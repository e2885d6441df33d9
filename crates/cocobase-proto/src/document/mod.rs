//! Documents as they come over the wire: flat, nested or an id alone.

mod flat;
mod head;

use alloc::borrow::Cow;
use alloc::string::String;
use core::ops::Deref;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::json::{
    JsonError, Part, from_plain_object, has_plain_text, read_plain_nested, read_plain_object,
};
use crate::text::Text;
use crate::wire::keys;

pub use flat::Metadata;
pub(crate) use flat::push_flat_document;
use flat::{may_hold, push_flat, push_unmarked};
use head::Head;

/// How a document is laid out on the wire.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Its fields stand beside its metadata: `{"id":…,"name":…,"created_at":…}`.
    #[default]
    Flat,
    /// Its fields stand under `data`: `{"id":…,"data":{"name":…},"created_at":…}`.
    Nested,
}

/// One document, kept as the JSON it came in and decoded when and as the user asks.
///
/// A document is *nested* exactly when `data` is an object and every other key is one of `id`,
/// `collection`, `collection_id`, `created_at`, `updated_at`, `createdAt`, `updatedAt`, and *flat*
/// otherwise. Whichever it is, [`get`](Self::get) shows its *flat view*: its fields with `id`,
/// `created_at` and `updated_at` beside them. These three hide fields of the same name. The key
/// `_shape` beside an object called `data` marks a flat document that would otherwise be nested
/// (ours), and is not shown.
///
/// ```
/// use cocobase_proto::{Document, Text};
/// use serde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct User { id: String, name: String }
///
/// for json in [
///     r#"{"id":"doc_1","name":"Ada","created_at":"2024-01-15T10:30:00Z"}"#,
///     r#"{"id":"doc_1","data":{"name":"Ada"},"createdAt":"2024-01-15T10:30:00Z"}"#,
/// ] {
///     let document = Document::new(Text::from(json));
///     assert_eq!(document.id().unwrap(), "doc_1");
///     assert_eq!(document.created_at().unwrap(), "2024-01-15T10:30:00Z");
///     assert_eq!(document.get::<User>().unwrap().name, "Ada");
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    json: Text,
}

impl Document {
    /// The document with this JSON. Nothing is read yet.
    #[must_use]
    pub const fn new(json: Text) -> Self {
        Self { json }
    }

    /// The JSON as it came.
    #[must_use]
    pub const fn json(&self) -> &Text {
        &self.json
    }

    /// The document's id, if it has one that is a string or an integer.
    #[must_use]
    pub fn id(&self) -> Option<Text> {
        self.head()?.id.map(|id| self.share(&id))
    }

    /// When the document was created, as the server wrote it.
    #[must_use]
    pub fn created_at(&self) -> Option<Text> {
        self.head()?.created_at.map(|at| self.share(&at))
    }

    /// When the document was last changed, as the server wrote it.
    #[must_use]
    pub fn updated_at(&self) -> Option<Text> {
        self.head()?.updated_at.map(|at| self.share(&at))
    }

    /// How the document is laid out.
    #[must_use]
    pub fn shape(&self) -> Shape {
        match self.head() {
            Some(head) if head.nested_fields().is_some() => Shape::Nested,
            _ => Shape::Flat,
        }
    }

    /// Decodes the flat view of the document.
    ///
    /// # Errors
    ///
    /// When the document does not fit `T`. The document is not lost: its JSON stays here.
    pub fn get<T: DeserializeOwned>(&self) -> Result<T, JsonError> {
        let flat_view = match self.is_plainly_flat() {
            true => Cow::Borrowed(self.json.as_str()),
            false => match self.get_plainly_nested() {
                Some(value) => return Ok(value),
                None => self.flat_view()?,
            },
        };
        match from_plain_object(&flat_view) {
            Some(value) => Ok(value),
            None => Ok(serde_json::from_str(&flat_view)?),
        }
    }

    /// The flat view as a map, the form that a [`Matcher`](crate::filter::Matcher) reads.
    ///
    /// # Errors
    ///
    /// When the document is not a JSON object.
    pub fn to_map(&self) -> Result<Map<String, Value>, JsonError> {
        self.get()
    }

    fn head(&self) -> Option<Head<'_>> {
        serde_json::from_str(&self.json).ok()
    }

    /// Whether the document has no object in it. What is nested or marked has one.
    fn is_plainly_flat(&self) -> bool {
        memchr::memrchr(b'{', self.json.as_bytes()).is_none_or(|last| last == 0)
    }

    fn get_plainly_nested<T: DeserializeOwned>(&self) -> Option<T> {
        let json = Some(self.json.as_str()).filter(|json| has_plain_text(json))?;
        let mut value = None;
        let rest = read_nested(json, &mut value)?;
        value.filter(|_| rest.trim_ascii_end().is_empty())
    }

    /// The JSON of the flat view.
    #[cold]
    fn flat_view(&self) -> Result<Cow<'_, str>, JsonError> {
        let json = self.json.as_str();
        if !may_hold(json, [keys::DATA]) {
            return Ok(Cow::Borrowed(json));
        }
        let head: Head<'_> = serde_json::from_str(json)?;
        let mut flat = String::with_capacity(json.len());
        if let Some(fields) = head.nested_fields() {
            push_flat(&mut flat, head.metadata(), fields)?;
        } else if head.is_marked() {
            push_unmarked(&mut flat, json)?;
        } else {
            return Ok(Cow::Borrowed(json));
        }
        Ok(Cow::Owned(flat))
    }

    fn share(&self, part: &str) -> Text {
        self.json.slice_of(part)
    }
}

/// Decodes the flat view of the document of this shape that `text` begins with, to where it is wanted,
/// and answers with what stands behind it. The text has been found plain. `None` means nothing:
/// [`Document::get`] decides.
#[inline]
pub(crate) fn read_document<'a, T: DeserializeOwned>(
    text: &'a str,
    shape: Shape,
    value: &mut Option<T>,
) -> Option<&'a str> {
    match shape {
        // Without that member no document is nested.
        Shape::Flat => read_plain_object(text, keys::DATA, value),
        Shape::Nested => read_nested(text, value),
    }
}

/// The same for a nested document as servers write it: metadata are texts, and no field has their names.
fn read_nested<'a, T: DeserializeOwned>(text: &'a str, value: &mut Option<T>) -> Option<&'a str> {
    let names = [keys::ID, keys::CREATED_AT, keys::UPDATED_AT];
    let part = |key: &str| {
        Some(match key {
            keys::ID => Part::Text(0),
            keys::CREATED_AT | keys::CREATED_AT_CAMEL => Part::Text(1),
            keys::UPDATED_AT | keys::UPDATED_AT_CAMEL => Part::Text(2),
            keys::DATA => Part::Fields,
            keys::COLLECTION | keys::COLLECTION_ID => Part::Hidden,
            _ => return None,
        })
    };
    read_plain_nested(text, names, part, value)
}

impl AsRef<Self> for Document {
    fn as_ref(&self) -> &Self {
        self
    }
}

/// A document with its flat view decoded. Reading a field needs no detour: it derefs to `T`.
///
/// ```
/// use cocobase_proto::{Document, Text, Typed};
/// #[derive(serde::Deserialize)]
/// struct Quake { mag: f64 }
///
/// let document = Document::new(Text::from(r#"{"id":"doc_1","mag":4.5}"#));
/// let quake = Typed::<Quake>::decode(document).unwrap();
/// assert_eq!(quake.mag, 4.5);
/// assert_eq!(quake.document.id().unwrap(), "doc_1");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Typed<T> {
    /// What the document says.
    pub value: T,
    /// The document itself: its id, its times and its JSON.
    pub document: Document,
}

impl<T: DeserializeOwned> Typed<T> {
    /// Decodes `document`.
    ///
    /// # Errors
    ///
    /// When the document does not fit `T`; it comes back with the reason.
    pub fn decode(document: Document) -> Result<Self, (Document, JsonError)> {
        match document.get() {
            Ok(value) => Ok(Self { value, document }),
            Err(error) => Err((document, error)),
        }
    }
}

impl<T> Typed<T> {
    /// The document's id, if it has one.
    #[must_use]
    pub fn id(&self) -> Option<Text> {
        self.document.id()
    }
}

impl<T> AsRef<Document> for Typed<T> {
    fn as_ref(&self) -> &Document {
        &self.document
    }
}

impl<T> Deref for Typed<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;
    use alloc::vec::Vec;
    use core::fmt::Debug;

    use proptest::collection::vec;
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    fn document(json: &str) -> Document {
        Document::new(Text::from(json))
    }

    #[test]
    fn the_shape_follows_the_keys() {
        for (json, shape) in [
            (r#"{"id":"1","data":{"a":1}}"#, Shape::Nested),
            (r#"{"data":{"a":1},"id":"1","createdAt":"x","updatedAt":"y"}"#, Shape::Nested),
            (
                r#"{"id":"1","data":{},"collection":{"name":"c"},"collection_id":"c"}"#,
                Shape::Nested,
            ),
            (r#"{"id":"1","d\u0061ta":{"a":1}}"#, Shape::Nested),
            (r#"{"id":"1","data":{"a":1},"name":"x"}"#, Shape::Flat),
            (r#"{"id":"1","data":[1]}"#, Shape::Flat),
            (r#"{"id":"1","data":null}"#, Shape::Flat),
            (r#"{"id":"1"}"#, Shape::Flat),
            (r#"{"id":"1","data":{"a":1},"_shape":"flat"}"#, Shape::Flat),
            (r#"{}"#, Shape::Flat),
            (r#"[1,2]"#, Shape::Flat),
        ] {
            assert_eq!(document(json).shape(), shape, "{json}");
        }
    }

    #[test]
    fn every_shape_has_the_same_flat_view() {
        let flat = document(r#"{"id":"1","a":{"data":1},"created_at":"t","updated_at":"u"}"#);
        let nested =
            document(r#"{"id":"1","data":{"a":{"data":1}},"createdAt":"t","updatedAt":"u"}"#);
        assert_eq!(flat.to_map().unwrap(), nested.to_map().unwrap());
    }

    /// What is decoded without writing the flat view down is what is decoded from it.
    fn check_nested(json: &str) {
        fn check<T: DeserializeOwned + Debug>(json: &str) -> bool {
            let document = document(json);
            let Some(value) = document.get_plainly_nested::<T>() else { return false };
            let flat_view = document.flat_view().unwrap();
            let written: T = serde_json::from_str(&flat_view).unwrap();
            assert_eq!(format!("{value:?}"), format!("{written:?}"), "{json}");
            true
        }
        check::<Map<String, Value>>(json);
        check::<Vec<Value>>(json);
        check::<()>(json);
        check::<Option<Value>>(json);
        if check::<Fields>(json) {
            assert!(check::<Ignored>(json) && check::<Value>(json), "{json}");
        }
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    #[allow(dead_code)]
    struct Fields {
        id: Value,
        a: Value,
        created_at: Value,
        updated_at: Value,
    }

    #[derive(Debug, Deserialize)]
    struct Ignored {}

    fn object(keys: &'static [&'static str]) -> impl Strategy<Value = String> {
        let text = || "[a-z\\\\\"{}\u{e9} ]{0,4}".prop_map(|text| json!(text).to_string());
        let value = prop_oneof![
            4 => text(),
            1 => Just("{}".to_string()),
            1 => Just("7".to_string()),
            1 => Just("null".to_string()),
            1 => Just("[1, {\"id\": 2}]".to_string()),
            1 => text().prop_map(|text| format!("{{\"a\":{text}}}")),
        ];
        let member = (proptest::sample::select(keys), value, "[ \n]?")
            .prop_map(|(key, value, space)| format!("{space}\"{key}\":{space}{value}{space}"));
        vec(member, 0..4).prop_map(|members| format!("{{{}}}", members.join(",")))
    }

    proptest! {
        #[test]
        fn nested_documents_are_decoded_as_their_flat_view(
            fields in object(&["a", "b", "id", "created_at", "updated_at", "data"]),
            outer in object(&["id", "createdAt", "created_at", "updatedAt", "collection", "x"]),
            first in any::<bool>(),
        ) {
            let inner = outer.trim_start_matches('{').trim_end_matches('}');
            let comma = if inner.trim().is_empty() { "" } else { "," };
            check_nested(&match first {
                true => format!("{{\"data\":{fields}{comma}{inner}}}"),
                false => format!("{{{inner}{comma}\"data\":{fields}}}"),
            });
        }
    }

    #[test]
    fn nested_documents_as_servers_write_them_need_no_flat_view() {
        for json in [
            r#"{"id":"1","data":{"a":1,"n":{"id":2}},"createdAt":"t","updatedAt":"u"}"#,
            r#"{ "data" : { "b" : 7, "a" : "" } , "id" : "1", "collection" : {"a":[]} }"#,
            r#"{"data":{}}"#,
            r#"{"id":"1","data":{},"updated_at":"u"}"#,
        ] {
            assert!(document(json).get_plainly_nested::<Fields>().is_some(), "{json}");
            assert!(document(json).get_plainly_nested::<Map<String, Value>>().is_some(), "{json}");
            check_nested(json);
        }
    }

    #[test]
    fn metadata_hide_fields_of_the_same_name() {
        let nested = document(r#"{"data":{"id":"inner","a":1,"created_at":"kept"},"id":"outer"}"#);
        let view = Value::Object(nested.to_map().unwrap());
        assert_eq!(view, json!({"id":"outer","a":1,"created_at":"kept"}));
    }

    #[test]
    fn ids_are_strings_or_integers() {
        assert_eq!(document(r#"{"id":17}"#).id().unwrap(), "17");
        assert_eq!(document(r#"{"id":"a\u0062"}"#).id().unwrap(), "ab");
        for json in [r#"{"id":null}"#, r#"{"id":{}}"#, r#"{}"#, "7", "{"] {
            assert_eq!(document(json).id(), None, "{json}");
        }
    }

    #[test]
    fn a_document_that_does_not_fit_comes_back() {
        let original = document(r#"{"id":"1","a":"text"}"#);
        let (returned, error) =
            Typed::<Vec<u8>>::decode(original.clone()).expect_err("an object is no list");
        assert_eq!(returned, original);
        assert!(error.to_string().contains("line 1"), "{error}");
    }
}
