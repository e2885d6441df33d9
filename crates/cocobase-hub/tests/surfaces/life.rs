//! How long a client may be silent, on every WebSocket.

use std::time::Duration;

use cocobase_hub::{ConnectionId, Entrance, HubConfig, PeerInput};

use crate::shell::Shell;

fn shell() -> Shell {
    Shell::new(HubConfig::default())
}

fn watch(shell: &mut Shell) -> ConnectionId {
    let id = shell.watch(r#"{"api_key":"k"}"#);
    assert_eq!(shell.heard(id).len(), 1);
    id
}

#[test]
fn a_hello_has_ten_seconds() {
    for (entrance, said) in [
        (
            Entrance::Gateway,
            r#"{"type":"error","code":"TIMEOUT","message":"Authentication timeout"}"#,
        ),
        (Entrance::Collection("users".into()), r#"{"error":"Authentication timeout"}"#),
        (Entrance::Broadcast, r#"{"error":"Authentication timeout"}"#),
        (Entrance::Room("r".into()), r#"{"error":"Authentication timeout"}"#),
    ] {
        let mut shell = shell();
        let id = shell.open(entrance);
        shell.wait(5);
        shell.input(id, PeerInput::Alive);
        shell.wait(4);
        assert!(shell.heard(id).is_empty());
        shell.wait(1);
        assert_eq!(shell.heard(id), [said, "Close(1008)"]);
        assert_eq!(shell.hub.poll_timeout(), None);
    }
}

#[test]
fn a_silent_client_is_pinged_and_then_let_go() {
    let mut shell = shell();
    let id = watch(&mut shell);
    shell.wait(29);
    assert!(shell.heard(id).is_empty());
    shell.wait(1);
    assert_eq!(shell.heard(id), ["Ping"]);
    shell.wait(44);
    assert!(shell.heard(id).is_empty());
    shell.wait(1);
    assert_eq!(shell.heard(id), ["Close(1008)"]);
    shell.input(id, PeerInput::Text("{}"));
    shell.wait(1000);
    assert!(shell.heard(id).is_empty());
}

#[test]
fn a_client_that_answers_stays() {
    let mut shell = shell();
    let id = watch(&mut shell);
    let mut pings = 0;
    for _ in 1..1000 {
        shell.wait(1);
        match &shell.heard(id)[..] {
            [] => {}
            [ping] if ping == "Ping" => {
                pings += 1;
                shell.input(id, PeerInput::Alive);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!((30..=34).contains(&pings), "{pings}");
}

#[test]
fn a_client_that_talks_is_not_pinged() {
    let mut shell = shell();
    let id = watch(&mut shell);
    for _ in 0..50 {
        shell.wait(20);
        shell.say(id, r#"{"type":"ping"}"#);
        assert_eq!(shell.heard(id), [r#"{"type":"pong"}"#]);
    }
}

#[test]
fn a_server_that_was_away_pings_before_it_condemns() {
    let mut shell = shell();
    let id = watch(&mut shell);
    let away = |shell: &mut Shell, seconds| {
        shell.now = shell.now + Duration::from_secs(seconds);
        shell.hub.handle_timeout(shell.now);
    };
    away(&mut shell, 5000);
    assert_eq!(shell.heard(id), ["Ping"]);
    away(&mut shell, 1);
    assert!(shell.heard(id).is_empty());
    away(&mut shell, 9);
    assert_eq!(shell.heard(id), ["Close(1008)"]);
}

#[test]
fn a_server_that_stops_says_so() {
    let mut shell = shell();
    let ids = [
        watch(&mut shell),
        shell.gateway("u"),
        shell.room("r", "u", "create"),
        shell.stream("", None),
    ];
    ids.iter().for_each(|id| drop(shell.heard(*id)));
    shell.commit("users", "x", "{}");
    shell.hub.shut_down(shell.now);
    for (id, events) in ids.into_iter().zip([1, 0, 0, 1]) {
        let heard = shell.heard(id);
        assert_eq!(heard.len(), events + 1, "what waits is still written");
        assert_eq!(heard[events], "Close(1001)");
    }
    let late = shell.open(Entrance::Collection("users".into()));
    assert_eq!(shell.heard(late), ["Close(1001)"]);
    assert_eq!(shell.hub.connections(), 5);
    for id in ids.into_iter().chain([late]) {
        shell.input(id, PeerInput::Gone);
    }
    assert_eq!((shell.hub.connections(), shell.hub.waiting_bytes()), (0, 0));
}
