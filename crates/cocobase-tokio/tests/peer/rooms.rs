//! Rooms: entered, talked in from several tasks, lost and left.

use std::time::{Duration, Instant};

use cocobase_tokio::{
    Error, Event, Published, RefusalKind, Room, SessionConfig, State, UnpublishedReason,
};
use serde_json::{Value, json};

use crate::support::{Peer, Socket, soon};

fn joined() -> Value {
    json!({"event": "joined", "room_id": "general", "room_title": "General", "participants": 2,
        "participant_list": [{"id": "u1", "name": "Alice"}, {"id": "u2", "name": "Bob"}],
        "user_id": "u1"})
}

fn message(content: Value) -> Value {
    json!({"type": "message", "user_id": "u2", "user_name": "Bob", "content": content,
        "room_info": {"id": "general", "title": "General"}})
}

async fn entered() -> (Peer, Socket, Room) {
    let peer = Peer::start().await;
    let client = peer.client();
    let entering = client.room("general").user("u1", "Alice").create("General").into_future();
    let (room, socket) = tokio::join!(entering, async {
        let mut socket = peer.socket().await;
        let hello = json!({"api_key": "k", "user_id": "u1", "user_name": "Alice",
            "action": "create", "room_title": "General"});
        assert_eq!(socket.hear().await, hello);
        socket.say(joined()).await;
        socket
    });
    (peer, socket, room.unwrap())
}

async fn next(room: &mut Room) -> Event {
    soon(room.next()).await.expect("the room goes on")
}

#[tokio::test]
async fn a_room_tells_who_is_there_and_what_they_say() {
    let (_peer, mut socket, mut room) = entered().await;
    assert!(matches!(next(&mut room).await, Event::Connected(_)));
    let Event::Joined(joined) = next(&mut room).await else { panic!() };
    assert_eq!((joined.room.title.unwrap(), room.state()), ("General".into(), State::Live));
    let names = |room: &Room| -> Vec<String> {
        room.participants().into_iter().map(|one| one.name.unwrap().to_string()).collect()
    };
    assert_eq!(names(&room), ["Alice", "Bob"]);
    assert!(room.view().is_complete());

    let eve = json!({"type": "user_joined", "user_id": "u3", "user_name": "Eve",
        "room_info": {"id": "general", "title": "General", "participants": 3}});
    socket.say(eve).await;
    socket.say(message(json!({"text": "Hello!"}))).await;
    assert!(matches!(next(&mut room).await, Event::UserJoined(_)));
    assert_eq!(names(&room), ["Alice", "Bob", "Eve"]);
    let Event::Message(said) = next(&mut room).await else { panic!() };
    assert_eq!(said.get::<Value>().unwrap(), json!({"text": "Hello!"}));

    assert_eq!(room.send("Hi, Bob").await.unwrap(), Published::Sent);
    assert_eq!(room.send_json(r#"{"n":1}"#).await.unwrap(), Published::Sent);
    soon(room.leave()).await.unwrap();
    assert_eq!(socket.hear().await, json!({"type": "message", "content": "Hi, Bob"}));
    assert_eq!(socket.hear().await, json!({"type": "message", "content": {"n": 1}}));
    assert!(socket.goodbye().await);
}

#[tokio::test]
async fn a_missing_room_is_refused_or_made() {
    let peer = Peer::start().await;
    let missing = json!({"error": "Room not found", "room_id": "general"});
    let client = peer.client();
    let (room, ()) = tokio::join!(client.room("general").join().into_future(), async {
        let mut socket = peer.socket().await;
        assert_eq!(socket.hear().await["action"], "join");
        socket.say(missing.clone()).await;
    });
    let Error::Refused(refusal) = room.unwrap_err() else { panic!() };
    assert_eq!(refusal.kind, RefusalKind::Room);

    let entering = client.room("general").join_or_create("New").into_future();
    let (room, _socket) = tokio::join!(entering, async {
        let mut socket = peer.socket().await;
        assert_eq!(socket.hear().await["action"], "join");
        socket.say(missing).await;
        let mut socket = peer.socket().await;
        assert_eq!(socket.hear().await["action"], "create");
        socket.say(joined()).await;
        socket
    });
    assert!(room.unwrap().view().is_current());
}

#[tokio::test]
async fn a_reader_that_waits_stops_neither_a_sender_nor_a_close() {
    let (_peer, mut socket, mut room) = entered().await;
    let (sender, handle) = (room.sender(), room.handle().clone());
    let (started, is_reading) = tokio::sync::oneshot::channel();
    let reader = tokio::spawn(async move {
        next(&mut room).await;
        next(&mut room).await;
        started.send(()).unwrap();
        room.next().await
    });
    is_reading.await.unwrap();
    for n in 0..3 {
        let sender = sender.clone();
        let sent = tokio::spawn(async move { sender.send(&n).await });
        assert_eq!(socket.hear().await["content"], n);
        assert_eq!(soon(sent).await.unwrap().unwrap(), Published::Sent);
    }
    let begun = Instant::now();
    soon(handle.close()).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(socket.goodbye().await);
    assert_eq!(soon(reader).await.unwrap(), None);
    assert!(handle.is_closed());
    let error = sender.send_json("1").await.unwrap_err();
    assert_eq!((error.content.as_str(), error.reason), ("1", UnpublishedReason::Closed));
}

#[tokio::test]
async fn what_was_said_without_a_link_leaves_with_the_next() {
    let (peer, socket, mut room) = entered().await;
    next(&mut room).await;
    next(&mut room).await;
    drop(socket);
    assert!(matches!(next(&mut room).await, Event::Disconnected(_)));
    assert_eq!(room.send("later").await.unwrap(), Published::Queued);
    // Nobody reads: flushing moves the connection by itself.
    let (flushed, mut socket) = tokio::join!(soon(room.flush()), async {
        let mut socket = peer.socket().await;
        assert_eq!(socket.hear().await["action"], "create");
        socket.say(joined()).await;
        assert_eq!(socket.hear().await["content"], "later");
        socket
    });
    flushed.unwrap();
    // What came meanwhile is still there.
    assert!(matches!(next(&mut room).await, Event::Connected(_)));
    assert!(matches!(next(&mut room).await, Event::Joined(_)));
    assert!(matches!(next(&mut room).await, Event::Gap(_)));
    let seen = room.statistics();
    assert_eq!((seen.reconnects, seen.gaps, seen.events), (1, 1, 6));
    drop(room);
    socket.goodbye().await;
}

#[tokio::test]
async fn dropping_a_room_ends_its_connection() {
    let (_peer, mut socket, room) = entered().await;
    let sender = room.sender();
    drop(room);
    assert!(socket.goodbye().await);
    assert!(sender.handle().is_closed());
    let Error::Unpublished(unpublished) = sender.send("?").await.unwrap_err() else { panic!() };
    assert_eq!(unpublished.reason, UnpublishedReason::Closed);
    assert!(matches!(sender.flush().await, Err(Error::Command(_))));
}

#[tokio::test]
async fn a_server_that_reads_nothing_holds_nobody_up() {
    let (_peer, _socket, mut room) = entered().await;
    let large = "x".repeat(200_000);
    let sender = room.sender();
    // More than sockets and outbox hold: the sender waits, and the reader does not.
    let sending = tokio::spawn(async move {
        loop {
            if let Err(error) = sender.send(&large).await {
                break error;
            }
        }
    });
    next(&mut room).await;
    next(&mut room).await;
    let handle = room.handle().clone();
    let mut sent = 0;
    while sent < handle.statistics().bytes_sent || sent == 0 {
        sent = handle.statistics().bytes_sent;
        let silence = tokio::time::timeout(Duration::from_millis(200), room.next()).await;
        assert!(silence.is_err());
    }
    let begun = Instant::now();
    soon(room.close()).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    let Error::Unpublished(unpublished) = soon(sending).await.unwrap() else { panic!() };
    assert_eq!(unpublished.reason, UnpublishedReason::Closed);
}

#[tokio::test]
async fn a_call_that_is_dropped_has_taken_nothing() {
    let (_peer, mut socket, mut room) = entered().await;
    next(&mut room).await;
    next(&mut room).await;
    let talk = tokio::spawn(async move {
        for n in 0..200 {
            socket.say(message(json!(n))).await;
        }
        socket
    });
    let mut seen = Vec::new();
    while seen.len() < 200 {
        tokio::select! {
            biased;
            event = room.next() => match event.unwrap() {
                Event::Message(message) => seen.push(message.get::<u32>().unwrap()),
                other => panic!("{other:?}"),
            },
            // The first poll of `next` often finds nothing; it is dropped then.
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(seen, (0..200).collect::<Vec<_>>());
    drop(soon(talk).await.unwrap());
}

#[tokio::test]
async fn a_name_is_given_or_made_up() {
    let peer = Peer::start().await;
    let config = SessionConfig::default();
    let client = peer.builder().api_key("k").session_config(config).build().unwrap();
    let names = [
        client.room("general").join().stream().name().to_owned(),
        client.room("general").named("chat").join().stream().name().to_owned(),
        client.broadcast().stream().name().to_owned(),
        client.gateway().stream().name().to_owned(),
        client.collection("quakes").stream::<Value>().unwrap().name().to_owned(),
    ];
    assert_eq!(names, ["general-1", "chat", "broadcast-3", "gateway-4", "quakes-5"]);
}
