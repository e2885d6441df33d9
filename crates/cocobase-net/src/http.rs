//! HTTP, as the core hears of it, and its bounds.

use std::time::Duration;

use cocobase_proto::{Input, Text, rest};
use tungstenite::http::HeaderMap;
use tungstenite::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER};

/// How long connecting may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the server may be silent within an answer.
pub const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The largest answer that is read: 64 MiB.
pub const MAX_ANSWER: u64 = 64 << 20;

/// How much of an answer that is no event stream is read, for the words in it.
pub const MAX_REFUSAL: u64 = 4 << 10;

/// The headers of an answer, as far as they are text.
///
/// ```
/// use tungstenite::http::{HeaderMap, HeaderValue};
///
/// let headers = HeaderMap::from_iter([("seq".parse().unwrap(), HeaderValue::from(7))]);
/// assert_eq!(cocobase_net::http::texts(&headers), [("seq".to_owned(), "7".to_owned())]);
/// ```
#[must_use]
pub fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let texts = headers
        .iter()
        .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    texts.collect()
}

/// Whether an answer is an event stream.
///
/// ```
/// use tungstenite::http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
///
/// let kind = HeaderValue::from_static("text/event-stream; charset=utf-8");
/// let headers = HeaderMap::from_iter([(CONTENT_TYPE, kind)]);
/// assert!(cocobase_net::http::is_event_stream(200, &headers));
/// assert!(!cocobase_net::http::is_event_stream(200, &HeaderMap::new()));
/// ```
#[must_use]
pub fn is_event_stream(status: u16, headers: &HeaderMap) -> bool {
    let kind = text(headers, &CONTENT_TYPE).unwrap_or_default();
    status == 200 && kind.trim_start().starts_with(rest::EVENT_STREAM)
}

/// What the session is told of an answer that is no event stream.
///
/// ```
/// use cocobase_proto::Input;
/// use tungstenite::http::{HeaderMap, HeaderValue, header::RETRY_AFTER};
///
/// let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from(7))]);
/// let refusal = cocobase_net::http::refusal(503, &headers, b"later");
/// let Input::Refused { status, retry_after, .. } = refusal else { panic!() };
/// assert_eq!((status, retry_after.unwrap().as_secs()), (503, 7));
/// ```
#[must_use]
pub fn refusal(status: u16, headers: &HeaderMap, body: &[u8]) -> Input {
    Input::Refused {
        status,
        retry_after: text(headers, &RETRY_AFTER).and_then(rest::retry_after),
        body: Text::from(String::from_utf8_lossy(body).into_owned()),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}
