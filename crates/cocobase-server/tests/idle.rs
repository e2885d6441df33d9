//! What an idle watcher costs, and how fast they are let in. The measurements are only run on demand:
//!
//! `cargo test --release -p cocobase-server --test idle -- --ignored --nocapture`
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use support::{KEY, Running, config};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<std::alloc::System> = &INSTRUMENTED_SYSTEM;

/// Bytes that are allocated and not freed.
fn allocated() -> usize {
    let stats = ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

const WATCHERS: usize = 4_000;

/// Bytes of this process in memory.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() << 10
}

/// How one asks to watch, with all in one go.
type Request = fn(usize) -> Vec<u8>;

/// Surface C: a handshake and a hello.
fn websocket(n: usize) -> Vec<u8> {
    let hello = format!(r#"{{"api_key":"{KEY}","filters":{{"owner":"user_{n}"}}}}"#);
    let mut request = "GET /realtime/collections/users HTTP/1.1\r\nhost: x\r\n\
        connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        .as_bytes()
        .to_vec();
    request.extend([0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0]);
    request.extend(hello.as_bytes());
    request
}

/// Surface S.
fn event_stream(n: usize) -> Vec<u8> {
    let path = "/realtime/sse/users?greeting=true";
    let filters = format!("%7B%22owner%22%3A%22user_{n}%22%7D");
    format!("GET {path}&filters={filters} HTTP/1.1\r\nhost: x\r\nx-api-key: {KEY}\r\n\r\n").into()
}

/// A connection without any memory but the socket's.
fn connect(address: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request).unwrap();
    stream
}

fn wait_for_greeting(stream: &mut TcpStream) {
    let mut heard = Vec::new();
    let mut piece = [0; 1024];
    while !String::from_utf8_lossy(&heard).contains("\"seq\":0}") {
        let len = stream.read(&mut piece).unwrap();
        assert!(len > 0, "{heard:?}");
        heard.extend(&piece[..len]);
    }
}

fn greeted(address: SocketAddr, request: Request, count: usize) -> Vec<TcpStream> {
    let mut watchers: Vec<_> = (0..count).map(|n| connect(address, &request(n))).collect();
    watchers.iter_mut().for_each(wait_for_greeting);
    watchers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn idle_watchers() {
    for (surface, request) in [("C", websocket as Request), ("S", event_stream)] {
        let server = Running::start(config()).await;
        let address = server.address;
        let measured = tokio::task::spawn_blocking(move || {
            // What the first ones bring about, the others find.
            let first = greeted(address, request, 100);
            let before = (allocated(), resident());
            let start = Instant::now();
            let watchers = greeted(address, request, WATCHERS);
            let took = start.elapsed();
            let after = (allocated(), resident());
            let each = |before: usize, after: usize| after.saturating_sub(before) / WATCHERS;
            println!("{surface}: {} bytes allocated for each", each(before.0, after.0));
            println!("{surface}: {} bytes resident for each", each(before.1, after.1));
            println!("{surface}: {:.0} let in a second", WATCHERS as f64 / took.as_secs_f64());
            drop((first, watchers));
        });
        measured.await.unwrap();
        server.stop().await;
    }
}

/// One that listens to an event stream takes no more than one with a WebSocket: nothing of HTTP is
/// left.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_idle_listener_is_small() {
    const LISTENERS: usize = 200;
    const BOUND: usize = 6_000;
    let server = Running::start(config()).await;
    let address = server.address;
    let measured = tokio::task::spawn_blocking(move || {
        let first = greeted(address, event_stream, 50);
        let before = allocated();
        let listeners = greeted(address, event_stream, LISTENERS);
        // The greeting may be here before the last connections have left HTTP's memory behind.
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let each = allocated().saturating_sub(before) / LISTENERS;
            if each <= BOUND {
                break;
            }
            assert!(Instant::now() < deadline, "{each} bytes for an idle listener");
            std::thread::yield_now();
        }
        drop((first, listeners));
    });
    measured.await.unwrap();
    server.stop().await;
}
