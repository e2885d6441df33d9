//! Events for people: the time, what happened, to which document, and what it says.

use std::collections::HashMap;
use std::time::Duration;

use cocobase_proto::{Document, Event, Greeting, Typed};
use serde_json::value::RawValue;

use super::Seen;
use crate::commands::link;
use crate::fields::{Fields, brief, printable};
use crate::output::{BAD, DIM, GOOD, NAME, NOTE, paint};

/// The line that tells of an event; `None` when standard error tells of it.
///
/// `outage` is how long there was no connection, if this event ends that.
pub(crate) fn line(event: &Seen, outage: Option<Duration>) -> Option<String> {
    let text = match event {
        Event::Created(change) => document(paint(GOOD, "created"), &change.document),
        Event::Updated(change) => {
            let changes = changes(&change.document.document, change.old.as_deref().unwrap_or("{}"));
            if changes.is_empty() {
                document(paint(NOTE, "updated"), &change.document)
            } else {
                format!("{}  {}  {changes}", paint(NOTE, "updated"), id(change.document.id()))
            }
        }
        Event::Deleted(deleted) => {
            format!("{}  {}", paint(BAD, "deleted"), id(deleted.id.clone()))
        }
        Event::Connected(greeting) => paint(DIM, connected(greeting, outage)),
        Event::Subscribed(_) => paint(DIM, "subscribed"),
        other => link::human(other)?,
    };
    Some(link::stamped(&text))
}

fn connected(greeting: &Greeting, outage: Option<Duration>) -> String {
    match (outage, greeting.resumed) {
        (None, _) => "connected; waiting for changes".into(),
        (Some(outage), Some(true)) => format!(
            "connected again after {:.1} s; what was missed follows, nothing is lost",
            outage.as_secs_f64()
        ),
        (Some(outage), _) => format!("connected again after {:.1} s", outage.as_secs_f64()),
    }
}

fn id(id: Option<impl AsRef<str>>) -> String {
    paint(NAME, id.map_or_else(|| "?".into(), |id| printable(id.as_ref())))
}

fn document(kind: String, Typed { document, .. }: &Typed<Fields>) -> String {
    let fields = Fields::stored(document).unwrap_or_default();
    format!("{kind}  {}  {}", id(document.id()), fields.brief())
}

/// `field: before → now` for every field in `old`, a JSON object with former values.
fn changes(document: &Document, old: &str) -> String {
    let (Ok(now), Ok(old)) = (Fields::stored(document), serde_json::from_str::<Fields>(old)) else {
        return String::new();
    };
    let now: HashMap<&str, &RawValue> =
        now.0.iter().map(|(name, value)| (name.as_str(), &**value)).collect();
    let changes: Vec<String> = old
        .0
        .iter()
        .map(|(name, before)| {
            let now = now.get(name.as_str()).map_or("gone", |value| value.get());
            format!("{}: {} → {}", printable(name), brief(before.get()), brief(now))
        })
        .collect();
    changes.join(", ")
}

#[cfg(test)]
mod tests {
    use cocobase_proto::{Text, wire::ServerMessage};

    use super::*;

    fn told(json: &str) -> String {
        let event: Event = match ServerMessage::decode(&Text::from(json)).unwrap() {
            ServerMessage::Created(change) => Event::Created(change),
            ServerMessage::Updated(change) => Event::Updated(change),
            ServerMessage::Deleted(deleted) => Event::Deleted(deleted),
            other => panic!("{other:?}"),
        };
        let line = line(&event.decode(), None).unwrap();
        let plain = anstream::adapter::strip_str(&line).to_string();
        plain.split_once("  ").unwrap().1.to_owned()
    }

    #[test]
    fn a_change_is_one_line() {
        for (json, expected) in [
            (
                r#"{"event":"create","data":{"id":"d1","mag":4.5,"place":"a\nb","created_at":"t"}}"#,
                r#"created  d1  mag=4.5 place="a\nb""#,
            ),
            (
                r#"{"event":"update","data":{"id":"d1","status":"reviewed","n":1},"old_data":{"status":"automatic","x":2}}"#,
                r#"updated  d1  status: "automatic" → "reviewed", x: 2 → gone"#,
            ),
            (r#"{"event":"update","data":{"id":"d1","n":1}}"#, "updated  d1  n=1"),
            (r#"{"event":"delete","data":{"id":"d1"}}"#, "deleted  d1"),
        ] {
            assert_eq!(told(json), expected);
        }
    }
}
