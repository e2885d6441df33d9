//! Clients of `cocobase-driver` in a world in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use cocobase_driver::{LiveEvent, Watch};
use cocobase_proto::filter::Filter;
use cocobase_proto::{Event, Fault, GapCause, RefusalKind, SessionConfig, State, Typed};
use cocobase_testkit::memory::{Memory, Stuck, World};
use serde_json::Value;

const HOUR: Duration = Duration::from_secs(3600);

async fn next(watch: &mut Watch<Value, Memory>) -> Event<Typed<Value>> {
    watch.next().await.expect("the watch goes on")
}

#[test]
fn changes_are_told_on_both_carriers() {
    let world = World::new("k");
    let users = world.client().unwrap().collection("a/b ?");
    let adults = users.filter(Filter::new().gte("age", 18));
    world
        .block_on(async {
            for adults in [adults.clone(), adults.events()] {
                let mut watch = adults.watch::<Value>().await.unwrap();
                world.create("a/b ?", r#"{"age":17}"#).unwrap();
                let id = world.create("a/b ?", r#"{"age":18,"name":"Ada"}"#).unwrap();
                world.update("a/b ?", &id, r#"{"age":19}"#).unwrap();
                world.delete("a/b ?", &id).unwrap();
                assert!(matches!(next(&mut watch).await, Event::Connected(_)));
                let Event::Created(change) = next(&mut watch).await else { panic!() };
                assert_eq!(change.document["name"], "Ada");
                let Event::Updated(change) = next(&mut watch).await else { panic!() };
                assert_eq!(
                    (&change.document["age"], &change.document["name"]),
                    (&19.into(), &"Ada".into())
                );
                assert!(matches!(next(&mut watch).await, Event::Deleted(_)));
            }
        })
        .unwrap();
}

#[test]
fn an_idle_hour_takes_no_time_and_keeps_the_link() {
    let world = World::new("k");
    let begun = std::time::Instant::now();
    let users = world.client().unwrap().collection("users");
    world
        .block_on(async {
            let watch = users.watch::<Value>().await.unwrap().spawn().unwrap();
            let before = world.now();
            world.sleep(HOUR).await;
            assert_eq!(world.now().since(before), HOUR);
            assert_eq!(watch.state(), State::Live);
            assert_eq!(watch.statistics().reconnects, 0);
            assert_eq!(watch.statistics().round_trip, Some(Duration::ZERO));
            // A ping of 15 bytes every half minute.
            assert!(watch.statistics().bytes_sent >= 119 * 15);
        })
        .unwrap();
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

#[test]
fn a_day_without_a_server_costs_nothing_but_time() {
    let world = World::new("k");
    let users = world.client().unwrap().collection("users");
    world
        .block_on(async {
            let mut watch = users.watch::<Value>().await.unwrap();
            assert!(matches!(next(&mut watch).await, Event::Connected(_)));
            world.set_reachable(false);
            world.cut();
            let back = world.now() + 24 * HOUR;
            let (mut attempts, mut longest) = (0, Duration::ZERO);
            while world.now() < back {
                let Event::Disconnected(lost) = next(&mut watch).await else { panic!() };
                assert!(matches!(lost.cause, Fault::Io(_) | Fault::Connect(_)), "{lost}");
                (attempts, longest) = (attempts + 1, longest.max(lost.retry_in));
            }
            // Pauses are drawn from up to 30 s.
            assert!((4000..9000).contains(&attempts), "{attempts} attempts");
            assert!(longest > Duration::from_secs(25) && longest <= Duration::from_secs(30));
            world.set_reachable(true);
            world.create("users", r#"{"n":1}"#).unwrap();
            assert!(matches!(next(&mut watch).await, Event::Connected(_)));
            assert!(matches!(next(&mut watch).await, Event::Created(_)));
            assert_eq!(watch.statistics().gaps, 0);
        })
        .unwrap();
}

#[test]
fn a_server_that_returns_without_its_data_is_another_history() {
    let world = World::new("k");
    let users = world.client().unwrap().collection("users");
    world
        .block_on(async {
            let mut watch = users.watch::<Value>().await.unwrap();
            world.create("users", "{}").unwrap();
            assert!(matches!(next(&mut watch).await, Event::Connected(_)));
            assert!(matches!(next(&mut watch).await, Event::Created(_)));
            world.restart();
            assert!(matches!(next(&mut watch).await, Event::Disconnected(_)));
            assert!(matches!(next(&mut watch).await, Event::Connected(_)));
            world.restart_empty();
            assert!(matches!(next(&mut watch).await, Event::Disconnected(_)));
            assert!(matches!(next(&mut watch).await, Event::Connected(_)));
            let Event::Gap(gap) = next(&mut watch).await else { panic!() };
            assert_eq!(gap.cause, GapCause::EpochChanged);
        })
        .unwrap();
}

#[test]
fn a_view_is_kept_right() {
    let world = World::new("k");
    let ids = ["1", "2", "3"].map(|n| world.create("users", &format!(r#"{{"n":{n}}}"#)).unwrap());
    let users = world.client().unwrap().collection("users");
    world
        .block_on(async {
            let mut view = users.live::<Value>().await.unwrap();
            assert_eq!(view.documents().len(), 3);
            world.cut();
            world.delete("users", &ids[1]).unwrap();
            while !matches!(view.next().await, Some(LiveEvent::Left { .. })) {}
            let n: Vec<_> = view.values().map(|value| value.unwrap()["n"].clone()).collect();
            assert_eq!(n, [1, 3]);
        })
        .unwrap();
}

#[test]
fn people_meet_in_rooms_and_on_a_gateway() {
    let world = World::new("k");
    let client = world.client().unwrap();
    world
        .block_on(async {
            let host = client.room("hall").user("u1", "Ada").create("Hall").await.unwrap();
            let mut gate = client.gateway().user("u2", "Bob").await.unwrap();
            gate.join("hall").unwrap();
            while !matches!(gate.next().await, Some(Event::Joined(_))) {}
            host.send("Hello!").await.unwrap();
            let Some(Event::Message(message)) = gate.next().await else { panic!() };
            assert_eq!(message.content, r#""Hello!""#);
            assert_eq!(host.view().participants().count(), 1, "nobody has read yet");
        })
        .unwrap();
}

#[test]
fn a_wrong_key_is_refused() {
    let world = World::new("k");
    let client = world.builder().api_key("wrong").build().unwrap();
    let refusal = world.block_on(client.collection("users").watch::<Value>()).unwrap().unwrap_err();
    let cocobase_driver::Error::Refused(refusal) = refusal else { panic!("{refusal}") };
    assert_eq!(refusal.kind, RefusalKind::Credentials);
}

#[test]
fn the_same_program_does_the_same_twice() {
    let run = || {
        let world = World::new("k");
        let users = world.client().unwrap().collection("users");
        let mut pauses = Vec::new();
        world
            .block_on(async {
                world.set_reachable(false);
                let mut watch = users.stream::<Value>().unwrap();
                while pauses.len() < 20 {
                    if let Event::Disconnected(lost) = next(&mut watch).await {
                        pauses.push(lost.retry_in);
                    }
                }
            })
            .unwrap();
        (pauses, world.now())
    };
    assert_eq!(run(), run());
}

#[test]
fn who_waits_for_ever_is_told() {
    let world = World::new("k");
    assert_eq!(world.block_on(std::future::pending::<()>()), Err(Stuck));
    let config = SessionConfig { ping_interval: Duration::MAX, ..SessionConfig::default() };
    let client = world.builder().api_key("k").session_config(config).build().unwrap();
    let waited = world.block_on(async {
        let mut watch = client.collection("users").watch::<Value>().await.unwrap();
        next(&mut watch).await;
        // Nothing ever changes.
        next(&mut watch).await
    });
    assert!(waited.is_err());
}

#[test]
fn no_task_and_no_link_is_left_behind() {
    let world = World::new("k");
    let users = world.client().unwrap().collection("users");
    world
        .block_on(async {
            let watch = users.watch::<Value>().await.unwrap().spawn().unwrap();
            assert_eq!(world.tasks(), 1);
            drop(watch);
            world.sleep(Duration::from_millis(1)).await;
            assert_eq!(world.tasks(), 0);
            let watch = users.watch::<Value>().await.unwrap();
            watch.close().await;
        })
        .unwrap();
    // Nobody waits for anything, not even the server.
    let now = world.now();
    assert_eq!(world.block_on(std::future::pending::<()>()), Err(Stuck));
    assert_eq!(world.now(), now);
}
