//! Lines into messages.

use alloc::string::String;
use core::mem;
use core::time::Duration;

use bytes::Bytes;

use super::lines::{Line, Lines};
use super::{Item, Message, Overflow};
use crate::text::Text;

/// The most that a message may measure unless chosen otherwise: 16 MiB (our decision).
///
/// ```
/// assert_eq!(cocobase_proto::sse::DEFAULT_LIMIT, 16 * 1024 * 1024);
/// ```
pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

/// Reads an event stream: push bytes in, poll [`Item`]s out.
///
/// Any split of the bytes gives the same items, and no bytes are an error. Bytes that are not UTF-8
/// become U+FFFD, as the standard says.
///
/// Reading happens in [`poll`](Self::poll). What is pushed and not yet polled waits, so poll until
/// `None` before you push more; beside that, the decoder holds one unfinished message of at most the
/// limit. The limit counts the bytes of a message's lines; finished comments are free, because a
/// server may send them for days between two messages.
///
/// A message whose data is one line inside one piece is a slice of that piece: prefer
/// [`push_bytes`](Self::push_bytes) where you have [`Bytes`].
///
/// ```
/// use bytes::Bytes;
/// use cocobase_proto::sse::{Decoder, Item};
///
/// let mut decoder = Decoder::default();
/// let piece = Bytes::from_static(b"data: hello\r\n\r\n");
/// decoder.push_bytes(piece.clone());
/// let Some(Item::Message(message)) = decoder.poll() else { panic!() };
/// assert_eq!(message.data.as_ptr(), piece[6..].as_ptr());
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    lines: Lines,
    draft: Draft,
    last_event_id: Text,
    limit: usize,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }
}

impl Decoder {
    /// A decoder for messages of at most `limit` bytes.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self {
            lines: Lines::default(),
            draft: Draft::default(),
            last_event_id: Text::default(),
            limit,
        }
    }

    /// Takes the next bytes of the stream, by copying them.
    pub fn push(&mut self, bytes: &[u8]) {
        self.push_bytes(Bytes::copy_from_slice(bytes));
    }

    /// Takes the next bytes of the stream, and shares them.
    pub fn push_bytes(&mut self, piece: Bytes) {
        self.lines.push(piece);
    }

    /// The stream has ended, and what is pushed from now on is the beginning of another.
    ///
    /// As the standard says, an unfinished message is discarded; the server sends it again to whoever
    /// reconnects with the [last event id](Self::last_event_id), which stays. (By the letter of the
    /// standard the first message without an id would reset it; browsers keep it, and so do we.)
    ///
    /// ```
    /// use cocobase_proto::sse::{Decoder, Item};
    ///
    /// let mut decoder = Decoder::default();
    /// decoder.push(b"id: 1\ndata: one\n\nid: 2\ndata: tw");
    /// decoder.end();
    /// decoder.push(b"data: three\n\n");
    /// let items: Vec<Item> = std::iter::from_fn(|| decoder.poll()).collect();
    /// assert!(matches!(&items[..], [Item::Message(one), Item::Message(three)]
    ///     if one.data == "one" && three.data == "three" && three.last_event_id == "1"));
    /// ```
    pub fn end(&mut self) {
        self.lines.end();
    }

    /// The next item; `None` when more bytes are needed.
    pub fn poll(&mut self) -> Option<Item> {
        loop {
            let room = self.draft.room(self.limit);
            let item = match self.lines.next(room)? {
                Line::Whole { line: [], .. } => self.dispatch(),
                Line::Whole { line, within } => self.draft.read(line, within),
                Line::TooLong(len) => {
                    self.draft.skip(len);
                    None
                }
                Line::End { unfinished } => {
                    let mut draft = mem::take(&mut self.draft);
                    if unfinished > room {
                        draft.skip(unfinished);
                    }
                    draft.overflow(self.limit)
                }
            };
            if item.is_some() {
                return item;
            }
        }
    }

    /// The id to send as `Last-Event-ID` on a reconnect: the last that a finished message has set.
    /// Empty if there is none, or if the server reset it.
    #[must_use]
    pub const fn last_event_id(&self) -> &Text {
        &self.last_event_id
    }

    /// A blank line: the message is over.
    fn dispatch(&mut self) -> Option<Item> {
        let draft = mem::take(&mut self.draft);
        if draft.is_skipped {
            return draft.overflow(self.limit);
        }
        if let Some(id) = draft.id {
            self.last_event_id = id;
        }
        let data = match draft.data {
            Data::None => return None,
            Data::Line(line) => line,
            Data::Lines(lines) => Text::from(lines),
        };
        Some(Item::Message(Message {
            name: draft.name,
            data,
            last_event_id: self.last_event_id.clone(),
        }))
    }
}

/// The message that is being read.
#[derive(Debug, Clone, Default)]
struct Draft {
    name: Text,
    data: Data,
    id: Option<Text>,
    /// The bytes of its lines so far.
    size: u64,
    is_skipped: bool,
}

#[derive(Debug, Clone, Default)]
enum Data {
    #[default]
    None,
    Line(Text),
    Lines(String),
}

impl Draft {
    /// How long the next line may be. There is no room left once one was skipped.
    const fn room(&self, limit: usize) -> u64 {
        (limit as u64).saturating_sub(self.size)
    }

    fn skip(&mut self, len: u64) {
        let size = self.size.saturating_add(len);
        *self = Self { size, is_skipped: true, ..Self::default() };
    }

    fn overflow(self, limit: usize) -> Option<Item> {
        self.is_skipped.then_some(Item::Overflow(Overflow { dropped: self.size, limit }))
    }

    fn read(&mut self, line: &[u8], within: &Bytes) -> Option<Item> {
        let (field, value) = split(line);
        if field.is_empty() {
            return Some(Item::Comment);
        }
        self.size += line.len() as u64;
        match field {
            b"data" => self.data.push(text(value, within)),
            b"event" => self.name = text(value, within),
            b"id" if memchr::memchr(0, value).is_none() => self.id = Some(text(value, within)),
            b"retry" => return milliseconds(value).map(Item::Retry),
            _ => {}
        }
        None
    }
}

impl Data {
    fn push(&mut self, line: Text) {
        match self {
            Self::None => *self = Self::Line(line),
            Self::Line(first) => *self = Self::Lines([&**first, &*line].join("\n")),
            Self::Lines(lines) => {
                lines.push('\n');
                lines.push_str(&line);
            }
        }
    }
}

/// A line's field and value. A comment's field is empty; a line without a colon is all field.
fn split(line: &[u8]) -> (&[u8], &[u8]) {
    let colon = memchr::memchr(b':', line);
    let Some((field, value)) = colon.and_then(|colon| line.split_at_checked(colon)) else {
        return (line, &[]);
    };
    let value = value.strip_prefix(b":").unwrap_or(value);
    (field, value.strip_prefix(b" ").unwrap_or(value))
}

/// A pause of that many milliseconds, if these are ASCII digits. A number that is too large is as
/// large as can be.
fn milliseconds(digits: &[u8]) -> Option<Duration> {
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    is_number.then(|| {
        Duration::from_millis(digits.iter().fold(0u64, |number, digit| {
            number.saturating_mul(10).saturating_add(u64::from(digit - b'0'))
        }))
    })
}

/// A value as text. Line ends are ASCII, so decoding value by value replaces the same bytes as decoding
/// the whole stream.
fn text(value: &[u8], within: &Bytes) -> Text {
    Text::from_utf8(within.slice_ref(value))
        .unwrap_or_else(|_| String::from_utf8_lossy(value).into_owned().into())
}
