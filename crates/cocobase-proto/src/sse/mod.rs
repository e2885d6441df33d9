//! Event streams (server-sent events), by the rules of the WHATWG HTML standard, section 9.2.
//!
//! [`Decoder`] is the client's side: bytes in any split go in, [`Item`]s come out. [`Block`] and
//! [`push_comment`] are the server's.
//!
//! ```
//! use cocobase_proto::sse::{Block, Decoder, Item};
//!
//! let mut stream = String::new();
//! Block { id: Some("7"), data: Some("{\"n\":1}"), ..Block::default() }.push_to(&mut stream).unwrap();
//!
//! let mut decoder = Decoder::default();
//! let (one, other) = stream.as_bytes().split_at(9);
//! decoder.push(one);
//! assert_eq!(decoder.poll(), None);
//! decoder.push(other);
//! let Some(Item::Message(message)) = decoder.poll() else { panic!() };
//! assert_eq!(message.data, "{\"n\":1}");
//! assert_eq!(decoder.last_event_id(), "7");
//! ```

mod decoder;
mod encode;
mod lines;

use core::time::Duration;

pub use decoder::{DEFAULT_LIMIT, Decoder};
pub use encode::{Block, BlockError, push_comment};

use crate::text::Text;

/// What an event stream says.
///
/// ```
/// use cocobase_proto::sse::{Decoder, Item};
/// use core::time::Duration;
///
/// let mut decoder = Decoder::default();
/// decoder.push(b": still here\nretry: 1500\ndata: hello\n\n");
/// assert_eq!(decoder.poll(), Some(Item::Comment));
/// assert_eq!(decoder.poll(), Some(Item::Retry(Duration::from_millis(1500))));
/// assert!(matches!(decoder.poll(), Some(Item::Message(message)) if message.data == "hello"));
/// assert_eq!(decoder.poll(), None);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A whole message.
    Message(Message),
    /// A comment line. It means nothing, except that the server is alive.
    Comment,
    /// The server asks for this pause before a reconnect. It is told when its line is read, before
    /// the message that it stands in.
    Retry(Duration),
    /// A message was too large and is dropped.
    Overflow(Overflow),
}

/// One message of an event stream. The standard calls it an event; here that word is the user's.
///
/// Text that lies in one line of one pushed piece is a slice of that piece, and keeps it in memory.
///
/// ```
/// use cocobase_proto::sse::{Decoder, Item};
///
/// let mut decoder = Decoder::default();
/// decoder.push(b"event: news\nid: 1\ndata: two\ndata: lines\n\n");
/// let Some(Item::Message(message)) = decoder.poll() else { panic!() };
/// assert_eq!(message.name, "news");
/// assert_eq!(message.data, "two\nlines");
/// assert_eq!(message.last_event_id, "1");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message {
    /// The name under `event`. Empty if the message has none; a browser then says `message`.
    pub name: Text,
    /// The lines of data, joined with LF.
    pub data: Text,
    /// The last id that the stream has set, in this message or an earlier one. Empty if none, or if
    /// it was reset.
    pub last_event_id: Text,
}

/// A message was larger than the decoder's limit and is dropped.
///
/// It is told once, when the message is over and its size is known. Nothing of the dropped message
/// counts, its id neither: a reconnect asks for it again.
///
/// ```
/// use cocobase_proto::sse::{Decoder, Item};
///
/// let mut decoder = Decoder::with_limit(16);
/// decoder.push(b"data: much longer than that\ndata: x\n\ndata: short\n\n");
/// let Some(Item::Overflow(overflow)) = decoder.poll() else { panic!() };
/// assert_eq!(overflow.dropped, 34);
/// assert!(matches!(decoder.poll(), Some(Item::Message(message)) if message.data == "short"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "dropped a message of {dropped} bytes from the event stream: the limit is {limit}; \
     choose a larger one if such messages are wanted"
)]
pub struct Overflow {
    /// How many bytes its lines had, line ends and the comments read before the limit was reached
    /// not counted.
    pub dropped: u64,
    /// The limit in bytes.
    pub limit: usize,
}
