//! The client's [`Session`](cocobase_proto::Session) and the server's [`Hub`](cocobase_hub::Hub),
//! as they ship, on a simulated network in virtual time, beside a model that knows what is right.
//!
//! ```text
//!   user ◀─ LiveView ◀─ Session ◀─▶ driver ◀─▶ network ◀─▶ shell ◀─▶ Hub
//!    │                              └──────────── simulated ────────────┘
//!    └── audit: is what was told what was committed?   store: a plain list of changes
//! ```
//!
//! A number, the *seed*, decides everything: who is there, on which surface, with which filter; what
//! is written and said; which links break, stall or go dead without a word; who falls asleep, and
//! whether the clock does too; when the server restarts and what its log has forgotten. Same seed,
//! same run, step by step.
//!
//! From time to time the world is left in peace until nothing is on its way any more. It must come
//! to rest, and then all of this must be true:
//!
//! - What a user was told of a collection is what was committed and matched, in order, once, but for
//!   gaps that were told; and their counts are right.
//! - A [`LiveView`](cocobase_proto::live::LiveView) shows what the query has to answer.
//! - Everyone in a room, and on the broadcast, has heard the same messages in the same order, the
//!   sender's own among them, each once, but for gaps that were told.
//! - Everyone's view of who is in a room, the list of rooms, and the truth agree.
//! - Every message that a session took was sent once or given back; and the server has it if the
//!   link stands on which it was sent.
//! - Nobody was refused without a reason, and no deadline was due again after it was served.
//!
//! [`Defect`]s, put in on purpose, show that these checks find something.
//!
//! ```
//! let report = cocobase_testkit::pair::run(7).unwrap();
//! assert!(report.steps > 0);
//! ```

mod agenda;
mod audit;
mod check;
mod client;
mod defect;
mod disturb;
mod driver;
mod link;
mod lists;
mod network;
mod plan;
mod query;
mod server;
mod shell;
mod store;
mod world;

use std::fmt;
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

pub use defect::Defect;
use defect::Injected;
use world::{Verdict, World};

/// What a run was like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// How many things happened.
    pub steps: u64,
    /// How many events users were told.
    pub events: u64,
    /// How many of them were gaps.
    pub gaps: u64,
    /// How many connections were attempted.
    pub links: u64,
}

impl Report {
    const fn add(&mut self, other: Self) {
        self.steps += other.steps;
        self.events += other.events;
        self.gaps += other.gaps;
        self.links += other.links;
    }
}

/// How many of the last steps a failure shows.
const SHOWN: usize = 60;

/// What went wrong in a run. Its `Display` shows the seed and the last steps; `{:#}` shows all steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Run it again with this.
    pub seed: u64,
    /// What is wrong.
    pub problem: String,
    /// The last steps before it was found: the virtual time in seconds, and what happened.
    pub trace: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = if f.alternate() { usize::MAX } else { SHOWN };
        let start = self.trace.len().saturating_sub(shown);
        self.trace.iter().skip(start).try_for_each(|line| writeln!(f, "{line}"))?;
        write!(f, "seed {}: {}", self.seed, self.problem)
    }
}

impl std::error::Error for Failure {}

/// Runs the world of a seed.
///
/// # Errors
///
/// When something is not as the model says.
pub fn run(seed: u64) -> Result<Report, Box<Failure>> {
    attempt(seed, None)
}

/// Runs the world of a seed with a defect in it.
///
/// # Errors
///
/// When something is not as the model says, as is to be hoped.
pub fn run_with(seed: u64, defect: Defect) -> Result<Report, Box<Failure>> {
    attempt(seed, Some(defect))
}

/// Runs the worlds of many seeds, on all processors. The answer adds up all reports.
///
/// # Errors
///
/// With the failure of the lowest seed of those that failed before the others were stopped.
///
/// ```
/// cocobase_testkit::pair::run_all(0..10).unwrap();
/// ```
pub fn run_all(seeds: Range<u64>) -> Result<Report, Box<Failure>> {
    let (next, is_over) = (AtomicU64::new(seeds.start), AtomicBool::new(false));
    let work = || {
        let mut sum = Report::default();
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end || is_over.load(Ordering::Relaxed) {
                return Ok(sum);
            }
            match run(seed) {
                Ok(report) => sum.add(report),
                Err(failure) => {
                    is_over.store(true, Ordering::Relaxed);
                    return Err(failure);
                }
            }
        }
    };
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    let outcomes: Vec<Result<Report, Box<Failure>>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| match worker.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        workers.into_iter().map(join).collect()
    });
    let mut sum = Report::default();
    let mut failures = Vec::new();
    for outcome in outcomes {
        match outcome {
            Ok(report) => sum.add(report),
            Err(failure) => failures.push(failure),
        }
    }
    failures.into_iter().min_by_key(|failure| failure.seed).map_or(Ok(sum), Err)
}

/// A run writes no trace; one that fails is run again to get it.
fn attempt(seed: u64, defect: Option<Defect>) -> Result<Report, Box<Failure>> {
    let (world, verdict) = live(seed, defect, false);
    let Err(problem) = verdict else {
        return Ok(world.report());
    };
    let (world, again) = live(seed, defect, true);
    let problem = match again {
        Err(same) if same == problem => problem,
        other => format!("{problem}; and run again: {other:?}, so it is not deterministic"),
    };
    Err(Box::new(Failure { seed, problem, trace: world.into_trace() }))
}

fn live(seed: u64, defect: Option<Defect>, traces: bool) -> (World, Verdict) {
    let mut world = World::new(seed, Injected::new(defect, seed), traces);
    let verdict = world.live();
    (world, verdict)
}

impl World {
    fn live(&mut self) -> Verdict {
        self.populate()?;
        for _ in 0..self.plan.rounds {
            self.disturb()?;
            self.calm()?;
            self.check()?;
        }
        Ok(())
    }

    fn report(&self) -> Report {
        let audits = self.clients.iter().map(|client| &client.audit);
        Report {
            steps: self.steps,
            events: audits.clone().map(|audit| audit.told).sum(),
            gaps: audits.map(|audit| audit.gaps).sum(),
            links: self.links.len() as u64,
        }
    }
}
