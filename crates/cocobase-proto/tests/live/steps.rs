//! What a view tells, step by step.

use cocobase_proto::filter::Filter;
use cocobase_proto::live::{LiveConfig, LiveEvent, LiveView};
use cocobase_proto::query::{ListQuery, Order};
use cocobase_proto::{
    Change, Deleted, Document, Event, Gap, GapCause, Greeting, Instant, Missed, Position, Snapshot,
    Topic,
};

fn document(json: &str) -> Document {
    Document::new(json.into())
}

fn quake(id: &str, mag: f64) -> Document {
    document(&format!(r#"{{"id":"{id}","mag":{mag}}}"#))
}

fn change(document: Document, seq: Option<u64>) -> Change {
    Change { collection: None, document, old: None, seq }
}

fn updated(id: &str, mag: f64, seq: Option<u64>) -> Event {
    Event::Updated(change(quake(id, mag), seq))
}

fn deleted(id: Option<&str>) -> Event {
    let id = id.map(Into::into);
    Event::Deleted(Deleted { collection: None, id, document: document("{}"), seq: None })
}

fn snapshot(document: Document) -> Event {
    Event::Snapshot(Snapshot { collection: None, document })
}

fn position(seq: u64) -> Option<Position> {
    Some(Position { epoch: "e".into(), seq })
}

fn connected(snapshot: Option<u64>, position: Option<Position>) -> Event {
    Event::Connected(Greeting { snapshot, position, ..Greeting::default() })
}

fn gap(topic: Topic) -> Event {
    Event::Gap(Gap {
        topic,
        since: Instant::default(),
        lasted: core::time::Duration::ZERO,
        missed: Missed::Unknown,
        cause: GapCause::Reconnected,
    })
}

fn view(limit: Option<u64>, config: LiveConfig) -> LiveView {
    let query = ListQuery {
        filter: Filter::new().gte("mag", 1),
        sort: Some("mag".into()),
        order: Order::Descending,
        limit,
        offset: 0,
    };
    LiveView::new(query, config).unwrap()
}

/// A view that has this snapshot, with what that told taken.
fn filled(limit: Option<u64>, config: LiveConfig, quakes: &[(&str, f64)]) -> LiveView {
    let mut view = view(limit, config);
    for (id, mag) in quakes {
        view.handle_event(&snapshot(quake(id, *mag)));
    }
    view.handle_event(&connected(Some(quakes.len() as u64), position(10)));
    told(&mut view);
    view
}

/// What is told, in short.
fn told(view: &mut LiveView) -> Vec<String> {
    let id = |document: &Document| document.id().unwrap_or_default();
    let line = |event| match event {
        LiveEvent::Entered { document, at } => format!("+{}@{at}", id(&document)),
        LiveEvent::Changed { old, document, from, to } => {
            assert_eq!(old.id(), document.id());
            format!("~{}@{from}>{to}", id(&document))
        }
        LiveEvent::Left { old, from, cause } => format!("-{}@{from} {cause:?}", id(&old)),
        other => format!("{other:?}"),
    };
    std::iter::from_fn(|| view.poll_event()).map(line).collect()
}

#[test]
fn changes_are_told_with_their_places() {
    let mut view = filled(None, LiveConfig::default(), &[("a", 7.0), ("b", 5.0), ("c", 3.0)]);
    for (event, expected) in [
        (updated("b", 8.0, None), "~b@1>0"),
        (updated("b", 0.5, None), "-b@0 Unmatched"),
        (updated("b", 0.5, None), ""),
        (updated("b", 4.0, None), "+b@1"),
        (updated("b", 4.0, None), ""),
        (deleted(Some("a")), "-a@0 Deleted"),
        (deleted(Some("a")), ""),
        (Event::Created(change(quake("d", 9.0), None)), "+d@0"),
    ] {
        view.handle_event(&event);
        assert_eq!(told(&mut view).join(" "), expected, "{event:?}");
    }
    assert!(view.is_current());
}

#[test]
fn a_full_view_moves_up_as_far_as_it_knows_and_then_asks() {
    let config = LiveConfig { spare: 1, ..LiveConfig::default() };
    let quakes = [("a", 7.0), ("b", 6.0), ("c", 5.0), ("d", 4.0)];
    let mut view = filled(Some(2), config, &quakes);
    view.handle_event(&deleted(Some("a")));
    assert_eq!(told(&mut view), ["-a@0 Deleted", "+c@1"]);
    assert_eq!(view.poll_read(), None, "the next one was known");

    view.handle_event(&Event::Created(change(quake("e", 3.0), None)));
    assert_eq!(told(&mut view), [""; 0], "beyond what is known, and so not the next one");

    view.handle_event(&deleted(Some("b")));
    assert_eq!(told(&mut view), ["-b@0 Deleted", "Stale"], "`d` or another one is next");
    let read = view.poll_read().unwrap();
    view.handle_list(read.id, [quake("c", 5.0), quake("d", 4.0), quake("e", 3.0)], None);
    assert_eq!(told(&mut view), ["+d@1", "Current"]);

    view.handle_event(&updated("e", 6.0, None));
    assert_eq!(told(&mut view), ["-d@1 Displaced", "+e@0"]);
}

#[test]
fn the_last_document_that_is_known_may_change_in_its_place() {
    let config = LiveConfig { spare: 0, ..LiveConfig::default() };
    let mut view = filled(Some(2), config, &[("a", 7.0), ("b", 6.0), ("c", 5.0)]);
    let document = document(r#"{"id":"b","mag":6,"place":"Adak"}"#);
    view.handle_event(&Event::Updated(change(document, None)));
    assert_eq!(told(&mut view), ["~b@1>1"]);
    view.handle_event(&updated("b", 5.5, None));
    assert_eq!(told(&mut view), ["-b@1 Displaced", "Stale"], "`c` or `b`, that is not known");
}

#[test]
fn a_snapshot_that_is_not_whole_is_void() {
    for (parts, count, is_cut) in [(2, 3, false), (3, 2, false), (2, 2, true)] {
        let mut view = view(None, LiveConfig::default());
        for part in 0..parts {
            view.handle_event(&snapshot(quake(&part.to_string(), 5.0)));
        }
        if is_cut {
            view.handle_event(&gap(Topic::Everything));
        }
        view.handle_event(&connected(Some(count), position(10)));
        assert_eq!(view.documents().len(), 0);
        assert!(view.poll_read().is_some(), "{parts} {count} {is_cut}");
    }
}

#[test]
fn a_list_with_a_position_is_not_overtaken_by_what_it_holds() {
    let mut view = view(None, LiveConfig::default());
    view.handle_event(&connected(None, position(10)));
    let read = view.poll_read().unwrap();
    view.handle_event(&updated("a", 2.0, Some(11)));
    view.handle_event(&updated("b", 2.0, Some(13)));
    view.handle_list(read.id, [quake("a", 3.0)], position(12));
    told(&mut view);
    let mags = |view: &LiveView| -> Vec<_> {
        view.documents().map(|quake| quake.json().to_string()).collect()
    };
    let expected = [r#"{"id":"a","mag":3}"#, r#"{"id":"b","mag":2}"#];
    assert_eq!(mags(&view), expected);
    view.handle_event(&updated("a", 2.5, Some(12)));
    assert_eq!(mags(&view), expected, "the list had it already");

    view.handle_event(&gap(Topic::Everything));
    let read = view.poll_read().unwrap();
    view.handle_list(read.id, [quake("a", 4.0)], position(20));
    view.handle_event(&updated("a", 2.0, Some(19)));
    assert_eq!(mags(&view), [r#"{"id":"a","mag":4}"#], "on its way while the list overtook it");
    view.handle_event(&updated("a", 6.0, Some(21)));
    assert_eq!(mags(&view), [r#"{"id":"a","mag":6}"#]);
}

#[test]
fn a_list_older_than_the_request_is_asked_for_again() {
    let mut view = view(None, LiveConfig::default());
    view.handle_event(&connected(None, position(10)));
    let read = view.poll_read().unwrap();
    view.handle_list(read.id, [quake("a", 3.0)], position(9));
    assert_eq!(view.documents().len(), 0);
    let again = view.poll_read().unwrap();
    assert!(again.id != read.id && !view.is_wanted(read.id) && view.is_wanted(again.id));
    view.handle_list(read.id, [quake("b", 3.0)], position(10));
    view.handle_list(again.id, [quake("a", 3.0)], position(10));
    assert_eq!(told(&mut view), ["+a@0", "Current"], "the late answer changes nothing");
}

#[test]
fn a_greeting_at_the_same_position_needs_no_list() {
    let cut = || {
        Event::Disconnected(cocobase_proto::Disconnected {
            cause: cocobase_proto::Fault::ConnectTimeout,
            retry_in: core::time::Duration::ZERO,
            attempt: 1,
        })
    };
    for (greeting, reads) in [
        (connected(None, position(10)), false),
        (connected(None, position(11)), true),
        (connected(None, Some(Position { epoch: "f".into(), seq: 10 })), true),
        (connected(None, None), true),
    ] {
        let mut view = filled(None, LiveConfig::default(), &[("a", 7.0)]);
        view.handle_event(&cut());
        assert_eq!(told(&mut view), ["Stale"]);
        assert_eq!(view.poll_read(), None, "not before changes flow");
        view.handle_event(&greeting);
        assert_eq!(view.poll_read().is_some(), reads, "{greeting:?}");
    }
}

#[test]
fn a_list_in_another_spelling_changes_nothing() {
    let mut view = filled(None, LiveConfig::default(), &[("a", 7.0)]);
    view.handle_event(&gap(Topic::Collection("quakes".into())));
    let read = view.poll_read().unwrap();
    let nested = r#"{"data":{"mag":7},"id":"a","created_at":"2024","collection_id":"quakes"}"#;
    view.handle_list(read.id, [document(nested)], None);
    assert_eq!(told(&mut view), ["Stale", "Current"]);
}

#[test]
fn overflow_is_told() {
    let config = LiveConfig { max_documents: 2, ..LiveConfig::default() };
    let mut one = view(None, config.clone());
    for (id, mag) in [("a", 1.0), ("b", 2.0), ("c", 3.0)] {
        one.handle_event(&snapshot(quake(id, mag)));
    }
    one.handle_event(&connected(Some(3), None));
    assert_eq!(told(&mut one), ["+c@0", "+b@1", "Current", "Overflow { max: 2 }"]);

    let mut full = filled(None, config, &[("a", 1.0), ("b", 2.0)]);
    full.handle_event(&Event::Created(change(quake("c", 3.0), None)));
    assert_eq!(told(&mut full), ["-a@1 Displaced", "+c@0", "Overflow { max: 2 }"]);
}

#[test]
fn a_slow_reader_is_told_to_start_over() {
    let config = LiveConfig { max_events: 2, ..LiveConfig::default() };
    let mut view = filled(None, config, &[]);
    for id in ["a", "b", "c", "d"] {
        view.handle_event(&Event::Created(change(quake(id, 5.0), None)));
    }
    assert_eq!(view.poll_event(), Some(LiveEvent::Reset));
    assert_eq!(view.documents().len(), 4);
    view.handle_event(&deleted(Some("b")));
    assert_eq!(told(&mut view), ["-b@1 Deleted"], "events follow from what was shown at the reset");
}

#[test]
fn what_cannot_be_followed_is_told() {
    let mut view = filled(None, LiveConfig::default(), &[("a", 7.0)]);
    let nameless = document(r#"{"mag":5}"#);
    view.handle_event(&Event::Created(change(nameless.clone(), None)));
    assert_eq!(view.poll_event(), Some(LiveEvent::Unusable(nameless)));
    assert!(view.is_current());
    view.handle_event(&deleted(None));
    assert!(view.poll_read().is_some(), "something was deleted, and the list tells what");
}

#[test]
fn behind_a_gateway_only_its_own_collection_counts() {
    let mut view = view(None, LiveConfig::default()).of_collection("quakes");
    let subscribed = |name: &str, resumed| {
        Event::Subscribed(Greeting {
            collection: Some(name.into()),
            resumed,
            position: position(10),
            ..Greeting::default()
        })
    };
    view.handle_event(&connected(None, None));
    let early = view.poll_read().unwrap();
    view.handle_event(&subscribed("users", None));
    assert!(view.is_wanted(early.id));
    view.handle_event(&subscribed("quakes", None));
    assert!(!view.is_wanted(early.id), "it may be older than the subscription");
    let read = view.poll_read().unwrap();
    view.handle_list(read.id, [quake("a", 5.0)], position(10));
    let other = Change { collection: Some("users".into()), ..change(quake("b", 5.0), None) };
    view.handle_event(&Event::Created(other));
    view.handle_event(&gap(Topic::Collection("users".into())));
    view.handle_event(&gap(Topic::Broadcast));
    assert_eq!(view.documents().len(), 1);
    assert!(view.is_current());
    view.handle_event(&Event::Unsubscribed { collection: "quakes".into() });
    assert!(!view.is_current());
    view.handle_event(&connected(None, None));
    assert!(!view.is_current(), "its own confirmation is awaited");
    view.handle_event(&subscribed("quakes", Some(true)));
    assert!(view.is_current());
}

#[test]
fn typed_access_is_the_documents_own() {
    #[derive(serde::Deserialize)]
    struct Quake {
        mag: f64,
    }
    let view = filled(None, LiveConfig::default(), &[("a", 7.0), ("b", 5.0)]);
    let sum: f64 = view.documents().map(|quake| quake.get::<Quake>().unwrap().mag).sum();
    assert!((sum - 12.0).abs() < 1e-9);
}

#[test]
fn an_overflow_may_have_hidden_anything() {
    let mut view = view(None, LiveConfig::default());
    view.handle_event(&connected(Some(0), position(7)));
    view.handle_event(&Event::Disconnected(cocobase_proto::Disconnected {
        cause: cocobase_proto::Fault::ConnectTimeout,
        retry_in: core::time::Duration::ZERO,
        attempt: 1,
    }));
    assert!(!view.is_current());
    // The greeting of the next link, in another history, found no room.
    let Event::Gap(overflow) = gap(Topic::Collection("quakes".into())) else { panic!() };
    view.handle_event(&Event::Gap(Gap { cause: GapCause::Overflow, ..overflow }));
    let read = view.poll_read().expect("changes may flow again");
    let now = Position { epoch: "f".into(), seq: 1 };
    view.handle_list(read.id, [quake("a", 5.0)], Some(now));
    assert!(view.is_current());
    view.handle_event(&updated("a", 6.0, Some(2)));
    let shown: Vec<_> = view.documents().map(|one| one.json().to_string()).collect();
    assert_eq!(shown, [r#"{"id":"a","mag":6}"#], "the number counts in another history");
}
