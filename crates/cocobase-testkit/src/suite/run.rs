//! Runs cases, and shows what became of them.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::adapter::Adapter;
use super::list::CASES;
use super::stage::{Failure, Outcome, SOON, Stage};

/// One case of the suite.
///
/// ```
/// use cocobase_testkit::suite::CASES;
/// assert!(CASES.iter().any(|case| case.to_string() == "greeting::the_hello_carries_key_and_filter"));
/// ```
#[derive(Clone, Copy)]
pub struct Case {
    pub(super) group: &'static str,
    pub(super) name: &'static str,
    pub(super) run: fn(&mut Stage<'_>) -> Outcome,
}

/// What became of a case with an adapter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All is as it must be.
    Passed {
        /// The longest that a `close` in it took.
        slowest_close: Option<Duration>,
    },
    /// The case is about something that the adapter, or the test kit as it was built, does not have:
    /// this is why.
    LeftOut(String),
    /// This is wrong.
    Failed(String),
}

impl Case {
    /// Runs the case with a new adapter, and looks whether anything is left running at its end.
    #[must_use]
    pub fn run(&self, adapter: impl FnOnce() -> Box<dyn Adapter>) -> Verdict {
        let run = AssertUnwindSafe(|| {
            let adapter = adapter();
            let mut stage = Stage::new(&*adapter);
            (self.run)(&mut stage)?;
            let slowest_close = stage.slowest_close();
            nothing_is_left(&*adapter)?;
            Ok(slowest_close)
        });
        match catch_unwind(run) {
            Ok(Ok(slowest_close)) => Verdict::Passed { slowest_close },
            Ok(Err(Failure::Lacking(what))) => Verdict::LeftOut(what),
            Ok(Err(Failure::Wrong(what))) => Verdict::Failed(what),
            Err(_) => Verdict::Failed("it panicked".into()),
        }
    }
}

fn nothing_is_left(adapter: &dyn Adapter) -> Outcome {
    let end = Instant::now() + SOON;
    while let Some(count @ 1..) = adapter.running() {
        if Instant::now() > end {
            return Err(format!("{count} tasks or threads are left running").into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}::{}", self.group, self.name)
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Runs the case of this name, as a test does: it panics if the case fails. See
/// [`adapter_suite!`](crate::adapter_suite).
///
/// # Panics
///
/// When the case fails.
#[doc(hidden)]
#[expect(clippy::panic, clippy::print_stdout, reason = "a test fails by a panic, and says why")]
pub fn test(name: &str, adapter: impl FnOnce() -> Box<dyn Adapter>) {
    let Some(case) = CASES.iter().find(|case| case.to_string() == name) else {
        panic!("there is no case {name}");
    };
    match case.run(adapter) {
        Verdict::Passed { slowest_close: None } => {}
        Verdict::Passed { slowest_close: Some(took) } => println!("closing took {took:?}"),
        Verdict::LeftOut(why) => println!("NOT APPLICABLE: {why}"),
        Verdict::Failed(why) => panic!("{name}: {why}"),
    }
}
