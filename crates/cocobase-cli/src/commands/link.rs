//! What every stream of events tells of its connection: one way to say it to people, one to programs.

use std::time::Duration;

use cocobase_proto::{Disconnected, Event, GapCause, Missed};
use jiff::{Timestamp, Zoned};
use serde_json::{Map, Value, json};

use crate::fields::{brief, printable};
use crate::output::{BAD, DIM, NOTE, paint};

/// The time of an event, for programs.
pub(crate) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}

/// The time of an event before what is said of it, for people.
pub(crate) fn stamped(text: &str) -> String {
    format!("{}  {text}", paint(DIM, Zoned::now().strftime("%H:%M:%S%.3f")))
}

/// What standard error gets when a link is lost.
pub(crate) fn trouble(lost: &Disconnected) -> String {
    let wait = Duration::as_secs_f64(&lost.retry_in);
    paint(NOTE, format_args!("{}; trying again in {wait:.1} s", lost.cause))
}

/// How an event of the connection reads; `None` for others, and where standard error tells of it.
pub(crate) fn human<D>(event: &Event<D>) -> Option<String> {
    Some(match event {
        Event::Gap(gap) => paint(NOTE, format_args!("gap: {gap}")),
        Event::Malformed(malformed) => {
            paint(BAD, format_args!("unreadable message: {}", malformed.error))
        }
        Event::Unknown(text) => paint(DIM, format_args!("unknown message: {}", brief(text))),
        Event::ServerError(error) => {
            paint(BAD, format_args!("the server says: {}", printable(&error.to_string())))
        }
        _ => return None,
    })
}

/// An event of the connection as an object. `subject` is what the stream is about.
pub(crate) fn object<D: std::fmt::Debug>(
    event: &Event<D>,
    subject: Option<(&str, &str)>,
) -> Map<String, Value> {
    let (kind, value) = match event {
        Event::Gap(gap) => {
            let (missed, is_bound) = match gap.missed {
                Missed::Known(n) => (Some(n), false),
                Missed::AtMost(n) => (Some(n), true),
                Missed::Unknown => (None, false),
            };
            let value = json!({
                "lasted_ms": millis(gap.lasted),
                "missed": missed,
                "missed_is_bound": is_bound,
                "cause": cause(gap.cause),
            });
            return start("gap", subject, value);
        }
        Event::Disconnected(lost) => (
            "disconnected",
            json!({"cause": lost.cause.to_string(), "retry_in_ms": millis(lost.retry_in)}),
        ),
        Event::Refused(refusal) => ("refused", json!({"reason": refusal.message.as_str()})),
        Event::TopicRefused { refusal, .. } => {
            ("refused", json!({"reason": refusal.message.as_str()}))
        }
        Event::ServerError(error) => ("server_error", json!({"reason": error.to_string()})),
        Event::Malformed(malformed) => (
            "malformed",
            json!({"reason": malformed.error.reason, "text": malformed.text.as_str()}),
        ),
        Event::Undecodable(undecodable) => (
            "undecodable",
            json!({
                "reason": undecodable.error.reason,
                "text": undecodable.document.json().as_str(),
            }),
        ),
        Event::Unknown(text) => ("unknown", json!({"text": text.as_str()})),
        other => ("unknown", json!({"text": format!("{other:?}")})),
    };
    start(kind, None, value)
}

/// An object that begins with what it is, when, and about what.
pub(crate) fn start(kind: &str, subject: Option<(&str, &str)>, rest: Value) -> Map<String, Value> {
    let mut object = Map::new();
    object.insert("event".into(), kind.into());
    object.insert("time".into(), now().into());
    if let Some((key, name)) = subject {
        object.insert(key.into(), name.into());
    }
    if let Value::Object(rest) = rest {
        object.extend(rest);
    }
    object
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn cause(cause: GapCause) -> &'static str {
    match cause {
        GapCause::Reconnected => "reconnected",
        GapCause::EpochChanged => "epoch_changed",
        GapCause::HistoryTooShort => "history_too_short",
        GapCause::Lagged => "lagged",
        GapCause::Skipped => "skipped",
        GapCause::Overflow => "overflow",
        _ => "other",
    }
}
