//! What a server says when something is wrong.

use alloc::string::String;
use core::fmt;

use super::keys;
use super::write::ObjectWriter;
use crate::text::Text;

/// An error as a server words it, whichever of its spellings it used:
/// `{"error":E,"error_detail":D}`, `{"error":true,"message":M}` or
/// `{"type":"error","code":C,"message":M}`.
///
/// ```
/// use cocobase_proto::wire::{ErrorMessage, ServerMessage};
/// use cocobase_proto::Text;
///
/// let text = Text::from(r#"{"error":"Invalid API key","error_detail":"Project not found"}"#);
/// let ServerMessage::Error(error) = ServerMessage::decode(&text).unwrap() else { panic!() };
/// assert_eq!(error.to_string(), "Invalid API key: Project not found");
/// assert_eq!(ErrorMessage::new("Invalid API key").with_detail("Project not found").encode(), &*text);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorMessage {
    /// A word for programs, such as `UNAUTHORIZED`.
    pub code: Option<Text>,
    /// A sentence for people; on most surfaces it is all there is to tell errors apart.
    pub message: Text,
    /// What exactly was wrong.
    pub detail: Option<Text>,
}

/// # The documented messages
impl ErrorMessage {
    /// A hello without credentials (document 003).
    pub const API_KEY_REQUIRED: &str = "API key is required";
    /// Wrong credentials (document 003).
    pub const INVALID_API_KEY: &str = "Invalid API key";
    /// No hello in time (document 003).
    pub const AUTHENTICATION_TIMEOUT: &str = "Authentication timeout";
    /// No such collection, or not for this key (document 003).
    pub const COLLECTION_NOT_FOUND: &str = "Collection not found or access denied";
    /// A filter that cannot be understood (ours).
    pub const INVALID_FILTERS: &str = "Invalid filters";
    /// A message that cannot be read (ours).
    pub const INVALID_MESSAGE: &str = "Invalid message";
    /// A message that this surface does not know (ours).
    pub const UNKNOWN_MESSAGE: &str = "Unknown message";
}

impl ErrorMessage {
    /// An error with nothing but its message.
    #[must_use]
    pub fn new(message: impl Into<Text>) -> Self {
        Self { code: None, message: message.into(), detail: None }
    }

    /// The same error with a detail.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<Text>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The spelling of the surfaces C, B and R: `{"error":E,"error_detail":D}`.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        object.string(keys::ERROR, &self.message);
        if let Some(detail) = &self.detail {
            object.string(keys::ERROR_DETAIL, detail);
        }
        object.end();
        out
    }
}

impl fmt::Display for ErrorMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(detail) = &self.detail {
            write!(f, ": {detail}")?;
        }
        Ok(())
    }
}
