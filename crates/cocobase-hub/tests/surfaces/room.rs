//! Surface R: one room.

use cocobase_hub::{HubConfig, PeerInput};
use serde_json::Value;

use crate::shell::{START, Shell};

fn shell() -> Shell {
    Shell::new(HubConfig::default())
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn a_room_is_made_entered_and_left() {
    let mut shell = shell();
    let one = shell.room("a/b ?", "u1", "create");
    let joined = shell.one(one);
    assert!(
        joined.starts_with(concat!(
            r#"{"event":"joined","room_id":"a/b ?","room_title":"T","participants":1,"#,
            r#""user_id":"u1","participant_list":[{"id":"u1","name":"The u1"}],"epoch":""#
        )),
        "{joined}"
    );
    let two = shell.room("a/b ?", "u2", "join");
    assert_eq!(read(&shell.one(two))["participants"], 2);
    assert_eq!(
        shell.one(one),
        concat!(
            r#"{"type":"user_joined","user_id":"u2","user_name":"The u2","#,
            r#""timestamp":"2024-01-15T10:50:00.000Z","#,
            r#""room_info":{"id":"a/b ?","title":"T","participants":2}}"#
        )
    );
    shell.say(two, r#"{"type":"message","content":"Hello"}"#);
    let message = concat!(
        r#"{"type":"message","user_id":"u2","user_name":"The u2","content":"Hello","#,
        r#""timestamp":"2024-01-15T10:50:00.000Z","room_info":{"id":"a/b ?","title":"T"},"seq":1}"#
    );
    assert_eq!((shell.one(one), shell.one(two)), (message.into(), message.into()));
    assert_eq!(
        shell.hub.rooms().encode(),
        format!(
            concat!(
                r#"{{"rooms":[{{"id":"a/b ?","title":"T","created_by":"u1","participants":2,"#,
                r#""participant_list":[{{"id":"u1","name":"The u1"}},{{"id":"u2","name":"The u2"}}],"#,
                r#""created_at":{}}}],"total":1}}"#
            ),
            START
        )
    );
    shell.input(two, PeerInput::Gone);
    let left = read(&shell.one(one));
    assert_eq!((&left["type"], &left["user_id"]), (&"user_left".into(), &"u2".into()));
    assert_eq!(left["room_info"]["participants"], 1);

    // An empty room stays for a while.
    shell.input(one, PeerInput::Gone);
    shell.wait(59);
    assert_eq!(shell.hub.rooms().total, 1);
    shell.wait(1);
    assert_eq!(shell.hub.rooms().total, 0);
}

#[test]
fn a_room_that_is_not_there_is_not_joined() {
    let mut shell = shell();
    let id = shell.room("r", "u1", "join");
    let heard = shell.heard(id);
    assert!(
        heard[0].starts_with(r#"{"error":"Room not found","error_detail":""#)
            && heard[0].ends_with(r#""room_id":"r"}"#),
        "{heard:?}"
    );
    assert_eq!(heard[1], "Close(1008)");
    let id = shell.room("r", "u1", "leave");
    assert!(shell.heard(id)[0].contains(r#""error":"Invalid message""#));
}

#[test]
fn who_creates_a_room_that_is_there_enters_it() {
    let mut shell = shell();
    let one = shell.room("r", "u1", "create");
    drop(shell.heard(one));
    let hello = r#"{"api_key":"k","user_id":"u2","action":"create","room_title":"Other"}"#;
    let two = shell.open(cocobase_hub::Entrance::Room("r".into()));
    shell.say(two, hello);
    assert_eq!(read(&shell.one(two))["room_title"], "T");
    assert_eq!(read(&shell.one(one))["type"], "user_joined");
    assert_eq!(shell.hub.rooms().rooms[0].created_by.as_deref(), Some("u1"));
}

#[test]
fn a_user_comes_with_the_first_connection_and_goes_with_the_last() {
    let mut shell = shell();
    let watcher = shell.room("r", "w", "create");
    drop(shell.heard(watcher));
    let (one, two) = (shell.room("r", "u", "join"), shell.room("r", "u", "join"));
    assert_eq!(read(&shell.one(watcher))["type"], "user_joined");
    assert!(shell.heard(one).len() == 1 && shell.heard(two).len() == 1);
    shell.input(one, PeerInput::Gone);
    assert!(shell.heard(watcher).is_empty());
    shell.input(two, PeerInput::Gone);
    assert_eq!(read(&shell.one(watcher))["type"], "user_left");
}

#[test]
fn the_dead_leave_their_rooms() {
    let mut shell = shell();
    let (one, two) = (shell.room("r", "u1", "create"), shell.room("r", "u2", "join"));
    drop((shell.heard(one), shell.heard(two)));
    for _ in 0..20 {
        shell.wait(5);
        shell.input(one, PeerInput::Alive);
    }
    let heard = shell.heard(one);
    assert!(heard.last().unwrap().contains("user_left"), "{heard:?}");
    assert!(shell.hub.is_closing(two));
    assert_eq!(shell.hub.rooms().rooms[0].participants, Some(1));
}

#[test]
fn whoever_is_refused_in_the_middle_leaves_too() {
    let mut shell = shell();
    let (one, two) = (shell.room("r", "u1", "create"), shell.room("r", "u2", "join"));
    drop((shell.heard(one), shell.heard(two)));
    shell.input(two, PeerInput::NotUtf8);
    assert!(shell.one(one).contains("user_left"));
    shell.say(two, r#"{"type":"message","content":1}"#);
    assert!(shell.heard(one).is_empty());
}

#[test]
fn what_was_missed_is_told_again() {
    let mut shell = shell();
    let one = shell.room("r", "u1", "create");
    let epoch = read(&shell.one(one))["epoch"].as_str().unwrap().to_owned();
    for n in 1..=3 {
        shell.say(one, &format!(r#"{{"type":"message","content":{n}}}"#));
    }
    shell.input(one, PeerInput::Gone);
    let hello = |epoch: &str| {
        format!(r#"{{"api_key":"k","user_id":"u1","resume":{{"epoch":"{epoch}","seq":1}}}}"#)
    };
    let id = shell.open(cocobase_hub::Entrance::Room("r".into()));
    shell.say(id, &hello(&epoch));
    let heard = shell.heard(id);
    assert!(heard[0].ends_with(r#""seq":1,"resumed":true}"#), "{heard:?}");
    assert_eq!((heard.len(), &read(&heard[2])["content"]), (3, &3.into()));
    shell.input(id, PeerInput::Gone);

    // The room vanishes, and another is made: its numbers mean something else.
    shell.wait(60);
    let id = shell.room("r", "u2", "create");
    for n in 1..=3 {
        shell.say(id, &format!(r#"{{"type":"message","content":{n}}}"#));
    }
    let id = shell.open(cocobase_hub::Entrance::Room("r".into()));
    shell.say(id, &hello(&epoch));
    let heard = shell.heard(id);
    assert!(heard[0].ends_with(r#""seq":3,"resumed":false}"#), "{heard:?}");
    assert_eq!(heard.len(), 1);
}

#[test]
fn the_gateway_and_the_rooms_own_surface_meet() {
    let mut shell = shell();
    let (own, gateway) = (shell.room("r", "u1", "create"), shell.gateway("u2"));
    drop(shell.heard(own));
    shell.say(gateway, r#"{"type":"join","room":"r"}"#);
    assert!(shell.one(own).contains(r#""type":"user_joined","user_id":"u2""#));
    assert!(shell.one(gateway).contains(r#""room_title":"T","participants":2,"user_id":"u2""#));
    shell.say(own, r#"{"type":"message","content":1}"#);
    assert!(shell.one(own).contains(r#""content":1"#));
    assert!(shell.one(gateway).contains(r#""message":1"#));
    let three = shell.room("r", "u3", "join");
    assert_eq!(shell.heard(three).len(), 1);
    assert!(shell.one(own).contains("user_joined"));
    assert!(shell.heard(gateway).is_empty());
    shell.say(gateway, r#"{"type":"leave","room":"r"}"#);
    assert!(shell.one(own).contains(r#""type":"user_left","user_id":"u2""#));
}

#[test]
fn a_crowd_is_counted_and_not_named() {
    let mut shell = shell();
    for n in 0..1_001 {
        let id = shell.gateway(&format!("u{n}"));
        shell.say(id, r#"{"type":"join","room":"r"}"#);
        let joined = read(&shell.one(id));
        assert_eq!(joined["participants"], n + 1);
        assert_eq!(joined["participant_list"].is_array(), n < 1_000);
    }
}

#[test]
fn a_room_of_the_dead_may_vanish_at_once() {
    let mut config = HubConfig::default();
    config.rooms.grace = std::time::Duration::ZERO;
    let mut shell = Shell::new(config);
    let id = shell.room("r", "u", "create");
    drop(shell.heard(id));
    // `wait` sees to it that no wake-up is due again.
    shell.wait(200);
    assert_eq!(shell.hub.rooms().total, 0);
}
