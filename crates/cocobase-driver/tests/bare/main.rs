//! The driver on a runtime of a few lines: an executor that owns its clock, and links in memory. That
//! is all that an adapter has to bring.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[cfg(feature = "metrics")]
mod counted;
mod runtime;

use std::time::Duration;

use cocobase_driver::{Client, Error};
use cocobase_proto::{Credentials, Event, Fault, Published, State};
use futures_util::future::join;
use runtime::{Bare, World, run};

fn client(world: &World) -> Client<Bare> {
    world.enter();
    Client::builder("ws://localhost").api_key("k").build().unwrap()
}

const CONNECTED: &str = r#"{"event":"connected"}"#;

#[test]
fn a_silent_server_is_given_up_and_tried_again_on_the_runtimes_own_clock() {
    let world = World::new();
    let mut all = client(&world).broadcast().stream();
    let (event, mut link) = run(
        &world,
        join(all.next(), async {
            let mut link = world.accept().await;
            assert!(link.hear().await.contains(r#""api_key":"k""#));
            link.say(CONNECTED);
            link
        }),
    );
    assert!(matches!(event, Some(Event::Connected(_))));
    let begun = world.now();
    let lost = run(&world, all.next()).unwrap();
    let Event::Disconnected(lost) = lost else { panic!("{lost:?}") };
    assert_eq!(lost.cause, Fault::Silence(Duration::from_secs(60)));
    assert_eq!(world.now().since(begun), Duration::from_secs(60));
    // It had asked whether anybody is there.
    assert_eq!(run(&world, link.hear()), r#"{"type":"ping"}"#);

    run(&world, async {
        let reader = async { all.next().await };
        let server = async {
            let link = world.accept().await;
            link.say(CONNECTED);
            link
        };
        let (event, _link) = join(reader, server).await;
        assert!(matches!(event, Some(Event::Connected(_))));
    });
    assert!(world.now().since(begun) <= Duration::from_secs(61));
    assert_eq!(all.statistics().reconnects, 1);
}

#[test]
fn a_message_leaves_without_a_reader() {
    let world = World::new();
    let mut all = client(&world).broadcast().stream();
    run(&world, async {
        let (ready, mut link) = join(all.ready(), async {
            let mut link = world.accept().await;
            link.hear().await;
            link.say(CONNECTED);
            link
        })
        .await;
        ready.unwrap();
        assert_eq!(all.send("Hello!").await.unwrap(), Published::Sent);
        assert_eq!(link.hear().await, r#"{"type":"message","data":"Hello!"}"#);
        all.close().await;
        assert!(link.is_closed());
    });
}

#[test]
fn a_task_does_what_a_reader_would_and_ends_with_its_stream() {
    let world = World::new();
    world.enter();
    let client: Client<Bare> = Client::builder("ws://localhost")
        .token_provider(|_| async { Ok(Credentials::Token("t".into())) })
        .build()
        .unwrap();
    let all = client.broadcast().stream().spawn().unwrap();
    run(&world, async {
        let mut link = world.accept().await;
        assert!(link.hear().await.contains(r#""token":"t""#));
        link.say(CONNECTED);
        // Half a minute later there is a ping, though nobody asks for events.
        assert_eq!(link.hear().await, r#"{"type":"ping"}"#);
        assert_eq!(all.state(), State::Live);
        drop(all);
        link.closed().await;
    });
    assert_eq!(world.tasks(), 0);
}

#[test]
fn a_runtime_that_cannot_run_tasks_says_so() {
    let world = World::new();
    let all = client(&world).broadcast().stream();
    let handle = all.handle().clone();
    world.refuse_tasks();
    let error = all.spawn().unwrap_err();
    assert!(matches!(error, Error::Runtime(_)), "{error}");
    assert!(handle.is_closed());
}
