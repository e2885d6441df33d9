//! Links: two pipes that delay, stall, swallow and break.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use cocobase_hub::ConnectionId;
use cocobase_proto::{Carrier, CloseCause, Instant, LinkId, Text};

/// What travels to the server.
#[derive(Debug, Clone)]
pub(super) enum Up {
    Connect,
    Text(Text),
    /// A WebSocket pong.
    Pong,
    /// The client has closed.
    Gone,
}

/// What travels to the client.
#[derive(Debug, Clone)]
pub(super) enum Down {
    Opened,
    Refused {
        status: u16,
        retry_after: Option<Duration>,
    },
    Text(Text),
    /// A piece of an event stream.
    Bytes(Bytes),
    /// A WebSocket ping, which the client's library answers.
    Ping,
    Pong,
    Closed(CloseCause),
}

/// One direction of a link: what is on its way, in order.
#[derive(Debug)]
pub(super) struct Pipe<T> {
    items: VecDeque<(Instant, T)>,
    last: Instant,
    /// Swallows what is put in, without a word: the other end is to find out.
    pub(super) is_dead: bool,
    /// Nothing arrives before then: the receiver does not read.
    pub(super) held_until: Instant,
}

/// One attempt of a client at a connection, and what became of it.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) client: usize,
    pub(super) id: LinkId,
    pub(super) path: String,
    pub(super) carrier: Carrier,
    /// At the server, which may have been started anew since.
    pub(super) connection: Option<ConnectionId>,
    /// The start of the server that the link leads to.
    pub(super) incarnation: u32,
    /// The history in which that server counts.
    pub(super) epoch: Text,
    pub(super) up: Pipe<Up>,
    pub(super) down: Pipe<Down>,
    /// The client has not closed it.
    pub(super) is_open: bool,
    /// The server's system is about to give up what nobody acknowledges.
    pub(super) is_expiring: bool,
    /// How many bytes the client's side buffers before the server has to wait.
    pub(super) window: usize,
    /// How many bytes of an event stream arrive at once; 0 for whole frames.
    pub(super) piece: usize,
}

impl<T> Pipe<T> {
    pub(super) const fn new(now: Instant) -> Self {
        Self { items: VecDeque::new(), last: now, is_dead: false, held_until: now }
    }

    /// Puts something in. When it will arrive is the answer, unless it never will.
    pub(super) fn send(&mut self, item: T, delay: Duration, now: Instant) -> Option<Instant> {
        if self.is_dead {
            return None;
        }
        self.last = self.last.max(now + delay);
        self.items.push_back((self.last, item));
        Some(self.last)
    }

    /// Takes out what has arrived.
    pub(super) fn receive(&mut self, now: Instant) -> Option<T> {
        if self.held_until > now || self.items.front().is_none_or(|(at, _)| *at > now) {
            return None;
        }
        self.items.pop_front().map(|(_, item)| item)
    }

    /// Loses what is on its way, but for the first `kept` items.
    pub(super) fn lose(&mut self, kept: usize) {
        self.items.truncate(kept);
    }

    pub(super) fn items(&self) -> impl Iterator<Item = &T> {
        self.items.iter().map(|(_, item)| item)
    }

    pub(super) fn last_mut(&mut self) -> Option<&mut T> {
        self.items.back_mut().map(|(_, item)| item)
    }
}

impl Link {
    /// How many bytes are on their way to the client.
    pub(super) fn unread(&self) -> usize {
        let len = |item: &Down| match item {
            Down::Text(text) => text.len() + 4,
            Down::Bytes(bytes) => bytes.len(),
            _ => 4,
        };
        self.down.items().map(len).sum()
    }

    pub(super) const fn is_stream(&self) -> bool {
        matches!(self.carrier, Carrier::EventStream { .. })
    }

    /// Either end may believe that the link stands, and is wrong.
    pub(super) const fn is_half_open(&self) -> bool {
        self.up.is_dead || self.down.is_dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(nanos: u64) -> Instant {
        Instant::from_nanos(nanos)
    }

    #[test]
    fn a_pipe_keeps_the_order_whatever_the_delays() {
        let mut pipe = Pipe::new(at(0));
        assert_eq!(pipe.send('a', Duration::from_nanos(9), at(0)), Some(at(9)));
        assert_eq!(pipe.send('b', Duration::from_nanos(1), at(0)), Some(at(9)));
        assert_eq!(pipe.receive(at(8)), None);
        assert_eq!((pipe.receive(at(9)), pipe.receive(at(9))), (Some('a'), Some('b')));
    }

    #[test]
    fn a_held_pipe_gives_nothing_and_a_dead_one_takes_nothing() {
        let mut pipe = Pipe::new(at(0));
        pipe.send('a', Duration::ZERO, at(1));
        pipe.held_until = at(5);
        assert_eq!((pipe.receive(at(4)), pipe.receive(at(5))), (None, Some('a')));
        pipe.is_dead = true;
        assert_eq!(pipe.send('b', Duration::ZERO, at(6)), None);
        assert_eq!(pipe.items().count(), 0);
    }
}
