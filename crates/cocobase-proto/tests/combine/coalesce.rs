//! One change per document and window.

use std::collections::BTreeMap;
use std::time::Duration;

use cocobase_proto::combine::{Coalesce, CoalesceConfig};
use cocobase_proto::wire::ServerMessage;
use cocobase_proto::{Change, Deleted, Document, Event, Instant, Text};
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value};

use super::gather::windows;
use super::history::{event, history, is_change, key};
use super::{Combinator, Driver, run};

type Documents = BTreeMap<(Option<Text>, Text), Document>;

/// What a live view or a store does with an event.
fn apply(documents: &mut Documents, event: &Event) {
    let Some(key) = key(event) else { return };
    match event {
        Event::Created(change) | Event::Updated(change) => {
            documents.insert(key, change.document.clone());
        }
        _ => drop(documents.remove(&key)),
    }
}

/// The documents after each event that is no change, and at the end.
fn seen<'a>(
    mut documents: Documents,
    events: impl IntoIterator<Item = &'a Event>,
) -> Vec<Documents> {
    let mut seen = vec![];
    for event in events {
        apply(&mut documents, event);
        if !is_change(event) {
            seen.push(documents.clone());
        }
    }
    seen.push(documents);
    seen
}

/// The model: a window's changes of one document as one, by the table of the documentation.
fn net(changes: &[&Event], forgets_short_lived: bool) -> Option<Event> {
    let (first, last) = (changes[0], *changes.last()?);
    if changes.len() == 1 {
        return Some(last.clone());
    }
    match (first, last) {
        (Event::Created(_), Event::Deleted(_)) if forgets_short_lived => None,
        (_, Event::Deleted(_)) => Some(last.clone()),
        (Event::Created(_), Event::Created(change) | Event::Updated(change)) => {
            Some(Event::Created(Change { old: None, ..change.clone() }))
        }
        (_, Event::Created(change) | Event::Updated(change)) => {
            let old = former_values(changes).map(|old| Value::Object(old).to_string().into());
            Some(Event::Updated(Change { old, ..change.clone() }))
        }
        _ => panic!("{first:?} {last:?}"),
    }
}

fn former_values(changes: &[&Event]) -> Option<Map<String, Value>> {
    let mut first = Map::new();
    for event in changes {
        let Event::Updated(change) = event else { return None };
        for (field, value) in
            serde_json::from_str::<Map<String, Value>>(change.old.as_ref()?).ok()?
        {
            first.entry(field).or_insert(value);
        }
    }
    Some(first)
}

fn model(history: &[(Instant, Event)], config: CoalesceConfig) -> Vec<Event> {
    let mut told = vec![];
    for window in windows(history, config.window, config.max_events) {
        for (place, event) in window.iter().enumerate() {
            let key = key(event);
            if key.is_none() {
                told.push(event.clone());
            } else if !window[..place].iter().any(|earlier| self::key(earlier) == key) {
                let changes: Vec<_> = window.iter().filter(|e| self::key(e) == key).collect();
                told.extend(net(&changes, config.forgets_short_lived));
            }
        }
    }
    told
}

/// Leaves of a random history only what a server can say: what exists is not created, and what does
/// not exist is neither updated nor deleted.
fn made_consistent(history: Vec<(Instant, Event)>) -> Vec<(Instant, Event)> {
    let mut documents = Documents::new();
    let mut is_possible = |(_, event): &(Instant, Event)| {
        let Some(key) = key(event) else { return true };
        let is_possible = documents.contains_key(&key) != matches!(event, Event::Created(_));
        if is_possible {
            apply(&mut documents, event);
        }
        is_possible
    };
    history.into_iter().filter(|step| is_possible(step)).collect()
}

fn config(window: u64, max_events: usize, forgets_short_lived: bool) -> CoalesceConfig {
    CoalesceConfig { window: Duration::from_millis(window), max_events, forgets_short_lived }
}

proptest! {
    #[test]
    fn each_window_is_told_as_the_model_says(
        history in history(),
        window in 0..300u64,
        max_events in 0..16usize,
        forgets in any::<bool>(),
    ) {
        let config = config(window, max_events, forgets);
        let expected = model(&history, config);
        for driver in [Driver::Punctual, Driver::Asleep] {
            prop_assert_eq!(&run(Coalesce::new(config), &history, driver), &expected, "{:?}", driver);
        }
    }

    /// Whatever the history (gaps, doubles) and whatever was known before it.
    #[test]
    fn a_map_sees_the_same_documents(
        before in vec(event(), 0..6),
        history in history(),
        window in 0..300u64,
    ) {
        let known = seen(Documents::new(), &before).pop().unwrap();
        let coalesce = Coalesce::new(config(window, 16, false));
        let told = run(coalesce, &history, Driver::Punctual);
        let original = seen(known.clone(), history.iter().map(|(_, event)| event));
        prop_assert_eq!(seen(known, &told), original);
    }

    /// To forget what was short-lived is right where the history is known from its beginning.
    #[test]
    fn a_map_that_knows_the_whole_history_may_forget(history in history(), window in 0..300u64) {
        let history = made_consistent(history);
        let coalesce = Coalesce::new(config(window, 16, true));
        let told = run(coalesce, &history, Driver::Punctual);
        let original = seen(Documents::new(), history.iter().map(|(_, event)| event));
        prop_assert_eq!(seen(Documents::new(), &told), original);
    }

    /// At every quiet point, not only at the end.
    #[test]
    fn nothing_is_owed_after_a_deadline(history in history()) {
        let mut coalesce = Coalesce::new(config(100, 16, false));
        let (mut original, mut told) = (Documents::new(), Documents::new());
        for (now, event) in &history {
            if let Some(at) = coalesce.poll_timeout().filter(|at| at <= now) {
                coalesce.handle_timeout(at);
                coalesce.drain().iter().for_each(|event| apply(&mut told, event));
                prop_assert_eq!(&told, &original);
            }
            coalesce.push(event.clone(), *now);
            apply(&mut original, event);
            coalesce.drain().iter().for_each(|event| apply(&mut told, event));
        }
    }
}

/// `+`, `~` or `-`, the document, and the former values.
fn short(event: &Event) -> String {
    match event {
        Event::Created(change) => format!("+{}", change.document.json()),
        Event::Updated(change) => {
            format!("~{} {}", change.document.json(), change.old.as_deref().unwrap_or("?"))
        }
        Event::Deleted(deleted) => format!("-{}", deleted.document.json()),
        other => format!("{other:?}"),
    }
}

#[test]
fn the_table() {
    let created = r#"{"event":"create","data":{"id":1,"n":1}}"#;
    let updated = r#"{"event":"update","data":{"id":1,"n":2},"old_data":{"n":1}}"#;
    let again = r#"{"event":"update","data":{"id":1,"n":3},"old_data":{"n":2,"m":null}}"#;
    let silent = r#"{"event":"update","data":{"id":1,"n":4}}"#;
    let deleted = r#"{"event":"delete","data":{"id":1}}"#;
    for (messages, expected) in [
        (&[created][..], Some(r#"+{"id":1,"n":1}"#)),
        (&[created, updated], Some(r#"+{"id":1,"n":2}"#)),
        (&[created, deleted], Some(r#"-{"id":1}"#)),
        (&[created, deleted, created], Some(r#"+{"id":1,"n":1}"#)),
        (&[updated], Some(r#"~{"id":1,"n":2} {"n":1}"#)),
        (&[updated, again], Some(r#"~{"id":1,"n":3} {"m":null,"n":1}"#)),
        (&[updated, silent], Some(r#"~{"id":1,"n":4} ?"#)),
        (&[silent, updated], Some(r#"~{"id":1,"n":2} ?"#)),
        (&[updated, deleted], Some(r#"-{"id":1}"#)),
        (&[updated, created], Some(r#"~{"id":1,"n":1} ?"#)),
        (&[deleted, created], Some(r#"~{"id":1,"n":1} ?"#)),
        (&[deleted, created, again], Some(r#"~{"id":1,"n":3} ?"#)),
        (&[deleted, created, deleted], Some(r#"-{"id":1}"#)),
    ] {
        let mut coalesce = Coalesce::new(CoalesceConfig::default());
        for message in messages {
            let event = match ServerMessage::decode(&Text::from(*message)).unwrap() {
                ServerMessage::Created(change) => Event::Created(change),
                ServerMessage::Updated(change) => Event::Updated(change),
                ServerMessage::Deleted(deleted) => Event::Deleted(deleted),
                other => panic!("{other:?}"),
            };
            coalesce.push(event, Instant::from_nanos(0));
        }
        coalesce.flush();
        let told: Vec<String> = coalesce.drain().iter().map(short).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>(), "{messages:?}");
    }
}

#[test]
fn a_deletion_names_its_document_in_either_place() {
    for (id, json) in [(Some(Text::from("1")), "null"), (None, r#"{"id":"1"}"#)] {
        let document = Document::new(Text::from(r#"{"id":"1"}"#));
        let created = Change { collection: None, document, old: None, seq: None };
        let document = Document::new(Text::from(json));
        let deleted = Deleted { collection: None, id, document, seq: None };
        let mut coalesce = Coalesce::new(CoalesceConfig::default());
        coalesce.push(Event::Created(created), Instant::from_nanos(0));
        coalesce.push(Event::Deleted(deleted.clone()), Instant::from_nanos(0));
        coalesce.flush();
        assert_eq!(coalesce.drain(), [Event::Deleted(deleted)]);
    }
}
