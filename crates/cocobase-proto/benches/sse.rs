//! How fast event streams are read: GB/s on 300-byte messages in pieces of 16 KiB, beside one pass of
//! `memchr` over the same bytes in the same run.
//!
//! `cargo bench -p cocobase-proto --bench sse`
#![allow(clippy::disallowed_types, clippy::disallowed_methods, clippy::print_stdout)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::Bytes;
use cocobase_proto::sse::{Decoder, Item};

const PIECE: usize = 16 * 1024;
const MESSAGES: usize = 100_000;
const MESSAGE: usize = 300;
const ROUNDS: usize = 15;

/// A collection event as the server writes it, with an id and padded to 300 bytes.
fn message(n: usize) -> String {
    let head = format!(
        "id: 0190b0c4:{n:08}\ndata: {{\"type\":\"event\",\"collection\":\"quakes\",\"event\":\"created\",\
         \"document\":{{\"id\":\"doc_{n:08}\",\"data\":{{\"mag\":4.5,\"place\":\""
    );
    let tail = "\"},\"createdAt\":\"2024-01-15T10:30:00Z\"}}\n\n";
    let padding = "Alaska ".chars().cycle().take(MESSAGE - head.len() - tail.len());
    head.chars().chain(padding).chain(tail.chars()).collect()
}

/// The shortest of several rounds: what the machine can do when nothing else runs.
fn shortest(mut round: impl FnMut()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            round();
            start.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn main() {
    let stream: String = (0..MESSAGES).map(message).collect();
    let bytes = stream.len();
    let pieces: Vec<Bytes> = stream.as_bytes().chunks(PIECE).map(Bytes::copy_from_slice).collect();

    let scan = shortest(|| {
        let ends: usize =
            pieces.iter().map(|piece| memchr::memchr_iter(b'\n', piece).count()).sum();
        assert_eq!(black_box(ends), 3 * MESSAGES);
    });
    let decode = |copied: bool| {
        shortest(|| {
            let mut decoder = Decoder::default();
            let mut messages = 0;
            for piece in &pieces {
                if copied {
                    decoder.push(piece);
                } else {
                    decoder.push_bytes(piece.clone());
                }
                while let Some(item) = decoder.poll() {
                    messages += usize::from(matches!(black_box(item), Item::Message(_)));
                }
            }
            assert_eq!(messages, MESSAGES);
        })
    };
    for (what, took) in
        [("memchr pass", scan), ("push_bytes", decode(false)), ("push (copied)", decode(true))]
    {
        let seconds = took.as_secs_f64();
        println!(
            "{what:14} {:6.2} GB/s {:7.1} ns/message {:6.2} x memchr",
            bytes as f64 / seconds / 1e9,
            seconds * 1e9 / MESSAGES as f64,
            seconds / scan.as_secs_f64(),
        );
    }
}
