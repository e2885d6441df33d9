//! Event streams: any bytes in any split, under any limit, read as the standard says.

use bytes::Bytes;
use cocobase_proto::sse::{Decoder, Item};

use super::reference;

/// A byte of limit, a byte that seeds the cuts, and a stream.
pub fn sse(input: &[u8]) {
    let [limit, seed, stream @ ..] = input else { return };
    let limit = match limit {
        255 => usize::MAX,
        limit => usize::from(*limit),
    };
    let whole = read([stream], limit);
    assert_eq!(read(cuts(stream, *seed), limit), whole, "cut with {seed}");
    assert_eq!(read(stream.chunks(1), limit), whole, "byte by byte");
    // The reference counts bytes of decoded text, so under a limit it is told whole characters.
    if limit == usize::MAX || str::from_utf8(stream).is_ok() {
        assert_eq!(whole, reference::decode(stream, limit));
    }
}

fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, limit: usize) -> (Vec<Item>, String) {
    let mut decoder = Decoder::with_limit(limit);
    let mut items = Vec::new();
    for (n, piece) in pieces.into_iter().enumerate() {
        if n % 2 == 0 {
            decoder.push_bytes(Bytes::copy_from_slice(piece));
        } else {
            decoder.push(piece);
        }
        items.extend(std::iter::from_fn(|| decoder.poll()));
        assert_eq!(decoder.poll(), None);
    }
    (items, decoder.last_event_id().to_string())
}

/// Pieces of 0 to 15 bytes.
fn cuts(stream: &[u8], seed: u8) -> Vec<&[u8]> {
    let (mut state, mut rest, mut pieces) = (u32::from(seed), stream, Vec::new());
    while !rest.is_empty() {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let (piece, tail) = rest.split_at(((state >> 16) as usize % 16).min(rest.len()));
        pieces.push(piece);
        rest = tail;
    }
    pieces
}
