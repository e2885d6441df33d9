//! A document, read once for the whole index.

use alloc::string::String;
use alloc::vec::Vec;
use core::cell::OnceCell;

use cocobase_proto::filter::lower;
use serde_json::{Map, Value};

use super::names::{FieldId, Names};
use super::point::{self, Beginning};
use super::scalar::Scalar;

/// The fields of a document that some filter asks for and that are not null, by their numbers.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    fields: Vec<Field<'a>>,
}

#[derive(Debug)]
pub(super) struct Field<'a> {
    id: FieldId,
    /// How many objects it lies in.
    depth: usize,
    pub(super) value: &'a Value,
    scalar: OnceCell<Option<(Scalar<'a>, bool)>>,
    lower: OnceCell<String>,
}

impl<'a> Document<'a> {
    pub(super) fn new(names: &Names, document: &'a Map<String, Value>) -> Self {
        let mut fields = Vec::with_capacity(document.len());
        push_fields(names, document, None, 0, &mut fields);
        // A name that is found whole goes before one that is found deeper, and hides it.
        fields.sort_unstable_by_key(|field| (field.id, field.depth));
        fields.dedup_by_key(|field| field.id);
        fields.retain(|field| !field.value.is_null());
        Self { fields }
    }

    pub(super) fn fields(&self) -> &[Field<'a>] {
        &self.fields
    }

    pub(super) fn field(&self, id: FieldId) -> Option<&Field<'a>> {
        let at = self.fields.binary_search_by_key(&id, |field| field.id).ok()?;
        self.fields.get(at)
    }
}

impl<'a> Field<'a> {
    pub(super) fn id(&self) -> FieldId {
        self.id
    }

    /// The key of equality, and whether it is exact.
    pub(super) fn scalar(&self) -> Option<&(Scalar<'a>, bool)> {
        self.scalar.get_or_init(|| Scalar::of_value(self.value)).as_ref()
    }

    /// The elements' keys, each once, the exact ones before the others.
    pub(super) fn elements(&self) -> Vec<(Scalar<'a>, bool)> {
        let elements = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        let mut scalars: Vec<_> = elements.iter().filter_map(Scalar::of_value).collect();
        scalars.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        scalars.dedup_by(|later, first| later.0 == first.0);
        scalars
    }

    pub(super) fn number(&self) -> Option<u128> {
        self.value.as_number().and_then(point::number)
    }

    /// The point of a text, or of a boolean's, and whether an operand's order to that text is its
    /// order to the value; not all operands can be compared with a boolean.
    pub(super) fn text(&self) -> Option<(Beginning, bool)> {
        match self.value {
            Value::String(text) => Some((Beginning::of(text), true)),
            Value::Bool(true) => Some((Beginning::of("true"), false)),
            Value::Bool(false) => Some((Beginning::of("false"), false)),
            _ => None,
        }
    }

    /// A text in lowercase.
    pub(super) fn lower(&self) -> Option<&str> {
        let text = self.value.as_str()?;
        Some(self.lower.get_or_init(|| lower(text)))
    }
}

/// Finds the fields in an object at `path`. Only what stands before a name's first dot is looked
/// into, as the matcher does.
fn push_fields<'a>(
    names: &Names,
    object: &'a Map<String, Value>,
    path: Option<&str>,
    depth: usize,
    fields: &mut Vec<Field<'a>>,
) {
    let mut joined = String::new();
    for (key, value) in object {
        let name = match path {
            None => key,
            Some(path) => {
                joined.clear();
                joined.extend([path, ".", key]);
                &joined
            }
        };
        if let Some(id) = names.id(name) {
            let (scalar, lower) = (OnceCell::new(), OnceCell::new());
            fields.push(Field { id, depth, value, scalar, lower });
        }
        if names.has_heads()
            && let Value::Object(inner) = value
            && !key.contains('.')
            && names.is_head(name)
        {
            push_fields(names, inner, Some(name), depth + 1, fields);
        }
    }
}
