//! One collection by server-sent events, in pieces of any size.

use super::*;
use crate::refusal::RefusalKind;
use crate::sse::{Item, Message, Overflow};

fn events() -> Scene {
    Scene::of(Target::Events(quakes(Filter::new().gte("mag", 4.5))))
}

impl Scene {
    fn stream(&mut self) -> (LinkId, String, Vec<(&'static str, String)>) {
        loop {
            match self.session.poll_action() {
                Some(Action::Open { link, path, carrier: Carrier::EventStream { headers } }) => {
                    self.input(link, Input::Opened);
                    return (link, path, headers);
                }
                Some(Action::Open { carrier, .. }) => panic!("{carrier:?}"),
                Some(_) => {}
                None => assert_eq!(self.wait_for_wakeup(), WakeReason::Reconnect),
            }
        }
    }

    fn bytes(&mut self, link: LinkId, bytes: &str) {
        self.input(link, Input::Bytes(bytes.as_bytes().to_vec().into()));
    }
}

const GREETING: &str = "event: greeting\ndata: {\"type\":\"subscribed\",\"collection\":\"quakes\",\"epoch\":\"e\",\"seq\":7}\n\n";

fn created(id: &str) -> String {
    alloc::format!(
        "id: {id}\ndata: {{\"type\":\"event\",\"collection\":\"quakes\",\"event\":\"created\",\"document\":{{\"id\":\"1\",\"data\":{{}}}}}}\n\n"
    )
}

#[test]
fn a_stream_is_asked_for_with_its_filter_and_its_key() {
    let mut scene = events();
    let (_, path, headers) = scene.stream();
    assert_eq!(path, "/realtime/sse/quakes?filters=%7B%22mag_gte%22%3A4.5%7D&greeting=true");
    assert!(headers.contains(&("authorization", "Bearer k".to_string())), "{headers:?}");
    assert_eq!(scene.sent().len(), 0, "nothing is said on a stream");
}

#[test]
fn a_stream_without_a_greeting_is_live_after_a_moment() {
    let mut scene = events();
    scene.stream();
    assert_eq!(scene.session.state(), State::Connecting);
    scene.wait(1.0);
    assert!(matches!(&scene.events()[..], [Event::Connected(_)]));
    let mut scene = events();
    let (link, ..) = scene.stream();
    for piece in created("x").as_bytes() {
        scene.input(link, Input::Bytes(bytes::Bytes::copy_from_slice(&[*piece])));
    }
    assert!(matches!(&scene.events()[..], [Event::Connected(_), Event::Created(_)]));
}

#[test]
fn comments_keep_a_stream_alive_and_silence_ends_it() {
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.bytes(link, GREETING);
    for _ in 0..10 {
        scene.wait(50.0);
        scene.bytes(link, ": still here\n");
        assert_eq!(scene.sent().len(), 0);
    }
    assert_eq!(scene.session.state(), State::Live);
    scene.events();
    scene.wait(60.0);
    assert!(matches!(scene.fault(), Fault::Silence(_)));
}

#[test]
fn the_last_id_resumes_the_stream() {
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.bytes(link, GREETING);
    scene.bytes(link, &created("e:8"));
    scene.events();
    scene.cut(link);
    let (link, _, headers) = scene.stream();
    assert!(headers.contains(&("last-event-id", "e:8".to_string())), "{headers:?}");
    scene.bytes(link, &GREETING.replace("\"seq\":7", "\"seq\":8,\"resumed\":true"));
    scene.bytes(link, &created("e:8"));
    scene.bytes(link, &created("e:9"));
    let events = scene.events();
    assert!(
        matches!(
            &events[..],
            [Event::Disconnected(_), Event::Connected(_), Event::Created(change)] if change.seq == Some(9)
        ),
        "{events:?}"
    );
}

#[test]
fn who_has_greeted_is_waited_for_and_resumes_without_a_gap() {
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.bytes(link, GREETING);
    scene.cut(link);
    let (link, ..) = scene.stream();
    scene.events();
    scene.wait(9.0);
    assert_eq!(scene.session.state(), State::Connecting);
    scene.bytes(link, &GREETING.replace("\"seq\":7", "\"seq\":9,\"resumed\":true"));
    scene.bytes(link, &created("e:8"));
    let events = scene.events();
    assert!(matches!(&events[..], [Event::Connected(_), Event::Created(_)]), "{events:?}");

    scene.cut(link);
    scene.stream();
    scene.wait(10.0);
    assert_eq!(scene.fault(), Fault::GreetingTimeout, "nothing is guessed");
}

#[test]
fn a_late_greeting_still_tells_where_the_stream_is() {
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.wait(1.0);
    scene.bytes(link, GREETING);
    assert!(matches!(&scene.events()[..], [Event::Connected(_)]));
    scene.cut(link);
    let (link, _, headers) = scene.stream();
    assert!(headers.contains(&("last-event-id", "e:7".to_string())), "{headers:?}");
    scene.wait(2.0);
    scene.bytes(link, &GREETING.replace("\"seq\":7", "\"seq\":9,\"resumed\":true"));
    let events = scene.events();
    assert!(matches!(&events[..], [Event::Disconnected(_), Event::Connected(_)]), "{events:?}");
}

#[test]
fn a_stream_of_another_server_leaves_a_gap() {
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.bytes(link, &created("abc"));
    scene.events();
    scene.cut(link);
    let (link, _, headers) = scene.stream();
    assert!(headers.contains(&("last-event-id", "abc".to_string())));
    scene.bytes(link, &created("abd"));
    assert!(scene.events().iter().any(|event| matches!(event, Event::Gap(_))));
}

#[test]
fn the_pause_that_a_stream_asks_for_is_kept() {
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.bytes(link, GREETING);
    scene.bytes(link, "retry: 20000\n\n");
    scene.cut(link);
    let wakeup = scene.session.poll_timeout().unwrap();
    assert!(wakeup.at.since(scene.now) >= Duration::from_secs(20));
}

#[test]
fn a_stream_is_refused_by_its_status() {
    for (status, kind) in [(401, RefusalKind::Credentials), (404, RefusalKind::Collection)] {
        let mut scene = events();
        let Some(Action::Open { link, .. }) = scene.session.poll_action() else { panic!() };
        scene.input(link, Input::Refused { status, retry_after: None, body: Text::default() });
        assert!(matches!(&scene.events()[..], [Event::Refused(refusal)] if refusal.kind == kind));
    }
}

#[test]
fn a_message_that_is_too_large_is_told() {
    let config = SessionConfig { max_stream_message: 64, ..SessionConfig::default() };
    let mut scene = Scene::about(Target::Events(quakes(Filter::new())), key(), config);
    let (link, ..) = scene.stream();
    scene.bytes(link, &alloc::format!("data: {}\n\n", "x".repeat(100)));
    assert!(matches!(scene.events().last(), Some(Event::Malformed(_))));
    assert_eq!(scene.session.state(), State::Connecting, "the stream goes on");
}

#[test]
fn a_carrier_may_have_parsed_the_stream() {
    fn said(data: &str, id: &str) -> Input {
        let (data, last_event_id) = (data.into(), id.into());
        Input::Item(Item::Message(Message { data, last_event_id, ..Message::default() }))
    }
    let data = |block: &str| block.split_once("data: ").unwrap().1.trim_end().to_string();
    let mut scene = events();
    let (link, ..) = scene.stream();
    scene.input(link, said(&data(GREETING), ""));
    scene.input(link, said(&data(&created("")), "e:8"));
    let events = scene.events();
    let [Event::Connected(_), Event::Created(change)] = &events[..] else { panic!("{events:?}") };
    assert_eq!(change.seq, Some(8), "its number stands in its id");
    scene.input(link, Input::Item(Item::Overflow(Overflow { dropped: 99, limit: 9 })));
    assert!(matches!(&scene.events()[..], [Event::Malformed(_)]));
    scene.input(link, Input::Item(Item::Retry(Duration::from_secs(20))));
    scene.cut(link);
    let wakeup = scene.session.poll_timeout().unwrap();
    assert!(wakeup.at.since(scene.now) >= Duration::from_secs(20));
    let (link, _, headers) = scene.stream();
    assert!(headers.contains(&("last-event-id", "e:8".to_string())), "{headers:?}");
    scene.input(link, said(&data(GREETING), "e:8"));
    scene.events();
    for _ in 0..3 {
        scene.wait(50.0);
        scene.input(link, Input::Item(Item::Comment));
    }
    assert_eq!(scene.session.state(), State::Live);
}

#[test]
fn items_are_of_event_streams_only() {
    let mut scene = Scene::of(quakes(Filter::new()));
    let link = scene.opened();
    let data = r#"{"event":"connected"}"#.into();
    let message = Message { data, ..Message::default() };
    scene.input(link, Input::Item(Item::Message(message)));
    assert_eq!(scene.session.state(), State::Connecting);
}
