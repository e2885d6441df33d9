//! What is measured, of whom.

use std::collections::BTreeMap;

use crate::role::Role;
use crate::traffic::Surface;

/// Who is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Server,
    Sse,
    FloorEach,
    FloorJoined,
    Tungstenite,
}

impl Target {
    /// The server comes first: the others are paced as it is.
    pub(crate) const ALL: &[Self] =
        &[Self::Server, Self::Sse, Self::FloorEach, Self::FloorJoined, Self::Tungstenite];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            _ => self.role().name(),
        }
    }

    pub(crate) fn role(self) -> Role {
        match self {
            Self::Server | Self::Sse => Role::Server,
            Self::FloorEach => Role::FloorEach,
            Self::FloorJoined => Role::FloorJoined,
            Self::Tungstenite => Role::Tungstenite,
        }
    }

    pub(crate) fn surface(self) -> Surface {
        match self {
            Self::Sse => Surface::Sse,
            _ => Surface::WebSocket,
        }
    }
}

/// How publishes follow one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Shape {
    /// One event; the next one when everyone has it.
    One,
    /// 64 events in one publish; the next one when everyone has them.
    Burst,
    /// Such bursts, with more of them always waiting.
    Saturated,
}

impl Shape {
    pub(crate) const ALL: &[Self] = &[Self::One, Self::Burst, Self::Saturated];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::One => "one event",
            Self::Burst => "64 a burst",
            Self::Saturated => "saturated",
        }
    }

    pub(crate) fn events_a_publish(self) -> usize {
        match self {
            Self::One => 1,
            Self::Burst | Self::Saturated => 64,
        }
    }

    /// The publishes under way at a time. What waits for one subscriber stays far below the
    /// server's bound on its queue.
    pub(crate) fn under_way(self) -> u64 {
        match self {
            Self::One | Self::Burst => 1,
            Self::Saturated => 4,
        }
    }
}

/// One kind of figure. Times are in microseconds, memory in bytes, rates in events or connections
/// a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Measure {
    Deliveries(Shape),
    /// The server's CPU time for a delivery, all included.
    Whole(Shape),
    /// The same without that of publishing.
    FanOut(Shape),
    /// The server's CPU time for a publish to which nobody listens.
    Publish(Shape),
    /// On the wire, for a delivery.
    Bytes(Shape),
    /// How much of the time the client was busy, from 0 to 1.
    ClientBusy(Shape),
    Accepted,
    /// The server's CPU time for a connection.
    Accept,
    /// The publishes a second at which latencies were taken.
    Pace,
    Median,
    P99,
    /// Of a subscriber that has been greeted and has heard nothing yet.
    Idle,
    /// Of a subscriber that has heard much.
    Used,
    /// The server's CPU time in a second without events.
    Rest,
}

/// All figures of all rounds.
#[derive(Debug, Default)]
pub(crate) struct Figures(BTreeMap<(usize, Measure, Target), Vec<f64>>);

impl Figures {
    pub(crate) fn add(&mut self, target: Target, subscribers: usize, measure: Measure, value: f64) {
        self.0.entry((subscribers, measure, target)).or_default().push(value);
    }

    /// The median of the rounds.
    pub(crate) fn get(&self, target: Target, subscribers: usize, measure: Measure) -> Option<f64> {
        let mut values = self.0.get(&(subscribers, measure, target))?.clone();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        let upper = *values.get(middle)?;
        match values.get(middle.wrapping_sub(1)) {
            Some(lower) if values.len().is_multiple_of(2) => Some((lower + upper) / 2.0),
            _ => Some(upper),
        }
    }
}
