//! Random histories of a collection.

use std::time::Duration;

use cocobase_proto::{Change, Deleted, Document, Event, Greeting, Instant, Text};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;

/// A change of one of a few documents, or no change at all.
pub(crate) fn event() -> impl Strategy<Value = Event> {
    let id = option::weighted(0.95, 0..4u8);
    let old = option::weighted(
        0.9,
        prop_oneof![
            20 => btree_map("[abc]", 0..9u8, 0..3)
                .prop_map(|old| Text::from(serde_json::to_string(&old).unwrap())),
            1 => Just(Text::from("[1]")),
        ],
    );
    let collection = option::weighted(0.1, Just(Text::from("other")));
    let change = (0..10u8, id, collection, any::<u16>(), old).prop_map(
        |(kind, id, collection, value, old)| {
            let json = match id {
                Some(id) => format!(r#"{{"id":"doc_{id}","value":{value}}}"#),
                None => format!(r#"{{"value":{value}}}"#),
            };
            let document = Document::new(json.into());
            let seq = Some(u64::from(value));
            match kind {
                0..2 => Event::Created(Change { collection, document, old: None, seq }),
                2..8 => Event::Updated(Change { collection, document, old, seq }),
                _ => Event::Deleted(Deleted { collection, id: document.id(), document, seq }),
            }
        },
    );
    let other = prop_oneof![
        Just(Event::Connected(Greeting::default())),
        "[a-z]{1,3}".prop_map(|text| Event::Unknown(text.into())),
    ];
    prop_oneof![9 => change, 1 => other]
}

/// Events at times that never go back.
pub(crate) fn history() -> impl Strategy<Value = Vec<(Instant, Event)>> {
    vec((0..60u64, event()), 0..40).prop_map(|steps| {
        let mut now = Instant::from_nanos(0);
        let step = |(pause, event)| {
            now = now + Duration::from_millis(pause);
            (now, event)
        };
        steps.into_iter().map(step).collect()
    })
}

pub(crate) fn is_change(event: &Event) -> bool {
    matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_))
}

/// The document that an event is about.
pub(crate) fn key(event: &Event) -> Option<(Option<Text>, Text)> {
    match event {
        Event::Created(change) | Event::Updated(change) => {
            Some((change.collection.clone(), change.document.id()?))
        }
        Event::Deleted(deleted) => Some((deleted.collection.clone(), deleted.id.clone()?)),
        _ => None,
    }
}
