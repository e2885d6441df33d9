//! The floor: what the system alone costs. One thread, bytes framed beforehand, no JSON, no filters,
//! no tasks.

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};

use super::publishing::{ANSWER, Requests};
use crate::poll::{Interest, Poll};
use crate::traffic::{GREETING, event, frame};
use crate::trouble::Outcome;

/// How events are written to a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Writes {
    /// One event a write.
    Each,
    /// Everything that is due, up to [`MANY`] events, in one write.
    Joined,
}

const MANY: usize = 256;

const SUBSCRIBERS: u64 = 0;
const PUBLISHERS: u64 = 1;
/// The connections have the tokens from here on.
const FIRST: u64 = 2;

const UPGRADED: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
    sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

pub(super) fn play(writes: Writes) -> Outcome<()> {
    let (subscribers, publishers) = (listen()?, listen()?);
    let mut poll = Poll::new()?;
    poll.add(&subscribers, SUBSCRIBERS, Interest::Read)?;
    poll.add(&publishers, PUBLISHERS, Interest::Read)?;
    super::report(subscribers.local_addr()?, publishers.local_addr()?, || std::process::exit(0))?;

    let one = frame(event().as_bytes());
    let mut floor = Floor {
        writes,
        frame_bytes: one.len() as u64,
        frames: one.repeat(MANY),
        greeting: frame(GREETING.as_bytes()),
        end: 0,
        connections: Vec::new(),
        buffer: vec![0; 64 << 10],
    };
    let mut ready = Vec::new();
    loop {
        poll.wait(&mut ready, None)?;
        for token in ready.drain(..) {
            match token {
                SUBSCRIBERS => floor.accept(&subscribers, &poll, Stage::Handshake)?,
                PUBLISHERS => {
                    floor.accept(&publishers, &poll, Stage::Publisher(Requests::default()))?;
                }
                _ => floor.serve(token - FIRST),
            }
        }
    }
}

fn listen() -> Outcome<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

struct Floor {
    writes: Writes,
    /// What is sent is the same frame for ever: this many of it, to write from.
    frames: Vec<u8>,
    frame_bytes: u64,
    greeting: Vec<u8>,
    /// How many bytes a subscriber of the first hour is to have.
    end: u64,
    /// By token; `None` where one has left.
    connections: Vec<Option<Connection>>,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    stage: Stage,
    /// Of `Floor::end`, how much has been written.
    sent: u64,
    /// The system takes no more for now.
    is_full: bool,
}

#[derive(Clone)]
enum Stage {
    Handshake,
    Hello,
    Live,
    Publisher(Requests),
}

impl Floor {
    fn accept(&mut self, listener: &TcpListener, poll: &Poll, stage: Stage) -> Outcome<()> {
        loop {
            let stream = match listener.accept() {
                Ok((stream, _)) => stream,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            stream.set_nonblocking(true)?;
            stream.set_nodelay(true)?;
            let token = FIRST + self.connections.len() as u64;
            poll.add(&stream, token, Interest::ReadAndWrite)?;
            let connection = Connection { stream, stage: stage.clone(), sent: 0, is_full: false };
            self.connections.push(Some(connection));
        }
    }

    /// Reads what has come and writes what is due.
    fn serve(&mut self, index: u64) {
        let Some(slot) = self.connections.get_mut(index as usize) else { return };
        let Some(connection) = slot else { return };
        let mut events = 0;
        loop {
            let read = match connection.stream.read(&mut self.buffer) {
                Ok(read @ 1..) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                _ => {
                    *slot = None;
                    return;
                }
            };
            let bytes = self.buffer.get(..read).unwrap_or_default();
            events += connection.hear(bytes, self.end, &self.greeting);
            if read < self.buffer.len() {
                break;
            }
        }
        if connection.is_full {
            connection.is_full = false;
            connection.write(self.writes, &self.frames, self.frame_bytes, self.end);
        }
        self.publish(events);
    }

    fn publish(&mut self, events: u64) {
        let (rounds, events_a_round) = match self.writes {
            Writes::Each => (events, 1),
            Writes::Joined => (events.min(1), events),
        };
        for _ in 0..rounds {
            self.end += events_a_round * self.frame_bytes;
            for connection in self.connections.iter_mut().flatten() {
                connection.write(self.writes, &self.frames, self.frame_bytes, self.end);
            }
        }
    }
}

impl Connection {
    /// What the client says; the answer is how many events it publishes.
    fn hear(&mut self, bytes: &[u8], end: u64, greeting: &[u8]) -> u64 {
        // These answers are short and the first on their connection: the system takes them.
        match &mut self.stage {
            Stage::Handshake if bytes.ends_with(b"\r\n\r\n") => {
                self.stage = Stage::Hello;
                let _ = self.stream.write(UPGRADED);
            }
            Stage::Hello => {
                self.stage = Stage::Live;
                self.sent = end;
                let _ = self.stream.write(greeting);
            }
            Stage::Handshake | Stage::Live => {}
            Stage::Publisher(requests) => {
                requests.push(bytes);
                let mut events = 0;
                while let Some(more) = requests.next() {
                    events += more;
                    let _ = self.stream.write(ANSWER);
                }
                return events;
            }
        }
        0
    }

    /// Writes up to `end`, unless the system takes no more.
    fn write(&mut self, writes: Writes, frames: &[u8], frame_bytes: u64, end: u64) {
        if !matches!(self.stage, Stage::Live) {
            return;
        }
        while self.sent < end && !self.is_full {
            let start = self.sent % frame_bytes;
            let stop = match writes {
                Writes::Each => frame_bytes,
                Writes::Joined => (start + end - self.sent).min(frames.len() as u64),
            };
            let due = frames.get(start as usize..stop as usize).unwrap_or_default();
            match self.stream.write(due) {
                Ok(written) => self.sent += written as u64,
                // Errors show when the connection is read.
                Err(_) => self.is_full = true,
            }
        }
    }
}
