//! The one who publishes: requests on a connection that stays open, answered in order.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::traffic::publish;
use crate::trouble::{Outcome, Trouble};

pub(super) struct Publisher {
    pub(super) stream: TcpStream,
    /// The request, and for how many events it is.
    request: Vec<u8>,
    events: usize,
    unsent: Vec<u8>,
    /// What has come of the head of an answer.
    head: Vec<u8>,
    /// What is still to come of a body.
    body_left: usize,
    /// How many requests have been answered.
    pub(super) answered: u64,
}

impl Publisher {
    pub(super) fn connect(address: SocketAddr) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        Ok(Self {
            stream,
            request: Vec::new(),
            events: 0,
            unsent: Vec::new(),
            head: Vec::new(),
            body_left: 0,
            answered: 0,
        })
    }

    pub(super) fn publish(&mut self, events: usize) -> Outcome<()> {
        if self.events != events {
            (self.request, self.events) = (publish(events), events);
        }
        self.unsent.extend_from_slice(&self.request);
        self.flush()
    }

    /// Writes as much as the system takes.
    pub(super) fn flush(&mut self) -> Outcome<()> {
        while !self.unsent.is_empty() {
            match self.stream.write(&self.unsent) {
                Ok(written) => drop(self.unsent.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Outcome<()> {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return Err("the server hung up on the publisher".to_owned().into()),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.take(buffer.get(..read).unwrap_or_default())?;
            if read < buffer.len() {
                return Ok(());
            }
        }
    }

    fn take(&mut self, mut bytes: &[u8]) -> Outcome<()> {
        while !bytes.is_empty() {
            if self.body_left == 0 {
                self.head.extend_from_slice(bytes);
                let Some(end) = memchr::memmem::find(&self.head, b"\r\n\r\n") else { break };
                let behind = self.head.len() - (end + 4);
                bytes = bytes.get(bytes.len() - behind..).unwrap_or_default();
                self.body_left = body_bytes(&self.head)?;
                self.head.clear();
            }
            let passed = bytes.len().min(self.body_left);
            self.body_left -= passed;
            bytes = bytes.get(passed..).unwrap_or_default();
            self.answered += u64::from(self.body_left == 0);
        }
        Ok(())
    }
}

/// The length of the body behind this head, if the answer is a good one.
fn body_bytes(head: &[u8]) -> Outcome<usize> {
    let head = String::from_utf8_lossy(head);
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    match length {
        Some(length) if head.starts_with("HTTP/1.1 201 ") => Ok(length),
        _ => Err(Trouble::from(format!("a publish was answered with {head:?}"))),
    }
}
