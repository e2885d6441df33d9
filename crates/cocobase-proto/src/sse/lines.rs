//! Bytes in any split into lines.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

use bytes::Bytes;

/// U+FEFF, which may stand once before everything else.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// What stands between two line ends.
pub(super) enum Line<'a> {
    /// A line without its end, and the bytes that it is a part of.
    Whole { line: &'a [u8], within: &'a Bytes },
    /// A line that was longer than allowed: its length. Its bytes are dropped.
    TooLong(u64),
    /// No line: the stream has ended, and the line of this length that it left unfinished is dropped.
    End { unfinished: u64 },
}

/// The pieces of a stream, cut into lines. A line ends in CR, LF or CRLF.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    piece: Bytes,
    /// How far `piece` is read.
    at: usize,
    /// What comes after `piece`. `None` is the end of the stream.
    unread: VecDeque<Option<Bytes>>,
    /// A line's beginning in earlier pieces; empty when it is already too long.
    begun: Vec<u8>,
    begun_len: u64,
    /// The last line that lay in several pieces, while it is read.
    joined: Bytes,
    /// The last line ended in CR: an LF that follows belongs to it.
    is_after_cr: bool,
    is_past_first_line: bool,
}

impl Lines {
    pub(super) fn push(&mut self, piece: Bytes) {
        self.unread.push_back(Some(piece));
    }

    pub(super) fn end(&mut self) {
        self.unread.push_back(None);
    }

    /// The next line, if its end has come. It may have `most` bytes, which must stay the same until
    /// the line is over.
    pub(super) fn next(&mut self, most: u64) -> Option<Line<'_>> {
        self.joined = Bytes::new();
        loop {
            let rest = self.piece.get(self.at..).unwrap_or_default();
            if self.is_after_cr && !rest.is_empty() {
                self.is_after_cr = false;
                if rest.starts_with(b"\n") {
                    self.at += 1;
                    continue;
                }
            }
            if let Some(len) = memchr::memchr2(b'\n', b'\r', rest) {
                return Some(self.finish_line(len, most));
            }
            self.put_by_rest(most);
            match self.unread.pop_front()? {
                Some(piece) => self.piece = piece,
                None => {
                    let unfinished = self.begun_len;
                    *self = Self { unread: mem::take(&mut self.unread), ..Self::default() };
                    return Some(Line::End { unfinished });
                }
            }
        }
    }

    /// The line ends `len` bytes on in the piece.
    fn finish_line(&mut self, len: usize, most: u64) -> Line<'_> {
        let (start, end) = (self.at, self.at + len);
        self.at = end + 1;
        self.is_after_cr = self.piece.get(end) == Some(&b'\r');
        let is_first = !mem::replace(&mut self.is_past_first_line, true);
        let begun = mem::take(&mut self.begun);
        let total = mem::take(&mut self.begun_len) + len as u64;
        if total > most {
            return Line::TooLong(total);
        }
        let tail = self.piece.get(start..end).unwrap_or_default();
        let (line, within) = if begun.is_empty() {
            (tail, &self.piece)
        } else {
            let mut joined = begun;
            joined.extend_from_slice(tail);
            self.joined = Bytes::from(joined);
            (&*self.joined, &self.joined)
        };
        let line = if is_first { line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line) } else { line };
        Line::Whole { line, within }
    }

    /// Keeps the beginning of a line until the rest of it comes.
    fn put_by_rest(&mut self, most: u64) {
        let piece = mem::take(&mut self.piece);
        let rest = piece.get(mem::take(&mut self.at)..).unwrap_or_default();
        self.begun_len = self.begun_len.saturating_add(rest.len() as u64);
        if self.begun_len > most {
            self.begun = Vec::new();
        } else {
            self.begun.extend_from_slice(rest);
        }
    }
}
