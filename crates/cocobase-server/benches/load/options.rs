//! What is to be measured.

use std::num::NonZeroUsize;
use std::time::Duration;

use crate::figures::Target;
use crate::role::Role;
use crate::trouble::{Outcome, Trouble};

pub(crate) const HELP: &str = "\
cargo bench -p cocobase-server --bench load -- [OPTIONS]

  --quick              about 20 seconds: 1,000 subscribers, one short round
  --only NAME          leave out the others; may be repeated, since a ratio needs both its sides:
                       server, sse, floor-each, floor-joined, tungstenite
  --subscribers N,N    how many subscribers [default: 100,1000,5000]
  --seconds S          how long each shape of load lasts [default: 1.5]
  --rounds N           how often everything is measured; the table has the medians [default: 3]
  --unpinned           do not keep server and client on a core each";

pub(crate) enum Invocation {
    Help,
    /// What this program is started as by itself.
    Role {
        role: Role,
        core: Option<usize>,
    },
    Measure(Options),
}

#[derive(Debug, Clone)]
pub(crate) struct Options {
    pub(crate) targets: Vec<Target>,
    pub(crate) subscribers: Vec<usize>,
    pub(crate) time: Duration,
    pub(crate) rounds: usize,
    pub(crate) is_pinned: bool,
}

pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Outcome<Invocation> {
    let mut options = Options {
        targets: Vec::new(),
        subscribers: vec![100, 1_000, 5_000],
        time: Duration::from_millis(1_500),
        rounds: 3,
        is_pinned: true,
    };
    let (mut role, mut core) = (None, None);
    while let Some(argument) = arguments.next() {
        let mut value =
            || arguments.next().ok_or_else(|| Trouble::from(format!("{argument} needs a value")));
        match argument.as_str() {
            "--help" | "-h" => return Ok(Invocation::Help),
            "--quick" => {
                options.subscribers = vec![1_000];
                options.time = Duration::from_millis(500);
                options.rounds = 1;
            }
            "--only" => options.targets.push(named(Target::ALL, Target::name, &value()?)?),
            "--subscribers" => {
                options.subscribers = value()?.split(',').map(count).collect::<Outcome<_>>()?;
            }
            "--seconds" => {
                let seconds = number(&value()?)?;
                options.time = Duration::try_from_secs_f64(seconds)
                    .ok()
                    .filter(|it| !it.is_zero())
                    .ok_or_else(|| format!("{seconds} is no length of time"))?;
            }
            "--rounds" => options.rounds = count(&value()?)?,
            "--unpinned" => options.is_pinned = false,
            "--role" => role = Some(named(Role::ALL, Role::name, &value()?)?),
            "--core" => core = Some(number(&value()?)?),
            _ => return Err(format!("unknown argument {argument}\n\n{HELP}").into()),
        }
    }
    if let Some(role) = role {
        return Ok(Invocation::Role { role, core });
    }
    if options.targets.is_empty() {
        options.targets = Target::ALL.into();
    }
    Ok(Invocation::Measure(options))
}

fn number<N: std::str::FromStr>(text: &str) -> Outcome<N> {
    text.trim().parse().map_err(|_| format!("{text:?} is no fitting number").into())
}

fn count(text: &str) -> Outcome<usize> {
    number::<NonZeroUsize>(text).map(NonZeroUsize::get)
}

fn named<T: Copy>(all: &[T], name: fn(T) -> &'static str, given: &str) -> Outcome<T> {
    all.iter().copied().find(|it| name(*it) == given).ok_or_else(|| {
        let names = all.iter().map(|it| name(*it)).collect::<Vec<_>>().join(", ");
        format!("{given:?} is none of {names}").into()
    })
}
