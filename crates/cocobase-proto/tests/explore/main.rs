//! Every sequence of calls from a small alphabet, breadth first, on every surface: the laws 3, 5, 6,
//! 8 and 10 hold in each state that can be reached.
//!
//! The sequences start at a new session and at one that is live. States are told apart by all that they show, times aside, and by how they answer a few probes.
//! `EXPLORE_SECONDS=60` says how long each surface may take; what was seen is printed with
//! `--nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::print_stdout)]

mod alphabet;
#[allow(missing_docs, unreachable_pub, dead_code)]
#[path = "../../../../fuzz/src/laws.rs"]
mod laws;
mod probe;

use std::collections::HashSet;
use std::fmt::Write;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::time::{Duration, Instant};

use cocobase_proto::{
    Access, Action, Carrier, Credentials, Event, Fault, Session, SessionConfig, State, Target,
};

use alphabet::SECRET;
use laws::{Call, Run};

/// However little time there is, every sequence of so many calls is tried.
const LEAST_DEPTH: usize = 3;

#[test]
fn collection() {
    explore("C", alphabet::collection());
}

#[test]
fn self_hosted() {
    explore("C'", alphabet::self_hosted());
}

#[test]
fn events() {
    explore("S", alphabet::events());
}

#[test]
fn broadcast() {
    explore("B", alphabet::broadcast());
}

#[test]
fn room() {
    explore("R", alphabet::room());
}

#[test]
fn gateway() {
    explore("G", alphabet::gateway());
}

fn budget() -> Duration {
    let seconds = std::env::var("EXPLORE_SECONDS").ok();
    Duration::from_secs_f64(seconds.map_or(0.5, |text| text.parse().expect("seconds")))
}

fn explore(surface: &str, (target, calls): (Target, Vec<Call>)) {
    let start = Instant::now();
    let config = SessionConfig { unix_epoch: None, ..laws::narrow() };
    let fixed = Access::Fixed(Credentials::ApiKey(SECRET.into()));
    let mut seen = HashSet::new();
    let mut layer = Vec::new();
    for access in [fixed, Access::Ask] {
        let mut run = Run::new(target.clone(), access, config.clone(), 1);
        layer.push(run.clone());
        for call in alphabet::way_to_live(surface) {
            run.call(&call);
        }
        assert_eq!(run.session.state(), State::Live, "{surface}");
        layer.push(run);
    }
    layer.retain(|run| seen.insert(fingerprint(run)));
    let (mut depth, mut tried) = (0, 0u64);
    let end = 'search: loop {
        let mut next = Vec::new();
        for run in &layer {
            if depth >= LEAST_DEPTH && start.elapsed() > budget() {
                break 'search "the next in part";
            }
            for call in &calls {
                tried += 1;
                let mut run = run.clone();
                run.call(call);
                if seen.insert(fingerprint(&run)) {
                    next.push(run);
                }
            }
        }
        if next.is_empty() {
            break "there are no more states";
        }
        depth += 1;
        layer = next;
    };
    let (states, letters) = (seen.len(), calls.len());
    let took = start.elapsed().as_secs_f64();
    println!(
        "{surface:2} {states:7} states, depth {depth} ({end}), {letters} calls to choose from, \
         {tried} tried in {took:.1} s"
    );
    assert!(states > 50, "{surface} has more states than that");
}

/// What tells this state from others, and that the laws hold in it.
fn fingerprint(run: &Run) -> u64 {
    assert!(!format!("{run:?}").contains(SECRET), "{run:?}");
    let mut text = String::new();
    show(&mut text, run.session.clone());
    write!(text, "{:?} {}", run.link.is_some(), run.old.is_empty()).unwrap();
    for probe in probe::ALL {
        let mut session = run.session.clone();
        probe(&mut session, run);
        show(&mut text, session);
    }
    FIXED.hash_one(text)
}

/// The same in every run.
const FIXED: BuildHasherDefault<DefaultHasher> = BuildHasherDefault::new();

/// All that can be seen, except for what never comes back: times, jitter, the numbers of links and
/// the count of attempts.
fn show(out: &mut String, mut session: Session) {
    let wakeup = session.poll_timeout().map(|wakeup| wakeup.reason);
    write!(out, "{:?} {wakeup:?}", session.state()).unwrap();
    for room in ["A", "B"] {
        write!(out, "{:?}", session.room(room)).unwrap();
    }
    while let Some(event) = session.poll_event() {
        let start = out.len();
        match event {
            Event::Gap(gap) => write!(out, "{:?}{:?}{:?}", gap.topic, gap.missed, gap.cause),
            Event::Disconnected(lost) => match lost.cause {
                // How long a silence was is a time.
                Fault::Silence(_) => write!(out, "silence"),
                cause => write!(out, "{cause:?}"),
            },
            other => write!(out, "{other:?}"),
        }
        .unwrap();
        assert!(!out[start..].contains(SECRET), "{}", &out[start..]);
    }
    while let Some(action) = session.poll_action() {
        assert!(!format!("{action:?}").contains(SECRET), "{action:?}");
        match action {
            Action::Open { path, carrier: Carrier::EventStream { headers }, .. } => {
                write!(out, "open {path} {headers:?}")
            }
            Action::Open { path, .. } => write!(out, "open {path}"),
            Action::Send { text, .. } => write!(out, "send {text}"),
            Action::Close { .. } => write!(out, "close"),
        }
        .unwrap();
    }
    out.push('\n');
}
