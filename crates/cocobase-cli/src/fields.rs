//! The fields of a document, in the order they stand in, with their values as they were written.

use std::fmt;

use cocobase_proto::{Document, JsonError, Shape};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::json;

/// Names and values, in their order.
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(String, Box<RawValue>)>);

/// What a server adds to every document.
const METADATA: [&str; 3] = ["id", "created_at", "updated_at"];

impl Fields {
    /// The fields that the document was stored with, without what the server added.
    pub(crate) fn stored(document: &Document) -> Result<Self, JsonError> {
        #[derive(Deserialize)]
        struct Nested {
            data: Fields,
        }
        if document.shape() == Shape::Nested {
            return Ok(serde_json::from_str::<Nested>(document.json())?.data);
        }
        Ok(document.get::<Self>()?.without_metadata())
    }

    /// Everything that a server says of the document, its id first.
    pub(crate) fn all(document: &Document) -> Result<Self, JsonError> {
        let mut fields: Self = document.get()?;
        fields.0.sort_by_key(|(name, _)| name != "id");
        Ok(fields)
    }

    fn without_metadata(mut self) -> Self {
        self.0.retain(|(name, _)| !METADATA.contains(&name.as_str()));
        self
    }

    /// The value of a field.
    pub(crate) fn get(&self, name: &str) -> Option<&RawValue> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| &**value)
    }

    /// One JSON object on one line.
    pub(crate) fn to_json(&self) -> String {
        let mut text = String::from("{");
        for (name, value) in &self.0 {
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&Value::from(name.as_str()).to_string());
            text.push(':');
            text.push_str(&json::compact(value.get()));
        }
        text.push('}');
        text
    }

    /// One JSON object, a field a line, for people.
    pub(crate) fn to_lines(&self) -> String {
        let fields: Vec<String> = self
            .0
            .iter()
            .map(|(name, value)| {
                let name = Value::from(name.as_str()).to_string();
                format!("  {}: {}", printable(&name), printable(&json::compact(value.get())))
            })
            .collect();
        if fields.is_empty() { "{}".into() } else { format!("{{\n{}\n}}", fields.join(",\n")) }
    }

    /// `name=value name=value …`, cut off where it gets long.
    pub(crate) fn brief(&self) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            if text.chars().count() > 160 {
                return text + " …";
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&format!("{}={}", printable(name), brief(value.get())));
        }
        text
    }
}

/// A value for a person to read, cut off where it gets long.
pub(crate) fn brief(value: &str) -> String {
    let compact = json::compact(value);
    let mut chars = compact.chars();
    let start: String = chars.by_ref().take(60).collect();
    printable(&if chars.next().is_some() { start + "…" } else { start })
}

/// Text from elsewhere, without what would steer a terminal.
pub(crate) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use cocobase_proto::Text;

    use super::*;

    fn document(json: &str) -> Document {
        Document::new(Text::from(json))
    }

    #[test]
    fn what_was_stored_comes_back_as_it_was() {
        for json in [
            r#"{"id":"1","z":1.50,"a":{"b": []},"created_at":"t","updated_at":"u"}"#,
            r#"{"id":"1","data":{"z":1.50,"a":{"b":[]}},"created_at":"t"}"#,
        ] {
            let fields = Fields::stored(&document(json)).unwrap();
            assert_eq!(fields.to_json(), r#"{"z":1.50,"a":{"b":[]}}"#);
        }
        let own_id = document(r#"{"id":"1","data":{"id":7,"created_at":null}}"#);
        let fields = Fields::stored(&own_id).unwrap();
        assert_eq!(fields.to_json(), r#"{"id":7,"created_at":null}"#);
    }

    #[test]
    fn the_id_comes_first() {
        let fields = Fields::all(&document(r#"{"z":1,"id":"1"}"#)).unwrap();
        assert_eq!(fields.to_json(), r#"{"id":"1","z":1}"#);
        assert_eq!(fields.get("z").unwrap().get(), "1");
        assert_eq!(fields.to_lines(), "{\n  \"id\": \"1\",\n  \"z\": 1\n}");
        assert_eq!(Fields::default().to_lines(), "{}");
    }

    #[test]
    fn what_a_person_reads_is_short_and_steers_no_terminal() {
        let long = "x".repeat(200);
        let json =
            format!("{{\"a\u{1b}\":1,\"b\":\"{long}\",\"c\":\"{long}\",\"d\":\"{long}\",\"e\":1}}");
        let brief = Fields::all(&document(&json.replace('\u{1b}', "\\u001b"))).unwrap().brief();
        assert!(brief.starts_with("a\u{fffd}=1 b=\"xxx"), "{brief}");
        assert!(brief.ends_with("… …") && brief.chars().count() < 300, "{brief}");
    }
}
