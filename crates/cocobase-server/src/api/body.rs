//! A request's body: received within bounds, and checked before anything is made of it.

use std::fmt;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, StatusCode, header};
use futures_util::StreamExt;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use super::error::ApiError;
use crate::app::App;
use crate::fields::compact;
use crate::limits::{MAX_DEPTH, MAX_FIELD_BYTES};

/// Larger bodies are read on a thread that may block.
const INLINE_BYTES: usize = 64 << 10;

/// A client that sends too much is heard out so many times further than what is allowed: one that
/// is cut off in the middle of its sending does not get to read why.
const PATIENCE: usize = 4;

/// The bytes of a request's body.
pub(super) struct RawBody(Bytes);

impl FromRequest<Arc<App>> for RawBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
        if kind.is_some_and(|kind| kind.starts_with(b"multipart/")) {
            return Err(ApiError::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "this server stores no files: send the document as application/json",
            ));
        }
        let limits = &app.limits;
        let receive = receive(request.into_body(), limits.max_body_bytes);
        let late = |_| {
            let seconds = limits.body_timeout.as_secs_f64();
            let message = format!("the request's body did not arrive within {seconds} s");
            ApiError::new(StatusCode::REQUEST_TIMEOUT, message)
        };
        tokio::time::timeout(limits.body_timeout, receive).await.map_err(late)?.map(Self)
    }
}

async fn receive(body: Body, limit: usize) -> Result<Bytes, ApiError> {
    let mut chunks = body.into_data_stream();
    let (mut whole, mut length) = (Vec::new(), 0_usize);
    while let Some(chunk) = chunks.next().await {
        let chunk =
            chunk.map_err(|error| ApiError::bad_request(format!("the body broke off: {error}")))?;
        length = length.saturating_add(chunk.len());
        if length <= limit {
            whole.extend_from_slice(&chunk);
        } else {
            whole = Vec::new();
            if length > limit.saturating_mul(PATIENCE) {
                break;
            }
        }
    }
    if length > limit {
        return Err(ApiError::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body is larger than {limit} bytes: send fewer documents at a time"),
        ));
    }
    Ok(whole.into())
}

impl RawBody {
    /// Checks that the body is JSON within bounds, and hands it on without its white space.
    pub(super) async fn read<T: Send + 'static>(
        self,
        then: impl FnOnce(&str) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let body = self.0;
        let is_small = body.len() <= INLINE_BYTES;
        let read = move || check(&body).and_then(|text| then(&compact(text)));
        if is_small {
            return read();
        }
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| {
            tracing::error!(%error, "reading a body failed");
            Err(ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the body could not be read"))
        })
    }
}

/// The body's text, if it is JSON that every reader of the stored documents will accept.
fn check(body: &[u8]) -> Result<&str, ApiError> {
    if body.is_empty() {
        return Err(ApiError::bad_request("the body is empty: send a JSON object"));
    }
    let text = std::str::from_utf8(body)
        .map_err(|error| ApiError::bad_request(format!("the body is not UTF-8: {error}")))?;
    check_depth(text)?;
    match serde_json::from_str::<Checked>(text) {
        Ok(Checked) => Ok(text),
        Err(error) if error.is_data() => Err(ApiError::unprocessable(error.to_string())),
        Err(error) => Err(ApiError::bad_request(format!("the body is not JSON: {error}"))),
    }
}

/// Counts brackets without recursion, so that no nesting can exhaust a stack.
fn check_depth(text: &str) -> Result<(), ApiError> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (offset, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_string,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth += 1,
            b'}' | b']' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(ApiError::unprocessable(format!(
                "the JSON nests deeper than {MAX_DEPTH} levels at byte {offset}: flatten the document"
            )));
        }
    }
    Ok(())
}

/// Any JSON whose strings and numbers can be represented and whose keys are within bounds; nothing
/// of it is kept. Skipping over values, as serde's `IgnoredAny` does, would let through lone
/// surrogates and numbers out of range.
struct Checked;

impl<'de> Deserialize<'de> for Checked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Checked {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Self>()?.is_some() {}
        Ok(Self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Self, A::Error> {
        while entries.next_entry::<CheckedKey, Self>()?.is_some() {}
        Ok(Self)
    }
}

struct CheckedKey;

impl<'de> Deserialize<'de> for CheckedKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Self)
    }
}

impl Visitor<'_> for CheckedKey {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self, E> {
        match name.len() {
            0 => Err(E::custom("a field's name is empty")),
            1..=MAX_FIELD_BYTES => Ok(Self),
            bytes => {
                let start: String = name.chars().take(32).collect();
                Err(E::custom(format!(
                    "the field name `{start}…` is {bytes} bytes long; \
                     at most {MAX_FIELD_BYTES} are allowed"
                )))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_again_is_refused() {
        let long = format!(r#"{{"a":{{"{}":1}}}}"#, "k".repeat(MAX_FIELD_BYTES + 1));
        let deep = "[".repeat(1_000_000);
        let deepest = format!("{}{}", "[".repeat(MAX_DEPTH), "]".repeat(MAX_DEPTH));
        let deeper = format!("[{deepest}]");
        let table: [(&[u8], &str); 13] = [
            (b"", "the body is empty"),
            (b"\xff", "not UTF-8"),
            (b"{\"a\":\n 1,}", "not JSON: trailing comma at line 2 column 4"),
            (b"{} {}", "trailing characters"),
            (b"{'a':1}", "not JSON: key must be a string at line 1 column 2"),
            (br#"{"a":"\ud800"}"#, "not JSON"),
            (br#"{"a":1e999}"#, "number out of range"),
            (br#"{"":1}"#, "name is empty"),
            (long.as_bytes(), "is 1025 bytes long"),
            (deep.as_bytes(), "nests deeper than 120 levels at byte 120"),
            (deeper.as_bytes(), "nests deeper"),
            (deepest.as_bytes(), ""),
            (br#"{"[[":"\"{{{","a":[1,-1,1.5,null,true,"x",{}]}"#, ""),
        ];
        for (body, message) in table {
            match check(body) {
                Ok(_) => assert_eq!(message, "", "{:?}", body.get(..50)),
                Err(error) => {
                    let error = format!("{error:?}");
                    assert!(!message.is_empty() && error.contains(message), "{error}");
                }
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(body: Vec<u8>, text in r#"[\[\]{}":,\\u0-9a-e ]{0,64}"#) {
            let _ = check(&body);
            let _ = check(text.as_bytes());
        }
    }
}
