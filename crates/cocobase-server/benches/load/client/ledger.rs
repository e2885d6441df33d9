//! Who has what: events are numbered as they are published, and everyone hears them in that order,
//! so that counting tells when an event has reached everyone, and how long it took.

use std::time::Instant;

/// The publishes of one measurement.
#[derive(Debug)]
pub(super) struct Ledger {
    events_a_publish: u64,
    receivers: usize,
    /// For each publish, when it was due and how many still lack its last event.
    publishes: Vec<(Instant, usize)>,
    /// How many publishes have reached everyone.
    pub(super) complete: u64,
    pub(super) deliveries: u64,
    /// Of each delivery, in microseconds, if that is asked for.
    pub(super) latencies: Option<Vec<u32>>,
}

impl Ledger {
    pub(super) fn new(events_a_publish: usize, receivers: usize, has_latencies: bool) -> Self {
        Self {
            events_a_publish: events_a_publish as u64,
            receivers,
            publishes: Vec::new(),
            complete: 0,
            deliveries: 0,
            latencies: has_latencies.then(Vec::new),
        }
    }

    pub(super) fn publish(&mut self, due: Instant) {
        self.publishes.push((due, self.receivers));
        self.complete += u64::from(self.receivers == 0);
    }

    pub(super) fn published(&self) -> u64 {
        self.publishes.len() as u64
    }

    /// A subscriber that had heard `before` events has heard `after`; `false` when that is more
    /// than were published.
    pub(super) fn hear(&mut self, before: u64, after: u64) -> bool {
        self.deliveries += after - before;
        let range = before / self.events_a_publish..after / self.events_a_publish;
        let Some(whole) = self.publishes.get_mut(range.start as usize..range.end as usize) else {
            return false;
        };
        for (_, lacking) in whole {
            *lacking -= 1;
            self.complete += u64::from(*lacking == 0);
        }
        if let Some(latencies) = &mut self.latencies {
            let now = Instant::now();
            latencies.extend((before..after).filter_map(|event| {
                let (due, _) = self.publishes.get((event / self.events_a_publish) as usize)?;
                let micros = now.saturating_duration_since(*due).as_micros();
                Some(u32::try_from(micros).unwrap_or(u32::MAX))
            }));
        }
        after <= self.published() * self.events_a_publish
    }
}
