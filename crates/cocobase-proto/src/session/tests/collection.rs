//! One collection over WebSocket: the rules of liveness, reconnection and refusal.

use super::*;
use crate::refusal::RefusalKind;

#[test]
fn a_greeting_makes_the_session_live() {
    let mut scene = Scene::keyed();
    assert_eq!(scene.session.state(), State::Connecting);
    let link = scene.greeted();
    assert_eq!(scene.session.state(), State::Live);
    assert!(matches!(&scene.events()[..], [Event::Connected(greeting)]
        if greeting.position.as_ref().is_some_and(|position| position.seq == 7)));

    scene.text(link, GREETING);
    assert_eq!(scene.events(), [], "a doubled greeting is no news");
}

#[test]
fn an_event_is_as_good_as_a_greeting() {
    let mut scene = Scene::keyed();
    let link = scene.opened();
    scene.text(link, r#"{"event":"create","data":{"id":"1"}}"#);
    assert!(matches!(&scene.events()[..], [Event::Connected(_), Event::Created(_)]));
}

#[test]
fn connecting_and_greeting_have_ten_seconds_each() {
    let mut scene = Scene::keyed();
    scene.wait(9.9);
    assert_eq!(scene.events(), []);
    scene.wait(0.1);
    assert_eq!(scene.fault(), Fault::ConnectTimeout);

    let mut scene = Scene::keyed();
    scene.opened();
    scene.wait(9.9);
    assert_eq!(scene.events(), []);
    scene.wait(0.1);
    assert_eq!(scene.fault(), Fault::GreetingTimeout);
}

#[test]
fn a_round_trip_is_that_of_a_ping_and_its_answer() {
    let (mut scene, link) = Scene::live();
    scene.wait(30.0);
    assert_eq!(scene.session.round_trip(), None);
    scene.wait(0.25);
    scene.text(link, r#"{"type":"pong"}"#);
    scene.wait(1.0);
    // Nobody asked for this one.
    scene.text(link, r#"{"type":"pong"}"#);
    assert_eq!(scene.session.round_trip(), Some(Duration::from_millis(250)));
}

#[test]
fn silence_is_answered_with_a_ping_and_then_with_a_new_link() {
    let (mut scene, old) = Scene::live();
    assert_eq!(scene.wait_for_wakeup(), WakeReason::Ping);
    assert!(scene.actions().iter().all(Scene::is_ping));
    scene.wait(29.0);
    assert_eq!(scene.events(), []);
    scene.wait(1.0);
    assert_eq!(scene.fault(), Fault::Silence(Duration::from_secs(60)));
    assert!(scene.actions().contains(&Action::Close { link: old }));
    assert_eq!(scene.wait_for_wakeup(), WakeReason::Reconnect);
    assert!(matches!(&scene.actions()[..], [Action::Open { link, .. }] if *link > old));
}

#[test]
fn every_sign_of_life_keeps_the_link() {
    let signs = [
        Input::Alive,
        Input::Binary,
        Input::Text(r#"{"type":"pong"}"#.into()),
        Input::Text("not JSON".into()),
        Input::Text(r#"{"type":"news"}"#.into()),
    ];
    for sign in signs {
        let (mut scene, link) = Scene::live();
        for _ in 0..20 {
            scene.wait(50.0);
            scene.input(link, sign.clone());
        }
        assert_eq!(scene.session.state(), State::Live, "{sign:?}");
    }
}

#[test]
fn a_busy_server_still_hears_from_us() {
    let (mut scene, link) = Scene::live();
    let mut pings = 0;
    for n in 0..90 {
        scene.wait(1.0);
        scene.text(link, &alloc::format!(r#"{{"event":"delete","data":{{"id":"{n}"}}}}"#));
        pings += scene.actions().iter().filter(|action| Scene::is_ping(action)).count();
    }
    assert_eq!(pings, 3);
}

#[test]
fn who_was_away_asks_before_it_condemns() {
    let (mut scene, link) = Scene::live();
    scene.wait(3600.0);
    assert_eq!(scene.session.state(), State::Live);
    assert!(scene.actions().iter().any(Scene::is_ping));
    scene.wait(1.0);
    scene.text(link, r#"{"type":"pong"}"#);
    scene.wait(29.0);
    assert_eq!(scene.session.state(), State::Live);

    let (mut scene, _) = Scene::live();
    scene.wait(3600.0);
    scene.wait(10.0);
    assert!(matches!(scene.fault(), Fault::Silence(_)));
}

#[test]
fn faults_pass_and_pauses_grow_until_the_server_greets() {
    let mut scene = Scene::keyed();
    let mut longest = Duration::ZERO;
    for attempt in 1..=40 {
        // An open connection alone proves nothing.
        let link = scene.opened();
        scene.input(link, Input::Closed(CloseCause::Io("reset".into())));
        let events = scene.events();
        let [Event::Disconnected(fault)] = &events[..] else { panic!("{events:?}") };
        assert_eq!(fault.attempt, attempt);
        longest = longest.max(fault.retry_in);
        scene.wait_for_wakeup();
    }
    assert!(longest > Duration::from_secs(20) && longest <= Duration::from_secs(30));

    let link = scene.greeted();
    scene.events();
    scene.input(link, Input::Closed(CloseCause::Io("reset".into())));
    let events = scene.events();
    assert!(matches!(&events[..], [Event::Disconnected(fault)]
        if fault.attempt == 1 && fault.retry_in <= Duration::from_secs(1)));
}

#[test]
fn a_lost_link_leaves_a_gap_with_its_length() {
    let (mut scene, link) = Scene::live();
    scene.wait(5.0);
    scene.text(link, r#"{"event":"create","data":{"id":"1"},"seq":8}"#);
    scene.events();
    scene.wait(3.0);
    scene.input(link, Input::Closed(CloseCause::Closed { code: Some(1001), reason: "".into() }));
    scene.wait(2.0);
    let link = scene.opened();
    scene.text(link, r#"{"event":"connected","epoch":"e","seq":12}"#);
    let events = scene.events();
    let [Event::Disconnected(_), Event::Connected(_), Event::Gap(gap)] = &events[..] else {
        panic!("{events:?}")
    };
    assert_eq!(gap.lasted, Duration::from_secs(5));
    assert_eq!((gap.missed, gap.cause), (Missed::Known(4), GapCause::Reconnected));
    assert_eq!(
        alloc::string::ToString::to_string(gap),
        "missed 4 changes of `quakes` while disconnected, in 5.0 s"
    );
}

#[test]
fn a_wrong_key_ends_the_session_at_once() {
    let mut scene = Scene::keyed();
    let link = scene.opened();
    scene.text(link, r#"{"error":"Invalid API key"}"#);
    assert_eq!(scene.actions(), [Action::Close { link }]);
    assert!(matches!(&scene.events()[..], [Event::Refused(refusal)]
        if refusal.kind == RefusalKind::Credentials));
    assert_eq!(scene.session.poll_timeout(), None);
    assert_eq!(scene.session.state(), State::Closed);
}

#[test]
fn an_http_refusal_ends_the_session_and_a_busy_server_does_not() {
    for (status, ends) in [(401, true), (404, true), (429, false), (503, false)] {
        let mut scene = Scene::keyed();
        let Some(Action::Open { link, .. }) = scene.session.poll_action() else { panic!() };
        let retry_after = Some(Duration::from_secs(100));
        scene.input(link, Input::Refused { status, retry_after, body: Text::default() });
        if ends {
            assert_eq!(scene.session.state(), State::Closed, "{status}");
        } else {
            assert_eq!(scene.fault(), Fault::Status(status));
            let wakeup = scene.session.poll_timeout().unwrap();
            assert!(wakeup.at.since(scene.now) > Duration::from_secs(100), "{status}");
        }
    }
}

#[test]
fn an_authentication_timeout_passes() {
    let mut scene = Scene::keyed();
    let link = scene.opened();
    scene.text(link, r#"{"error":"Authentication timeout"}"#);
    assert!(matches!(scene.fault(), Fault::Server(_)));
    assert_eq!(scene.session.state(), State::Waiting);
}

#[test]
fn an_error_on_a_live_link_ends_nothing() {
    let (mut scene, link) = Scene::live();
    scene.text(link, r#"{"error":"Rate limit exceeded"}"#);
    assert!(matches!(&scene.events()[..], [Event::ServerError(_)]));
    assert_eq!(scene.session.state(), State::Live);
}

#[test]
fn a_provider_is_asked_every_time_and_once_more_after_a_refusal() {
    let mut scene = Scene::new(Access::Ask);
    assert_eq!(scene.events(), [Event::CredentialsNeeded { refused: false }]);
    assert_eq!(scene.actions(), []);
    scene.session.set_credentials(Credentials::Token("t1".into()), scene.now);
    let link = scene.opened();
    scene.text(link, r#"{"type":"error","code":"UNAUTHORIZED","message":"expired"}"#);
    assert_eq!(scene.events(), [Event::CredentialsNeeded { refused: true }]);

    scene.session.set_credentials(Credentials::Token("t2".into()), scene.now);
    let link = scene.greeted();
    scene.events();
    scene.input(link, Input::Closed(CloseCause::Io("reset".into())));
    scene.wait_for_wakeup();
    assert!(matches!(
        &scene.events()[..],
        [Event::Disconnected(_), Event::CredentialsNeeded { refused: false }]
    ));

    scene.session.credentials_unavailable("offline", scene.now);
    assert_eq!(scene.fault(), Fault::Credentials("offline".into()));
    scene.wait_for_wakeup();
    for _ in 0..2 {
        scene.session.set_credentials(Credentials::Token("bad".into()), scene.now);
        let link = scene.opened();
        scene.text(link, r#"{"error":"Invalid API key"}"#);
    }
    assert!(matches!(scene.events().last(), Some(Event::Refused(_))));
    assert_eq!(scene.session.state(), State::Closed);
}

#[test]
fn malformed_and_unknown_messages_reach_the_user() {
    let (mut scene, link) = Scene::live();
    scene.text(link, r#"{"event":"create","data":"#);
    scene.text(link, r#"{"type":"presence"}"#);
    scene.input(link, Input::Binary);
    let events = scene.events();
    assert!(
        matches!(&events[..], [Event::Malformed(first), Event::Unknown(_), Event::Malformed(_)]
        if first.error.column == 25),
        "{events:?}"
    );
}

#[test]
fn doubled_changes_are_delivered_once() {
    let (mut scene, link) = Scene::live();
    for seq in [8, 8, 9, 8, 10] {
        scene
            .text(link, &alloc::format!(r#"{{"event":"create","data":{{"id":"1"}},"seq":{seq}}}"#));
    }
    assert_eq!(scene.events().len(), 3);
}

#[test]
fn a_new_network_is_tried_at_once() {
    let (mut scene, old) = Scene::live();
    scene.session.reconnect(scene.now);
    assert_eq!(scene.actions()[0], Action::Close { link: old });
    assert_eq!(scene.fault(), Fault::Requested);
    assert_eq!(scene.session.state(), State::Connecting);
}

#[test]
fn closing_is_final_in_every_state() {
    let (live, _) = Scene::live();
    let mut waiting = Scene::keyed();
    waiting.wait(10.0);
    for mut scene in [Scene::keyed(), Scene::new(Access::Ask), live, waiting] {
        scene.session.close();
        assert_eq!(scene.events(), []);
        assert!(scene.actions().iter().all(|action| matches!(action, Action::Close { .. })));
        scene.session.reconnect(scene.now);
        scene.session.set_credentials(Credentials::ApiKey("k".into()), scene.now);
        scene.wait(1e6);
        assert_eq!(scene.session.poll_timeout(), None);
        assert_eq!((scene.events(), scene.actions()), (alloc::vec![], alloc::vec![]));
        assert_eq!(scene.session.state(), State::Closed);
    }
}

#[test]
fn secrets_do_not_show() {
    let mut scene = Scene::new(Access::Fixed(Credentials::ApiKey("sesame".into())));
    let Some(Action::Open { link, .. }) = scene.session.poll_action() else { panic!() };
    scene.input(link, Input::Opened);
    let send = scene.session.poll_action().unwrap();
    let shown = alloc::format!("{:?} {send:?} {:?}", scene.session, scene.session.credentials);
    assert!(!shown.contains("sesame"), "{shown}");
}

#[test]
fn the_end_of_time_is_no_deadline() {
    for mut scene in [Scene::keyed(), Scene::live().0] {
        scene.now = Instant::from_nanos(u64::MAX);
        scene.session.handle_timeout(scene.now);
        scene.session.reconnect(scene.now);
        scene.session.handle_timeout(scene.now);
        assert_eq!(scene.session.poll_timeout(), None);
    }
}
