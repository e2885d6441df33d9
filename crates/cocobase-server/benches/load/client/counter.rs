//! Counting events in bytes as they come, without reading what they say.

use memchr::memchr;

use crate::traffic::Surface;

/// What some bytes held.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Events that ended in these bytes.
    pub(super) events: u64,
    pub(super) pings: u64,
    /// The server says goodbye.
    pub(super) is_closed: bool,
}

#[derive(Debug)]
pub(super) enum Counter {
    Frames(Frames),
    Lines(Line),
}

impl Counter {
    pub(super) fn new(surface: Surface) -> Self {
        match surface {
            Surface::WebSocket => Self::Frames(Frames::default()),
            Surface::Sse => Self::Lines(Line::Start(0)),
        }
    }

    pub(super) fn count(&mut self, bytes: &[u8]) -> Heard {
        match self {
            Self::Frames(frames) => frames.count(bytes),
            Self::Lines(line) => Heard { events: line.count(bytes), ..Heard::default() },
        }
    }
}

/// A server's WebSocket frames: each header is read, its payload is passed over.
#[derive(Debug, Default)]
pub(super) struct Frames {
    header: [u8; 10],
    /// How much of the header has come.
    have: usize,
    /// How much of the payload is still to come, once the header is there.
    left: Option<u64>,
}

impl Frames {
    fn count(&mut self, mut bytes: &[u8]) -> Heard {
        let mut heard = Heard::default();
        loop {
            let Some(left) = self.left else {
                let Some((first, rest)) = bytes.split_first() else { return heard };
                if let Some(place) = self.header.get_mut(self.have) {
                    *place = *first;
                }
                self.have += 1;
                self.left = self.payload_bytes();
                bytes = rest;
                continue;
            };
            let passed = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            bytes = bytes.get(passed..).unwrap_or_default();
            if passed as u64 != left {
                self.left = Some(left - passed as u64);
                return heard;
            }
            match self.header[0] {
                0x81 => heard.events += 1,
                0x89 => heard.pings += 1,
                // Close, and what our servers never send.
                _ => heard.is_closed = true,
            }
            (self.have, self.left) = (0, None);
        }
    }

    /// What the header says, once it is whole.
    fn payload_bytes(&self) -> Option<u64> {
        let [_, length, a, b, rest @ ..] = self.header;
        match (length, self.have) {
            (0..126, 2) => Some(length.into()),
            (126, 4) => Some(u16::from_be_bytes([a, b]).into()),
            (127.., 10) => {
                let [c, d, e, f, g, h] = rest;
                Some(u64::from_be_bytes([a, b, c, d, e, f, g, h]))
            }
            _ => None,
        }
    }
}

/// Server-sent events: a line that begins with `data:` is an event, since JSON has no line breaks.
/// The lengths of HTTP's chunks between them are lines that cannot begin so.
#[derive(Debug)]
pub(super) enum Line {
    /// So far, it is this much of `data:`.
    Start(usize),
    Data,
    Other,
}

const DATA: &[u8] = b"data:";

impl Line {
    fn count(&mut self, mut bytes: &[u8]) -> u64 {
        let mut events = 0;
        loop {
            if let Self::Start(same) = self {
                let Some((first, rest)) = bytes.split_first() else { return events };
                if DATA.get(*same) == Some(first) {
                    *same += 1;
                    bytes = rest;
                } else {
                    // The byte is looked at again: it may be the end of the line.
                    *self = Self::Other;
                }
                if matches!(self, Self::Start(same) if *same == DATA.len()) {
                    *self = Self::Data;
                }
                continue;
            }
            let Some(end) = memchr(b'\n', bytes) else { return events };
            events += u64::from(matches!(self, Self::Data));
            *self = Self::Start(0);
            bytes = bytes.get(end + 1..).unwrap_or_default();
        }
    }
}
