//! What is left of connections that are over: nothing. It has a process of its own, to count in.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::net::TcpListener;
use std::time::{Duration, Instant};

use cocobase_blocking::{Client, Watch};
use serde_json::Value;

fn count(of: &str) -> usize {
    std::fs::read_dir(of).unwrap().count()
}

fn threads() -> usize {
    count("/proc/self/task")
}

fn sockets() -> usize {
    count("/proc/self/fd")
}

/// Waits until there are no more than that.
fn down_to(threads_before: usize, sockets_before: usize) {
    let began = Instant::now();
    while threads_before < threads() || sockets_before < sockets() {
        let (threads, sockets) = (threads(), sockets());
        assert!(
            began.elapsed() < Duration::from_secs(5),
            "{threads_before} threads became {threads}, {sockets_before} files {sockets}"
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_pulled_connection_has_no_thread_a_spawned_one_has_one_and_none_is_left() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let client = Client::builder(url).api_key("k").build().unwrap();
    let users = client.collection("users");
    let poll = |watch: &mut Watch<Value>| {
        assert!(watch.recv_timeout(Duration::from_millis(1)).is_err());
    };
    // What a thread needs to wait, it keeps.
    poll(&mut users.stream().unwrap());
    drop(silent.accept().unwrap());
    let (no_threads, no_sockets) = (threads(), sockets());

    let mut pulled = users.stream::<Value>().unwrap();
    poll(&mut pulled);
    assert_eq!((threads(), sockets()), (no_threads, no_sockets + 1));
    drop(pulled);
    drop(silent.accept().unwrap());
    down_to(no_threads, no_sockets);

    let mut by_events = users.clone().events().stream::<Value>().unwrap();
    poll(&mut by_events);
    let (answer, _) = silent.accept().unwrap();
    assert!(threads() <= no_threads + 1);
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n: hello\n\n";
    std::io::Write::write_all(&mut &answer, head.as_bytes()).unwrap();
    // The thread of the request ends when the stream is open.
    let began = Instant::now();
    while no_threads < threads() || by_events.statistics().bytes_received == 0 {
        poll(&mut by_events);
        assert!(began.elapsed() < Duration::from_secs(5));
    }
    drop((by_events, answer));
    down_to(no_threads, no_sockets);

    let spawned = users.stream::<Value>().unwrap().spawn().unwrap();
    let (asked, _) = silent.accept().unwrap();
    assert_eq!(threads(), no_threads + 1);
    drop((spawned, asked));
    down_to(no_threads, no_sockets);

    // Dropped while its request is under way.
    for events in [users.clone().events(), users] {
        let spawned = events.stream::<Value>().unwrap().spawn().unwrap();
        let asked = silent.accept().unwrap();
        drop((spawned, asked.1));
        down_to(no_threads, no_sockets + 1);
        drop(asked.0);
    }
    down_to(no_threads, no_sockets);
}
