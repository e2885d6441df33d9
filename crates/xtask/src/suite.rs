//! `cargo xtask suite`: every case of the test kit's suite with every adapter, as one table.

use crate::command::{cargo, check};
use crate::report::{Outcome, Step};

pub(crate) const STEPS: &[Step] = &[Step { name: "adapter suite", run: suite }];

fn suite() -> Outcome {
    check(cargo(
        "run --quiet --locked -p cocobase-testkit --features driver,server --example suite",
    ))
}
