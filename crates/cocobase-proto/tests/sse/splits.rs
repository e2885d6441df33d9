//! Any bytes, in any split, are read as the reference reads them in one piece.

use bytes::Bytes;
use cocobase_proto::sse::{DEFAULT_LIMIT, Decoder, Item};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{drain, reference};

const PARTS: [&[u8]; 34] = [
    b"data",
    b"data:",
    b"data: ",
    b"event:",
    b"id:",
    b"id: ",
    b"retry:",
    b"retry: ",
    b"dat",
    b":",
    b" ",
    b"\n",
    b"\n",
    b"\n",
    b"\n\n",
    b"\r",
    b"\r\n",
    b"\r\n\r\n",
    b"\r\r",
    b"x",
    b"123",
    b"0",
    b"99999999999999999999",
    b"\0",
    "é".as_bytes(),
    "\u{feff}".as_bytes(),
    "😀".as_bytes(),
    b"{\"id\":\"doc_1\",\"name\":\"Ada\"}",
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"\xef\xbb",
    b"\xbf",
    b"\xf0\x9f",
];

/// Streams that are made of what means something.
fn stream(parts: &'static [&'static [u8]]) -> impl Strategy<Value = Vec<u8>> {
    vec(select(parts), 0..60).prop_map(|parts| parts.concat())
}

fn any_stream() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => stream(&PARTS), 1 => vec(any::<u8>(), 0..200)]
}

/// Reads the stream cut at these places.
fn decode_cut(stream: &[u8], cuts: &[Index], limit: usize, eager: bool) -> (Vec<Item>, String) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
    cuts.push(stream.len());
    cuts.sort_unstable();
    let whole = Bytes::copy_from_slice(stream);
    let mut decoder = Decoder::with_limit(limit);
    let mut items = vec![];
    let mut start = 0;
    for cut in cuts {
        if cut % 2 == 0 {
            decoder.push_bytes(whole.slice(start..cut));
        } else {
            decoder.push(&stream[start..cut]);
        }
        start = cut;
        if eager {
            items.extend(drain(&mut decoder));
        }
    }
    items.extend(drain(&mut decoder));
    let last_event_id = decoder.last_event_id().to_string();
    (items, last_event_id)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_split_of_any_bytes_reads_as_the_standard_says(
        stream in any_stream(),
        cuts in vec(any::<Index>(), 0..20),
        eager in any::<bool>(),
    ) {
        let expected = reference::decode(&stream, DEFAULT_LIMIT);
        prop_assert_eq!(decode_cut(&stream, &cuts, DEFAULT_LIMIT, eager), expected);
    }

    #[test]
    fn any_split_tells_the_same_overflows(
        stream in stream(&PARTS[..28]),
        cuts in vec(any::<Index>(), 0..20),
        limit in 0..60usize,
        eager in any::<bool>(),
    ) {
        let expected = reference::decode(&stream, limit);
        prop_assert_eq!(decode_cut(&stream, &cuts, limit, eager), expected);
    }

    /// A new stream after any other reads as if there had been none, but for the last id.
    #[test]
    fn a_new_stream_starts_afresh(before in any_stream(), after in any_stream()) {
        let mut decoder = Decoder::default();
        decoder.push(&before);
        drain(&mut decoder);
        decoder.end();
        prop_assert_eq!(drain(&mut decoder), vec![]);
        let id = decoder.last_event_id().clone();
        decoder.push(&after);
        // The reference is told that id in front, where it may stand once the byte order mark is off.
        let rest = after.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&after);
        let told = [b"id: ", id.as_bytes(), b"\n\n", rest].concat();
        prop_assert_eq!(drain(&mut decoder), reference::decode(&told, DEFAULT_LIMIT).0);
    }
}
