//! The standard's rules one by one, with its own examples.

use std::time::Duration;

use bytes::Bytes;
use cocobase_proto::sse::{Decoder, Item, Overflow};

use super::{decode, drain};

/// An item in a few characters: `name=data#id` for a message.
fn short(item: &Item) -> String {
    match item {
        Item::Message(message) => {
            format!("{}={}#{}", message.name, message.data, message.last_event_id)
        }
        Item::Comment => ":".into(),
        Item::Retry(pause) => format!("retry {}", pause.as_millis()),
        Item::Overflow(overflow) => format!("dropped {}", overflow.dropped),
    }
}

#[test]
fn the_rules() {
    for (stream, expected) in [
        // The standard's examples.
        (
            ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
            &[":", "=first event#1", "=second event#", "= third event#"][..],
        ),
        ("data\n\ndata\ndata\n\ndata:", &["=#", "=\n#"]),
        ("data:test\n\ndata: test\n\n", &["=test#", "=test#"]),
        ("data: YHOO\ndata: +2\ndata: 10\n\n", &["=YHOO\n+2\n10#"]),
        (
            "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
            &["add=73857293#", "remove=2153#"],
        ),
        // Byte order mark: one, and only at the very beginning.
        ("\u{feff}data: a\n\n\u{feff}data: b\n\n", &["=a#"]),
        ("\u{feff}\u{feff}data: a\n\n", &[]),
        ("data: \u{feff}a\n\n", &["=\u{feff}a#"]),
        // Line ends, mixed.
        ("data: a\rdata: b\r\ndata: c\n\r\n", &["=a\nb\nc#"]),
        ("data: a\r\r\ndata: b\r\r", &["=a#", "=b#"]),
        // Comments.
        (":\n: \n:data: x\n\n", &[":", ":", ":"]),
        // Names.
        ("event: a\nevent: b\ndata: x\n\ndata: y\n\n", &["b=x#", "=y#"]),
        ("event: a\n\ndata: x\n\n", &["=x#"]),
        ("event\ndata: x\n\n", &["=x#"]),
        // Ids persist, an empty one resets, one with NUL is ignored.
        ("id: 1\n\ndata: a\n\n", &["=a#1"]),
        ("id: 1\ndata: a\n\ndata: b\n\nid:\ndata: c\n\n", &["=a#1", "=b#1", "=c#"]),
        ("id: 1\nid: 2\0\ndata: a\n\n", &["=a#1"]),
        ("id: 1\nid: 2\ndata: a\n\n", &["=a#2"]),
        // Retry.
        (
            "retry: 10\nretry: 1x\nretry: -1\nretry: +1\nretry:\nretry:  5\nretry: 1.5\n",
            &["retry 10"],
        ),
        ("retry:007\n", &["retry 7"]),
        ("retry: 99999999999999999999999\n", &["retry 18446744073709551615"]),
        ("retry: \u{0661}\n", &[]),
        // Unknown fields, near misses, one space.
        ("datas: x\nDATA: x\n data: x\ndata : x\n\n", &[]),
        ("data:a:b: c\n\n", &["=a:b: c#"]),
        ("data:\t a\n\n", &["=\t a#"]),
        // No blank line, no message.
        ("data: a\n\ndata: b\n", &["=a#"]),
        ("data: a\n\ndata: b", &["=a#"]),
        ("", &[]),
    ] {
        let items: Vec<String> = decode(stream.as_bytes()).iter().map(short).collect();
        assert_eq!(items, expected, "{stream:?}");
    }
}

#[test]
fn what_is_not_utf8_is_replaced() {
    for (data, expected) in [
        (&b"a\xffb"[..], "a\u{fffd}b"),
        (b"\xe2\x82", "\u{fffd}"),
        (b"\xf0\x9f\x98", "\u{fffd}"),
        (b"\xed\xa0\x80", "\u{fffd}\u{fffd}\u{fffd}"),
        (b"\xc0\x80", "\u{fffd}\u{fffd}"),
    ] {
        let items = decode(&[b"data: ", data, b"\n\n"].concat());
        let [Item::Message(message)] = &items[..] else { panic!("{items:?}") };
        assert_eq!(message.data, expected);
    }
}

#[test]
fn an_id_counts_only_once_its_message_is_over() {
    let mut decoder = Decoder::default();
    decoder.push(b"id: 1\ndata: a\n\nid: 2\ndata: b\n");
    drain(&mut decoder);
    assert_eq!(decoder.last_event_id(), "1");
    decoder.push(b"\n");
    drain(&mut decoder);
    assert_eq!(decoder.last_event_id(), "2");
}

#[test]
fn a_cr_ends_a_message_without_waiting_for_an_lf() {
    let mut decoder = Decoder::default();
    decoder.push(b"data: a\r\r");
    assert_eq!(drain(&mut decoder).len(), 1);
    decoder.push(b"\ndata: b\n\n");
    assert_eq!(drain(&mut decoder).iter().map(short).collect::<Vec<_>>(), ["=b#"]);
}

#[test]
fn one_line_in_one_piece_is_not_copied() {
    let piece = Bytes::from_static(b"data: hello\nid: 7\nevent: e\n\n");
    let mut decoder = Decoder::default();
    decoder.push_bytes(piece.clone());
    let Some(Item::Message(message)) = decoder.poll() else { panic!() };
    for (text, at) in [(&message.data, 6), (&message.last_event_id, 16), (&message.name, 25)] {
        assert_eq!(text.as_ptr(), piece[at..].as_ptr());
    }
}

#[test]
fn the_limit_is_the_largest_message_that_passes() {
    let stream = b"id: 1\ndata: 12345\n\n";
    for (limit, passes) in [(15, false), (16, true)] {
        let mut decoder = Decoder::with_limit(limit);
        decoder.push(stream);
        let items = drain(&mut decoder);
        assert_eq!(matches!(items[..], [Item::Message(_)]), passes);
        assert_eq!(decoder.last_event_id(), if passes { "1" } else { "" });
        if !passes {
            assert_eq!(items, [Item::Overflow(Overflow { dropped: 16, limit })]);
        }
    }
}

#[test]
fn comments_never_add_up_to_an_overflow() {
    let mut decoder = Decoder::with_limit(20);
    for _ in 0..100 {
        decoder.push(b": keep-alive\n");
        assert_eq!(drain(&mut decoder), [Item::Comment]);
    }
    decoder.push(b"data: x\n\n");
    assert_eq!(drain(&mut decoder).len(), 1);
}

#[test]
fn an_overflow_that_the_stream_cuts_off_is_told() {
    for (cut_off, dropped) in [
        ("data: longer than the limit\ndata", Some(31)),
        ("data: longer than the limit\n", Some(27)),
        ("data: longer than the limit", Some(27)),
        ("data: 12\ndata: 34", Some(16)),
        ("data: 12\nda", None),
    ] {
        let mut decoder = Decoder::with_limit(10);
        decoder.push(cut_off.as_bytes());
        assert_eq!(drain(&mut decoder), []);
        decoder.end();
        decoder.push(b"retry: 1\n");
        let overflow = dropped.map(|dropped| Item::Overflow(Overflow { dropped, limit: 10 }));
        let retry = Item::Retry(Duration::from_millis(1));
        let expected: Vec<Item> = overflow.into_iter().chain([retry]).collect();
        assert_eq!(drain(&mut decoder), expected, "{cut_off:?}");
    }
}

/// How much a decoder holds, by what `Debug` shows of it.
fn held(decoder: &Decoder) -> usize {
    format!("{decoder:?}").len()
}

#[test]
fn nothing_large_is_kept_longer_than_needed() {
    let empty = held(&Decoder::default());
    let mut decoder = Decoder::with_limit(10_000);
    for _ in 0..100 {
        decoder.push(&[b'x'; 1_000]);
        drain(&mut decoder);
    }
    assert!(held(&decoder) < empty + 1_000, "a line that is too long is not kept");

    let mut decoder = Decoder::default();
    for part in [&b"data: "[..], &[b'x'; 10_000], b"\n\n"] {
        decoder.push(part);
        drain(&mut decoder);
    }
    assert!(held(&decoder) < empty + 1_000, "a line in several pieces is let go");
}
