//! How many allocations an event costs beyond its frame: counted on real events.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![allow(clippy::print_stdout)]

mod quakes;

use std::alloc::System;

use cocobase_proto::wire::ServerMessage;
use cocobase_proto::{Event, Input, Text};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use quakes::{Quake, frames, live_session};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// The allocations of `each` frame on average. The frames themselves are made before.
fn count(mut each: impl FnMut(Text)) -> f64 {
    let frames: Vec<Text> =
        frames().into_iter().map(|frame| Text::from_utf8(frame.into()).unwrap()).collect();
    let events = frames.len();
    // What is kept from one event to the next is there after the first.
    let mut frames = frames.into_iter();
    each(frames.next().unwrap());
    let region = Region::new(ALLOCATOR);
    frames.for_each(&mut each);
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / (events - 1) as f64
}

/// One test, because another one's allocations would count as well.
#[test]
fn an_event_costs_at_most_one_allocation_beyond_its_frame() {
    let message = count(|frame| {
        let message = ServerMessage::decode(&frame).unwrap();
        assert!(matches!(message, ServerMessage::Created(_)));
    });
    let (mut session, link, now) = live_session();
    let event = count(|frame| {
        session.handle_input(link, Input::Text(frame), now);
        assert!(matches!(session.poll_event(), Some(Event::Created(_))));
    });
    let typed = count(|frame| {
        session.handle_input(link, Input::Text(frame), now);
        let event = session.poll_event().unwrap().decode::<Quake>();
        assert!(matches!(event, Event::Created(_)));
    });
    // A quake has four strings of its own.
    println!("allocations per event: message {message}, session {event}, typed {typed}");
    assert!(message <= 1.0, "{message}");
    assert!(event <= 1.0, "{event}");
    assert!(typed <= 1.0 + 4.0, "{typed}");
}
