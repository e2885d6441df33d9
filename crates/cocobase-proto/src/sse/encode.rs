//! Messages into the text of an event stream.

use alloc::string::{String, ToString};
use core::time::Duration;

/// The lines of one message, as a server writes them.
///
/// ```
/// use cocobase_proto::sse::Block;
///
/// let mut out = String::new();
/// let block = Block { name: "news", id: Some("e:7"), data: Some("two\nlines"), retry: None };
/// block.push_to(&mut out).unwrap();
/// assert_eq!(out, "event: news\nid: e:7\ndata: two\ndata: lines\n\n");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Block<'a> {
    /// The message's name. With an empty one, a browser's `onmessage` is called.
    pub name: &'a str,
    /// The id from which a reconnecting client resumes. `None` leaves the last one in force, and an
    /// empty one resets it.
    pub id: Option<&'a str>,
    /// How long the client is to wait before a reconnect, in whole milliseconds.
    pub retry: Option<Duration>,
    /// The data. `None` makes no message: an id or a retry alone still counts.
    ///
    /// CR, LF and CRLF each begin a new line, and the client reads them all as LF: the format cannot
    /// carry a CR. JSON is not affected, because its strings escape both.
    pub data: Option<&'a str>,
}

/// Why a block cannot be written.
///
/// ```
/// use cocobase_proto::sse::{Block, BlockError};
///
/// let mut out = String::new();
/// let block = Block { id: Some("7\ndata: forged"), ..Block::default() };
/// assert_eq!(block.push_to(&mut out), Err(BlockError::Id));
/// assert_eq!(out, "");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BlockError {
    /// The name holds a CR or an LF, which would end its line.
    #[error("the name of an event-stream message must not hold a line break")]
    Name,
    /// The id holds a CR, an LF or a NUL. The first two would end its line; clients ignore an id
    /// with the third.
    #[error("the id of an event-stream message must not hold a line break or a NUL")]
    Id,
}

impl Block<'_> {
    /// Appends the block's lines and the blank line that ends it.
    ///
    /// # Errors
    ///
    /// When the name or the id cannot be told in one line. Nothing is appended then.
    pub fn push_to(&self, out: &mut String) -> Result<(), BlockError> {
        if self.name.contains(['\r', '\n']) {
            return Err(BlockError::Name);
        }
        if self.id.is_some_and(|id| id.contains(['\r', '\n', '\0'])) {
            return Err(BlockError::Id);
        }
        if !self.name.is_empty() {
            push_line(out, "event: ", self.name);
        }
        if let Some(id) = self.id {
            push_line(out, "id: ", id);
        }
        if let Some(retry) = self.retry {
            push_line(out, "retry: ", &retry.as_millis().to_string());
        }
        if let Some(data) = self.data {
            push_lines(out, "data: ", data);
        }
        out.push('\n');
        Ok(())
    }
}

/// Appends a comment, which keeps proxies and clients from taking a quiet stream for a dead one.
///
/// It ends with a blank line, so it must stand between blocks; that helps readers that cut the
/// stream at blank lines. Each line of `text` becomes a line.
///
/// ```
/// let mut out = String::new();
/// cocobase_proto::sse::push_comment(&mut out, "keep-alive");
/// assert_eq!(out, ": keep-alive\n\n");
/// ```
pub fn push_comment(out: &mut String, text: &str) {
    push_lines(out, ": ", text);
    out.push('\n');
}

fn push_lines(out: &mut String, start: &str, text: &str) {
    let mut rest = text;
    while let Some(end) = memchr::memchr2(b'\n', b'\r', rest.as_bytes()) {
        let (line, tail) = rest.split_at(end);
        push_line(out, start, line);
        let tail = tail.strip_prefix("\r\n").or_else(|| tail.get(1..));
        rest = tail.unwrap_or_default();
    }
    push_line(out, start, rest);
}

fn push_line(out: &mut String, start: &str, line: &str) {
    out.push_str(start);
    out.push_str(line);
    out.push('\n');
}
