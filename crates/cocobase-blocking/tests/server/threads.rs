//! A connection that several threads use at once.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use cocobase_blocking::{Event, Filter, Published, State};
use serde_json::{Value, json};

use crate::support::{Server, soon};
use crate::tls::TlsServer;

/// The middle one of the times that `what` takes.
fn median(times: usize, mut what: impl FnMut()) -> Duration {
    let mut taken: Vec<_> = (0..times)
        .map(|_| {
            let began = Instant::now();
            what();
            began.elapsed()
        })
        .collect();
    taken.sort_unstable();
    taken[times / 2]
}

#[test]
fn a_message_of_another_thread_leaves_at_once_while_the_reader_waits_and_while_nobody_reads() {
    soon(|| {
        for (line, server) in [("TCP", Server::in_memory()), ("TLS", Server::over_tls())] {
            let client = server.client();
            let alice = client.room("general").user("u1", "Alice").create("General").unwrap();
            let mut bob = client.room("general").user("u2", "Bob").join().unwrap().spawn().unwrap();
            let sender = alice.sender();
            // Bob hears what nobody reads at Alice's.
            assert_eq!(sender.send(&json!("first")).unwrap(), Published::Sent);
            assert!(bob.any(|event| matches!(event, Event::Message(_))));

            let reader = thread::spawn(move || alice.filter(is_message).take(101).count());
            let taken = median(100, || {
                assert_eq!(sender.send(&json!("more")).unwrap(), Published::Sent);
            });
            println!("a message leaves by {line} within {taken:?}");
            assert_eq!(reader.join().unwrap(), 101);
        }
    });
}

#[test]
fn over_tls_a_sender_waits_for_no_reader_that_waits() {
    soon(|| {
        let server = TlsServer::start();
        let client = server.client();
        let mut all = client.broadcast().stream();
        let (connecting, mut line) = (thread::spawn(move || (all.ready(), all)), server.accept());
        assert!(line.hear().contains("api_key"));
        line.say(r#"{"event":"connected"}"#);
        let (ready, mut all) = connecting.join().unwrap();
        ready.unwrap();
        let sender = all.sender();

        let (heard, told) = mpsc::channel();
        let reader = thread::spawn(move || all.all(|event| heard.send(event).is_ok()));
        assert!(matches!(told.recv().unwrap(), Event::Connected(_)));
        for n in 0..100 {
            // From here until the server speaks there is nothing that could move the reader, so a
            // message that waited for it would never arrive.
            assert_eq!(sender.send(&n).unwrap(), Published::Sent);
            assert_eq!(line.hear(), format!(r#"{{"type":"message","data":{n}}}"#));
            assert!(told.try_recv().is_err());
            line.say(r#"{"type":"message","content":"heard"}"#);
            assert!(is_message(&told.recv().unwrap()));
        }
        drop(told);
        line.say(r#"{"type":"message","content":"the last one"}"#);
        assert!(!reader.join().unwrap());
    });
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::Message(_))
}

#[test]
fn what_another_thread_subscribes_to_arrives_at_the_reader() {
    soon(|| {
        let server = Server::in_memory();
        let client = server.client();
        let mut gate = client.gateway().connect().unwrap();
        let commands = gate.commands();
        let (heard, told) = mpsc::channel();
        let reader = thread::spawn(move || gate.all(|event| heard.send(event).is_ok()));
        commands.subscribe("users", Filter::new()).unwrap();
        while !matches!(told.recv().unwrap(), Event::Subscribed(_)) {}
        client.collection("users").create(&json!({})).unwrap();
        while !matches!(told.recv().unwrap(), Event::Created(_)) {}
        commands.handle().close();
        assert!(told.iter().next().is_none());
        assert!(reader.join().unwrap());
        assert!(commands.publish("nowhere", "x").is_err());
    });
}

#[test]
fn a_link_that_another_thread_gives_up_is_made_anew_by_the_reader() {
    soon(|| {
        let server = Server::in_memory();
        let users = server.client().collection("users");
        let watch = users.watch::<Value>().unwrap();
        let handle = watch.handle();
        let (heard, told) = mpsc::channel();
        thread::spawn(move || {
            for event in watch {
                let _ = heard.send(matches!(event, Event::Connected(_)));
            }
        });
        assert!(told.recv().unwrap());
        handle.reconnect();
        while !told.recv().unwrap() {}
        assert_eq!((handle.state(), handle.statistics().reconnects), (State::Live, 1));
        handle.close();
    });
}

#[test]
fn a_connection_may_go_from_thread_to_thread() {
    soon(|| {
        let server = Server::in_memory();
        let users = server.client().collection("users");
        let mut watch = users.clone().events().watch::<Value>().unwrap();
        for n in 0..5 {
            users.create(&json!({"n": n})).unwrap();
            let reader = thread::spawn(move || {
                assert!(watch.any(|event| matches!(event, Event::Created(_))));
                watch
            });
            watch = reader.join().unwrap();
        }
    });
}
