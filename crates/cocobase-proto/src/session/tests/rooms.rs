//! Rooms and broadcasts: entering, being there, and coming back.

use alloc::vec;

use super::*;
use crate::refusal::RefusalKind;
use crate::wire::User;

fn alice(entry: RoomEntry) -> Scene {
    Scene::of(entry.by("u1", "Alice"))
}

const JOINED: &str = r#"{"event":"joined","room_id":"general","room_title":"General","participants":2,"user_id":"u1"}"#;

#[test]
fn a_room_is_live_once_it_is_joined() {
    let mut scene = alice(RoomEntry::create("general", "General"));
    let (link, hello) = scene.hello();
    assert_eq!(
        hello,
        [
            r#"{"api_key":"k","user_id":"u1","user_name":"Alice","action":"create","room_title":"General"}"#
        ]
    );
    assert_eq!(scene.session.state(), State::Connecting);
    scene.text(link, JOINED);
    assert!(matches!(&scene.events()[..], [Event::Connected(_), Event::Joined(_)]));
    let room = scene.session.room("general").unwrap();
    assert_eq!((room.count(), room.is_current()), (2, true));
    scene.text(link, JOINED);
    assert_eq!(scene.events(), [], "a doubled greeting is no news");
}

#[test]
fn nothing_but_joined_enters_a_room() {
    let mut scene = alice(RoomEntry::join("general"));
    let (link, _) = scene.hello();
    for other in [
        r#"{"event":"connected"}"#,
        r#"{"type":"subscribed","collection":"general"}"#,
        r#"{"event":"create","data":{"id":"1"}}"#,
        r#"{"type":"pong"}"#,
    ] {
        scene.text(link, other);
        assert_eq!((scene.events(), scene.session.state()), (vec![], State::Connecting), "{other}");
    }
    scene.text(link, JOINED);
    assert!(scene.session.room("general").unwrap().is_current());
}

#[test]
fn messages_arrive_the_own_ones_too_and_people_come_and_go() {
    let mut scene = alice(RoomEntry::join("general"));
    let (link, _) = scene.hello();
    scene.text(link, JOINED);
    scene.events();
    scene.text(link, r#"{"type":"user_joined","user_id":"u2","user_name":"Bob"}"#);
    scene.text(link, r#"{"type":"message","user_id":"u1","content":"Hi"}"#);
    scene.text(link, r#"{"type":"user_left","user_id":"u2","room_info":{"participants":1}}"#);
    let events = scene.events();
    assert!(matches!(
        &events[..],
        [Event::UserJoined(_), Event::Message(message), Event::UserLeft(_)] if message.content == r#""Hi""#
    ));
    assert_eq!(scene.session.room("general").unwrap().count(), 1);
}

#[test]
fn a_creator_comes_back_into_the_same_room() {
    let mut scene = alice(RoomEntry::create("general", "General"));
    for round in 0..3 {
        let (link, hello) = scene.hello();
        assert!(hello[0].contains(r#""action":"create""#), "{hello:?}");
        scene.text(link, JOINED);
        let events = scene.events();
        assert_eq!(events.iter().any(|event| matches!(event, Event::Gap(_))), round > 0);
        scene.cut(link);
        assert!(!scene.session.room("general").unwrap().is_current());
    }
}

#[test]
fn a_missing_room_is_refused_unless_it_may_be_created() {
    let missing = r#"{"error":"Room not found","room_id":"general"}"#;
    let mut scene = alice(RoomEntry::join("general"));
    let (link, _) = scene.hello();
    scene.text(link, missing);
    assert!(
        matches!(&scene.events()[..], [Event::Refused(refusal)] if refusal.kind == RefusalKind::Room)
    );
    assert_eq!(scene.session.state(), State::Closed);

    let mut scene = alice(RoomEntry::join_or_create("general", "General"));
    let (link, hello) = scene.hello();
    assert!(hello[0].contains(r#""action":"join""#));
    scene.text(link, missing);
    let (link, hello) = scene.hello();
    assert!(hello[0].contains(r#""action":"create""#));
    assert_eq!(scene.now, Instant::from_nanos(0), "there was nothing to wait for");
    scene.text(link, missing);
    assert_eq!(scene.session.state(), State::Closed, "a second refusal is no loop");
}

#[test]
fn a_foreign_room_is_refused_whatever_was_asked_for() {
    for entry in
        [RoomEntry::join("r"), RoomEntry::create("r", "R"), RoomEntry::join_or_create("r", "R")]
    {
        let mut scene = alice(entry);
        let (link, _) = scene.hello();
        scene.text(link, r#"{"error":"Room belongs to different project"}"#);
        assert_eq!(scene.session.state(), State::Closed);
    }
}

#[test]
fn what_was_missed_in_a_room_is_a_gap_or_is_resumed() {
    let joined = |seq: u64, resumed: &str| {
        alloc::format!(
            r#"{{"event":"joined","room_id":"general","epoch":"e","seq":{seq}{resumed}}}"#
        )
    };
    let mut scene = alice(RoomEntry::join("general"));
    let (link, _) = scene.hello();
    scene.text(link, &joined(4, ""));
    scene.text(link, r#"{"type":"message","content":"a","seq":5}"#);
    scene.events();
    scene.cut(link);
    let (link, hello) = scene.hello();
    assert!(hello[0].ends_with(r#""resume":{"epoch":"e","seq":5}}"#), "{hello:?}");
    scene.text(link, &joined(5, r#","resumed":true"#));
    scene.text(link, r#"{"type":"message","content":"b","seq":6}"#);
    let events = scene.events();
    assert!(!events.iter().any(|event| matches!(event, Event::Gap(_))), "{events:?}");
    assert!(matches!(events.last(), Some(Event::Message(_))));
    scene.cut(link);
    let (link, _) = scene.hello();
    scene.text(link, &joined(9, r#","resumed":false"#));
    let events = scene.events();
    assert!(matches!(events.last(), Some(Event::Gap(gap))
        if (gap.missed, gap.cause) == (Missed::Known(3), GapCause::HistoryTooShort)));
}

#[test]
fn a_broadcast_is_greeted_and_heard() {
    let user = User { id: Some("u1".into()), name: None };
    let mut scene = Scene::of(Target::Broadcast(user));
    let (link, hello) = scene.hello();
    assert_eq!(hello, [r#"{"api_key":"k","user_id":"u1"}"#]);
    scene.text(link, r#"{"event":"connected","project_id":"p","user_id":"u1"}"#);
    scene.text(link, r#"{"type":"message","user_id":"u2","data":{"text":"Hello"}}"#);
    let events = scene.events();
    let [Event::Connected(greeting), Event::Message(message)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(greeting.user_id.as_deref(), Some("u1"));
    assert_eq!(message.content, r#"{"text":"Hello"}"#);
    scene.cut(link);
    let (link, _) = scene.hello();
    scene.text(link, r#"{"event":"connected"}"#);
    let causes: Vec<_> = scene
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Gap(gap) => Some((gap.topic, gap.cause)),
            _ => None,
        })
        .collect();
    assert_eq!(causes, vec![(Topic::Broadcast, GapCause::Reconnected)]);
}
