//! The client: everyone who listens, and the one who publishes, on one thread.

mod counter;
mod ledger;
mod publisher;
mod subscriber;

use std::time::{Duration, Instant};

use self::ledger::Ledger;
use self::publisher::Publisher;
use self::subscriber::Subscriber;
use crate::child::Child;
use crate::poll::{Interest, Poll};
use crate::traffic::Surface;
use crate::trouble::Outcome;

/// So many connect at a time; fewer than a listener's backlog.
const CONNECTING: usize = 64;

/// A server that does nothing for so long will not do anything.
const PATIENCE: Duration = Duration::from_secs(10);

/// A percentile of fewer publishes than this would say little.
const PACED: u64 = 30;

const PUBLISHER: u64 = u64::MAX;

pub(crate) struct Client {
    poll: Poll,
    ready: Vec<u64>,
    buffer: Vec<u8>,
    subscribers: Vec<Subscriber>,
    greeted: usize,
    publisher: Publisher,
    ledger: Ledger,
    bytes: u64,
    /// When anything was last heard.
    alive: Instant,
}

/// What became of some publishes.
#[derive(Debug)]
pub(crate) struct Flow {
    pub(crate) publishes: u64,
    pub(crate) deliveries: u64,
    pub(crate) bytes: u64,
    pub(crate) took: Duration,
    /// Of each delivery, in microseconds, if the publishes were paced.
    pub(crate) latencies: Vec<u32>,
}

impl Client {
    /// A client that publishes, without subscribers.
    pub(crate) fn connect(child: &Child) -> Outcome<Self> {
        let poll = Poll::new()?;
        let publisher = Publisher::connect(child.publish)?;
        poll.add(&publisher.stream, PUBLISHER, Interest::ReadAndWrite)?;
        Ok(Self {
            poll,
            ready: Vec::new(),
            buffer: vec![0; 256 << 10],
            subscribers: Vec::new(),
            greeted: 0,
            publisher,
            ledger: Ledger::new(1, 0, false),
            bytes: 0,
            alive: Instant::now(),
        })
    }

    /// Connects so many subscribers; the answer is how long it took until all were greeted.
    pub(crate) fn subscribe(
        &mut self,
        child: &Child,
        surface: Surface,
        count: usize,
    ) -> Outcome<Duration> {
        let start = Instant::now();
        self.alive = start;
        while self.greeted < count {
            while self.subscribers.len() < count.min(self.greeted + CONNECTING) {
                let number = self.subscribers.len();
                let subscriber = Subscriber::connect(child.subscribe, surface, number)?;
                self.poll.add(&subscriber.stream, number as u64, Interest::Read)?;
                self.subscribers.push(subscriber);
            }
            self.turn(PATIENCE)?;
        }
        Ok(start.elapsed())
    }

    /// Publishes so many events at a time for about `time`, with so many publishes under way at a
    /// time, and waits until everyone has everything.
    pub(crate) fn drive(
        &mut self,
        events_a_publish: usize,
        under_way: u64,
        time: Duration,
    ) -> Outcome<Flow> {
        self.begin(events_a_publish, false);
        let start = Instant::now();
        while start.elapsed() < time {
            while self.ledger.published() < self.settled() + under_way {
                self.publish(events_a_publish, Instant::now())?;
            }
            self.turn(PATIENCE)?;
        }
        self.finish(start)
    }

    /// Publishes single events at a steady rate, however fast they are delivered. Latencies count
    /// from when an event was due, so that a stall is not passed over.
    pub(crate) fn pace(&mut self, publishes_a_second: f64, time: Duration) -> Outcome<Flow> {
        self.begin(1, true);
        let start = Instant::now();
        let publishes = ((time.as_secs_f64() * publishes_a_second) as u64).max(PACED);
        while self.ledger.published() < publishes {
            let due = start
                + Duration::from_secs_f64(self.ledger.published() as f64 / publishes_a_second);
            match due.checked_duration_since(Instant::now()) {
                None => self.publish(1, due)?,
                // The system counts milliseconds; what is less is spent looking.
                Some(wait) => self.turn(Duration::from_millis(wait.as_millis() as u64))?,
            }
        }
        self.finish(start)
    }

    /// Answers pings for so long, and wants to hear nothing else.
    pub(crate) fn rest(&mut self, time: Duration) -> Outcome<()> {
        self.begin(1, false);
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            self.turn(left)?;
        }
        Ok(())
    }

    fn begin(&mut self, events_a_publish: usize, has_latencies: bool) {
        self.subscribers.iter_mut().for_each(|it| it.heard = 0);
        self.ledger = Ledger::new(events_a_publish, self.subscribers.len(), has_latencies);
        self.publisher.answered = 0;
        self.bytes = 0;
        self.alive = Instant::now();
    }

    fn publish(&mut self, events: usize, due: Instant) -> Outcome<()> {
        self.ledger.publish(due);
        self.publisher.publish(events)
    }

    /// The publishes that have been answered and have reached everyone.
    fn settled(&self) -> u64 {
        self.ledger.complete.min(self.publisher.answered)
    }

    fn finish(&mut self, start: Instant) -> Outcome<Flow> {
        while self.settled() < self.ledger.published() {
            self.turn(PATIENCE)?;
        }
        Ok(Flow {
            publishes: self.ledger.published(),
            deliveries: self.ledger.deliveries,
            bytes: self.bytes,
            took: start.elapsed(),
            latencies: self.ledger.latencies.take().unwrap_or_default(),
        })
    }

    /// Waits for something to be heard, at most for `timeout`, and takes it.
    fn turn(&mut self, timeout: Duration) -> Outcome<()> {
        let mut ready = std::mem::take(&mut self.ready);
        self.poll.wait(&mut ready, Some(timeout))?;
        for token in ready.drain(..) {
            if token == PUBLISHER {
                self.publisher.flush()?;
                self.publisher.read(&mut self.buffer)?;
            } else {
                self.hear(token as usize)?;
            }
            self.alive = Instant::now();
        }
        self.ready = ready;
        if timeout == PATIENCE && self.alive.elapsed() >= PATIENCE {
            return Err(self.silence().into());
        }
        Ok(())
    }

    fn hear(&mut self, number: usize) -> Outcome<()> {
        let Some(subscriber) = self.subscribers.get_mut(number) else { return Ok(()) };
        let before = subscriber.heard;
        let gain = subscriber.read(&mut self.buffer)?;
        self.greeted += usize::from(gain.is_new);
        self.bytes += gain.bytes;
        if gain.events > 0 && !self.ledger.hear(before, before + gain.events) {
            return Err(format!("subscriber {number} heard more than was published").into());
        }
        Ok(())
    }

    fn silence(&self) -> String {
        format!(
            "nothing was heard for {PATIENCE:?}: {} of {} subscribers are greeted; of {} publishes, \
             {} are answered and {} have reached everyone",
            self.greeted,
            self.subscribers.len(),
            self.ledger.published(),
            self.publisher.answered,
            self.ledger.complete,
        )
    }
}
