//! The event-stream codec: a table of the standard's rules, and a slow decoder written from the
//! standard's text that must agree on any bytes in any split.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod encode;
mod reference;
mod rules;
mod splits;

use bytes::Bytes;
use cocobase_proto::sse::{Decoder, Item};

/// Everything that the decoder says now.
fn drain(decoder: &mut Decoder) -> Vec<Item> {
    let items = std::iter::from_fn(|| decoder.poll()).collect();
    assert_eq!(decoder.poll(), None);
    items
}

/// What a stream in one piece says.
fn decode(stream: &[u8]) -> Vec<Item> {
    let mut decoder = Decoder::default();
    decoder.push_bytes(Bytes::copy_from_slice(stream));
    drain(&mut decoder)
}
