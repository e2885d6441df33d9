//! Sessions and a hub on a simulated network, beside a model.
//!
//! `PAIR_SEEDS=n` runs n seeds instead of 10,000; `PAIR_SEED=s` runs one seed and shows all of its
//! steps if it fails. A million: `cargo run --release -p cocobase-testkit --example pair -- 1000000`.

#![allow(clippy::panic, reason = "a test fails by a panic")]

use std::env;

use cocobase_testkit::pair::{self, Defect};

/// Each defect is found within so many seeds.
const ENOUGH: u64 = 3000;

fn number(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is `{value}`, which is no number")))
}

#[test]
fn sessions_and_hub_agree_with_the_model() {
    if let Some(seed) = number("PAIR_SEED") {
        if let Err(failure) = pair::run(seed) {
            panic!("{failure:#}");
        }
        return;
    }
    let seeds = number("PAIR_SEEDS").unwrap_or(10_000);
    let report = pair::run_all(0..seeds).unwrap_or_else(|failure| panic!("\n{failure}"));
    println!("{seeds} seeds: {report:?}");
    // A world in which nothing happens agrees with every model.
    assert!(report.events > 20 * seeds && report.gaps > seeds / 2 && report.links > 5 * seeds);
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in 0..20 {
        assert_eq!(pair::run(seed).unwrap(), pair::run(seed).unwrap(), "{seed}");
    }
}

/// Whoever checks is checked: each defect that is put in on purpose is found, for the right reason.
#[test]
fn every_defect_is_found() {
    // Beside each defect, some of the ways in which it shows.
    let expected: &[(Defect, &[&str])] = &[
        (Defect::DropsDelivery, &["lost without a word", "never came"]),
        (Defect::DropsCommit, &["lost without a word", "never came", "has"]),
        (Defect::SwapsEvents, &["lost", "never came"]),
        (Defect::TakesTwice, &["heard twice", "heard after"]),
        (Defect::MixesUpDocuments, &["tells of other values"]),
        (Defect::ResumesWithHole, &["lost", "never came"]),
        (Defect::SnapshotWithSeam, &["the snapshot at", "does not come to rest"]),
        (Defect::GreetsTooEarly, &["lost", "never came"]),
        (Defect::HidesLag, &["lost", "never came"]),
        (Defect::ForgetsDeparture, &["sees", "was told of"]),
        (Defect::MixesUpLinks, &["opens a second link", "told after", "went back", "lost", "rest"]),
        (Defect::LosesPublished, &["in vain", "never came back"]),
        (Defect::Oversleeps, &["caught in a loop"]),
    ];
    let missing: Vec<_> =
        Defect::ALL.into_iter().filter(|one| expected.iter().all(|(it, _)| it != one)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let mut unseen = Vec::new();
    for (defect, reasons) in expected {
        match (0..ENOUGH).find_map(|seed| pair::run_with(seed, *defect).err()) {
            Some(failure) => {
                println!("{defect:?}: seed {}: {}", failure.seed, failure.problem);
                if !reasons.iter().any(|reason| failure.problem.contains(reason)) {
                    unseen.push(format!("{defect:?} shows as: {}", failure.problem));
                }
            }
            None => unseen.push(format!("{defect:?} is not found")),
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
}
