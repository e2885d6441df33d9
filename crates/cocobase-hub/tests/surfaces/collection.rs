//! Surface C: one collection.

use cocobase_hub::{Entrance, HubConfig, PeerInput};
use cocobase_proto::Shape;

use crate::shell::Shell;

const HELLO: &str = r#"{"api_key":"k","filters":{"a":1}}"#;

fn shell() -> Shell {
    Shell::new(HubConfig::default())
}

#[test]
fn a_client_is_greeted_with_its_filter_and_told_what_fits() {
    let mut shell = shell();
    shell.hub.set_position("users".into(), 0);
    let id = shell.watch(HELLO);
    assert_eq!(
        shell.one(id),
        r#"{"event":"connected","collection_id":"users","filters":{"a":1},"epoch":"e","seq":0}"#
    );
    shell.commit("users", "x", r#"{"a":2}"#);
    shell.commit("posts", "x", r#"{"a":1}"#);
    assert!(shell.heard(id).is_empty());
    shell.commit("users", "x", r#"{"a":1}"#);
    shell.commit("users", "x", r#"{"a":3}"#);
    let data = |a| format!(r#""data":{{"id":"x","a":{a},"created_at":"t","updated_at":"u"}}"#);
    assert_eq!(
        shell.heard(id),
        [
            format!(
                r#"{{"event":"update","collection_id":"users",{},"old_data":{{"a":2}},"seq":2}}"#,
                data(1)
            ),
            format!(
                r#"{{"event":"update","collection_id":"users",{},"old_data":{{"a":1}},"seq":3}}"#,
                data(3)
            ),
        ]
    );
}

#[test]
fn documents_come_in_the_shape_that_is_configured() {
    let mut shell = Shell::new(HubConfig { shape: Shape::Nested, ..HubConfig::default() });
    let id = shell.watch(r#"{"api_key":"k"}"#);
    shell.commit("users", "x", r#"{"a":1}"#);
    let heard = shell.heard(id);
    assert!(heard[1].contains(r#""data":{"id":"x","data":{"a":1},"#), "{heard:?}");
}

#[test]
fn a_commit_is_told_once() {
    let mut shell = shell();
    shell.hub.set_position("users".into(), 4);
    let id = shell.watch(r#"{"token":"k"}"#);
    assert!(shell.one(id).ends_with(r#""seq":4}"#));
    for (seq, expected) in [(4, 0), (5, 1), (5, 0), (7, 1)] {
        let mut commit = shell.append("other", "x", "{}");
        (commit.collection, commit.seq) = ("users".into(), seq);
        shell.hub.publish(&commit, shell.now);
        assert_eq!(shell.heard(id).len(), expected, "{seq}");
    }
}

#[test]
fn receivers_share_their_bytes() {
    let mut shell = shell();
    let ids = [HELLO, r#"{"api_key":"k"}"#, HELLO].map(|hello| shell.watch(hello));
    ids.iter().for_each(|id| drop(shell.heard(*id)));
    shell.commit("users", "x", r#"{"a":1}"#);
    let bytes = ids.map(|id| shell.frames(id)[0].bytes().as_ptr());
    assert!(bytes.iter().all(|it| *it == bytes[0]));
}

#[test]
fn a_client_that_comes_back_is_told_what_it_missed() {
    let mut shell = shell();
    for (seq, a) in [1, 2, 1, 1, 2, 1, 1].into_iter().enumerate() {
        shell.commit("users", &format!("x{seq}"), &format!(r#"{{"a":{a}}}"#));
    }
    let resume = |at: &str| format!(r#"{{"api_key":"k","filters":{{"a":1}},"resume":{{{at}}}}}"#);
    for (at, start, seqs) in [
        (r#""epoch":"e","seq":2"#, r#""seq":2,"resumed":true}"#, &[3, 4, 6, 7][..]),
        (r#""epoch":"e","seq":6"#, r#""seq":6,"resumed":true}"#, &[7]),
        (r#""epoch":"e","seq":7"#, r#""seq":7,"resumed":true}"#, &[]),
        (r#""epoch":"e","seq":8"#, r#""seq":7,"resumed":false}"#, &[]),
        (r#""epoch":"f","seq":2"#, r#""seq":7,"resumed":false}"#, &[]),
        // A position that cannot be read is as good as none.
        (r#""epoch":"e","seq":"2""#, r#""seq":7}"#, &[]),
    ] {
        let id = shell.watch(&resume(at));
        let heard = shell.heard(id);
        assert!(heard[0].ends_with(start), "{at}: {heard:?}");
        let told: Vec<_> = heard[1..].iter().map(|text| seq(text)).collect();
        assert_eq!(told, seqs, "{at}");
        shell.input(id, PeerInput::Gone);
    }
    shell.kept_after = 3;
    let id = shell.watch(&resume(r#""epoch":"e","seq":2"#));
    assert!(shell.one(id).ends_with(r#""seq":7,"resumed":false}"#));
    shell.commit("users", "x", r#"{"a":1}"#);
    assert_eq!(seq(&shell.one(id)), 8);
}

fn seq(text: &str) -> u64 {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    value["seq"].as_u64().unwrap()
}

#[test]
fn what_is_committed_meanwhile_comes_once_and_in_order() {
    let mut shell = shell();
    for n in 0..5 {
        shell.commit("users", &format!("x{n}"), r#"{"a":1}"#);
    }
    let id = shell.hub.open(Entrance::Collection("users".into()), shell.now);
    let hello = r#"{"api_key":"k","resume":{"epoch":"e","seq":1}}"#;
    shell.hub.handle_input(id, PeerInput::Text(hello), shell.now);
    let mut told = Vec::new();
    // One action at a time, and something happens after each.
    for step in 0..20 {
        if let Some(action) = shell.hub.poll_action() {
            match action {
                cocobase_hub::HubAction::ReadHistory { id, collection, after } => {
                    shell.answer_history(id, &collection, after);
                }
                _ => shell.hub.handle_verdict(id, cocobase_hub::Verdict::Accepted, shell.now),
            }
        }
        if step < 4 {
            // The log is ahead of what is published.
            let commits = [0, 1].map(|n| shell.append("users", &format!("y{step}{n}"), "{}"));
            commits.iter().for_each(|commit| shell.hub.publish(commit, shell.now));
        }
        let frames: Vec<_> = shell.hub.frames(id, 9).cloned().collect();
        shell.hub.handle_sent(id, frames.len(), shell.now);
        told.extend(frames.iter().map(|frame| seq(frame.text().unwrap())));
    }
    assert_eq!(told, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
}

#[test]
fn a_history_that_cannot_be_read_ends_the_connection() {
    let mut shell = shell();
    shell.commit("users", "x", "{}");
    let id = shell.hub.open(Entrance::Collection("users".into()), shell.now);
    let hello = r#"{"api_key":"k","resume":{"epoch":"e","seq":0}}"#;
    shell.hub.handle_input(id, PeerInput::Text(hello), shell.now);
    shell.hub.handle_verdict(id, cocobase_hub::Verdict::Accepted, shell.now);
    shell.hub.handle_history(id, "users", None, shell.now);
    assert_eq!(shell.heard(id), ["Close(1011)"]);
}

#[test]
fn a_snapshot_comes_before_the_greeting_and_meets_what_follows() {
    let mut shell = shell();
    for (id, a) in [("x", 1), ("y", 2), ("z", 1), ("x", 2), ("w", 1)] {
        shell.commit("users", id, &format!(r#"{{"a":{a}}}"#));
    }
    let id = shell.watch(r#"{"api_key":"k","filters":{"a":1},"snapshot":true}"#);
    let heard = shell.heard(id);
    assert_eq!(heard.len(), 3);
    assert!(
        heard[0].starts_with(r#"{"event":"snapshot","collection_id":"users","data":{"id":"w""#)
    );
    assert!(heard[1].contains(r#""data":{"id":"z""#));
    assert!(heard[2].ends_with(r#""epoch":"e","seq":5,"snapshot":2}"#), "{heard:?}");
    shell.commit("users", "v", r#"{"a":1}"#);
    assert_eq!(seq(&shell.one(id)), 6);

    // Who can resume needs none.
    let id = shell.watch(r#"{"api_key":"k","snapshot":true,"resume":{"epoch":"e","seq":5}}"#);
    let heard = shell.heard(id);
    assert!(heard[0].ends_with(r#""seq":5,"resumed":true}"#), "{heard:?}");
    assert_eq!(heard.len(), 2);

    // Who cannot gets one.
    shell.kept_after = 6;
    let id = shell.watch(r#"{"api_key":"k","snapshot":true,"resume":{"epoch":"e","seq":5}}"#);
    let heard = shell.heard(id);
    assert_eq!(heard.len(), 6);
    assert!(heard[5].ends_with(r#""seq":6,"resumed":false,"snapshot":5}"#), "{heard:?}");
}

#[test]
fn a_bad_hello_is_refused_with_its_reason() {
    for (hello, start) in [
        ("{}", r#"{"error":"API key is required"}"#),
        ("{", r#"{"error":"Invalid message","error_detail":"the first message"#),
        ("[]", r#"{"error":"Invalid message","error_detail":"the first message"#),
        (r#"{"api_key":"wrong"}"#, r#"{"error":"Invalid API key"}"#),
        (r#"{"token":"wrong"}"#, r#"{"error":"Invalid API key"}"#),
        (
            r#"{"api_key":"k","filters":{"a":[1]}}"#,
            r#"{"error":"Invalid filters","error_detail":""#,
        ),
    ] {
        let mut shell = shell();
        let id = shell.watch(hello);
        assert!(shell.hub.is_closing(id));
        let heard = shell.heard(id);
        assert!(heard[0].starts_with(start), "{heard:?}");
        assert_eq!(heard[1..], ["Close(1008)"]);
        shell.input(id, PeerInput::Text(HELLO));
        shell.wait(1000);
        assert!(shell.heard(id).is_empty());
        shell.input(id, PeerInput::Gone);
        assert_eq!(shell.hub.connections(), 0);
    }
}

#[test]
fn a_message_that_cannot_be_read_on_from_ends_the_connection() {
    for (input, code) in [(PeerInput::NotUtf8, 1007), (PeerInput::TooLarge(10), 1009)] {
        for hello in [None, Some(HELLO)] {
            let mut shell = shell();
            let id = shell.open(Entrance::Collection("users".into()));
            hello.iter().for_each(|hello| shell.say(id, hello));
            drop(shell.heard(id));
            shell.input(id, input);
            let heard = shell.heard(id);
            assert!(heard[0].starts_with(r#"{"error":"Invalid message","#), "{heard:?}");
            assert_eq!(heard[1..], [format!("Close({code})")]);
        }
    }
    let mut shell = shell();
    let id = shell.open(Entrance::Collection("users".into()));
    shell.input(id, PeerInput::Binary);
    let heard = shell.heard(id);
    assert!(heard[0].contains("not binary") && heard[1] == "Close(1008)", "{heard:?}");
}

#[test]
fn bad_messages_are_answered_and_end_nothing() {
    let mut shell = shell();
    let id = shell.watch(HELLO);
    drop(shell.heard(id));
    for (input, part) in [
        (PeerInput::Text("{"), "line 1 column 1"),
        (PeerInput::Text(r#"{"type":"wave"}"#), "Unknown message"),
        (PeerInput::Text(r#"{"type":"subscribe","collection":"posts"}"#), "Unknown message"),
        (PeerInput::Binary, "not binary"),
        (PeerInput::Text(r#"{"type":"ping"}"#), r#"{"type":"pong"}"#),
        (PeerInput::Ping(b"hi"), "Pong"),
    ] {
        shell.input(id, input);
        let one = shell.one(id);
        assert!(one.contains(part), "{one}");
    }
    shell.input(id, PeerInput::Alive);
    assert!(shell.heard(id).is_empty());
}

#[test]
fn who_has_left_is_forgotten() {
    let mut shell = shell();
    let ids = [HELLO, "{\"api_key\":\"k\"}"].map(|hello| shell.watch(hello));
    assert_eq!(shell.hub.connections(), 2);
    shell.input(ids[0], PeerInput::Gone);
    shell.input(ids[0], PeerInput::Gone);
    assert_eq!(shell.hub.connections(), 1);
    drop(shell.heard(ids[1]));
    shell.commit("users", "x", r#"{"a":1}"#);
    assert_eq!((shell.heard(ids[0]).len(), shell.heard(ids[1]).len()), (0, 1));
    shell.commit("users", "x", r#"{"a":1}"#);
    shell.input(ids[1], PeerInput::Gone);
    assert_eq!((shell.hub.connections(), shell.hub.waiting_bytes()), (0, 0));
    assert_eq!(shell.hub.poll_transmit(), None);
    assert_eq!(shell.hub.poll_timeout(), None);
}

#[test]
fn who_has_something_to_write_is_named_once() {
    let mut shell = shell();
    let ids = [HELLO, HELLO].map(|hello| shell.watch(hello));
    let mut named: Vec<_> = std::iter::from_fn(|| shell.hub.poll_transmit()).collect();
    named.sort();
    assert_eq!(named, ids);
    shell.commit("users", "x", r#"{"a":1}"#);
    assert_eq!(shell.hub.poll_transmit(), None, "they know");
    shell.hub.handle_sent(ids[0], 1, shell.now);
    shell.commit("users", "x", r#"{"a":1}"#);
    assert_eq!(shell.hub.poll_transmit(), None, "its queue was not empty");
    drop(shell.heard(ids[0]));
    shell.commit("users", "x", r#"{"a":1}"#);
    assert_eq!(shell.hub.poll_transmit(), Some(ids[0]));
    assert_eq!(shell.hub.poll_transmit(), None);
}
