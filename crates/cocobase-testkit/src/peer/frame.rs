//! WebSocket frames of a server, byte by byte: also those that no server should send.

/// A whole text message.
///
/// ```
/// assert_eq!(cocobase_testkit::peer::frame::text("hi"), [0x81, 2, b'h', b'i']);
/// ```
#[must_use]
pub fn text(text: &str) -> Vec<u8> {
    of(TEXT, true, text.as_bytes())
}

/// The first half of a text message's frame: whoever is cut off here has heard no message.
///
/// ```
/// assert_eq!(cocobase_testkit::peer::frame::half("hi"), [0x81, 2]);
/// ```
#[must_use]
pub fn half(message: &str) -> Vec<u8> {
    let mut frame = text(message);
    frame.truncate(frame.len() / 2);
    frame
}

/// A close frame; without a code it is empty, and 1006, which never travels, is not one.
///
/// ```
/// assert_eq!(cocobase_testkit::peer::frame::close(Some(1000), ""), [0x88, 2, 3, 232]);
/// ```
#[must_use]
pub fn close(code: Option<u16>, reason: &str) -> Vec<u8> {
    let mut payload = code.map_or_else(Vec::new, |code| code.to_be_bytes().to_vec());
    payload.extend_from_slice(reason.as_bytes());
    of(CLOSE, true, &payload)
}

/// A frame that goes on with a message; see [`of`].
pub const CONTINUATION: u8 = 0;
/// A text message's first frame; see [`of`].
pub const TEXT: u8 = 1;
/// A binary message's first frame; see [`of`].
pub const BINARY: u8 = 2;
/// A close frame; see [`of`].
pub const CLOSE: u8 = 8;
/// A ping; see [`of`].
pub const PING: u8 = 9;

/// A frame with this operation code, the last one of its message or not.
///
/// ```
/// use cocobase_testkit::peer::frame;
/// let in_two = [frame::of(frame::TEXT, false, b"h"), frame::of(frame::CONTINUATION, true, b"i")];
/// assert_eq!(in_two.concat(), [1, 1, b'h', 0x80, 1, b'i']);
/// ```
#[must_use]
pub fn of(code: u8, is_last: bool, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![(u8::from(is_last) << 7) | (code & 0x0f)];
    match (u8::try_from(payload.len()), u16::try_from(payload.len())) {
        (Ok(length @ 0..=125), _) => frame.push(length),
        (_, Ok(length)) => {
            frame.push(126);
            frame.extend_from_slice(&length.to_be_bytes());
        }
        _ => {
            frame.push(127);
            frame.extend_from_slice(&(payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend_from_slice(payload);
    frame
}

/// The head of a text frame that claims to be so long. Nothing needs to follow.
///
/// ```
/// assert_eq!(cocobase_testkit::peer::frame::head(1 << 40).len(), 10);
/// ```
#[must_use]
pub fn head(length: u64) -> Vec<u8> {
    let mut head = vec![0x80 | TEXT, 127];
    head.extend_from_slice(&length.to_be_bytes());
    head
}
