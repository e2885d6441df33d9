//! What it costs to hand an event to many, and to keep a client that does nothing.
//!
//! `cargo bench -p cocobase-hub --bench fanout`
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types
)]

use std::alloc::System;
use std::hint::black_box;
use std::time::Instant as Clock;

use cocobase_hub::{Commit, ConnectionId, Entrance, Hub, HubAction, HubConfig, PeerInput, Verdict};
use cocobase_proto::{ChangeKind, Instant};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

const NOW: Instant = Instant::from_nanos(1_700_000_000_000_000_000);
const ROUNDS: u64 = 2_000;

fn main() {
    println!("receivers  filter  publish ns/receiver  with writing  allocations/publish");
    for receivers in [1, 100, 1_000, 5_000] {
        for filter in ["{}", r#"{"status":"active"}"#] {
            fan_out(receivers, filter);
        }
    }
    println!("\nsurface     bytes per idle connection");
    idle("C", r#"{"api_key":"k"}"#, || Entrance::Collection("users".into()), None);
    idle(
        "C filtered",
        r#"{"api_key":"k","filters":{"a":1}}"#,
        || Entrance::Collection("users".into()),
        None,
    );
    idle(
        "G, one",
        r#"{"type":"auth","token":"k"}"#,
        || Entrance::Gateway,
        Some(r#"{"type":"subscribe","collection":"users"}"#),
    );
    idle("B", r#"{"api_key":"k"}"#, || Entrance::Broadcast, None);
}

fn fan_out(receivers: usize, filter: &str) {
    let mut hub = Hub::new(HubConfig::default(), NOW);
    let hello = format!(r#"{{"api_key":"k","filters":{filter}}}"#);
    let ids: Vec<ConnectionId> = (0..receivers)
        .map(|_| enter(&mut hub, Entrance::Collection("users".into()), &hello))
        .collect();
    write(&mut hub, &ids);
    let rounds = ROUNDS.min(2_000_000 / receivers as u64);
    let (mut publishing, mut writing, mut allocations) = (0, 0, 0);
    for seq in 1..=rounds {
        let commit = commit(seq);
        let region = Region::new(ALLOCATOR);
        let start = Clock::now();
        hub.publish(black_box(&commit), NOW);
        publishing += start.elapsed().as_nanos();
        allocations += region.change().allocations;
        let start = Clock::now();
        write(&mut hub, &ids);
        writing += start.elapsed().as_nanos();
    }
    let each = |nanos: u128| nanos as f64 / (rounds * receivers as u64) as f64;
    println!(
        "{receivers:>9}  {:>6}  {:>19.1}  {:>12.1}  {:>19.1}",
        if filter == "{}" { "none" } else { "equal" },
        each(publishing),
        each(publishing + writing),
        allocations as f64 / rounds as f64,
    );
}

fn idle(surface: &str, hello: &str, entrance: impl Fn() -> Entrance, then: Option<&str>) {
    const CONNECTIONS: usize = 10_000;
    let mut hub = Hub::new(HubConfig::default(), NOW);
    let region = Region::new(ALLOCATOR);
    let ids: Vec<ConnectionId> = (0..CONNECTIONS)
        .map(|_| {
            let id = enter(&mut hub, entrance(), hello);
            then.iter().for_each(|text| hub.handle_input(id, PeerInput::Text(text), NOW));
            write(&mut hub, &[id]);
            id
        })
        .collect();
    let change = region.change();
    let bytes = change.bytes_allocated - change.bytes_deallocated;
    println!(
        "{surface:<11} {:.0}",
        bytes as f64 / CONNECTIONS as f64 - size_of::<ConnectionId>() as f64
    );
    drop(ids);
}

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

/// What a shell does, without the socket.
fn write(hub: &mut Hub, ids: &[ConnectionId]) {
    while hub.poll_transmit().is_some() {}
    for id in ids {
        let frames: Vec<_> = hub.frames(*id, 64).cloned().collect();
        hub.handle_sent(*id, black_box(frames).len(), NOW);
    }
}

fn commit(seq: u64) -> Commit {
    Commit {
        collection: "users".into(),
        seq,
        kind: ChangeKind::Created,
        id: "doc_1".into(),
        created_at: "2024-01-15T10:50:00Z".into(),
        updated_at: "2024-01-15T10:50:00Z".into(),
        data: r#"{"status":"active","name":"Ada Lovelace","mag":4.5,"place":"8 km S of Adak, Alaska"}"#
            .into(),
        old: None,
    }
}
