//! One client, in small timed scenes.

use alloc::vec::Vec;

use super::*;

const HELLO: &str = r#"{"api_key":"k","filters":{"a":1}}"#;

fn at(seconds: u64) -> Instant {
    Instant::default() + Duration::from_secs(seconds)
}

fn peer() -> Peer {
    Peer::new("users".into(), Shape::Flat, PeerConfig::default(), at(0))
}

fn live() -> Peer {
    let mut peer = peer();
    peer.handle_input(PeerInput::Text(HELLO), at(0));
    peer.handle_verdict(true);
    peer.handle_subscribed(&Position { epoch: "e".into(), seq: 0 });
    drain(&mut peer);
    peer
}

fn drain(peer: &mut Peer) -> Vec<PeerAction> {
    core::iter::from_fn(|| peer.poll_action()).collect()
}

fn refused(peer: &mut Peer) -> Text {
    let actions = drain(peer);
    let [PeerAction::Send(text), PeerAction::Close { code: 1008, .. }] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert_eq!(peer.poll_timeout(), None);
    text.clone()
}

#[test]
fn a_client_is_greeted_with_its_filter() {
    let mut peer = peer();
    peer.handle_input(PeerInput::Text(HELLO), at(1));
    let actions = drain(&mut peer);
    assert_eq!(actions, [PeerAction::Authenticate(Credentials::ApiKey("k".into()))]);
    peer.handle_verdict(true);
    let actions = drain(&mut peer);
    assert!(matches!(&actions[..], [PeerAction::Subscribe { filter }] if !filter.is_empty()));
    peer.handle_subscribed(&Position { epoch: "e".into(), seq: 7 });
    let actions = drain(&mut peer);
    let [PeerAction::Send(text)] = &actions[..] else { panic!("{actions:?}") };
    assert_eq!(
        text,
        r#"{"event":"connected","collection_id":"users","filters":{"a":1},"epoch":"e","seq":7}"#
    );
}

fn commit(seq: u64, data: &str) -> Commit {
    Commit {
        collection: "users".into(),
        seq,
        kind: cocobase_proto::ChangeKind::Created,
        id: "doc_1".into(),
        created_at: "t".into(),
        updated_at: "u".into(),
        data: data.into(),
        old: None,
    }
}

/// A peer whose client was at number 3, and whose subscription begins at `position`.
fn resuming(epoch: &str, seq: u64) -> Peer {
    let mut peer = peer();
    let hello = r#"{"api_key":"k","filters":{"a":1},"resume":{"epoch":"e","seq":3}}"#;
    peer.handle_input(PeerInput::Text(hello), at(0));
    peer.handle_verdict(true);
    drain(&mut peer);
    peer.handle_subscribed(&Position { epoch: epoch.into(), seq });
    peer
}

fn sent(peer: &mut Peer) -> Vec<Text> {
    let sent = |action| match action {
        PeerAction::Send(text) => Some(text),
        _ => None,
    };
    drain(peer).into_iter().filter_map(sent).collect()
}

#[test]
fn a_client_that_comes_back_is_told_what_it_missed() {
    let mut peer = resuming("e", 8);
    assert_eq!(drain(&mut peer), [PeerAction::ReadHistory { after: 3 }]);
    peer.handle_history(&[commit(4, r#"{"a":1}"#), commit(5, r#"{"a":2}"#)], true);
    let actions = drain(&mut peer);
    let [PeerAction::Send(greeting), PeerAction::Send(event), more] = &actions[..] else {
        panic!("{actions:?}")
    };
    assert!(greeting.ends_with(r#""epoch":"e","seq":3,"resumed":true}"#), "{greeting}");
    assert!(event.ends_with(r#""seq":4}"#), "{event}");
    assert_eq!(*more, PeerAction::ReadHistory { after: 5 });
    // What the log holds beyond the subscription's start comes by the subscription.
    peer.handle_history(&[commit(6, r#"{"a":1}"#), commit(8, "{}"), commit(9, r#"{"a":1}"#)], true);
    let sent = sent(&mut peer);
    assert_eq!(sent.len(), 1);
    assert!(sent[0].ends_with(r#""seq":6}"#));
    peer.handle_history(&[commit(9, r#"{"a":1}"#)], true);
    assert_eq!(drain(&mut peer), []);
}

#[test]
fn who_missed_nothing_goes_on_at_once() {
    let mut peer = resuming("e", 3);
    let sent = sent(&mut peer);
    assert!(sent[0].ends_with(r#""seq":3,"resumed":true}"#), "{sent:?}");
}

#[test]
fn what_cannot_be_resumed_is_said() {
    for (epoch, seq) in [("f", 8), ("e", 2)] {
        let sent = sent(&mut resuming(epoch, seq));
        assert!(sent[0].ends_with(r#""resumed":false}"#), "{sent:?}");
    }
    let mut peer = resuming("e", 8);
    peer.handle_history(&[], false);
    let sent = sent(&mut peer);
    assert!(sent[0].ends_with(r#""seq":8,"resumed":false}"#), "{sent:?}");

    let mut peer = resuming("e", 8);
    drain(&mut peer);
    peer.handle_history_failure();
    assert!(matches!(&drain(&mut peer)[..], [PeerAction::Close { code: 1011, .. }]));
}

#[test]
fn a_bad_hello_is_refused_with_its_reason() {
    for (hello, start) in [
        ("{}", r#"{"error":"API key is required"}"#),
        ("{", r#"{"error":"Invalid message","error_detail":"the first message"#),
        ("[]", r#"{"error":"Invalid message","error_detail":"the first message"#),
        (
            r#"{"api_key":"k","filters":{"a":[1]}}"#,
            r#"{"error":"Invalid filters","error_detail":""#,
        ),
    ] {
        let mut peer = peer();
        peer.handle_input(PeerInput::Text(hello), at(1));
        let text = refused(&mut peer);
        assert!(text.starts_with(start), "{text}");
    }
    let mut peer = peer();
    peer.handle_input(PeerInput::Binary, at(1));
    assert!(refused(&mut peer).contains("not binary"));
}

#[test]
fn a_message_that_cannot_be_read_on_from_ends_the_connection() {
    for (input, code) in [(PeerInput::NotUtf8, 1007), (PeerInput::TooLarge(10), 1009)] {
        for mut peer in [peer(), live()] {
            peer.handle_input(input, at(1));
            let actions = drain(&mut peer);
            let [PeerAction::Send(_), PeerAction::Close { code: said, .. }] = &actions[..] else {
                panic!("{actions:?}")
            };
            assert_eq!(*said, code);
        }
    }
}

#[test]
fn a_wrong_key_is_refused() {
    let mut peer = peer();
    peer.handle_input(PeerInput::Text(HELLO), at(1));
    drain(&mut peer);
    peer.handle_verdict(false);
    assert_eq!(refused(&mut peer), r#"{"error":"Invalid API key"}"#);
}

#[test]
fn a_hello_has_ten_seconds() {
    let mut peer = peer();
    peer.handle_timeout(at(9));
    assert_eq!(drain(&mut peer), []);
    peer.handle_timeout(at(10));
    assert_eq!(refused(&mut peer), r#"{"error":"Authentication timeout"}"#);
}

#[test]
fn bad_messages_are_answered_and_end_nothing() {
    let mut peer = live();
    for (input, part) in [
        (PeerInput::Text("{"), "line 1 column 1"),
        (PeerInput::Text(r#"{"type":"wave"}"#), "Unknown message"),
        (PeerInput::Binary, "not binary"),
        (PeerInput::Text(r#"{"type":"ping"}"#), "pong"),
    ] {
        peer.handle_input(input, at(1));
        let actions = drain(&mut peer);
        assert!(
            matches!(&actions[..], [PeerAction::Send(text)] if text.contains(part)),
            "{actions:?}"
        );
    }
}

#[test]
fn a_silent_client_is_pinged_and_then_let_go() {
    let mut peer = live();
    peer.handle_timeout(at(30));
    assert_eq!(drain(&mut peer), [PeerAction::Ping]);
    peer.handle_timeout(at(74));
    assert_eq!(drain(&mut peer), []);
    peer.handle_timeout(at(75));
    assert!(matches!(&drain(&mut peer)[..], [PeerAction::Close { .. }]));
    peer.handle_input(PeerInput::Text("{}"), at(76));
    peer.handle_timeout(at(1000));
    assert_eq!(drain(&mut peer), []);
}

#[test]
fn a_client_that_answers_stays() {
    let mut peer = live();
    let mut pings = 0;
    for second in 1..1000 {
        peer.handle_timeout(at(second));
        if drain(&mut peer) == [PeerAction::Ping] {
            pings += 1;
            peer.handle_input(PeerInput::Alive, at(second));
        }
    }
    assert!((30..=34).contains(&pings), "{pings}");
}

#[test]
fn a_server_that_was_away_pings_before_it_condemns() {
    let mut peer = live();
    peer.handle_timeout(at(5000));
    assert_eq!(drain(&mut peer), [PeerAction::Ping]);
    peer.handle_timeout(at(5001));
    assert_eq!(drain(&mut peer), []);
    peer.handle_timeout(at(5010));
    assert!(matches!(&drain(&mut peer)[..], [PeerAction::Close { .. }]));
}
