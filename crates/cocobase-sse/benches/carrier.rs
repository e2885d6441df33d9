//! What an event costs a program that watches by this crate, beside a bare loop over eventsource-client.
//!
//! `cargo bench -p cocobase-sse --bench carrier`. A thread writes a stream that is prepared beforehand to a
//! loopback socket: 200,000 changes whose data is 300 bytes each, as the server writes them. The other
//! thread reads it, and its CPU time, user and system, is what counts. Rounds alternate; the medians of
//! one run are compared.
//!
//! - *bare*: `eventsource_client`, its reconnection switched off, over this crate's own transport; each message's
//!   data goes through `serde_json::from_str` into the envelope and the typed document.
//! - *watch*: [`cocobase_sse::Watch`], pulled: the same, and session, positions, timers, reconnection.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(missing_docs)]

#[allow(dead_code, unreachable_pub)]
#[path = "../src/transport.rs"]
mod transport;

use std::hint::black_box;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use cocobase_driver::Runtime as _;
use cocobase_sse::{Client, Connections, Event, Network};
use cocobase_tokio::Tokio;
use eventsource_client::{Client as _, ClientBuilder, ReconnectOptions, SSE};
use futures_util::StreamExt;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;

use transport::{Transport, Unread};

const EVENTS: usize = 200_000;
const EVENT_BYTES: usize = 300;
const ROUNDS: usize = 9;

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Quake {
    time: String,
    mag: f64,
    place: String,
    status: String,
    longitude: f64,
    latitude: f64,
}

/// The whole message, as one would write it by hand.
#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Message {
    event: String,
    collection: String,
    document: Document,
    seq: Option<u64>,
}

#[derive(Debug, Deserialize)]
#[allow(dead_code)]
struct Document {
    id: String,
    data: Quake,
}

fn main() {
    let address = serve(stream());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut bare_rounds = Vec::new();
    let mut watch_rounds = Vec::new();
    for round in 0..=ROUNDS {
        let bare = runtime.block_on(bare(address));
        let watch = runtime.block_on(watch(address));
        // The first one warms up.
        if round > 0 {
            println!("bare {bare:.0} ns   watch {watch:.0} ns   {:.3}", watch / bare);
            bare_rounds.push(bare);
            watch_rounds.push(watch);
        }
    }
    let ratios = bare_rounds.iter().zip(&watch_rounds).map(|(bare, watch)| watch / bare).collect();
    let (bare, watch) = (median(bare_rounds), median(watch_rounds));
    println!("CPU for an event of {EVENT_BYTES} bytes, medians of {ROUNDS} rounds of {EVENTS}:");
    println!("  eventsource-client alone   {bare:.0} ns");
    println!("  cocobase-sse, pulled       {watch:.0} ns");
    println!("  ratio {:.3}, median of the rounds' ratios {:.3}", watch / bare, median(ratios));
}

fn median(mut rounds: Vec<f64>) -> f64 {
    rounds.sort_by(f64::total_cmp);
    rounds.get(rounds.len() / 2).copied().unwrap()
}

/// The greeting, and every change.
fn stream() -> Vec<u8> {
    let mut stream = String::from(concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n",
        "event: subscribed\nid: e:0\n",
        r#"data: {"type":"subscribed","collection":"quakes","epoch":"e","seq":0}"#,
        "\n\n"
    ));
    for seq in 1..=EVENTS {
        let written = |place: &str| {
            format!(
                concat!(
                    r#"{{"type":"event","collection":"quakes","event":"created","document":{{"#,
                    r#""id":"{:012}","data":{{"time":"2024-05-01T12:00:00.000Z","mag":{}.{},"#,
                    r#""place":"{}","status":"reviewed","longitude":-149.5{:03},"latitude":61.2}},"#,
                    r#""createdAt":"2024-05-01T12:00:00.000Z"}},"seq":{}}}"#
                ),
                seq,
                seq % 7,
                seq % 10,
                place,
                seq % 1000,
                seq
            )
        };
        let place = "10 km N of Anchorage, Alaska".chars().cycle();
        let data = written(&place.take(EVENT_BYTES - written("").len()).collect::<String>());
        assert_eq!(data.len(), EVENT_BYTES);
        stream.push_str(&format!("id: e:{seq}\ndata: {data}\n\n"));
    }
    stream.into_bytes()
}

/// Answers whoever comes with the stream, one after the other, and leaves it open.
fn serve(stream: Vec<u8>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming() {
            let mut client = client.unwrap();
            read_request(&mut client);
            client.write_all(&stream).unwrap();
            // Until the client is gone.
            while matches!(client.read(&mut [0; 64]), Ok(1..)) {}
        }
    });
    address
}

fn read_request(client: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte).unwrap();
        head.extend_from_slice(&byte);
    }
}

/// The CPU time of this thread so far, in nanoseconds.
fn cpu() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

async fn bare(address: SocketAddr) -> f64 {
    let tokio = Arc::new(Tokio::new(Network::new()).unwrap());
    let unread = Unread::default();
    let client = ClientBuilder::for_url(&format!("http://{address}/realtime/sse/quakes"))
        .unwrap()
        .header("authorization", "Bearer k")
        .unwrap()
        .reconnect(ReconnectOptions::reconnect(false).build())
        .build_with_transport(Transport::new(tokio, unread.clone()));
    let mut stream = client.stream();
    let first = (stream.next().await, stream.next().await);
    assert!(matches!(first, (Some(Ok(SSE::Connected(_))), Some(Ok(SSE::Event(_))))));
    let before = cpu();
    let mut seen = 0;
    while seen < EVENTS {
        if let SSE::Event(event) = stream.next().await.unwrap().unwrap() {
            let message: Message = serde_json::from_str(&event.data).unwrap();
            black_box(message);
            unread.clear();
            seen += 1;
        }
    }
    (cpu() - before) / EVENTS as f64
}

async fn watch(address: SocketAddr) -> f64 {
    let client = Client::builder(format!("http://{address}"))
        .api_key("k")
        .connections(Connections::new())
        .build()
        .unwrap();
    let mut watch = client.collection("quakes").watch::<Quake>().await.unwrap();
    assert!(matches!(watch.next().await, Some(Event::Connected(_))));
    let before = cpu();
    let mut seen = 0;
    while seen < EVENTS {
        match watch.next().await.unwrap() {
            Event::Created(change) => {
                black_box(change);
                seen += 1;
            }
            other => panic!("{other:?}"),
        }
    }
    (cpu() - before) / EVENTS as f64
}
