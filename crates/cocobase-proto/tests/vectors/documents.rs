//! Documents: read in every shape, and written in each.

use cocobase_proto::wire::encode::StoredDocument;
use cocobase_proto::{Document, Shape, Text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::server::{Shown, value};
use crate::shapes::{self, Said, string};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DocumentVector {
    document: Said,
    shape: String,
    id: Option<String>,
    created_at: Option<String>,
    updated_at: Option<String>,
    /// The flat view; absent if there is none.
    view: Option<Value>,
}

impl Vector for DocumentVector {
    fn check(&self) -> Result<(), String> {
        let document = Document::new(Text::from(self.document.text()));
        let metadata = json!([self.id, self.created_at, self.updated_at]);
        let found = json!([
            string(&document.id()),
            string(&document.created_at()),
            string(&document.updated_at())
        ]);
        compare("id, created_at and updated_at", &metadata, &found)?;
        compare("shape", &json!(self.shape), &json!(Shown::from(&document).shape))?;
        match (&self.view, document.to_map()) {
            (Some(view), Ok(found)) => compare("view", view, &Value::Object(found)),
            (None, Err(_)) => Ok(()),
            (_, found) => Err(format!("the view is {found:?}")),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredVector {
    stored: Stored,
    flat: Value,
    nested: Value,
    gateway: Value,
    /// What a reader of any of the three sees.
    view: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    collection: String,
    id: String,
    created_at: String,
    updated_at: String,
    fields: Value,
}

impl Vector for StoredVector {
    fn check(&self) -> Result<(), String> {
        let Stored { collection, id, created_at, updated_at, fields } = &self.stored;
        let fields = &fields.to_string();
        let stored = StoredDocument { collection, id, created_at, updated_at, fields };
        let encode = |shape| stored.encode_snapshot(shape).map_err(|error| error.to_string());
        for (what, expected, text, key) in [
            ("flat", &self.flat, encode(Shape::Flat)?, "data"),
            ("nested", &self.nested, encode(Shape::Nested)?, "data"),
            ("gateway", &self.gateway, stored.encode_snapshot_gateway(), "document"),
        ] {
            let message = shapes::json(&text);
            let found = message.get(key).ok_or_else(|| format!("{text} has no {key}"))?;
            compare(what, expected, found)?;
            let read = Document::new(Text::from(found.to_string()));
            compare("view", &self.view, &value(&Shown::from(&read))["view"])?;
        }
        Ok(())
    }
}
