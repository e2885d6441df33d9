//! The laws of the session, checked after every step of random sequences of calls on every surface.
//!
//! The numbers are those of the crate's documentation. `PROPTEST_CASES` sets how many sequences are
//! tried, `PROPTEST_RNG_SEED` with which seed; a sequence that fails is printed, shrunk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod continuity;
mod run;
mod steps;

use cocobase_proto::{Access, Target};
use proptest::collection::vec;
use proptest::prelude::*;

use run::Run;
use steps::{Step, access, step, target};

/// What a session is started with, and what happens to it.
#[derive(Debug, Clone)]
struct Story {
    target: Target,
    access: Access,
    seed: u64,
    steps: Vec<Step>,
}

fn run(steps: usize) -> impl Strategy<Value = Story> {
    (target(), access(), any::<u64>(), vec(step(), 0..steps))
        .prop_map(|(target, access, seed, steps)| Story { target, access, seed, steps })
}

impl Story {
    /// Tells the story and checks a law after each step.
    fn check(&self, law: u8) {
        let transcript = self.tell(law);
        if law == 9 {
            assert_eq!(transcript, self.tell(law));
        }
    }

    fn tell(&self, law: u8) -> Vec<String> {
        let mut run = Run::new(self.target.clone(), self.access.clone(), self.seed, law);
        for step in &self.steps {
            run.step(step);
        }
        run.transcript
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_01_after_none_the_same_poll_answers_none(run in run(60)) {
        run.check(1);
    }

    #[test]
    fn law_02_a_timeout_before_the_deadline_changes_nothing(run in run(60)) {
        run.check(2);
    }

    #[test]
    fn law_03_after_a_timeout_the_next_wakeup_lies_ahead(run in run(60)) {
        run.check(3);
    }

    #[test]
    fn law_04_polling_one_queue_never_changes_another(run in run(60)) {
        run.check(4);
    }

    #[test]
    fn law_05_a_closed_session_answers_none_for_ever(run in run(60)) {
        run.check(5);
    }

    #[test]
    fn law_06_input_for_an_old_link_changes_nothing(run in run(60)) {
        run.check(6);
    }

    #[test]
    fn law_07_no_order_of_calls_panics(run in run(60)) {
        run.check(7);
    }

    #[test]
    fn law_08_every_queue_is_bounded(run in run(60)) {
        run.check(8);
    }

    #[test]
    fn law_09_same_seed_and_calls_give_same_outputs(run in run(60)) {
        run.check(9);
    }

    #[test]
    fn law_10_at_most_one_link_is_open(run in run(60)) {
        run.check(10);
    }
}
