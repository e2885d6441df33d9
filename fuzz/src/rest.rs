//! The bodies of requests and answers, and the other small texts of HTTP.

use cocobase_proto::{BaseUrl, Text, rest};

/// A body, an answer, an address or a header's value.
pub fn rest(input: &[u8]) {
    let Ok(text) = Text::from_utf8(input.to_vec().into()) else { return };
    let _ = rest::body::data(&text);
    let _ = rest::body::bare(&text);
    let _ = rest::body::documents(&text);
    let _ = rest::body::updates(&text);
    let _ = rest::body::document_ids(&text);
    let _ = rest::collections(&text);
    let _ = rest::count(&text);
    let _ = rest::aggregate(&text);
    let _ = rest::retry_after(&text);
    for document in rest::documents(&text).unwrap_or_default() {
        let _ = (document.id(), document.shape(), document.to_map());
    }
    if let Ok(list) = rest::rooms(&text) {
        let again = rest::rooms(&list.encode().into()).unwrap();
        assert_eq!(again.rooms, list.rooms);
        assert_eq!(again.total, list.total);
    }
    for status in [400, 401, 404, 429, 500] {
        let message = rest::error_message(status, &text);
        let _ = rest::refusal(status, &message);
    }
    if let Ok(url) = BaseUrl::parse(&text) {
        let _ = (url.is_loopback(), url.is_secure());
        for address in [url.websocket("/x"), url.http("/x")] {
            let again = BaseUrl::parse(&address).unwrap();
            assert_eq!(again.is_secure(), url.is_secure());
        }
    }
}
