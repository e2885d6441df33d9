//! One subscriber.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::counter::{Counter, Heard};
use crate::traffic::{PONG, Surface, hello, request};
use crate::trouble::{Outcome, Trouble};

pub(super) struct Subscriber {
    pub(super) stream: TcpStream,
    number: usize,
    surface: Surface,
    stage: Stage,
    counter: Counter,
    /// The events that it has heard since its greeting, or since it was last set to 0.
    pub(super) heard: u64,
}

enum Stage {
    /// The head of the answer to its request, as far as it has come.
    Answer(Vec<u8>),
    /// The greeting, as far as it has come.
    Greeting(Vec<u8>),
    Live,
}

/// What a readable socket gave.
#[derive(Debug, Default)]
pub(super) struct Gain {
    pub(super) bytes: u64,
    pub(super) events: u64,
    /// It was greeted.
    pub(super) is_new: bool,
}

impl Subscriber {
    pub(super) fn connect(address: SocketAddr, surface: Surface, number: usize) -> Outcome<Self> {
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.write_all(request(surface, number).as_bytes())?;
        stream.set_nonblocking(true)?;
        let (stage, counter) = (Stage::Answer(Vec::new()), Counter::new(surface));
        Ok(Self { stream, number, surface, stage, counter, heard: 0 })
    }

    /// Reads what has come.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Outcome<Gain> {
        let mut gain = Gain::default();
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return Err(self.trouble("the server closed the connection")),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(gain),
                Err(error) => return Err(self.trouble(&error.to_string())),
            };
            gain.bytes += read as u64;
            self.take(buffer.get(..read).unwrap_or_default(), &mut gain)?;
            // Less than was asked for: there is no more for now.
            if read < buffer.len() {
                return Ok(gain);
            }
        }
    }

    fn take(&mut self, bytes: &[u8], gain: &mut Gain) -> Outcome<()> {
        match &mut self.stage {
            Stage::Live => {
                gain.events += self.count(bytes)?;
            }
            Stage::Answer(head) => {
                head.extend_from_slice(bytes);
                let Some(end) = memchr::memmem::find(head, b"\r\n\r\n") else { return Ok(()) };
                let rest = head.split_off(end + 4);
                let head = String::from_utf8_lossy(head).into_owned();
                self.answered(&head)?;
                if !rest.is_empty() {
                    self.take(&rest, gain)?;
                }
            }
            Stage::Greeting(text) => {
                text.extend_from_slice(bytes);
                let text = String::from_utf8_lossy(text).into_owned();
                let messages = self.count(bytes)?;
                let is_greeted = match self.surface {
                    Surface::WebSocket if messages > 0 && !text.contains(r#""connected""#) => {
                        return Err(self.trouble(&format!("it was greeted with {text:?}")));
                    }
                    Surface::WebSocket => messages > 0,
                    // The position from which on events come, as a block of its own.
                    Surface::Sse => text.contains("id:") && text.contains("\n\n"),
                };
                if is_greeted {
                    (self.stage, self.heard) = (Stage::Live, 0);
                    gain.is_new = true;
                }
            }
        }
        Ok(())
    }

    fn answered(&mut self, head: &str) -> Outcome<()> {
        let status = head.split(' ').nth(1).unwrap_or_default();
        match (self.surface, status) {
            (Surface::WebSocket, "101") => self.stream.write_all(&hello(self.number))?,
            (Surface::Sse, "200") => {}
            (_, "404") => return Err(Trouble::NotServed),
            _ => return Err(self.trouble(&format!("its request was answered with {head:?}"))),
        }
        self.stage = Stage::Greeting(Vec::new());
        Ok(())
    }

    fn count(&mut self, bytes: &[u8]) -> Outcome<u64> {
        let Heard { events, pings, is_closed } = self.counter.count(bytes);
        if is_closed {
            let text = String::from_utf8_lossy(bytes);
            return Err(self.trouble(&format!("the server said goodbye: {text:?}")));
        }
        for _ in 0..pings {
            self.stream.write_all(&PONG)?;
        }
        self.heard += events;
        Ok(events)
    }

    fn trouble(&self, what: &str) -> Trouble {
        format!("subscriber {}, after {} events: {what}", self.number, self.heard).into()
    }
}
