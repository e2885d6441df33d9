//! Events for programs: one JSON object a line, with the keys that `cocobase watch --help` lists.

use std::time::Duration;

use cocobase_proto::{Document, Event, GapCause, Missed};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Seen;
use crate::fields::Fields;

/// A line about a document. Its text is passed on as it came, numbers included.
#[derive(Serialize)]
struct Change<'a> {
    event: &'static str,
    time: &'a str,
    collection: &'a str,
    id: Option<String>,
    seq: Option<u64>,
    document: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old: Option<Option<Box<RawValue>>>,
}

/// The line of an event of a watch of `collection`.
pub(crate) fn line(event: &Seen, collection: &str, outage: Option<Duration>) -> String {
    let time = format!("{:.3}", Timestamp::now());
    let time = time.as_str();
    let change = |event, document: &Document, seq| Change {
        event,
        time,
        collection,
        id: document.id().map(|id| id.to_string()),
        seq,
        document: Fields::all(document).ok().and_then(|fields| raw(fields.to_json())),
        old: None,
    };
    let change = match event {
        Event::Created(created) => change("created", &created.document.document, created.seq),
        Event::Updated(updated) => Change {
            old: Some(updated.old.as_deref().and_then(|old| raw(old.to_owned()))),
            ..change("updated", &updated.document.document, updated.seq)
        },
        Event::Deleted(deleted) => Change {
            id: deleted.id.as_deref().map(str::to_owned),
            ..change("deleted", &deleted.document, deleted.seq)
        },
        other => return about_the_link(other, time, collection, outage).to_string(),
    };
    serde_json::to_string(&change).unwrap_or_default()
}

fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

fn about_the_link(event: &Seen, time: &str, collection: &str, outage: Option<Duration>) -> Value {
    match event {
        Event::Connected(greeting) => json!({
            "event": "connected",
            "time": time,
            "collection": collection,
            "resumed": greeting.resumed,
            "outage_ms": outage.map(millis),
        }),
        Event::Gap(gap) => {
            let (missed, is_bound) = match gap.missed {
                Missed::Known(n) => (Some(n), false),
                Missed::AtMost(n) => (Some(n), true),
                Missed::Unknown => (None, false),
            };
            json!({
                "event": "gap",
                "time": time,
                "collection": collection,
                "lasted_ms": millis(gap.lasted),
                "missed": missed,
                "missed_is_bound": is_bound,
                "cause": cause(gap.cause),
            })
        }
        Event::Disconnected(lost) => json!({
            "event": "disconnected",
            "time": time,
            "cause": lost.cause.to_string(),
            "retry_in_ms": millis(lost.retry_in),
        }),
        Event::Refused(refusal) => {
            json!({"event": "refused", "time": time, "reason": refusal.message.as_str()})
        }
        Event::ServerError(error) => {
            json!({"event": "server_error", "time": time, "reason": error.to_string()})
        }
        Event::Malformed(malformed) => json!({
            "event": "malformed",
            "time": time,
            "reason": malformed.error.reason,
            "text": malformed.text.as_str(),
        }),
        Event::Undecodable(undecodable) => json!({
            "event": "undecodable",
            "time": time,
            "reason": undecodable.error.reason,
            "text": undecodable.document.json().as_str(),
        }),
        Event::Unknown(text) => json!({"event": "unknown", "time": time, "text": text.as_str()}),
        other => json!({"event": "unknown", "time": time, "text": format!("{other:?}")}),
    }
}

fn millis(duration: Duration) -> u64 {
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

#[cfg(test)]
mod tests {
    use cocobase_proto::{Gap, Instant, Text, Topic, wire::ServerMessage};

    use super::*;

    fn told(event: Event) -> Value {
        let mut value: Value = serde_json::from_str(&line(&event.decode(), "users", None)).unwrap();
        let time = value.as_object_mut().unwrap().remove("time").unwrap();
        assert!(time.as_str().unwrap().parse::<Timestamp>().is_ok());
        value
    }

    #[test]
    fn changes_have_the_documented_keys() {
        let read = |json: &str| ServerMessage::decode(&Text::from(json)).unwrap();
        let ServerMessage::Updated(change) =
            read(r#"{"event":"update","seq":7,"data":{"a":1,"id":"d"},"old_data":{"a":0}}"#)
        else {
            panic!()
        };
        assert_eq!(
            told(Event::Updated(change.clone())),
            json!({"event":"updated","collection":"users","id":"d","seq":7,"document":{"id":"d","a":1},"old":{"a":0}})
        );
        assert_eq!(
            told(Event::Created(change)),
            json!({"event":"created","collection":"users","id":"d","seq":7,"document":{"id":"d","a":1}})
        );
        let ServerMessage::Deleted(deleted) = read(r#"{"event":"delete","data":{"id":"d"}}"#)
        else {
            panic!()
        };
        assert_eq!(
            told(Event::Deleted(deleted)),
            json!({"event":"deleted","collection":"users","id":"d","seq":null,"document":{"id":"d"}})
        );
    }

    #[test]
    fn a_gap_says_how_long_and_how_much() {
        for (missed, number, is_bound) in [
            (Missed::Known(3), json!(3), false),
            (Missed::AtMost(9), json!(9), true),
            (Missed::Unknown, json!(null), false),
        ] {
            let gap = Gap {
                topic: Topic::Collection("users".into()),
                since: Instant::from_nanos(0),
                lasted: Duration::from_millis(1500),
                missed,
                cause: GapCause::Reconnected,
            };
            assert_eq!(
                told(Event::Gap(gap)),
                json!({"event":"gap","collection":"users","lasted_ms":1500,"missed":number,
                    "missed_is_bound":is_bound,"cause":"reconnected"})
            );
        }
    }
}
