//! What is encoded once is allocated once, and what is over leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::alloc::System;

use cocobase_hub::{Commit, ConnectionId, Entrance, Hub, HubAction, HubConfig, PeerInput, Verdict};
use cocobase_proto::{ChangeKind, Instant};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static HEAP: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const NOW: Instant = Instant::from_nanos(1 << 60);

fn enter(hub: &mut Hub, entrance: Entrance, hello: &str) -> ConnectionId {
    let id = hub.open(entrance, NOW);
    hub.handle_input(id, PeerInput::Text(hello), NOW);
    while let Some(action) = hub.poll_action() {
        if let HubAction::Authenticate { id, .. } = action {
            hub.handle_verdict(id, Verdict::Accepted, NOW);
        }
    }
    id
}

fn write(hub: &mut Hub) {
    while let Some(id) = hub.poll_transmit() {
        let frames = hub.frames(id, usize::MAX).count();
        hub.handle_sent(id, frames, NOW);
    }
}

fn commit(seq: u64) -> Commit {
    Commit {
        collection: "users".into(),
        seq,
        kind: ChangeKind::Created,
        id: "x".into(),
        created_at: "t".into(),
        updated_at: "u".into(),
        data: r#"{"a":1}"#.into(),
        old: None,
    }
}

/// How much a commit allocates for so many who receive it on each of the surfaces C and G.
fn allocations_of_a_commit(receivers: usize) -> usize {
    let mut hub = Hub::new(HubConfig::default(), NOW);
    for _ in 0..receivers {
        let collection = Entrance::Collection("users".into());
        enter(&mut hub, collection, r#"{"api_key":"k","filters":{"a":1}}"#);
        let id = enter(&mut hub, Entrance::Gateway, r#"{"type":"auth","token":"k"}"#);
        let subscribe = r#"{"type":"subscribe","collection":"users"}"#;
        hub.handle_input(id, PeerInput::Text(subscribe), NOW);
    }
    // What is kept from one event to the next has its size then.
    for seq in 1..4 {
        hub.publish(&commit(seq), NOW);
        write(&mut hub);
    }
    let commit = commit(4);
    let region = Region::new(HEAP);
    hub.publish(&commit, NOW);
    let allocations = region.change().allocations;
    assert!(hub.waiting_bytes() > 2 * receivers * 64);
    allocations
}

/// One test, as they would disturb each other's counts.
#[test]
fn memory_is_shared_small_and_given_back() {
    // The receivers of more are sorted in a buffer.
    assert_eq!(allocations_of_a_commit(30), allocations_of_a_commit(250));

    let region = Region::new(HEAP);
    let mut hub = Hub::new(HubConfig::default(), NOW);
    let ids: Vec<_> = (0..1_024)
        .map(|n| {
            let hello = format!(r#"{{"api_key":"k","filters":{{"a":{}}}}}"#, n % 8);
            let id = enter(&mut hub, Entrance::Collection("users".into()), &hello);
            write(&mut hub);
            id
        })
        .collect();
    let change = region.change();
    let each = (change.bytes_allocated - change.bytes_deallocated) / ids.len();
    assert!(each < 600, "an idle client takes {each} bytes");

    for seq in 1..100 {
        hub.publish(&commit(seq), NOW);
    }
    for id in ids {
        hub.handle_input(id, PeerInput::Gone, NOW);
    }
    drop(hub);
    let change = region.change();
    assert_eq!(change.bytes_allocated, change.bytes_deallocated);
}
