//! Every surface.

use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::time::{Duration, Instant};

use cocobase_blocking::{
    Client, Credentials, Error, Event, Filter, ListQuery, LiveConfig, LiveEvent, Order, Room,
    Trouble,
};
use cocobase_testkit::peer::{Peer, Scene};
use serde_json::{Value, json};

use crate::support::{KEY, SOON, Server, quick, soon};

fn said(room: &mut Room) -> Event {
    room.find(|event| !matches!(event, Event::Connected(_) | Event::Joined(_))).unwrap()
}

#[test]
fn changes_are_told_on_both_carriers_with_and_without_tls() {
    soon(|| {
        for server in [Server::in_memory(), Server::over_tls()] {
            let users = server.client().collection("users");
            let active = users.clone().filter(Filter::new().eq("status", "active"));
            let watches = [
                active.watch::<Value>().unwrap(),
                active.clone().events().watch::<Value>().unwrap(),
            ];
            users.create(&json!({"name": "Bob", "status": "gone"})).unwrap();
            let alice = users.create(&json!({"name": "Alice", "status": "active"})).unwrap();
            let id = alice.id().unwrap();
            users.update(&id, &json!({"status": "premium"})).unwrap();
            users.delete(&id).unwrap();
            for watch in watches {
                let told = watch.filter_map(|event| match event {
                    Event::Created(new) => Some(new.document["name"].clone()),
                    Event::Updated(new) => Some(new.document["status"].clone()),
                    Event::Connected(_) => None,
                    other => panic!("{other:?}"),
                });
                assert_eq!(told.take(2).collect::<Vec<_>>(), ["Alice", "premium"]);
            }
        }
    });
}

#[test]
fn nothing_is_missed_when_the_server_is_restarted() {
    soon(|| {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::in_folder(folder.path(), 0);
        let (port, users) = (server.port(), server.client().collection("users"));
        let watches =
            [users.watch::<Value>().unwrap(), users.clone().events().watch::<Value>().unwrap()];
        users.create(&json!({"n": 1})).unwrap();
        drop(server);
        let _server = Server::in_folder(folder.path(), port);
        users.create(&json!({"n": 2})).unwrap();
        for mut watch in watches {
            let told = watch.by_ref().filter_map(|event| match event {
                Event::Created(new) => Some(new.document["n"].clone()),
                Event::Connected(_) | Event::Disconnected(_) => None,
                other => panic!("{other:?}"),
            });
            assert_eq!(told.take(2).collect::<Vec<_>>(), [1, 2]);
            assert_eq!(watch.statistics().reconnects, 1);
        }
    });
}

#[test]
fn documents_are_read_and_written() {
    soon(|| {
        let server = Server::in_memory();
        let client = server.client();
        let users = client.collection("users");
        let many = users.create_many(&[json!({"n": 1}), json!({"n": 2})], None).unwrap();
        let first = many[0].id().unwrap();
        assert_eq!(users.get(&first).unwrap().id(), Some(first.clone()));
        assert_eq!(users.list(&ListQuery::default()).unwrap().len(), 2);
        assert_eq!(client.collections().unwrap()[0].name, "users");
        users.delete(&first).unwrap();
        let Err(Error::Status { status: 404, .. }) = users.get(&first) else { panic!() };
        drop(server);
        assert!(users.list(&ListQuery::default()).unwrap_err().is_passing());
    });
}

#[test]
fn people_meet_in_a_room() {
    soon(|| {
        let server = Server::in_memory();
        let client = server.client();
        assert!(matches!(client.room("general").join(), Err(Error::Refused(_))));
        let mut alice = client.room("general").user("u1", "Alice").create("General").unwrap();
        let mut bob = client.room("general").user("u2", "Bob").join().unwrap();
        assert_eq!((bob.participants().len(), bob.id().as_str()), (2, "general"));
        assert_eq!(bob.view().title().unwrap(), "General");
        assert!(matches!(said(&mut alice), Event::UserJoined(_)));
        bob.send("Hello!").unwrap();
        for room in [&mut alice, &mut bob] {
            let Event::Message(message) = said(room) else { panic!() };
            assert_eq!(message.get::<String>().unwrap(), "Hello!");
        }
        assert_eq!(client.rooms().unwrap().rooms[0].participants, Some(2));
        bob.send("Goodbye").unwrap();
        bob.leave().unwrap();
        assert!(matches!(said(&mut alice), Event::Message(_)));
        assert!(matches!(said(&mut alice), Event::UserLeft(_)));
    });
}

#[test]
fn a_spawned_broadcast_runs_by_itself() {
    soon(|| {
        let server = Server::in_memory();
        let client = server.client();
        let mut listener = client.broadcast().connect().unwrap().spawn().unwrap();
        let sender = client.broadcast().user("u1", "Alice").connect().unwrap();
        sender.send(&json!({"n": 1})).unwrap();
        let message = listener.find_map(|event| match event {
            Event::Message(message) => Some(message),
            _ => None,
        });
        assert_eq!(message.unwrap().user_name.unwrap(), "Alice");
    });
}

#[test]
fn the_gateway_carries_collections_and_rooms() {
    soon(|| {
        let server = Server::in_memory();
        let client = server.client();
        let mut gate = client.gateway().connect().unwrap();
        gate.subscribe("quakes", Filter::new().gte("mag", 4)).unwrap();
        gate.join("general").unwrap();
        let mut open =
            gate.by_ref().filter(|event| matches!(event, Event::Subscribed(_) | Event::Joined(_)));
        assert!(open.next().is_some() && open.next().is_some());
        for mag in [1, 5] {
            client.collection("quakes").create(&json!({"mag": mag})).unwrap();
        }
        let Some(Event::Created(change)) = gate.next() else { panic!() };
        assert_eq!(change.document.to_map().unwrap()["mag"], 5);
        gate.commands().publish("general", "Hello!").unwrap();
        let Some(Event::Message(said)) = gate.next() else { panic!() };
        assert_eq!(said.content, r#""Hello!""#);
        assert!(gate.commands().room("general").is_some());
    });
}

#[test]
fn a_live_view_follows_the_collection() {
    soon(|| {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::in_folder(folder.path(), 0);
        let (port, users) = (server.port(), server.client().collection("users"));
        let first = users.create(&json!({"n": 1})).unwrap();
        let mut live = users.clone().sort("n", Order::Descending).live::<Value>().unwrap();
        assert_eq!(live.documents().len(), 1);
        users.create(&json!({"n": 2})).unwrap();
        assert!(live.any(|event| matches!(event, LiveEvent::Entered { at: 0, .. })));
        assert_eq!(live.values().map(|value| value.unwrap()["n"].clone()).last().unwrap(), 1);
        drop(server);
        let _server = Server::in_folder(folder.path(), port);
        users.delete(&first.id().unwrap()).unwrap();
        assert!(live.any(|event| matches!(event, LiveEvent::Left { from: 1, .. })));
        assert!(live.is_current());
    });
}

#[test]
fn functions_are_called_on_a_thread_of_their_own_and_may_panic() {
    soon(|| {
        let server = Server::in_memory();
        let users = server.client().realtime().collection("users");
        let (tell, told) = mpsc::channel();
        let [connected, created, updated, deleted, error] = [(); 5].map(|()| tell.clone());
        let listening = users
            .listen::<Value>()
            .on_connected(move |_| connected.send("connected".into()).unwrap())
            .on_created(move |new| {
                let name = new.document["name"].as_str().unwrap();
                assert_ne!(name, "Bob", "not him again");
                created.send(format!("created {name}")).unwrap();
            })
            .on_updated(move |new| updated.send(format!("updated {}", new.document["n"])).unwrap())
            .on_deleted(move |_| deleted.send("deleted".into()).unwrap())
            .on_error(move |trouble| {
                let Trouble::Panicked { handler, .. } = trouble else { panic!("{trouble}") };
                error.send(format!("{handler} panicked")).unwrap();
            })
            .start()
            .unwrap();
        drop(tell);
        assert_eq!(told.recv().unwrap(), "connected");
        users.create(&json!({"name": "Bob"})).unwrap();
        let id = users.create(&json!({"name": "Alice"})).unwrap().id().unwrap();
        users.update(&id, &json!({"n": 2})).unwrap();
        users.delete(&id).unwrap();
        let expected = ["on_created panicked", "created Alice", "updated 2", "deleted"];
        assert_eq!(told.iter().take(4).collect::<Vec<String>>(), expected);

        let handle = listening.handle();
        listening.close();
        assert!(handle.is_closed());
        // The thread is gone, and the functions with it.
        assert!(told.recv().is_err());
    });
}

#[test]
fn a_live_call_may_hold_less() {
    soon(|| {
        let server = Server::in_memory();
        let users = server.client().collection("users");
        users.create_many(&[json!({"n": 1}), json!({"n": 2}), json!({"n": 3})], None).unwrap();
        let small = LiveConfig { max_documents: 2, ..LiveConfig::default() };
        let live = users.live_config(small).live::<Value>().unwrap();
        assert_eq!(live.documents().len(), 2);
    });
}

#[test]
fn a_watch_moves_to_events_where_no_websocket_gets_through() {
    soon(|| {
        let no_upgrades = Scene::new().answer(426, &[], "what is an upgrade");
        let stream = r#"data: {"type":"subscribed","collection":"users"}

data: {"type":"event","collection":"users","event":"created","document":{"id":"1"}}

"#;
        let peer = Peer::start([no_upgrades, Scene::events().raw(stream)]).unwrap();
        let users = quick(peer.url()).api_key(KEY).build().unwrap().collection("users");
        let mut watch = users.websocket_or_events().watch::<Value>().unwrap();
        assert!(watch.any(|event| matches!(event, Event::Created(_))));
        assert_eq!(peer.connections(), 2);
    });
}

#[test]
fn a_wrong_key_is_refused() {
    soon(|| {
        let server = Server::in_memory();
        let users = server.builder().api_key("wrong").build().unwrap().collection("users");
        assert!(matches!(users.watch::<Value>(), Err(Error::Refused(_))));
        assert!(matches!(users.clone().events().watch::<Value>(), Err(Error::Refused(_))));
        assert!(matches!(users.create(&json!({})), Err(Error::Refused(_))));
        let mut stream = users.stream::<Value>().unwrap();
        assert!(stream.any(|event| matches!(event, Event::Refused(_))));
        assert_eq!(stream.try_recv().unwrap_err(), TryRecvError::Disconnected);
    });
}

#[test]
fn a_provider_of_tokens_may_block_and_even_ask_the_server() {
    soon(|| {
        let server = Server::in_memory();
        let other = server.client();
        let client = server.builder().token_provider(move |_| {
            other.collections().map_err(|error| error.to_string())?;
            Ok(Credentials::ApiKey(KEY.into()))
        });
        let users = client.build().unwrap().collection("users");
        let mut watch = users.watch::<Value>().unwrap();
        users.create(&json!({"n": 1})).unwrap();
        assert!(watch.any(|event| matches!(event, Event::Created(_))));
        let panicking = server.builder().token_provider(|_| panic!("no token today"));
        let users = panicking.build().unwrap().collection("users");
        let mut watch = users.stream::<Value>().unwrap();
        assert!(watch.any(|event| matches!(event, Event::Disconnected(_))));
    });
}

#[test]
fn waiting_can_be_limited() {
    soon(|| {
        let server = Server::in_memory();
        let users = server.client().collection("users");
        let mut watch = users.watch::<Value>().unwrap();
        let Ok(Event::Connected(_)) = watch.recv_timeout(SOON) else { panic!() };
        assert_eq!(watch.try_recv().unwrap_err(), TryRecvError::Empty);
        let began = Instant::now();
        let patience = Duration::from_millis(20);
        assert_eq!(watch.recv_timeout(patience).unwrap_err(), RecvTimeoutError::Timeout);
        assert!(patience <= began.elapsed());
        users.create(&json!({"n": 1})).unwrap();
        assert!(matches!(watch.recv_timeout(SOON), Ok(Event::Created(_))));
        users.create(&json!({"n": 2})).unwrap();
        let told = loop {
            match watch.try_recv() {
                Err(TryRecvError::Empty) => std::thread::yield_now(),
                told => break told,
            }
        };
        assert!(matches!(told, Ok(Event::Created(_))));
        watch.handle().close();
        assert_eq!(watch.recv_timeout(SOON).unwrap_err(), RecvTimeoutError::Disconnected);
    });
}

#[test]
fn a_server_that_is_not_there_is_waited_for_as_long_as_one_likes() {
    soon(|| {
        let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = nobody.local_addr().unwrap();
        drop(nobody);
        let client = Client::builder(format!("http://{address}")).api_key(KEY).build().unwrap();
        let mut watch = client.collection("users").stream::<Value>().unwrap();
        assert!(watch.ready_timeout(Duration::from_millis(20)).is_none());
        let Some(Event::Disconnected(_)) = watch.next() else { panic!() };
        let mut room = client.room("general").stream(Some("General".into()));
        assert!(matches!(room.next(), Some(Event::Disconnected(_))));
    });
}
