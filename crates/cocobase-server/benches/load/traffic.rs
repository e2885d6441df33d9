//! What is said on the wire, written out by hand: the client must cost less than the server.

/// The key that the server is started with.
pub(crate) const KEY: &str = "coco_load";

/// Where everything happens.
pub(crate) const COLLECTION: &str = "load";

/// The header in which a publish says to the floors how many events it makes, so that they need
/// not read JSON. The server takes no notice.
pub(crate) const EVENTS_HEADER: &str = "x-events";

/// The payload of a floor's event, about as long as the server's.
pub(crate) const EVENT_BYTES: usize = 300;

/// What a floor greets with, once it has heard a hello.
pub(crate) const GREETING: &str = r#"{"event":"connected","collection_id":"load"}"#;

/// How a subscriber listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Surface {
    /// C: one collection over WebSocket.
    WebSocket,
    /// S: one collection by server-sent events.
    Sse,
}

/// What a subscriber sends first.
pub(crate) fn request(surface: Surface, subscriber: usize) -> String {
    match surface {
        Surface::WebSocket => format!(
            "GET /realtime/collections/{COLLECTION} HTTP/1.1\r\nhost: load\r\nconnection: upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        ),
        Surface::Sse => {
            let filters = filters(subscriber);
            let filters = form_urlencoded::byte_serialize(filters.as_bytes()).collect::<String>();
            format!(
                "GET /realtime/sse/{COLLECTION}?filters={filters} HTTP/1.1\r\nhost: load\r\n\
                 accept: text/event-stream\r\nauthorization: Bearer {KEY}\r\n\r\n"
            )
        }
    }
}

/// The first message on a WebSocket, as a frame.
pub(crate) fn hello(subscriber: usize) -> Vec<u8> {
    let text = format!(r#"{{"api_key":"{KEY}","filters":{}}}"#, filters(subscriber));
    let mut frame = frame(text.as_bytes());
    // A client's frame is masked; a mask of zeros changes nothing.
    let header = frame.len() - text.len();
    frame.splice(header..header, [0; 4]);
    if let Some(length) = frame.get_mut(1) {
        *length |= 0x80;
    }
    frame
}

/// The answer to a ping.
pub(crate) const PONG: [u8; 6] = [0x8a, 0x80, 0, 0, 0, 0];

/// A different filter for each subscriber, so that the server gains nothing by keeping equal ones
/// once; every one of them matches every document.
fn filters(subscriber: usize) -> String {
    format!(r#"{{"status":"active","mag_gte":{:.4}}}"#, subscriber as f64 / 10_000.0)
}

/// A request that creates so many documents, and with them as many events.
pub(crate) fn publish(events: usize) -> Vec<u8> {
    // With this text, an event of the server has about `EVENT_BYTES` bytes.
    let place = "7 km south of Nowhere in Particular, where the earth shook at night";
    let document = format!(r#"{{"status":"active","mag":9.9,"place":"{place}"}}"#);
    let documents = vec![document.as_str(); events].join(",");
    let body = format!(r#"{{"documents":[{documents}]}}"#);
    let length = body.len();
    format!(
        "POST /collections/{COLLECTION}/batch/documents/create HTTP/1.1\r\nhost: load\r\n\
         x-api-key: {KEY}\r\ncontent-type: application/json\r\n{EVENTS_HEADER}: {events}\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A text in a frame as servers send it.
pub(crate) fn frame(text: &[u8]) -> Vec<u8> {
    let mut frame = vec![0x81];
    match u16::try_from(text.len()) {
        Ok(length @ 0..126) => frame.push(length as u8),
        Ok(length) => {
            frame.push(126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(127);
            frame.extend((text.len() as u64).to_be_bytes());
        }
    }
    frame.extend(text);
    frame
}

/// The event that floors send.
pub(crate) fn event() -> String {
    let start = r#"{"event":"create","collection_id":"load","data":{"place":""#;
    let end = r#""}}"#;
    format!("{start}{}{end}", "x".repeat(EVENT_BYTES - start.len() - end.len()))
}
