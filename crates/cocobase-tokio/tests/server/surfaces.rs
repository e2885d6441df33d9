//! Rooms, broadcasts, the gateway and event streams.

use std::time::Duration;

use cocobase_server::log::Data;
use cocobase_tokio::{Client, Error, Event, Filter, RefusalKind, Room, SessionConfig, State};
use serde_json::{Value, json};

use crate::support::{KEY, Quake, Running, soon};

/// The next event that is about what people say and do.
async fn next(room: &mut Room) -> Event {
    loop {
        match soon(room.next()).await.expect("the room goes on") {
            Event::Connected(_) | Event::Joined(_) => {}
            event => return event,
        }
    }
}

fn quick(server: &Running) -> Client {
    let config =
        SessionConfig { backoff_initial: Duration::from_millis(20), ..SessionConfig::default() };
    let url = format!("http://{}", server.address);
    Client::builder(url).api_key(KEY).session_config(config).build().unwrap()
}

#[tokio::test]
async fn people_meet_in_a_room() {
    let server = Running::in_memory().await;
    let client = server.client();
    let missing = soon(client.room("general").join().into_future()).await.unwrap_err();
    let Error::Refused(refusal) = missing else { panic!("{missing}") };
    assert_eq!(refusal.kind, RefusalKind::Room);

    let general = || client.room("general");
    let mut alice =
        soon(general().user("u1", "Alice").create("General").into_future()).await.unwrap();
    let bob = general().user("u2", "Bob").join_or_create("?");
    let mut bob = soon(bob.into_future()).await.unwrap();
    let names = |room: &Room| -> Vec<String> {
        room.participants().into_iter().map(|one| one.name.unwrap().to_string()).collect()
    };
    assert_eq!(names(&bob), ["Alice", "Bob"]);
    assert_eq!(bob.view().title().unwrap(), "General");
    let Event::UserJoined(who) = next(&mut alice).await else { panic!() };
    assert_eq!(who.user_name.unwrap(), "Bob");

    bob.send(&json!({"text": "Hello!"})).await.unwrap();
    for room in [&mut alice, &mut bob] {
        let Event::Message(said) = next(room).await else { panic!() };
        assert_eq!(said.get::<Value>().unwrap(), json!({"text": "Hello!"}));
        assert_eq!(said.user_id.unwrap(), "u2");
    }
    let rooms = client.rooms().await.unwrap();
    assert_eq!((rooms.rooms[0].id.as_str(), rooms.rooms[0].participants), ("general", Some(2)));

    // What was said before leaving is heard.
    bob.send("Goodbye").await.unwrap();
    soon(bob.leave()).await.unwrap();
    assert!(matches!(next(&mut alice).await, Event::Message(_)));
    assert!(matches!(next(&mut alice).await, Event::UserLeft(_)));
    assert_eq!(names(&alice), ["Alice"]);
    soon(alice.close()).await;
    server.stop().await;
}

#[tokio::test]
async fn a_room_outlives_a_link() {
    let server = Running::in_memory().await;
    let client = quick(&server);
    let general = || client.room("general");
    let alice = soon(general().user("u1", "Alice").create("General").into_future()).await.unwrap();
    let mut alice = alice.spawn().unwrap();
    let mut bob = soon(general().user("u2", "Bob").join().into_future()).await.unwrap();
    assert!(matches!(next(&mut alice).await, Event::UserJoined(_)));
    alice.reconnect();
    alice.send("from the new link").await.unwrap();
    soon(alice.flush()).await.unwrap();
    loop {
        match next(&mut bob).await {
            Event::Message(said) => break assert_eq!(said.content, r#""from the new link""#),
            Event::UserLeft(_) | Event::UserJoined(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(alice.statistics().reconnects, 1);
    server.stop().await;
}

#[tokio::test]
async fn a_broadcast_reaches_everyone() {
    let server = Running::in_memory().await;
    let client = server.client();
    let mut everyone = Vec::new();
    for n in 0..3 {
        let all = client.broadcast().user(format!("u{n}"), format!("User {n}"));
        everyone.push(soon(all.connect()).await.unwrap());
    }
    everyone[0].send(&json!({"n": 1})).await.unwrap();
    for all in &mut everyone {
        let said = loop {
            if let Event::Message(said) = soon(all.next()).await.unwrap() {
                break said;
            }
        };
        assert_eq!(
            (said.content.as_str(), said.user_name.unwrap()),
            (r#"{"n":1}"#, "User 0".into())
        );
    }
    server.stop().await;
}

#[tokio::test]
async fn the_gateway_carries_collections_and_rooms() {
    let server = Running::in_memory().await;
    let client = server.client();
    let mut gate = soon(client.gateway().user("u1", "Alice").into_future()).await.unwrap();
    gate.subscribe("quakes", Filter::new().gte("mag", 4)).unwrap();
    gate.subscribe("posts", Filter::new()).unwrap();
    let bob = client.room("general").user("u2", "Bob").create("General");
    let mut bob = soon(bob.into_future()).await.unwrap();
    gate.join("general").unwrap();
    let mut open = vec!["quakes", "posts", "general"];
    while !open.is_empty() {
        match soon(gate.next()).await.unwrap() {
            Event::Subscribed(greeting) => {
                open.retain(|name| greeting.collection.as_deref() != Some(*name));
            }
            Event::Joined(_) => open.retain(|name| *name != "general"),
            _ => {}
        }
    }
    client.collection("quakes").create(&json!({"mag": 1})).await.unwrap();
    client.collection("quakes").create(&json!({"mag": 5})).await.unwrap();
    client.collection("posts").create(&json!({"title": "x"})).await.unwrap();
    for (collection, field) in [("quakes", "mag"), ("posts", "title")] {
        let Some(Event::Created(change)) = soon(gate.next()).await else { panic!() };
        assert_eq!(change.collection.unwrap(), collection);
        assert!(change.document.to_map().unwrap().contains_key(field));
    }
    gate.publish("general", "Hello!").await.unwrap();
    assert!(matches!(next(&mut bob).await, Event::UserJoined(_)));
    let Event::Message(said) = next(&mut bob).await else { panic!() };
    assert_eq!(said.content, r#""Hello!""#);
    // On the gateway, who joins a missing room makes it.
    gate.join("nowhere").unwrap();
    while !gate.commands().room("nowhere").unwrap().is_current() {
        soon(gate.next()).await.unwrap();
    }
    assert_eq!(gate.state(), State::Live);
    server.stop().await;
}

#[tokio::test]
async fn an_event_stream_resumes_across_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let data = || Data::Folder(folder.path().into());
    let server = Running::start(([127, 0, 0, 1], 0).into(), data(), KEY).await;
    let address = server.address;
    let quakes = quick(&server).collection("quakes").filter(Filter::new().gte("mag", 4));
    let mut watch = soon(quakes.clone().events().watch::<Quake>()).await.unwrap();
    quakes.create(&json!({"mag": 4.0})).await.unwrap();
    let mut seen = Vec::new();
    while seen.is_empty() {
        if let Event::Created(change) = soon(watch.next()).await.unwrap() {
            seen.push(change.document.mag);
        }
    }
    let watching = tokio::spawn(async move {
        while seen.len() < 4 {
            match watch.next().await.unwrap() {
                Event::Created(change) => seen.push(change.document.mag),
                Event::Connected(_) | Event::Disconnected(_) => {}
                other => panic!("{other:?}"),
            }
        }
        seen
    });
    server.stop().await;
    let server = Running::start(address, data(), KEY).await;
    for mag in [5.0, 1.0, 6.0, 7.0] {
        quakes.create(&json!({"mag": mag})).await.unwrap();
    }
    assert_eq!(soon(watching).await.unwrap(), [4.0, 5.0, 6.0, 7.0]);

    let wrong = Client::builder(format!("http://{address}")).api_key("wrong").build().unwrap();
    let refused = soon(wrong.collection("quakes").events().watch::<Quake>()).await.unwrap_err();
    assert!(matches!(refused, Error::Refused(_)), "{refused}");
    server.stop().await;
}
