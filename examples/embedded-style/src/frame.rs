//! Frames on a serial line: SLIP (RFC 1055) around a kind, the number of a link, a payload and a
//! checksum. A reader that comes in late, or has lost bytes, is right again with the next frame.

use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::mem;

const END: u8 = 0xC0;
const ESCAPE: u8 = 0xDB;
const ESCAPED_END: u8 = 0xDC;
const ESCAPED_ESCAPE: u8 = 0xDD;

/// Kind and number before the payload.
const HEAD: usize = 2;
/// Checksum behind it.
const TAIL: usize = 2;

/// What a frame says. The example is that of [`Decoder`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// To the modem: open a WebSocket at this path.
    Open = 1,
    /// To the modem: send this text.
    Send,
    /// To the modem: close the WebSocket.
    Close,
    /// From the modem: the WebSocket is open.
    Opened,
    /// From the modem: a message.
    Text,
    /// From the modem: a sign of life.
    Alive,
    /// From the modem: no WebSocket, but this HTTP status, in two bytes, the greater one first.
    Refused,
    /// From the modem: the WebSocket is gone, and why.
    Closed,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Open,
        Self::Send,
        Self::Close,
        Self::Opened,
        Self::Text,
        Self::Alive,
        Self::Refused,
        Self::Closed,
    ];
}

/// One frame. The example is that of [`Decoder`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// What it says.
    pub kind: Kind,
    /// Which link it is about.
    pub link: u8,
    /// A path, a message, a reason, or nothing.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Appends the frame's bytes. The example is that of [`Decoder`].
    pub fn encode(&self, line: &mut VecDeque<u8>) {
        let body = || [self.kind as u8, self.link].into_iter().chain(self.payload.iter().copied());
        let checksum = body().fold(CHECKSUM_START, checksum);
        // What noise has left in the reader ends here.
        line.push_back(END);
        for byte in body().chain(checksum.to_be_bytes()) {
            match byte {
                END => line.extend([ESCAPE, ESCAPED_END]),
                ESCAPE => line.extend([ESCAPE, ESCAPED_ESCAPE]),
                byte => line.push_back(byte),
            }
        }
        line.push_back(END);
    }
}

/// A frame did not arrive as it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

impl Damaged {
    /// The message to the user.
    pub(crate) const fn what(self) -> &'static str {
        "the serial line was disturbed"
    }
}

/// Bytes into frames.
///
/// ```
/// use embedded_style::{Damaged, Decoder, Frame, Kind};
///
/// let frame = Frame { kind: Kind::Text, link: 7, payload: b"{\"n\":1}".to_vec() };
/// let mut line = Default::default();
/// frame.encode(&mut line);
///
/// let mut decoder = Decoder::new(100);
/// let read: Vec<_> = line.iter().filter_map(|byte| decoder.push(*byte)).collect();
/// assert_eq!(read, [Ok(frame)]);
///
/// line[4] ^= 1;
/// let read: Vec<_> = line.iter().filter_map(|byte| decoder.push(*byte)).collect();
/// assert_eq!(read, [Err(Damaged)]);
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    /// What is kept of the frame under way.
    body: Vec<u8>,
    /// How many bytes it has so far.
    length: usize,
    checksum: u16,
    is_escaped: bool,
    limit: usize,
}

impl Decoder {
    /// Keeps at most `limit` bytes of a payload, and drops the rest.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self { body: Vec::new(), length: 0, checksum: CHECKSUM_START, is_escaped: false, limit }
    }

    /// Takes a byte. Answers with the frame that it ends.
    pub fn push(&mut self, byte: u8) -> Option<Result<Frame, Damaged>> {
        let byte = match (mem::take(&mut self.is_escaped), byte) {
            (_, END) => return self.end(),
            (false, ESCAPE) => {
                self.is_escaped = true;
                return None;
            }
            (true, ESCAPED_END) => END,
            (true, ESCAPED_ESCAPE) => ESCAPE,
            (_, byte) => byte,
        };
        self.length = self.length.saturating_add(1);
        self.checksum = checksum(self.checksum, byte);
        if self.body.len() < self.limit.saturating_add(HEAD + TAIL) {
            self.body.push(byte);
        }
        None
    }

    fn end(&mut self) -> Option<Result<Frame, Damaged>> {
        let ended = mem::replace(self, Self::new(self.limit));
        // Between two frames there is nothing.
        (ended.length > 0).then(|| ended.frame().ok_or(Damaged))
    }

    fn frame(mut self) -> Option<Frame> {
        // The checksum of all, itself included, is zero.
        let length = self.length.checked_sub(TAIL).filter(|_| self.checksum == 0)?;
        self.body.truncate(length.min(self.limit.saturating_add(HEAD)));
        let [kind, link] = *self.body.first_chunk()?;
        let kind = Kind::ALL.into_iter().find(|known| *known as u8 == kind)?;
        Some(Frame { kind, link, payload: self.body.split_off(HEAD) })
    }
}

const CHECKSUM_START: u16 = 0xFFFF;

/// CRC-16/CCITT, a bit at a time: a serial line is slower than that.
fn checksum(sum: u16, byte: u8) -> u16 {
    (0..8).fold(sum ^ (u16::from(byte) << 8), |sum, _| {
        if sum & 0x8000 == 0 { sum << 1 } else { (sum << 1) ^ 0x1021 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(payloads: &[&[u8]]) -> VecDeque<u8> {
        let mut line = VecDeque::new();
        for payload in payloads {
            Frame { kind: Kind::Text, link: 1, payload: payload.to_vec() }.encode(&mut line);
        }
        line
    }

    fn read(decoder: &mut Decoder, line: &VecDeque<u8>) -> Vec<Result<Vec<u8>, Damaged>> {
        let frames = line.iter().filter_map(|byte| decoder.push(*byte));
        frames.map(|frame| frame.map(|frame| frame.payload)).collect()
    }

    #[test]
    fn every_byte_comes_through() {
        let all: Vec<u8> = (0..=255).collect();
        let line = line(&[&all, b""]);
        assert_eq!(read(&mut Decoder::new(256), &line), [Ok(all), Ok(Vec::new())]);
    }

    #[test]
    fn a_payload_beyond_the_limit_is_cut() {
        let line = line(&[b"123456", b"12345", b"1234"]);
        let cut = |bytes: &[u8]| Ok(bytes.to_vec());
        let expected = [cut(b"12345"), cut(b"12345"), cut(b"1234")];
        assert_eq!(read(&mut Decoder::new(5), &line), expected);
    }

    #[test]
    fn no_flipped_bit_goes_unnoticed_and_the_next_frame_is_right_again() {
        let line = line(&[b"first", b"second"]);
        let first = line.iter().skip(1).position(|byte| *byte == END).unwrap() + 1;
        for place in 1..first {
            for bit in 0..8 {
                let mut line = line.clone();
                line[place] ^= 1 << bit;
                let read = read(&mut Decoder::new(100), &line);
                let (last, others) = read.split_last().unwrap();
                assert_eq!(last, &Ok(b"second".to_vec()), "bit {bit} of byte {place}");
                assert!(others.iter().all(Result::is_err), "bit {bit} of byte {place}");
                assert!(!others.is_empty(), "bit {bit} of byte {place}");
            }
        }
    }
}
