//! What is wrong with a piece of JSON, and where.

mod object;
mod plain;

use alloc::format;
use alloc::string::{String, ToString};

use serde::Deserialize;
use serde::de::IgnoredAny;

pub(crate) use object::{Part, from_plain_object, read_plain_nested, read_plain_object};
pub(crate) use plain::{behind_value, has_plain_text, members};

/// Why a JSON text cannot be read: the reason and the position.
///
/// ```
/// use cocobase_proto::{Document, Text};
///
/// let error = Document::new(Text::from("{\"id\":")).get::<serde_json::Value>().unwrap_err();
/// assert_eq!(error.to_string(), "EOF while parsing a value at line 1 column 6");
/// assert_eq!((error.line, error.column), (1, 6));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct JsonError {
    /// The line, counted from 1; 0 when the fault is in no place.
    pub line: usize,
    /// The column in bytes, counted from 1; 0 when the fault is in no place.
    pub column: usize,
    /// What is wrong, with the position in words.
    pub reason: String,
}

impl From<serde_json::Error> for JsonError {
    fn from(error: serde_json::Error) -> Self {
        Self { line: error.line(), column: error.column(), reason: error.to_string() }
    }
}

/// Reads a JSON object into a struct. Serde alone would take an array for a struct as well.
pub(crate) fn from_object<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    let lead = text.len() - text.trim_start().len();
    if text.as_bytes().get(lead).is_none_or(|&first| first == b'{') {
        return Ok(serde_json::from_str(text)?);
    }
    serde_json::from_str::<IgnoredAny>(text)?;
    let line = text.bytes().take(lead).filter(|&byte| byte == b'\n').count() + 1;
    let column =
        lead - text.get(..lead).and_then(|lead| lead.rfind('\n')).map_or(0, |nl| nl + 1) + 1;
    let reason = format!("expected a JSON object at line {line} column {column}");
    Err(JsonError { line, column, reason })
}
