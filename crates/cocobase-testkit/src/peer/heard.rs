//! What a peer has heard.

/// Something that a [`Peer`](super::Peer) has heard, and on which of its connections.
///
/// ```
/// use cocobase_testkit::peer::{Heard, What};
/// let heard = Heard { connection: 0, what: What::Text(r#"{"type":"ping"}"#.into()) };
/// assert_eq!(heard.text(), Some(r#"{"type":"ping"}"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// Counted from 0, in the order in which they were accepted.
    pub connection: usize,
    /// What it was.
    pub what: What,
}

impl Heard {
    /// The text, if it was one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.what {
            What::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// What a client does, as its peer sees it. See [`Heard`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum What {
    /// It has connected.
    Connected,
    /// It has sent the head of an HTTP request, here as it came.
    Request(String),
    /// It has sent a text message.
    Text(String),
    /// It has sent a binary message.
    Binary,
    /// It has sent a WebSocket ping.
    Ping,
    /// It has answered a WebSocket ping.
    Pong,
    /// It has sent a close frame.
    Goodbye,
    /// The connection is over.
    Gone,
}

/// The value of a header of a request's head, whatever the case of its name.
///
/// ```
/// use cocobase_testkit::peer::header;
/// assert_eq!(header("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "host"), Some("x"));
/// ```
#[must_use]
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    fields.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}
