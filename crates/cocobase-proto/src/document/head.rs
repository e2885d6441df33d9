//! The first look at a document: its metadata and its shape.

use alloc::borrow::Cow;
use core::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Metadata;
use crate::wire::keys;
use crate::wire::lenient::{Key, Scalar};

/// A document's metadata, wherever they stand in it.
#[derive(Default)]
pub(super) struct Head<'a> {
    pub(super) id: Option<Cow<'a, str>>,
    pub(super) created_at: Option<Cow<'a, str>>,
    pub(super) updated_at: Option<Cow<'a, str>>,
    data: Option<&'a RawValue>,
    has_mark: bool,
    has_other_keys: bool,
}

impl<'a> Head<'a> {
    pub(super) fn metadata(&self) -> Metadata<'_> {
        Metadata {
            id: self.id.as_deref(),
            created_at: self.created_at.as_deref(),
            updated_at: self.updated_at.as_deref(),
        }
    }

    /// The JSON of the fields, if the document is nested.
    pub(super) fn nested_fields(&self) -> Option<&'a str> {
        self.data_object().filter(|_| !self.has_other_keys)
    }

    /// Whether the document says itself that it is flat. Without an object to mistake for the
    /// fields, the mark is a field like others.
    pub(super) fn is_marked(&self) -> bool {
        self.has_mark && self.data_object().is_some()
    }

    fn data_object(&self) -> Option<&'a str> {
        self.data.map(RawValue::get).filter(|data| data.starts_with('{'))
    }
}

impl<'de> Deserialize<'de> for Head<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeadVisitor)
    }
}

struct HeadVisitor;

impl<'de> Visitor<'de> for HeadVisitor {
    type Value = Head<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document, which is a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Head<'de>, A::Error> {
        let mut head = Head::default();
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                keys::ID => head.id = map.next_value::<Scalar<'de>>()?.0,
                keys::CREATED_AT | keys::CREATED_AT_CAMEL => {
                    head.created_at = map.next_value::<Scalar<'de>>()?.0;
                }
                keys::UPDATED_AT | keys::UPDATED_AT_CAMEL => {
                    head.updated_at = map.next_value::<Scalar<'de>>()?.0;
                }
                keys::DATA => head.data = Some(map.next_value()?),
                keys::COLLECTION | keys::COLLECTION_ID => {
                    map.next_value::<IgnoredAny>()?;
                }
                other => {
                    head.has_mark |= other == keys::SHAPE;
                    head.has_other_keys = true;
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(head)
    }
}
