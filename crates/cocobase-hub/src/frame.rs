//! What goes out, framed once for everyone who receives it.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bytes::Bytes;
use cocobase_proto::Text;
use cocobase_proto::sse::Block;

/// Bytes that are ready for the socket. All who receive the same event share one frame, so cloning it
/// copies nothing.
///
/// A server's WebSocket frames are not masked, so one serves everybody. On surface S a frame is a
/// block of the event stream.
///
/// ```
/// use cocobase_hub::{Entrance, FrameKind, Hub, HubConfig, PeerInput};
/// use cocobase_proto::Instant;
///
/// let now = Instant::from_nanos(0);
/// let mut hub = Hub::new(HubConfig::default(), now);
/// let id = hub.open(Entrance::Collection("users".into()), now);
/// hub.handle_input(id, PeerInput::Text("{}"), now);
///
/// let frames: Vec<_> = hub.frames(id, 10).cloned().collect();
/// assert_eq!(frames[0].text(), Some(r#"{"error":"API key is required"}"#));
/// assert_eq!(frames[0].bytes()[..2], [0x81, 31]);
/// assert_eq!(frames[1].kind(), FrameKind::Close(1008));
/// ```
#[derive(Clone)]
pub struct Frame(Arc<Content>);

/// What a frame is. See [`Frame`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// A WebSocket message.
    Text,
    /// A WebSocket ping, which the client's library answers by itself.
    Ping,
    /// The answer to a WebSocket ping.
    Pong,
    /// The last WebSocket frame, with its code. On surface S it has no bytes: the stream is to end.
    Close(u16),
    /// A block of an event stream (surface S): a message, an id alone, or a comment.
    Block,
}

/// How much a waiting frame takes beside its bytes, roughly.
const OVERHEAD: usize = 64;

struct Content {
    bytes: Bytes,
    kind: FrameKind,
    /// Where the message stands in the bytes.
    text: Range<usize>,
    weight: Weight,
}

/// What may be done with a frame when too much waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Weight {
    /// It must arrive.
    Control,
    /// It may be left out, if that is told; once it is queued it is sent.
    Event,
    /// The same, and a later event of this document makes up for it.
    Document { collection: Text, id: Text },
}

impl Frame {
    /// What to write.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0.bytes
    }

    /// The JSON that it says: of a WebSocket message, or of a block's data.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        let text = self.0.bytes.get(self.0.text.clone())?;
        core::str::from_utf8(text).ok().filter(|text| !text.is_empty())
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> FrameKind {
        self.0.kind
    }

    pub(crate) fn message(text: &str, weight: Weight) -> Self {
        let mut bytes = Vec::with_capacity(10 + text.len());
        push_header(&mut bytes, TEXT, text.len());
        let start = bytes.len();
        bytes.extend_from_slice(text.as_bytes());
        Self::new(bytes, FrameKind::Text, start..start + text.len(), weight)
    }

    pub(crate) fn ping() -> Self {
        Self::new(alloc::vec![PING, 0], FrameKind::Ping, 0..0, Weight::Control)
    }

    /// The answer to a ping with this payload, of which there are 125 bytes at most (RFC 6455, 5.5).
    pub(crate) fn pong(payload: &[u8]) -> Self {
        let payload = payload.get(..MAX_CONTROL).unwrap_or(payload);
        let mut bytes = Vec::with_capacity(2 + payload.len());
        push_header(&mut bytes, PONG, payload.len());
        bytes.extend_from_slice(payload);
        Self::new(bytes, FrameKind::Pong, 0..0, Weight::Control)
    }

    /// The end, with as much of the reason as there is room for.
    pub(crate) fn close(code: u16, reason: &str) -> Self {
        let fits = |&(at, letter): &(usize, char)| at + letter.len_utf8() <= MAX_CONTROL - 2;
        let reason: String =
            reason.char_indices().take_while(fits).map(|(_, letter)| letter).collect();
        let mut bytes = Vec::with_capacity(4 + reason.len());
        push_header(&mut bytes, CLOSE, 2 + reason.len());
        bytes.extend_from_slice(&code.to_be_bytes());
        bytes.extend_from_slice(reason.as_bytes());
        Self::new(bytes, FrameKind::Close(code), 0..0, Weight::Control)
    }

    /// The end of an event stream.
    pub(crate) fn end_of_stream(code: u16) -> Self {
        Self::new(Vec::new(), FrameKind::Close(code), 0..0, Weight::Control)
    }

    /// A block of an event stream. JSON may hold line breaks between its tokens, where a blank does as
    /// well; so its data is one line.
    pub(crate) fn block(id: Option<&str>, json: Option<&str>, weight: Weight) -> Self {
        let json = json.map(|json| json.replace(['\r', '\n'], " "));
        let mut text = String::with_capacity(64 + json.as_ref().map_or(0, String::len));
        let block = Block { id, data: json.as_deref(), ..Block::default() };
        if block.push_to(&mut text).is_err() {
            // An epoch that cannot stand in an id: the event goes without.
            let _ = Block { id: None, ..block }.push_to(&mut text);
        }
        // `data: …`, a line break, and a blank line.
        let end = text.len().saturating_sub(2);
        let said = end.saturating_sub(json.map_or(0, |json| json.len()))..end;
        Self::new(text.into_bytes(), FrameKind::Block, said, weight)
    }

    pub(crate) fn comment() -> Self {
        let mut text = String::new();
        cocobase_proto::sse::push_comment(&mut text, "keep-alive");
        Self::new(text.into_bytes(), FrameKind::Block, 0..0, Weight::Control)
    }

    fn new(bytes: Vec<u8>, kind: FrameKind, text: Range<usize>, weight: Weight) -> Self {
        Self(Arc::new(Content { bytes: bytes.into(), kind, text, weight }))
    }

    /// How much it counts for while it waits.
    pub(crate) fn cost(&self) -> usize {
        self.0.bytes.len() + OVERHEAD
    }

    pub(crate) fn weight(&self) -> &Weight {
        &self.0.weight
    }

    pub(crate) fn is_control(&self) -> bool {
        self.0.weight == Weight::Control
    }
}

/// The first byte of a header: the message is whole, and of this kind (RFC 6455, 5.2).
const TEXT: u8 = 0x81;
const CLOSE: u8 = 0x88;
const PING: u8 = 0x89;
const PONG: u8 = 0x8a;

/// The longest payload of a control frame (RFC 6455, 5.5).
const MAX_CONTROL: usize = 125;

fn push_header(bytes: &mut Vec<u8>, first: u8, len: usize) {
    bytes.push(first);
    if let Ok(len @ ..=125) = u8::try_from(len) {
        bytes.push(len);
    } else if let Ok(len) = u16::try_from(len) {
        bytes.push(126);
        bytes.extend_from_slice(&len.to_be_bytes());
    } else {
        bytes.push(127);
        bytes.extend_from_slice(&(len as u64).to_be_bytes());
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Frame").field(&self.kind()).field(&self.text().unwrap_or_default()).finish()
    }
}

impl PartialEq for Frame {
    fn eq(&self, other: &Self) -> bool {
        self.kind() == other.kind() && self.bytes() == other.bytes()
    }
}

impl Eq for Frame {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_framed_by_its_length() {
        for (len, header) in [
            (0, &[0x81, 0][..]),
            (125, &[0x81, 125]),
            (126, &[0x81, 126, 0, 126]),
            (65_535, &[0x81, 126, 0xff, 0xff]),
            (65_536, &[0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let text = "x".repeat(len);
            let frame = Frame::message(&text, Weight::Event);
            assert_eq!(frame.bytes()[..header.len()], *header);
            assert_eq!(frame.bytes()[header.len()..], *text.as_bytes());
            assert_eq!(frame.text().unwrap_or_default(), text);
        }
    }

    #[test]
    fn control_frames_are_short() {
        assert_eq!(Frame::ping().bytes()[..], [0x89, 0]);
        assert_eq!(Frame::pong(b"hi").bytes()[..], [0x8a, 2, b'h', b'i']);
        assert_eq!(Frame::pong(&[7; 200]).bytes().len(), 2 + 125);
        let close = Frame::close(1008, &"é".repeat(100));
        assert_eq!(close.bytes()[..4], [0x88, 2 + 122, 0x03, 0xf0]);
        assert_eq!(close.bytes().len(), 4 + 122);
        assert_eq!((close.kind(), close.text()), (FrameKind::Close(1008), None));
    }

    #[test]
    fn a_block_is_one_line_of_data() {
        let block = Frame::block(Some("e:7"), Some("{\"a\":\r\n1}"), Weight::Event);
        assert_eq!(block.bytes()[..], *b"id: e:7\ndata: {\"a\":  1}\n\n");
        assert_eq!(block.text(), Some("{\"a\":  1}"));
        let id = Frame::block(Some("e:7"), None, Weight::Control);
        assert_eq!((&id.bytes()[..], id.text()), (&b"id: e:7\n\n"[..], None));
        let odd = Frame::block(Some("e\n:7"), Some("1"), Weight::Event);
        assert_eq!(odd.bytes()[..], *b"data: 1\n\n");
        assert_eq!(Frame::comment().bytes()[..], *b": keep-alive\n\n");
    }
}
