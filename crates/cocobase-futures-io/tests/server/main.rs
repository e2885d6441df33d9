//! The clients for async-std and smol against the real server: one list of cases, run by each.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

/// The cases for one adapter, each a test by its own name.
macro_rules! cases {
    ($name:ident, $adapter:ident, $block_on:path) => {
        mod $name {
            use $adapter::{Client, Error, Event, Filter, LiveEvent, Room, SessionConfig};
            use serde_json::{Value, json};

            use crate::support::{KEY, Server, soon};

            fn client(server: &Server) -> Client {
                let backoff_initial = std::time::Duration::from_millis(20);
                let config = SessionConfig { backoff_initial, ..SessionConfig::default() };
                Client::builder(server.url()).api_key(KEY).session_config(config).build().unwrap()
            }

            async fn said(room: &mut Room) -> Event {
                loop {
                    match soon(room.next()).await.expect("the room goes on") {
                        Event::Connected(_) | Event::Joined(_) => {}
                        event => return event,
                    }
                }
            }

            #[test]
            fn changes_are_told_on_both_carriers() {
                $block_on(async {
                    let server = Server::in_memory();
                    let users = client(&server).collection("users");
                    let active = users.clone().filter(Filter::new().eq("status", "active"));
                    let mut watches = [
                        soon(active.watch::<Value>()).await.unwrap(),
                        soon(active.clone().events().watch::<Value>()).await.unwrap(),
                    ];
                    users.create(&json!({"name": "Bob", "status": "gone"})).await.unwrap();
                    let alice = json!({"name": "Alice", "status": "active"});
                    let alice = users.create(&alice).await.unwrap();
                    let id = alice.id().unwrap();
                    users.update(&id, &json!({"status": "premium"})).await.unwrap();
                    users.delete(&id).await.unwrap();
                    for watch in &mut watches {
                        let mut told = Vec::new();
                        while told.len() < 2 {
                            match soon(watch.next()).await.unwrap() {
                                Event::Created(new) => told.push(new.document["name"].clone()),
                                Event::Updated(new) => told.push(new.document["status"].clone()),
                                Event::Connected(_) => {}
                                other => panic!("{other:?}"),
                            }
                        }
                        assert_eq!(told, ["Alice", "premium"]);
                    }
                });
            }

            #[test]
            fn nothing_is_missed_when_the_server_is_restarted() {
                $block_on(async {
                    let folder = tempfile::tempdir().unwrap();
                    let server = Server::in_folder(folder.path(), 0);
                    let port = server.port();
                    let users = client(&server).collection("users");
                    let mut watches = [
                        soon(users.watch::<Value>()).await.unwrap(),
                        soon(users.clone().events().watch::<Value>()).await.unwrap(),
                    ];
                    users.create(&json!({"n": 1})).await.unwrap();
                    drop(server);
                    let _server = Server::in_folder(folder.path(), port);
                    users.create(&json!({"n": 2})).await.unwrap();
                    for watch in &mut watches {
                        let mut told = Vec::new();
                        while told.len() < 2 {
                            match soon(watch.next()).await.unwrap() {
                                Event::Created(new) => told.push(new.document["n"].clone()),
                                Event::Connected(_) | Event::Disconnected(_) => {}
                                other => panic!("{other:?}"),
                            }
                        }
                        assert_eq!(told, [1, 2]);
                    }
                });
            }

            #[test]
            fn people_meet_in_a_room() {
                $block_on(async {
                    let server = Server::in_memory();
                    let client = client(&server);
                    let nowhere = client.room("general").join().into_future();
                    assert!(matches!(soon(nowhere).await, Err(Error::Refused(_))));
                    let general = || client.room("general");
                    let alice = general().user("u1", "Alice").create("General").into_future();
                    let mut alice = soon(alice).await.unwrap();
                    let bob = general().user("u2", "Bob").join().into_future();
                    let mut bob = soon(bob).await.unwrap();
                    assert_eq!(bob.participants().len(), 2);
                    assert!(matches!(said(&mut alice).await, Event::UserJoined(_)));
                    soon(bob.send(&json!("Hello!"))).await.unwrap();
                    for room in [&mut alice, &mut bob] {
                        let Event::Message(message) = said(room).await else { panic!() };
                        assert_eq!(message.get::<String>().unwrap(), "Hello!");
                    }
                    let rooms = client.rooms().await.unwrap();
                    assert_eq!(rooms.rooms[0].participants, Some(2));
                    soon(bob.leave()).await.unwrap();
                    assert!(matches!(said(&mut alice).await, Event::UserLeft(_)));
                });
            }

            #[test]
            fn a_spawned_broadcast_runs_by_itself() {
                $block_on(async {
                    let server = Server::in_memory();
                    let client = client(&server);
                    let listener = soon(client.broadcast().connect()).await.unwrap();
                    let mut listener = listener.spawn().unwrap();
                    let sender = soon(client.broadcast().user("u1", "Alice").connect()).await;
                    soon(sender.unwrap().send(&json!({"n": 1}))).await.unwrap();
                    let message = loop {
                        if let Event::Message(message) = soon(listener.next()).await.unwrap() {
                            break message;
                        }
                    };
                    assert_eq!(message.user_name.unwrap(), "Alice");
                });
            }

            #[test]
            fn the_gateway_carries_collections_and_rooms() {
                $block_on(async {
                    let server = Server::in_memory();
                    let client = client(&server);
                    let mut gate = soon(client.gateway().into_future()).await.unwrap();
                    gate.subscribe("quakes", Filter::new().gte("mag", 4)).unwrap();
                    gate.join("general").unwrap();
                    let mut open = 2;
                    while open > 0 {
                        match soon(gate.next()).await.unwrap() {
                            Event::Subscribed(_) | Event::Joined(_) => open -= 1,
                            _ => {}
                        }
                    }
                    for mag in [1, 5] {
                        client.collection("quakes").create(&json!({"mag": mag})).await.unwrap();
                    }
                    let Some(Event::Created(change)) = soon(gate.next()).await else { panic!() };
                    assert_eq!(change.document.to_map().unwrap()["mag"], 5);
                    soon(gate.publish("general", "Hello!")).await.unwrap();
                    let Some(Event::Message(said)) = soon(gate.next()).await else { panic!() };
                    assert_eq!(said.content, r#""Hello!""#);
                });
            }

            #[test]
            fn a_live_view_follows_the_collection() {
                $block_on(async {
                    let server = Server::in_memory();
                    let users = client(&server).collection("users");
                    users.create(&json!({"n": 1})).await.unwrap();
                    let mut live = soon(users.live::<Value>()).await.unwrap();
                    assert_eq!(live.documents().len(), 1);
                    users.create(&json!({"n": 2})).await.unwrap();
                    while !matches!(soon(live.next()).await, Some(LiveEvent::Entered { .. })) {}
                    assert_eq!(live.documents().len(), 2);
                });
            }

            #[test]
            fn functions_are_called_with_changes() {
                $block_on(async {
                    let server = Server::in_memory();
                    let users = client(&server).collection("users");
                    let (told, mut hear) = tokio::sync::mpsc::unbounded_channel();
                    let connected = told.clone();
                    let _listening = users
                        .listen::<Value>()
                        .on_connected(move |_| connected.send(json!("connected")).unwrap())
                        .on_created(move |new| told.send(new.document["n"].clone()).unwrap())
                        .start()
                        .unwrap();
                    assert_eq!(soon(hear.recv()).await.unwrap(), "connected");
                    users.create(&json!({"n": 1})).await.unwrap();
                    assert_eq!(soon(hear.recv()).await.unwrap(), 1);
                });
            }

            #[test]
            fn a_wrong_key_is_refused() {
                $block_on(async {
                    let server = Server::in_memory();
                    let client = Client::builder(server.url()).api_key("wrong").build().unwrap();
                    let users = client.collection("users");
                    let refused = soon(users.watch::<Value>()).await.unwrap_err();
                    assert!(matches!(refused, Error::Refused(_)), "{refused}");
                    let refused = soon(users.clone().events().watch::<Value>()).await.unwrap_err();
                    assert!(matches!(refused, Error::Refused(_)), "{refused}");
                    let refused = users.create(&json!({})).await.unwrap_err();
                    assert!(matches!(refused, Error::Refused(_)), "{refused}");
                });
            }
        }
    };
}

cases!(on_async_std, cocobase_async_std, async_std::task::block_on);
cases!(on_smol, cocobase_smol, smol::block_on);
