//! `cocobase watch`.

use std::time::Duration;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;

use super::{Connection, Select};

const AFTER_HELP: &str = "\
With --json, every line is one object. `event` says what it is, `time` when it arrived:
  connected     collection, resumed (true: what was missed follows), outage_ms (how long there was
                no connection, or null at first)
  subscribed    collection, resumed (--gateway, from servers that confirm)
  created       collection, id, seq, document
  updated       collection, id, seq, document, old (the changed fields' former values)
  deleted       collection, id, seq, document (the last one known)
  gap           collection, lasted_ms, missed (a number, or null: unknown), missed_is_bound, cause
  disconnected  cause, retry_in_ms
  refused       reason
  server_error  reason
  malformed, undecodable: reason, text; unknown: text
`seq`, `old` and `document` are null where the server does not tell. More keys and more kinds may
come; these stay.

A lost connection is mended by itself. A refusal ends the program at once, with code 3.

Examples:
  cocobase watch quakes
  cocobase watch quakes --filter mag_gte=4.5 --filter status=reviewed
  cocobase watch quakes --where 'mag >= 4.5 and (place contains \"Alaska\" or tsunami = true)'
  cocobase watch quakes --sse
  cocobase watch quakes --url https://db.example --ca our-ca.pem --proxy socks5://127.0.0.1:1080
  cocobase watch quakes --json --max 10 | jq .document.place";

/// Show what happens in a collection as it happens
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Watch {
    /// The collection
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) collection: String,
    /// One JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
    /// Watch by server-sent events instead of a WebSocket
    #[arg(long, conflicts_with = "gateway")]
    pub(crate) sse: bool,
    /// Watch through the gateway, where the server shows all collections on one WebSocket
    #[arg(long)]
    pub(crate) gateway: bool,
    /// End after N changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,
    /// End after so many seconds: with code 1 when --max changes have not come by then
    #[arg(long, value_name = "SECONDS", value_parser = super::watch::seconds)]
    pub(crate) timeout: Option<Duration>,
    #[command(flatten)]
    pub(crate) select: Select,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// A number of seconds, perhaps with a fraction.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    text.parse()
        .ok()
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .ok_or_else(|| "expected a number of seconds, for instance 30 or 0.5".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_may_have_a_fraction_but_no_sign() {
        assert_eq!(seconds("0.5"), Ok(Duration::from_millis(500)));
        for bad in ["-1", "soon", "", "inf", "NaN"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
