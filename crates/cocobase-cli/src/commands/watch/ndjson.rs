//! Events for programs: one JSON object a line, with the keys that `cocobase watch --help` lists.

use std::time::Duration;

use cocobase_proto::{Document, Event};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::Seen;
use crate::commands::link;
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
    let time = link::now();
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
        other => {
            let object = about_the_link(other, collection, outage);
            return serde_json::to_string(&object).unwrap_or_default();
        }
    };
    serde_json::to_string(&change).unwrap_or_default()
}

fn raw(json: String) -> Option<Box<RawValue>> {
    RawValue::from_string(json).ok()
}

fn about_the_link(event: &Seen, collection: &str, outage: Option<Duration>) -> Map<String, Value> {
    let subject = Some(("collection", collection));
    match event {
        Event::Connected(greeting) => {
            let outage = outage.map(link::millis);
            let rest = json!({"resumed": greeting.resumed, "outage_ms": outage});
            link::start("connected", subject, rest)
        }
        Event::Subscribed(greeting) => {
            link::start("subscribed", subject, json!({"resumed": greeting.resumed}))
        }
        other => link::object(other, subject),
    }
}

#[cfg(test)]
mod tests {
    use cocobase_proto::{Gap, GapCause, Instant, Missed, Text, Topic, wire::ServerMessage};
    use jiff::Timestamp;

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
