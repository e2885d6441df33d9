//! The publisher's side of a floor: how many events its requests ask for.

use crate::traffic::EVENTS_HEADER;

/// What a request is answered with.
pub(super) const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n";

/// Requests as they come in, perhaps not whole.
#[derive(Debug, Clone, Default)]
pub(super) struct Requests(Vec<u8>);

impl Requests {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// The events of the next request, once it is whole.
    pub(super) fn next(&mut self) -> Option<u64> {
        let head = memchr::memmem::find(&self.0, b"\r\n\r\n")? + 4;
        let text = str::from_utf8(self.0.get(..head)?).ok()?;
        let number = |name: &str| {
            text.lines().find_map(|line| {
                let (key, value) = line.split_once(':')?;
                key.eq_ignore_ascii_case(name).then(|| value.trim().parse::<u64>().ok())?
            })
        };
        let whole = head + usize::try_from(number("content-length")?).ok()?;
        let events = number(EVENTS_HEADER)?;
        (self.0.len() >= whole).then(|| {
            self.0.drain(..whole);
            events
        })
    }
}
