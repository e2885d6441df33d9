//! Combinators on events: what goes in at which time, to what comes out and when.

use cocobase_proto::combine::{
    Batch, BatchConfig, Coalesce, CoalesceConfig, Debounce, DebounceConfig,
};
use cocobase_proto::{Event, Instant};
use core::time::Duration;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::scenario::show_event;
use crate::shapes::{Said, event};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CombineVector {
    with: Combinator,
    steps: Vec<Step>,
}

/// Which one, with what differs from its defaults. Times are in seconds.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Combinator {
    Debounce { quiet: Option<f64>, max_wait: Option<f64> },
    Coalesce { window: Option<f64>, max_events: Option<usize>, forgets_short_lived: Option<bool> },
    Batch { window: Option<f64>, max_events: Option<usize> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    #[allow(dead_code, reason = "for readers")]
    about: Option<String>,
    /// Seconds since the step before.
    #[serde(default)]
    after: f64,
    /// An event, as a server spells it.
    push: Option<Said>,
    time: Option<Time>,
    #[serde(default)]
    flush: bool,
    #[serde(default)]
    told: Vec<Value>,
    /// Seconds until it wants to be asked again, or `"never"`.
    wakeup: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Time {
    Now,
    Wakeup,
}

#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
enum Machine {
    Debounce(Debounce),
    Coalesce(Coalesce),
    Batch(Batch),
}

impl Vector for CombineVector {
    fn check(&self) -> Result<(), String> {
        let (mut machine, mut now) = (self.with.build(), Instant::default());
        for (at, step) in self.steps.iter().enumerate() {
            machine.play(step, &mut now).map_err(|error| format!("step {at}: {error}"))?;
        }
        Ok(())
    }
}

impl Combinator {
    fn build(&self) -> Machine {
        let seconds = |given: &Option<f64>, default| given.map_or(default, Duration::from_secs_f64);
        match self {
            Self::Debounce { quiet, max_wait } => {
                let d = DebounceConfig::default();
                let max_wait = max_wait.map(Duration::from_secs_f64);
                let quiet = seconds(quiet, d.quiet);
                Machine::Debounce(Debounce::new(DebounceConfig { quiet, max_wait }))
            }
            Self::Coalesce { window, max_events, forgets_short_lived } => {
                let d = CoalesceConfig::default();
                Machine::Coalesce(Coalesce::new(CoalesceConfig {
                    window: seconds(window, d.window),
                    max_events: max_events.unwrap_or(d.max_events),
                    forgets_short_lived: forgets_short_lived.unwrap_or(d.forgets_short_lived),
                }))
            }
            Self::Batch { window, max_events } => {
                let d = BatchConfig::default();
                Machine::Batch(Batch::new(BatchConfig {
                    window: seconds(window, d.window),
                    max_events: max_events.unwrap_or(d.max_events),
                }))
            }
        }
    }
}

impl Machine {
    fn play(&mut self, step: &Step, now: &mut Instant) -> Result<(), String> {
        *now = *now + Duration::from_secs_f64(step.after);
        if let Some(message) = &step.push {
            self.push(event(&message.text())?, *now);
        }
        match step.time {
            Some(Time::Now) => self.handle_timeout(*now),
            Some(Time::Wakeup) => {
                *now = (*now).max(self.poll_timeout().ok_or("there is no wake-up")?);
                self.handle_timeout(*now);
            }
            None => {}
        }
        if step.flush {
            self.flush();
        }
        let told: Vec<Value> = std::iter::from_fn(|| self.poll()).collect();
        compare("told", &json!(step.told), &json!(told))?;
        if let Some(wakeup) = &step.wakeup {
            let found = self.poll_timeout();
            let found = found.map_or(json!("never"), |at| json!(at.since(*now).as_secs_f64()));
            compare("wake-up", wakeup, &found)?;
        }
        Ok(())
    }

    fn push(&mut self, event: Event, now: Instant) {
        match self {
            Self::Debounce(machine) => machine.push(event, now),
            Self::Coalesce(machine) => machine.push(event, now),
            Self::Batch(machine) => machine.push(event, now),
        }
    }

    fn handle_timeout(&mut self, now: Instant) {
        match self {
            Self::Debounce(machine) => machine.handle_timeout(now),
            Self::Coalesce(machine) => machine.handle_timeout(now),
            Self::Batch(machine) => machine.handle_timeout(now),
        }
    }

    fn poll_timeout(&self) -> Option<Instant> {
        match self {
            Self::Debounce(machine) => machine.poll_timeout(),
            Self::Coalesce(machine) => machine.poll_timeout(),
            Self::Batch(machine) => machine.poll_timeout(),
        }
    }

    fn flush(&mut self) {
        match self {
            Self::Debounce(machine) => machine.flush(),
            Self::Coalesce(machine) => machine.flush(),
            Self::Batch(machine) => machine.flush(),
        }
    }

    fn poll(&mut self) -> Option<Value> {
        match self {
            Self::Debounce(machine) => machine
                .poll()
                .map(|one| json!({"event": show_event(&one.event), "superseded": one.superseded})),
            Self::Coalesce(machine) => machine.poll().map(|event| show_event(&event)),
            Self::Batch(machine) => {
                machine.poll().map(|batch| batch.iter().map(show_event).collect())
            }
        }
    }
}
