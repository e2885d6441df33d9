//! What a client's event costs beside plain serde on the same bytes, and what a filter costs.
//!
//! `cargo bench -p cocobase-proto --bench events` prints medians of interleaved rounds of one run,
//! and their ratio to the floor of the same run. How many allocations an event costs is a test:
//! `allocations`.
//!
//! The events are `create`s as a server writes them on a collection's surface, of 300 bytes on
//! average: `{"event":…,"collection_id":…,"data":{nine members}}`. What each row does with a frame:
//!
//! - *floor*: what a user would write by hand who knows this one dialect: `serde_json::from_str`
//!   into a derived struct of the event's word, the collection's name, an optional number and the
//!   typed document, with owned texts. The two members of the document that the type does not name
//!   are ignored.
//! - *serde_json passes over the text*: checks the syntax and keeps nothing.
//! - *message*: [`ServerMessage::decode`], which takes every dialect, checks all of the text and
//!   gives the document as a slice; *typed* decodes that document into the floor's type as well.
//! - *session's event*: the same through a live session: its timers, continuity and queue, until
//!   the event is polled. A session takes its frames, so each is cloned first, which is counted.
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::print_stdout)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(missing_docs)]

#[path = "../tests/quakes/mod.rs"]
mod quakes;

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::wire::ServerMessage;
use cocobase_proto::{Document, Event, Text};
use serde_json::{Map, Value};

use quakes::{Message, Quake, frames, live_session};

const ROUNDS: usize = 41;

/// A contender: its name, and one pass over all it has, whose number of items it says.
type Contender<'a> = (&'a str, Box<dyn FnMut() -> usize + 'a>);

fn main() {
    let frames: Vec<Text> =
        frames().into_iter().map(|frame| Text::from_utf8(Bytes::from(frame)).unwrap()).collect();
    let bytes: usize = frames.iter().map(|frame| frame.len()).sum();
    println!("{} events of {} bytes on average", frames.len(), bytes / frames.len());
    events(&frames);
    filters(&frames);
}

fn events(frames: &[Text]) {
    let each = |mut f: Box<dyn FnMut(&Text)>| -> Box<dyn FnMut() -> usize + '_> {
        Box::new(move || {
            frames.iter().for_each(&mut f);
            frames.len()
        })
    };
    // A session has seen an event once, so it is told each of them without its number.
    let (mut session, link, now) = live_session();
    let mut typed = session.clone();
    compare(
        "text → event",
        vec![
            (
                "floor: serde_json into one struct",
                each(Box::new(|frame| {
                    black_box(serde_json::from_str::<Message>(frame).unwrap());
                })),
            ),
            (
                "serde_json passes over the text",
                each(Box::new(|frame| {
                    black_box(serde_json::from_str::<serde::de::IgnoredAny>(frame).unwrap());
                })),
            ),
            (
                "message, typed document",
                each(Box::new(|frame| {
                    let ServerMessage::Created(change) = ServerMessage::decode(frame).unwrap()
                    else {
                        panic!("{frame}")
                    };
                    black_box(change.document.get::<Quake>().unwrap());
                })),
            ),
            (
                "session's event, typed document",
                each(Box::new(move |frame| {
                    typed.handle_input(link, cocobase_proto::Input::Text(frame.clone()), now);
                    let event = typed.poll_event().unwrap().decode::<Quake>();
                    assert!(matches!(black_box(event), Event::Created(_)));
                })),
            ),
            (
                "message, document as a slice",
                each(Box::new(|frame| {
                    black_box(ServerMessage::decode(frame).unwrap());
                })),
            ),
            (
                "session's event, document as a slice",
                each(Box::new(move |frame| {
                    session.handle_input(link, cocobase_proto::Input::Text(frame.clone()), now);
                    assert!(matches!(black_box(session.poll_event()), Some(Event::Created(_))));
                })),
            ),
        ],
    );
}

fn filters(frames: &[Text]) {
    let documents: Vec<Map<String, Value>> = frames
        .iter()
        .map(|frame| {
            let ServerMessage::Created(change) = ServerMessage::decode(frame).unwrap() else {
                panic!("{frame}")
            };
            Document::to_map(&change.document).unwrap()
        })
        .collect();
    let filter = Filter::new().gte("mag", 4.5).contains("place", "Alaska").eq("status", "reviewed");
    let matcher = Matcher::new(&filter);
    // More than caches hold, in an order that nothing foresees.
    let many: Vec<Map<String, Value>> =
        (0..60_000).map(|n| documents[n * 7919 % documents.len()].clone()).collect();
    let order: Vec<usize> = (0..many.len()).map(|n| n * 104_729 % many.len()).collect();
    let passes = documents.iter().filter(|document| matcher.matches(document)).count();
    println!("`{filter}` lets {passes} of {} pass", documents.len());
    let strong = documents.iter().find(|document| matcher.matches(document)).unwrap();
    let pass = |document: &Map<String, Value>| {
        black_box(matcher.matches(black_box(document)));
    };
    compare(
        "filter",
        vec![
            (
                "floor: one look-up in a document",
                Box::new(|| {
                    for _ in 0..10_000 {
                        black_box(black_box(strong).get("mag"));
                    }
                    10_000
                }),
            ),
            (
                "hot: one that passes, all three looked at",
                Box::new(|| {
                    (0..10_000).for_each(|_| pass(strong));
                    10_000
                }),
            ),
            (
                "warm: all of the file",
                Box::new(|| {
                    documents.iter().for_each(pass);
                    documents.len()
                }),
            ),
            (
                "cold: 60,000 out of order",
                Box::new(|| {
                    order.iter().for_each(|&at| pass(&many[at]));
                    order.len()
                }),
            ),
        ],
    );
}

/// The contenders take turns, so that what else the machine does befalls them all.
fn compare(what: &str, mut contenders: Vec<Contender<'_>>) {
    let mut took: Vec<Vec<Duration>> = vec![Vec::new(); contenders.len()];
    for round in 0..ROUNDS + 2 {
        for ((_, pass), took) in contenders.iter_mut().zip(&mut took) {
            let start = Instant::now();
            let items = pass();
            let nanos = start.elapsed().as_nanos() as f64 / items as f64;
            // The first rounds warm up.
            if round >= 2 {
                took.push(Duration::from_nanos((nanos * 1000.0) as u64));
            }
        }
    }
    println!("{what}: medians of {ROUNDS} rounds");
    let medians: Vec<f64> = took
        .into_iter()
        .map(|mut took| {
            took.sort_unstable();
            took[took.len() / 2].as_nanos() as f64 / 1000.0
        })
        .collect();
    for ((name, _), median) in contenders.iter().zip(&medians) {
        println!("  {name:42} {median:8.1} ns {:6.2} x floor", median / medians[0]);
    }
}
