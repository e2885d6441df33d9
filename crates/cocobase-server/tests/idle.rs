//! What an idle watcher costs, and how fast they are let in: measurements, which are only run on demand.
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
use std::time::Instant;

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

/// A handshake and a hello in one go, without any memory but the socket's.
fn connect(address: SocketAddr, n: usize) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    let hello = format!(r#"{{"api_key":"{KEY}","filters":{{"owner":"user_{n}"}}}}"#);
    let mut request = format!(
        "GET /realtime/collections/users HTTP/1.1\r\nhost: {address}\r\nconnection: upgrade\r\n\
         upgrade: websocket\r\nsec-websocket-version: 13\r\n\
         sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    .into_bytes();
    request.extend([0x81, 0x80 | u8::try_from(hello.len()).unwrap(), 0, 0, 0, 0]);
    request.extend(hello.as_bytes());
    stream.write_all(&request).unwrap();
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn idle_watchers() {
    let server = Running::start(config()).await;
    let address = server.address;
    let measured = tokio::task::spawn_blocking(move || {
        // What the first ones bring about, the others find.
        let mut first: Vec<_> = (0..100).map(|n| connect(address, n)).collect();
        first.iter_mut().for_each(wait_for_greeting);
        let before = (allocated(), resident());
        let start = Instant::now();
        let mut watchers: Vec<_> = (0..WATCHERS).map(|n| connect(address, n)).collect();
        watchers.iter_mut().for_each(wait_for_greeting);
        let took = start.elapsed();
        let after = (allocated(), resident());
        let each = |before: usize, after: usize| after.saturating_sub(before) / WATCHERS;
        println!("{} bytes allocated for each idle watcher", each(before.0, after.0));
        println!("{} bytes resident for each idle watcher", each(before.1, after.1));
        println!("{:.0} watchers let in a second", WATCHERS as f64 / took.as_secs_f64());
        drop((first, watchers));
    });
    measured.await.unwrap();
    server.stop().await;
}
