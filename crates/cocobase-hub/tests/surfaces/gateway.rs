//! Surface G: many collections and rooms on one socket.

use cocobase_hub::{Entrance, HubConfig, PeerInput};

use crate::shell::Shell;

fn shell() -> Shell {
    Shell::new(HubConfig::default())
}

#[test]
fn nothing_goes_without_credentials() {
    for (first, start) in [
        (r#"{"type":"auth","token":"wrong"}"#, r#"{"type":"error","code":"UNAUTHORIZED""#),
        (r#"{"type":"auth"}"#, r#"{"type":"error","code":"UNAUTHORIZED""#),
        (r#"{"type":"ping"}"#, r#"{"type":"error","code":"UNAUTHORIZED""#),
        (r#"{"type":"subscribe","collection":"a"}"#, r#"{"type":"error","code":"UNAUTHORIZED""#),
        (r#"{"api_key":"k"}"#, r#"{"type":"error","code":"UNAUTHORIZED""#),
        ("{", r#"{"type":"error","code":"INVALID_MESSAGE""#),
    ] {
        let mut shell = shell();
        let id = shell.open(Entrance::Gateway);
        shell.say(id, first);
        let heard = shell.heard(id);
        assert!(heard[0].starts_with(start), "{first}: {heard:?}");
        assert_eq!(heard[1..], ["Close(1008)"]);
    }
    let mut shell = shell();
    let id = shell.open(Entrance::Gateway);
    shell.wait(10);
    let heard = shell.heard(id);
    assert_eq!(heard[0], r#"{"type":"error","code":"TIMEOUT","message":"Authentication timeout"}"#);
}

#[test]
fn what_is_said_right_behind_the_credentials_waits_for_the_verdict() {
    let mut shell = shell();
    let id = shell.hub.open(Entrance::Gateway, shell.now);
    for text in [
        r#"{"type":"auth","token":"k"}"#,
        r#"{"type":"subscribe","collection":"users"}"#,
        r#"{"type":"join","room":"r"}"#,
        r#"{"type":"ping"}"#,
    ] {
        shell.hub.handle_input(id, PeerInput::Text(text), shell.now);
    }
    assert!(shell.heard(id).is_empty());
    shell.act();
    assert_eq!(shell.heard(id).len(), 4);
    let mut shell = self::shell();
    let id = shell.hub.open(Entrance::Gateway, shell.now);
    shell.hub.handle_input(id, PeerInput::Text(r#"{"type":"auth","token":"k"}"#), shell.now);
    let long = format!(r#"{{"type":"ping","x":"{}"}}"#, "x".repeat(100_000));
    for _ in 0..3 {
        shell.hub.handle_input(id, PeerInput::Text(&long), shell.now);
    }
    assert_eq!(shell.heard(id), ["Close(1008)"]);
}

#[test]
fn one_socket_watches_many_collections() {
    let mut shell = shell();
    let id = shell.gateway("u");
    shell.say(id, r#"{"type":"subscribe","collection":"users","filters":{"a":"1"}}"#);
    assert_eq!(
        shell.one(id),
        r#"{"type":"subscribed","collection":"users","filters":{"a":"1"},"epoch":"e","seq":0}"#
    );
    shell.say(id, r#"{"type":"subscribe","collection":"posts"}"#);
    assert_eq!(shell.one(id), r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":0}"#);
    shell.commit("users", "x", r#"{"a":1}"#);
    shell.commit("users", "y", r#"{"a":2}"#);
    shell.commit("posts", "z", r#"{"a":2}"#);
    shell.commit("other", "z", r#"{"a":2}"#);
    assert_eq!(
        shell.heard(id),
        [
            concat!(
                r#"{"type":"event","collection":"users","event":"created","document":{"id":"x","#,
                r#""data":{"a":1},"createdAt":"t","updatedAt":"u"},"seq":1}"#
            ),
            concat!(
                r#"{"type":"event","collection":"posts","event":"created","document":{"id":"z","#,
                r#""data":{"a":2},"createdAt":"t","updatedAt":"u"},"seq":1}"#
            ),
        ]
    );
    // Another subscription takes the place of the first.
    shell.say(id, r#"{"type":"subscribe","collection":"users"}"#);
    assert!(shell.one(id).ends_with(r#""seq":2}"#));
    shell.commit("users", "y", r#"{"a":3}"#);
    assert_eq!(shell.heard(id).len(), 1);
    for _ in 0..2 {
        shell.say(id, r#"{"type":"unsubscribe","collection":"users"}"#);
        assert_eq!(shell.one(id), r#"{"type":"unsubscribed","collection":"users"}"#);
    }
    shell.commit("users", "x", r#"{"a":1}"#);
    assert!(shell.heard(id).is_empty());
}

#[test]
fn each_subscription_resumes_for_itself() {
    let mut shell = shell();
    for n in 0..5 {
        shell.commit("users", &format!("x{n}"), r#"{"a":1}"#);
        shell.commit("posts", &format!("x{n}"), r#"{"a":1}"#);
    }
    let id = shell.gateway("u");
    let at = r#""resume":{"epoch":"e","seq":3}"#;
    shell.say(id, &format!(r#"{{"type":"subscribe","collection":"users",{at}}}"#));
    let heard = shell.heard(id);
    assert!(heard[0].ends_with(r#""epoch":"e","seq":3,"resumed":true}"#), "{heard:?}");
    assert_eq!(heard.len(), 3);
    // On the same socket, as after a lag.
    shell.say(id, &format!(r#"{{"type":"subscribe","collection":"users",{at}}}"#));
    assert_eq!(shell.heard(id).len(), 3);
    shell.say(id, r#"{"type":"subscribe","collection":"posts","snapshot":true}"#);
    let heard = shell.heard(id);
    assert!(
        heard[0].starts_with(r#"{"type":"snapshot","collection":"posts","document":{"id":"x0","#)
    );
    assert!(heard[5].ends_with(r#""seq":5,"snapshot":5}"#), "{heard:?}");
}

#[test]
fn an_answer_that_nobody_waits_for_is_not_taken_for_another() {
    let mut shell = shell();
    for n in 0..5 {
        shell.commit("users", &format!("x{n}"), r#"{"a":1}"#);
    }
    let id = shell.gateway("u");
    let hub = &mut shell.hub;
    let resume = |seq| {
        format!(
            r#"{{"type":"subscribe","collection":"users","resume":{{"epoch":"e","seq":{seq}}}}}"#
        )
    };
    hub.handle_input(id, PeerInput::Text(&resume(3)), shell.now);
    hub.handle_input(
        id,
        PeerInput::Text(r#"{"type":"unsubscribe","collection":"users"}"#),
        shell.now,
    );
    hub.handle_input(id, PeerInput::Text(&resume(1)), shell.now);
    assert!(matches!(
        hub.poll_action(),
        Some(cocobase_hub::HubAction::ReadHistory { after: 3, .. })
    ));
    assert_eq!(hub.poll_action(), None, "one at a time");
    shell.answer_history(id, "users", 3);
    shell.act();
    let heard = shell.heard(id);
    assert_eq!(heard[0], r#"{"type":"unsubscribed","collection":"users"}"#);
    assert!(heard[1].ends_with(r#""seq":1,"resumed":true}"#), "{heard:?}");
    assert_eq!(heard.len(), 2 + 4);
}

#[test]
fn an_error_names_what_it_is_about_and_ends_nothing() {
    let mut shell = shell();
    let id = shell.gateway("u");
    let long = "x".repeat(300);
    for (text, parts) in [
        ("{", &[r#""code":"INVALID_MESSAGE""#][..]),
        (r#"{"type":"wave"}"#, &[r#""code":"UNKNOWN_MESSAGE""#]),
        (r#"{"type":"message","content":1}"#, &[r#""code":"UNKNOWN_MESSAGE""#]),
        (r#"{"type":"subscribe"}"#, &[r#""code":"INVALID_MESSAGE""#, "`collection`"]),
        (
            r#"{"type":"subscribe","collection":"users","filters":{"a":[1]}}"#,
            &[r#""code":"INVALID_FILTERS""#, r#""collection":"users""#],
        ),
        (
            &format!(r#"{{"type":"subscribe","collection":"{long}"}}"#),
            &[r#""code":"INVALID_COLLECTION""#, r#""collection":"xxx"#],
        ),
        (
            r#"{"type":"subscribe","collection":"a\n"}"#,
            &[r#""code":"INVALID_COLLECTION""#, r#""collection":"a\n""#],
        ),
        (
            &format!(r#"{{"type":"join","room":"{long}"}}"#),
            &[r#""code":"INVALID_MESSAGE""#, "the room's id takes 300 bytes", r#""room":"xxx"#],
        ),
        (
            r#"{"type":"broadcast","room":"r","message":1}"#,
            &[r#""code":"ROOM_NOT_FOUND""#, r#""room":"r""#],
        ),
        (r#"{"type":"auth","token":"k"}"#, &[r#""code":"INVALID_MESSAGE""#]),
        (r#"{"type":"ping"}"#, &[r#"{"type":"pong"}"#]),
    ] {
        shell.say(id, text);
        let one = shell.one(id);
        assert!(parts.iter().all(|part| one.contains(part)), "{text}: {one}");
    }
    shell.input(id, PeerInput::Binary);
    assert!(shell.one(id).contains("not binary"));
}

#[test]
fn rooms_are_joined_and_left() {
    let mut shell = shell();
    let (one, two) = (shell.gateway("u1"), shell.gateway("u2"));
    shell.say(one, r#"{"type":"join","room":"chat"}"#);
    let joined = shell.one(one);
    assert!(
        joined.starts_with(concat!(
            r#"{"type":"joined","room":"chat","participants":1,"user_id":"u1","#,
            r#""participant_list":[{"id":"u1"}],"epoch":""#
        )),
        "{joined}"
    );
    assert!(joined.ends_with(r#""seq":0}"#), "{joined}");
    shell.say(two, r#"{"type":"broadcast","room":"chat","message":"early"}"#);
    assert!(shell.one(two).contains(r#""message":"Not in this room""#));
    shell.say(two, r#"{"type":"join","room":"chat"}"#);
    assert!(shell.one(two).contains(r#""participants":2"#));
    // A plain client never sees what it did not ask for.
    assert!(shell.heard(one).is_empty());

    shell.say(two, r#"{"type":"broadcast","room":"chat","message":{"hi":[1, 2]}}"#);
    let message = concat!(
        r#"{"type":"event","event":"broadcast","room":"chat","message":{"hi":[1, 2]},"#,
        r#""user_id":"u2","timestamp":"2024-01-15T10:50:00.000Z","seq":1}"#
    );
    assert_eq!(shell.one(one), message);
    assert_eq!(shell.one(two), message);

    shell.say(one, r#"{"type":"leave","room":"chat"}"#);
    assert_eq!(shell.one(one), r#"{"type":"left","room":"chat"}"#);
    shell.say(two, r#"{"type":"broadcast","room":"chat","message":2}"#);
    assert_eq!((shell.heard(one).len(), shell.heard(two).len()), (0, 1));

    // Back, with what was missed.
    let epoch = epoch(&joined);
    shell.say(
        one,
        &format!(r#"{{"type":"join","room":"chat","resume":{{"epoch":"{epoch}","seq":1}}}}"#),
    );
    let heard = shell.heard(one);
    assert!(heard[0].ends_with(r#""seq":1,"resumed":true}"#), "{heard:?}");
    assert!(heard[1].contains(r#""message":2,"#) && heard.len() == 2, "{heard:?}");
}

fn epoch(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    value["epoch"].as_str().unwrap().to_owned()
}
