//! `cocobase demo`.

use std::num::NonZeroU32;
use std::str::FromStr;

use clap::Args;

const AFTER_HELP: &str = "\
Starts a server in this process, on a free port and a temporary folder, opens three watchers
through real sockets, and replays a week of real earthquakes: each as it was first reported, then
its review, and a few deletions. A desk announces the strong ones in a room, and tells everyone when
the week begins and ends. Ends with a table, and with code 1 when one event or message was missing,
doubled, out of order or not asked for.

Examples:
  cocobase demo
  cocobase demo --speed max --json
  cocobase demo --max 200 --keep

The data is the U.S. Geological Survey's (public domain).";

/// See it work: a server, three watchers, a week of earthquakes
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Demo {
    /// How many times faster than in 2018, or `max` (or 0) for no waiting at all
    #[arg(long, value_name = "FACTOR", default_value = "25000")]
    pub(crate) speed: Speed,
    /// Only the first N earthquakes
    #[arg(long, value_name = "N")]
    pub(crate) max: Option<NonZeroU32>,
    /// Show nothing, and end with the result as one JSON object
    #[arg(long)]
    pub(crate) json: bool,
    /// Go on serving afterwards, until ctrl-C
    #[arg(long)]
    pub(crate) keep: bool,
}

/// How fast time passes in a replay.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Speed {
    /// So many times faster than real.
    Times(f64),
    /// Without any waiting.
    Max,
}

impl FromStr for Speed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.parse() {
            _ if text == "max" => Ok(Self::Max),
            Ok(0.0) => Ok(Self::Max),
            Ok(factor) if f64::is_finite(factor) && factor > 0.0 => Ok(Self::Times(factor)),
            _ => Err("expected a positive number, or max".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_a_positive_factor_or_max() {
        assert_eq!("0".parse(), Ok(Speed::Max));
        assert_eq!("max".parse(), Ok(Speed::Max));
        assert_eq!("1.5".parse(), Ok(Speed::Times(1.5)));
        for bad in ["-1", "NaN", "inf", "fast", ""] {
            assert!(bad.parse::<Speed>().is_err(), "{bad}");
        }
    }
}
