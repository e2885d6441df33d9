//! What a client cannot make the hub keep.

use cocobase_hub::{Entrance, HubConfig, PeerInput};

use crate::shell::Shell;

#[test]
fn a_gateway_connection_has_so_many_subscriptions() {
    let mut shell = Shell::new(HubConfig { max_subscriptions: 3, ..HubConfig::default() });
    let id = shell.gateway("u");
    for text in [
        r#"{"type":"subscribe","collection":"a"}"#,
        r#"{"type":"subscribe","collection":"b"}"#,
        r#"{"type":"join","room":"a"}"#,
        r#"{"type":"subscribe","collection":"b"}"#,
        r#"{"type":"join","room":"a"}"#,
    ] {
        shell.say(id, text);
        assert!(shell.one(id).contains(r#""epoch""#), "{text}");
    }
    for (text, name) in [
        (r#"{"type":"subscribe","collection":"c"}"#, r#""collection":"c""#),
        (r#"{"type":"join","room":"c"}"#, r#""room":"c""#),
    ] {
        shell.say(id, text);
        let one = shell.one(id);
        assert!(
            one.contains(r#""message":"Too many subscriptions""#) && one.contains(name),
            "{one}"
        );
    }
    shell.say(id, r#"{"type":"leave","room":"a"}"#);
    shell.say(id, r#"{"type":"subscribe","collection":"c"}"#);
    assert_eq!(shell.heard(id).len(), 2);
}

#[test]
fn answers_that_are_outstanding_take_their_places() {
    let mut shell = Shell::new(HubConfig { max_subscriptions: 3, ..HubConfig::default() });
    for name in ["a", "b", "c", "d"] {
        shell.commit(name, "x", "{}");
    }
    let id = shell.gateway("u");
    let mut asked = 0;
    for round in 0..100 {
        let name = ["a", "b", "c", "d"][round % 4];
        let resume = r#""resume":{"epoch":"e","seq":0}"#;
        for text in [
            format!(r#"{{"type":"subscribe","collection":"{name}",{resume}}}"#),
            format!(r#"{{"type":"unsubscribe","collection":"{name}"}}"#),
        ] {
            shell.hub.handle_input(id, PeerInput::Text(&text), shell.now);
        }
        let waiting = shell.hub.frames(id, 9).count();
        shell.hub.handle_sent(id, waiting, shell.now);
    }
    while shell.hub.poll_action().is_some() {
        asked += 1;
    }
    assert_eq!(asked, 3);
}

#[test]
fn rooms_are_limited() {
    let mut config = HubConfig::default();
    config.rooms.max_rooms = 1;
    config.rooms.max_members = 2;
    let mut shell = Shell::new(config);
    let one = shell.room("r", "u1", "create");
    let full = shell.room("s", "u2", "create");
    let heard = shell.heard(full);
    assert!(
        heard[0].starts_with(r#"{"error":"No place","error_detail":"the server has"#),
        "{heard:?}"
    );
    assert_eq!(heard[1], "Close(1008)");
    let gateway = shell.gateway("u3");
    shell.say(gateway, r#"{"type":"join","room":"s"}"#);
    let error = shell.one(gateway);
    assert!(
        error.contains(r#""message":"No place""#) && error.contains(r#""room":"s""#),
        "{error}"
    );
    shell.say(gateway, r#"{"type":"join","room":"r"}"#);
    assert!(shell.one(gateway).contains("joined"));
    let three = shell.room("r", "u4", "join");
    assert!(shell.heard(three)[0].contains("the room has all 2 connections"));
    assert_eq!(shell.heard(one).len(), 2);
}

#[test]
fn collections_that_nobody_watches_any_more_are_forgotten() {
    let mut shell = Shell::new(HubConfig::default());
    let id = shell.gateway("u");
    let bytes = |shell: &Shell| format!("{:?}", shell.hub).len();
    let before = bytes(&shell);
    for n in 0..1000 {
        shell.say(id, &format!(r#"{{"type":"subscribe","collection":"c{n}"}}"#));
        shell.say(id, &format!(r#"{{"type":"unsubscribe","collection":"c{n}"}}"#));
        drop(shell.heard(id));
    }
    assert!(bytes(&shell) < before + 1_000, "{before} {}", bytes(&shell));
}

#[test]
fn what_was_asked_for_who_is_gone_is_not_asked() {
    let mut shell = Shell::new(HubConfig::default());
    shell.commit("users", "x", "{}");
    for _ in 0..100 {
        let id = shell.hub.open(Entrance::Collection("users".into()), shell.now);
        shell.hub.handle_input(id, PeerInput::Text(r#"{"api_key":"k"}"#), shell.now);
        shell.hub.handle_input(id, PeerInput::Gone, shell.now);
    }
    assert_eq!(shell.hub.poll_action(), None);
    for _ in 0..100 {
        let id = shell.hub.open(Entrance::Collection("users".into()), shell.now);
        let hello = r#"{"api_key":"k","resume":{"epoch":"e","seq":0}}"#;
        shell.hub.handle_input(id, PeerInput::Text(hello), shell.now);
        drop(shell.hub.poll_action());
        shell.hub.handle_verdict(id, cocobase_hub::Verdict::Accepted, shell.now);
        shell.hub.handle_input(id, PeerInput::Gone, shell.now);
    }
    assert_eq!(shell.hub.poll_action(), None);
}
