//! What a client tells a server about a collection.

use alloc::string::String;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::keys;
use super::lenient::Loose;
use super::write::ObjectWriter;
use crate::credentials::Credentials;
use crate::filter::{Filter, FilterError};
use crate::json::{JsonError, from_object};

/// The first message of a link: who the client is and what it wants.
///
/// ```
/// use cocobase_proto::Credentials;
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::wire::Hello;
///
/// let hello = Hello {
///     credentials: Credentials::ApiKey("coco_1234".into()),
///     filter: Filter::new().eq("status", "active"),
/// };
/// let text = hello.encode().unwrap();
/// assert_eq!(text, r#"{"api_key":"coco_1234","filters":{"status":"active"}}"#);
/// assert_eq!(Hello::decode(&text).unwrap(), hello);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Hello {
    /// The key or token.
    pub credentials: Credentials,
    /// Which documents matter; the empty filter stands for all.
    pub filter: Filter,
}

/// Why a hello cannot be accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum HelloError {
    /// The text is not a JSON object.
    #[error("the first message must be a JSON object: {0}")]
    Json(#[from] JsonError),
    /// Neither `api_key` nor `token` is a non-empty string.
    #[error("the first message must carry the API key: {{\"api_key\":\"…\"}}")]
    NoCredentials,
    /// The filter cannot be read.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

impl Hello {
    /// The JSON of this hello.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form.
    pub fn encode(&self) -> Result<String, FilterError> {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        match &self.credentials {
            Credentials::ApiKey(key) => object.string(keys::API_KEY, key.expose()),
            Credentials::Token(token) => object.string(keys::TOKEN, token.expose()),
        };
        if !self.filter.is_empty() {
            object.json(keys::FILTERS, &self.filter.to_json()?);
        }
        object.end();
        Ok(out)
    }

    /// Reads a hello.
    ///
    /// # Errors
    ///
    /// When it is not a JSON object, names no credentials, or its filter cannot be read.
    pub fn decode(text: &str) -> Result<Self, HelloError> {
        let body: HelloBody<'_> = from_object(text)?;
        let credentials = match (body.api_key.text(), body.token.text()) {
            (Some(key), _) if !key.is_empty() => Credentials::ApiKey(key.into()),
            (_, Some(token)) if !token.is_empty() => Credentials::Token(token.into()),
            _ => return Err(HelloError::NoCredentials),
        };
        let filter = match body.filters.map(RawValue::get) {
            None | Some("null") => Filter::new(),
            Some(filters) => Filter::from_json(filters)?,
        };
        Ok(Self { credentials, filter })
    }

    /// The filter in a hello as the client wrote it: what a greeting echoes.
    ///
    /// ```
    /// use cocobase_proto::wire::Hello;
    /// let hello = r#"{"api_key":"k","filters":{"age_gte":"18"}}"#;
    /// assert_eq!(Hello::written_filter(hello), Some(r#"{"age_gte":"18"}"#));
    /// ```
    #[must_use]
    pub fn written_filter(text: &str) -> Option<&str> {
        let body: HelloBody<'_> = from_object(text).ok()?;
        body.filters.map(RawValue::get).filter(|filters| *filters != "null")
    }
}

#[derive(Deserialize)]
struct HelloBody<'a> {
    #[serde(borrow, default)]
    api_key: Loose<'a>,
    #[serde(borrow, default)]
    token: Loose<'a>,
    #[serde(borrow, default)]
    filters: Option<&'a RawValue>,
}

/// What a client says after its hello.
///
/// ```
/// use cocobase_proto::wire::ClientMessage;
///
/// assert_eq!(ClientMessage::decode(r#"{"type":"ping"}"#).unwrap(), ClientMessage::Ping);
/// assert_eq!(ClientMessage::decode(r#"{"type":"wave"}"#).unwrap(), ClientMessage::Unknown);
/// assert!(ClientMessage::decode("{").is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientMessage {
    /// Asks for a pong.
    Ping,
    /// JSON, but nothing that this surface knows.
    Unknown,
}

impl ClientMessage {
    /// Reads one message.
    ///
    /// # Errors
    ///
    /// When `text` is not a JSON object.
    pub fn decode(text: &str) -> Result<Self, JsonError> {
        #[derive(Deserialize)]
        struct Body<'a> {
            #[serde(borrow, default, rename = "type")]
            kind: Loose<'a>,
        }
        let body: Body<'_> = from_object(text)?;
        Ok(match body.kind.text() {
            Some("ping") => Self::Ping,
            _ => Self::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_stand_for_the_key() {
        for (json, credentials) in [
            (r#"{"api_key":"k"}"#, Credentials::ApiKey("k".into())),
            (r#"{"token":"t"}"#, Credentials::Token("t".into())),
            (r#"{"api_key":"","token":"t"}"#, Credentials::Token("t".into())),
            (r#"{"api_key":null,"token":"t","filters":null}"#, Credentials::Token("t".into())),
        ] {
            assert_eq!(Hello::decode(json).unwrap().credentials, credentials, "{json}");
        }
    }

    #[test]
    fn a_hello_without_a_key_says_what_is_missing() {
        for json in ["{}", r#"{"api_key":7}"#, r#"{"api_key":""}"#, r#"{"filters":{}}"#] {
            assert_eq!(Hello::decode(json), Err(HelloError::NoCredentials), "{json}");
        }
        for json in ["", "{", "[]", "hello", "7"] {
            assert!(matches!(Hello::decode(json), Err(HelloError::Json(_))), "{json}");
        }
        let odd = Hello::decode(r#"{"api_key":"k","filters":[1]}"#);
        assert!(matches!(odd, Err(HelloError::Filter(_))), "{odd:?}");
    }
}
