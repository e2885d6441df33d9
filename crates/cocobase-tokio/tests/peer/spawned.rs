//! Connections that a task moves.

use std::time::Duration;

use cocobase_tokio::{Broadcast, Credentials, Event, GapCause, Missed, SessionConfig, State};
use serde_json::json;

use crate::support::{Peer, Socket, soon};

async fn greeted(peer: &Peer) -> Socket {
    let mut socket = peer.socket().await;
    socket.hear().await;
    socket.say(json!({"event": "connected"})).await;
    socket
}

async fn spawned(peer: &Peer, config: SessionConfig) -> (Socket, Broadcast) {
    let client = peer.builder().api_key("k").session_config(config).build().unwrap();
    let (all, socket) = tokio::join!(client.broadcast().connect(), greeted(peer));
    (socket, all.unwrap().spawn().unwrap())
}

/// Waits until the program has as many tasks as before.
async fn tasks_are(count: usize) {
    let metrics = tokio::runtime::Handle::current().metrics();
    soon(async {
        while metrics.num_alive_tasks() != count {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_connection_is_kept_up_while_nobody_asks() {
    let peer = Peer::start().await;
    let config =
        SessionConfig { backoff_initial: Duration::from_millis(20), ..SessionConfig::default() };
    let (mut socket, mut all) = spawned(&peer, config).await;
    all.send(&1).await.unwrap();
    assert_eq!(socket.hear().await["data"], 1);
    drop(socket);
    // It comes back by itself, and brings what was said meanwhile.
    let (sent, mut socket) = tokio::join!(
        async {
            while all.state() == State::Live {
                tokio::task::yield_now().await;
            }
            all.send(&2).await
        },
        greeted(&peer)
    );
    sent.unwrap();
    assert_eq!(socket.hear().await["data"], 2);
    soon(all.flush()).await.unwrap();
    socket.say(json!({"type": "message", "data": "x"})).await;
    let mut kinds = Vec::new();
    while kinds.last() != Some(&"message") {
        kinds.push(match soon(all.next()).await.unwrap() {
            Event::Connected(_) => "connected",
            Event::Disconnected(_) => "disconnected",
            Event::Gap(_) => "gap",
            Event::Message(_) => "message",
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(kinds, ["connected", "disconnected", "connected", "gap", "message"]);
}

#[tokio::test]
async fn a_reader_that_takes_its_time_loses_nothing_and_one_that_sleeps_is_told() {
    const MESSAGES: u64 = 100;
    let peer = Peer::start().await;
    let config = SessionConfig { max_events: 8, ..SessionConfig::default() };
    for sleeps in [false, true] {
        let (mut socket, mut all) = spawned(&peer, config.clone()).await;
        for n in 0..MESSAGES {
            socket.say(json!({"type": "message", "data": n})).await;
        }
        socket.say(json!({"type": "pong"})).await;
        if sleeps {
            let read = |all: &Broadcast| all.statistics().bytes_received;
            while read(&all) < MESSAGES * 28 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        let (mut got, mut missed) = (0, 0);
        while got + missed < MESSAGES {
            match soon(all.next()).await.unwrap() {
                Event::Message(_) => got += 1,
                Event::Gap(gap) => {
                    assert_eq!(gap.cause, GapCause::Overflow);
                    let Missed::Known(count) = gap.missed else { panic!("{gap}") };
                    missed += count;
                }
                Event::Connected(_) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(missed > 0, sleeps, "missed {missed}");
        assert_eq!(got + missed, MESSAGES);
    }
}

#[tokio::test]
async fn no_task_is_left_behind() {
    let peer = Peer::start().await;
    tasks_are(0).await;
    let config = SessionConfig::default;
    let (mut socket, all) = spawned(&peer, config()).await;
    tasks_are(1).await;
    drop(all);
    assert!(socket.goodbye().await);
    tasks_are(0).await;

    let (mut socket, mut all) = spawned(&peer, config()).await;
    let handle = all.handle().clone();
    soon(handle.close()).await;
    assert!(socket.goodbye().await);
    assert_eq!(soon(all.next()).await, None);
    tasks_are(0).await;

    // A refusal ends it too, and is there to be read.
    let client = peer.builder().api_key("k").build().unwrap();
    let mut all = client.broadcast().stream().spawn().unwrap();
    let mut socket = peer.socket().await;
    socket.say(json!({"error": "Invalid API key"})).await;
    assert!(soon(all.ready()).await.is_err());
    tasks_are(0).await;
    assert!(matches!(soon(all.next()).await, Some(Event::Refused(_))));
    assert_eq!(soon(all.next()).await, None);
}

#[tokio::test]
async fn credentials_are_asked_for_without_a_reader() {
    let peer = Peer::start().await;
    let client = peer
        .builder()
        .token_provider(|_| async { Ok(Credentials::Token("t".into())) })
        .build()
        .unwrap();
    let all = client.broadcast().stream().spawn().unwrap();
    let mut socket = peer.socket().await;
    assert_eq!(socket.hear().await["token"], "t");
    drop(all);
}

#[test]
fn a_task_needs_a_runtime_and_goes_with_it() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let first = runtime();
    let peer = first.block_on(Peer::start());
    let (_socket, mut all) = first.block_on(spawned(&peer, SessionConfig::default()));
    drop(first);
    let rest = runtime().block_on(async {
        let mut rest = Vec::new();
        while let Some(event) = soon(all.next()).await {
            rest.push(event);
        }
        rest
    });
    assert!(rest.len() <= 1, "{rest:?}");

    let watch = peer.client().broadcast().stream();
    assert!(watch.spawn().is_err(), "there is no runtime here");
}
