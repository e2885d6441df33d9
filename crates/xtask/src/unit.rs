//! `cargo xtask unit`: unit, integration and documentation tests of every crate, with all its features: what
//! stands behind one (counters, the test kit's parts) has tests too, and without it they would be left out in
//! silence.

use crate::command::{Totals, cargo, check, output, tests};
use crate::report::{Outcome, Step};

pub(crate) const STEPS: &[Step] = &[
    Step { name: "unit and integration tests", run: unit },
    Step { name: "documentation tests", run: documentation },
];

/// With nextest where it is installed: it runs the test binaries side by side, and names every test.
fn unit() -> Outcome {
    if output(cargo("nextest --version")).is_ok() {
        tests(
            cargo("nextest run --workspace --all-features --locked --no-fail-fast"),
            Totals::Stderr,
        )
    } else {
        // Unlike nextest, this builds no examples by itself, and they have tests.
        let built = check(cargo("build --workspace --all-features --locked --bins --examples"));
        if built.tally.failed > 0 {
            return built;
        }
        let command =
            "test --workspace --all-features --locked --no-fail-fast --lib --bins --tests";
        tests(cargo(command), Totals::Stdout)
    }
}

fn documentation() -> Outcome {
    tests(cargo("test --workspace --all-features --locked --no-fail-fast --doc"), Totals::Stdout)
}
