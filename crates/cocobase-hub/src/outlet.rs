//! What goes out, and how much of it may wait.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use crate::config::HubConfig;
use crate::connection::Connection;
use crate::connections::ConnectionId;
use crate::frame::Frame;
use crate::queue::Queue;

/// The bounds of all queues, and which of them have something new.
#[derive(Debug)]
pub(crate) struct Outlet {
    queue_bytes: usize,
    total_bytes: usize,
    /// How much waits for everybody together.
    waiting: usize,
    /// The places of connections that have something new.
    news: VecDeque<u32>,
    /// By place: whether it stands in `news`.
    has_news: Vec<bool>,
}

/// How much that must arrive a client may leave waiting: answers, greetings, errors. Who asks for
/// more without reading breaks the rules.
const CONTROL: usize = 256 << 10;

impl Outlet {
    pub(crate) const fn new(config: &HubConfig) -> Self {
        Self {
            queue_bytes: config.queue_bytes,
            total_bytes: config.total_queue_bytes,
            waiting: 0,
            news: VecDeque::new(),
            has_news: Vec::new(),
        }
    }

    /// Queues a frame, for which there must be place.
    pub(crate) fn push(&mut self, id: ConnectionId, connection: &mut Connection, frame: Frame) {
        self.waiting += frame.cost();
        connection.queue.push(frame);
        if !connection.is_announced {
            connection.is_announced = true;
            self.announce(id.index());
        }
    }

    fn announce(&mut self, index: u32) {
        if self.has_news.len() <= index as usize {
            self.has_news.resize(index as usize + 1, false);
        }
        if let Some(has_news) = self.has_news.get_mut(index as usize)
            && !core::mem::replace(has_news, true)
        {
            self.news.push_back(index);
        }
    }

    /// The next place whose connection has something new.
    pub(crate) fn next_news(&mut self) -> Option<u32> {
        let index = self.news.pop_front()?;
        if let Some(has_news) = self.has_news.get_mut(index as usize) {
            *has_news = false;
        }
        Some(index)
    }

    /// Whether there is place for an event of `cost` bytes. In an empty queue there is.
    pub(crate) fn fits(&self, queue: &Queue, cost: usize) -> bool {
        let bytes = queue.bytes() + cost;
        queue.is_empty() || bytes <= self.bound(cost)
    }

    /// Whether there is place for an answer of `cost` bytes. If none waits, there is.
    pub(crate) fn takes_control(&self, queue: &Queue, cost: usize) -> bool {
        let bytes = queue.control_bytes() + cost;
        queue.control_bytes() == 0 || bytes <= self.bound(cost).min(CONTROL)
    }

    /// Whether so little waits that more may be fetched for the client.
    pub(crate) fn is_low(&self, queue: &Queue) -> bool {
        queue.is_empty() || queue.bytes() <= self.bound(0) / 2
    }

    /// How much may wait for one client once `more` bytes wait for it.
    fn bound(&self, more: usize) -> usize {
        match self.waiting.saturating_add(more) <= self.total_bytes {
            true => self.queue_bytes,
            false => self.queue_bytes.min(HubConfig::FAIR_SHARE),
        }
    }

    /// Takes note of bytes that wait elsewhere than in a queue, if there is place for them.
    pub(crate) const fn reserve(&mut self, bytes: usize) -> bool {
        let fits = self.waiting.saturating_add(bytes) <= self.total_bytes;
        if fits {
            self.waiting += bytes;
        }
        fits
    }

    /// Takes note that bytes no longer wait.
    pub(crate) const fn release(&mut self, bytes: usize) {
        self.waiting -= bytes;
    }

    pub(crate) const fn waiting(&self) -> usize {
        self.waiting
    }
}
