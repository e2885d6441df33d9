//! What the figures are to be: bounds on a target's figure, on its own or beside another target's.

use crate::figures::{Measure, Shape, Target};

#[derive(Debug)]
pub(crate) struct Goal {
    pub(crate) of: Target,
    pub(crate) measure: Measure,
    pub(crate) what: &'static str,
    pub(crate) beside: Option<Target>,
    pub(crate) bound: Bound,
    /// A share of what the process needs in any case falls on each subscriber, so that this says
    /// something only where they are many.
    pub(crate) is_for_many: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Bound {
    pub(crate) fn is_met(self, figure: f64) -> bool {
        match self {
            Self::AtMost(bound) => figure <= bound,
            Self::AtLeast(bound) => figure >= bound,
        }
    }
}

/// The goals that this program checks.
pub(crate) const ALL: [Goal; 8] = [
    cost(Target::Server, Shape::One, Target::FloorEach, 1.25),
    cost(Target::Server, Shape::Burst, Target::FloorJoined, 2.5),
    cost(Target::Sse, Shape::One, Target::Server, 1.15),
    cost(Target::Sse, Shape::Burst, Target::Server, 1.15),
    Goal {
        of: Target::Server,
        measure: Measure::Accepted,
        what: "connections accepted a second",
        beside: Some(Target::FloorEach),
        bound: Bound::AtLeast(0.7),
        is_for_many: false,
    },
    Goal {
        of: Target::Server,
        measure: Measure::P99,
        what: "latency, p99",
        beside: Some(Target::FloorEach),
        bound: Bound::AtMost(1.5),
        is_for_many: false,
    },
    memory(Measure::Idle, "bytes an idle subscriber"),
    memory(Measure::Used, "bytes an idle subscriber, after events"),
];

const fn cost(of: Target, shape: Shape, beside: Target, times: f64) -> Goal {
    Goal {
        of,
        measure: Measure::FanOut(shape),
        what: match shape {
            Shape::One => "CPU of fan-out, one event",
            Shape::Burst => "CPU of fan-out, 64 a burst",
            Shape::Saturated => "CPU of fan-out, saturated",
        },
        beside: Some(beside),
        bound: Bound::AtMost(times),
        is_for_many: false,
    }
}

const fn memory(measure: Measure, what: &'static str) -> Goal {
    Goal {
        of: Target::Server,
        measure,
        what,
        beside: None,
        bound: Bound::AtMost(6_000.0),
        is_for_many: true,
    }
}
