//! Ending a connection: in every state, at once, from any thread.

use std::net::{TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use cocobase_blocking::{Client, Collection, Error, Event, State, Watch};
use serde_json::Value;

use crate::support::{KEY, Server, quick, soon};

/// The aim is 100 ms, and the suite prints what it takes. A machine that is busy with other things gets more;
/// what would hang takes ten seconds at least.
const PROMPT: Duration = Duration::from_secs(1);

/// How much is said at once where a connection is to be filled.
const SIZE: usize = 64 << 10;

/// Closes from this thread what another one waits for.
fn close_while_read(watch: Watch<Value>, when: State) {
    let handle = watch.handle();
    let reader = thread::spawn(move || watch.last());
    while handle.state() != when {
        thread::yield_now();
    }
    let began = Instant::now();
    handle.close();
    reader.join().unwrap();
    let taken = began.elapsed();
    assert!(taken < PROMPT, "{taken:?} in {when:?}");
    assert!(handle.is_closed());
}

/// Each way to watch: pulled and spawned, by WebSocket and by event stream.
fn ways(users: &Collection) -> [Watch<Value>; 4] {
    let stream = || users.stream::<Value>().unwrap();
    let events = || users.clone().events().stream::<Value>().unwrap();
    [stream(), events(), stream().spawn().unwrap(), events().spawn().unwrap()]
}

fn users_of(listener: &TcpListener, host: &str) -> Collection {
    let url = format!("http://{host}:{}", listener.local_addr().unwrap().port());
    Client::builder(url).api_key(KEY).build().unwrap().collection("users")
}

#[test]
fn live() {
    soon(|| {
        for server in [Server::in_memory(), Server::over_tls()] {
            for watch in ways(&server.client().collection("users")) {
                close_while_read(watch, State::Live);
            }
        }
    });
}

#[test]
fn connecting_to_a_server_that_never_answers() {
    soon(|| {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        for host in ["127.0.0.1", "localhost"] {
            for watch in ways(&users_of(&silent, host)) {
                // It has got as far as it can, which is when the reader waits for an answer.
                let handle = watch.handle();
                let reader = thread::spawn(move || watch.last());
                let (_asked, _) = silent.accept().unwrap();
                let began = Instant::now();
                handle.close();
                reader.join().unwrap();
                let taken = began.elapsed();
                assert!(taken < PROMPT, "{taken:?}");
            }
        }
    });
}

#[test]
fn connecting_to_a_host_that_takes_nobody() {
    soon(|| {
        // A listener whose queue is full answers to nothing any more.
        let full = socket2::Socket::new(
            socket2::Domain::IPV4,
            socket2::Type::STREAM,
            Some(socket2::Protocol::TCP),
        )
        .unwrap();
        full.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        full.listen(0).unwrap();
        let full = TcpListener::from(full);
        let address = full.local_addr().unwrap();
        let patience = Duration::from_millis(100);
        let mut queue = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
            queue.push(stream);
        }
        for watch in ways(&users_of(&full, "127.0.0.1")) {
            close_while_read(watch, State::Connecting);
        }
    });
}

#[test]
fn between_two_attempts() {
    soon(|| {
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap();
        let users = users_of(&nobody, "127.0.0.1");
        drop(nobody);
        for watch in ways(&users) {
            close_while_read(watch, State::Waiting);
        }
    });
}

#[test]
fn a_sender_whose_server_reads_nothing_is_let_go() {
    soon(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let room = quick(url).api_key(KEY).build().unwrap().room("general").stream(None);
        let handle = room.handle();
        let sender = room.sender();
        let reader = thread::spawn(move || room.last());
        let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
        socket.read().unwrap();
        let joined = r#"{"event":"joined","room_id":"general","participants":1,"user_id":"u"}"#;
        socket.send(tungstenite::Message::text(joined)).unwrap();
        while handle.state() != State::Live {
            thread::yield_now();
        }
        let (sent, stuck) = std::sync::mpsc::channel();
        let talker = thread::spawn(move || {
            let message = "x".repeat(SIZE);
            while sender.send(&message).is_ok() {
                let _ = sent.send(());
            }
        });
        // What the buffers of both sides take is little; then there is no more.
        while stuck.recv_timeout(Duration::from_millis(200)).is_ok() {}
        assert!(!talker.is_finished());
        let began = Instant::now();
        handle.close();
        talker.join().unwrap();
        reader.join().unwrap();
        let taken = began.elapsed();
        assert!(taken < 2 * PROMPT, "{taken:?}");
    });
}

#[test]
fn a_sender_goes_on_when_its_server_reads_again() {
    soon(|| {
        const COUNT: usize = 512;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut room = quick(url).api_key(KEY).build().unwrap().room("general").stream(None);
        let server = thread::spawn(move || {
            let mut socket = tungstenite::accept(listener.accept().unwrap().0).unwrap();
            socket.read().unwrap();
            let joined = r#"{"event":"joined","room_id":"general","participants":1,"user_id":"u"}"#;
            socket.send(tungstenite::Message::text(joined)).unwrap();
            (0..COUNT).map(|_| socket.read().unwrap().len()).sum::<usize>()
        });
        room.ready().unwrap();
        // Nobody reads: the thread that sends waits for the socket itself.
        let message = "x".repeat(SIZE);
        for _ in 0..COUNT {
            room.send(&message).unwrap();
        }
        assert!(server.join().unwrap() > COUNT * SIZE);
    });
}

#[test]
fn what_is_dropped_is_gone() {
    soon(|| {
        let server = Server::in_memory();
        let client = server.client();
        let mut alice = client.room("general").user("u1", "Alice").create("General").unwrap();
        let other = |id: &str| client.room("general").user(id, "Bob").join().unwrap();
        for bob in [other("u2"), other("u3").spawn().unwrap()] {
            let sender = bob.sender();
            drop(bob);
            assert!(matches!(sender.send("too late"), Err(Error::Unpublished(_))));
            assert!(alice.any(|event| matches!(event, Event::UserLeft(_))));
        }
    });
}
