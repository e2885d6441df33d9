//! Many subscriptions and rooms on one socket.

use alloc::format;

use super::*;
use crate::wire::User;

fn gateway() -> Scene {
    Scene::of(Target::Gateway(User::default()))
}

const PONG: &str = r#"{"type":"pong"}"#;

impl Scene {
    fn subscribe(&mut self, collection: &str, filter: Filter) {
        let subscription = Subscription::new(collection, filter).unwrap();
        self.session.subscribe_to(subscription, self.now).unwrap();
    }

    fn gaps(&mut self) -> Vec<(Topic, Missed, GapCause)> {
        let gap = |event| match event {
            Event::Gap(gap) => Some((gap.topic, gap.missed, gap.cause)),
            _ => None,
        };
        self.events().into_iter().filter_map(gap).collect()
    }
}

fn topic(collection: &str) -> Topic {
    Topic::Collection(collection.into())
}

#[test]
fn everything_is_said_behind_auth_and_nothing_needs_to_be_confirmed() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new().eq("status", "published"));
    scene.session.join("chat-123").unwrap();
    let (link, hello) = scene.hello();
    assert_eq!(
        hello,
        [
            r#"{"type":"auth","token":"k"}"#,
            r#"{"type":"subscribe","collection":"posts","filters":{"status":"published"}}"#,
            r#"{"type":"join","room":"chat-123"}"#,
            r#"{"type":"ping"}"#,
        ]
    );
    scene.text(link, PONG);
    scene.text(
        link,
        r#"{"type":"event","collection":"posts","event":"created","document":{"id":"1","data":{}}}"#,
    );
    scene.text(link, r#"{"type":"event","event":"broadcast","room":"chat-123","message":"hi"}"#);
    let events = scene.events();
    assert!(
        matches!(&events[..], [Event::Connected(_), Event::Created(_), Event::Message(_)]),
        "{events:?}"
    );
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let mut scene = gateway();
    scene.hello();
    scene.wait(10.0);
    assert_eq!(scene.fault(), Fault::GreetingTimeout);
}

#[test]
fn topics_come_and_go_on_a_live_link() {
    let mut scene = gateway();
    let (link, _) = scene.hello();
    scene.text(link, PONG);
    scene.subscribe("posts", Filter::new());
    scene.subscribe("posts", Filter::new());
    scene.session.join("r").unwrap();
    assert_eq!(
        scene.sent(),
        [r#"{"type":"subscribe","collection":"posts"}"#, r#"{"type":"join","room":"r"}"#]
    );
    scene.session.join("s").unwrap();
    scene.session.leave("s").unwrap();
    scene.session.leave("r").unwrap();
    scene.session.unsubscribe_from("posts").unwrap();
    scene.session.unsubscribe_from("posts").unwrap();
    assert_eq!(
        scene.sent(),
        [r#"{"type":"leave","room":"r"}"#, r#"{"type":"unsubscribe","collection":"posts"}"#],
        "what the server never heard of is not taken back"
    );
    scene.events();
    scene.text(
        link,
        r#"{"type":"event","collection":"posts","event":"deleted","document":{"id":"1"}}"#,
    );
    assert_eq!(scene.events(), [], "a latecomer of an ended subscription");
    scene.cut(link);
    assert_eq!(scene.hello().1.len(), 2, "auth and ping");
}

#[test]
fn a_confirmed_subscription_resumes_where_it_was() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"authenticated"}"#);
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":4}"#);
    let created = |seq: u64| {
        alloc::format!(
            r#"{{"type":"event","collection":"posts","event":"created","document":{{"id":"1"}},"seq":{seq}}}"#
        )
    };
    scene.text(link, &created(5));
    assert!(matches!(
        &scene.events()[..],
        [Event::Connected(_), Event::Subscribed(_), Event::Created(_)]
    ));
    scene.cut(link);
    let (link, hello) = scene.hello();
    assert!(hello[1].contains(r#""resume":{"epoch":"e","seq":5}"#), "{hello:?}");
    scene.text(link, r#"{"type":"authenticated"}"#);
    scene.text(
        link,
        r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":5,"resumed":true}"#,
    );
    scene.text(link, &created(6));
    let events = scene.events();
    assert!(!events.iter().any(|event| matches!(event, Event::Gap(_))), "{events:?}");
    assert!(matches!(events.last(), Some(Event::Created(_))));
}

#[test]
fn each_topic_has_its_own_gap() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    scene.subscribe("users", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":4}"#);
    scene.cut(link);
    let (link, _) = scene.hello();
    scene.text(link, PONG);
    assert_eq!(
        scene.gaps(),
        [(topic("users"), Missed::Unknown, GapCause::Reconnected)],
        "a server that never confirmed this one will not say more"
    );
    scene.text(
        link,
        r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":7,"resumed":false}"#,
    );
    assert_eq!(scene.gaps(), [(topic("posts"), Missed::Known(3), GapCause::HistoryTooShort)]);
}

#[test]
fn another_filter_is_told_as_a_gap() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":4}"#);
    scene.events();
    scene.subscribe("posts", Filter::new().eq("a", 1));
    assert_eq!(scene.sent(), [r#"{"type":"subscribe","collection":"posts","filters":{"a":1}}"#]);
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":9}"#);
    assert_eq!(scene.gaps(), [(topic("posts"), Missed::Unknown, GapCause::FilterChanged)]);
}

#[test]
fn a_refusal_ends_one_topic_only() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    scene.subscribe("nowhere", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"subscribed","collection":"posts"}"#);
    scene.events();
    scene.text(
        link,
        r#"{"type":"error","code":"INVALID_COLLECTION","message":"Collection does not exist"}"#,
    );
    let events = scene.events();
    assert!(
        matches!(&events[..], [Event::TopicRefused { topic, .. }]
        if *topic == Topic::Collection("nowhere".into())),
        "{events:?}"
    );
    assert_eq!(scene.session.state(), State::Live);
    scene.cut(link);
    assert_eq!(scene.hello().1.len(), 3, "auth, the one subscription, ping");
}

#[test]
fn a_refusal_of_nobody_knows_what_is_told_and_ends_nothing() {
    let mut scene = gateway();
    scene.subscribe("a", Filter::new());
    scene.subscribe("b", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, PONG);
    scene.events();
    scene.text(link, r#"{"type":"error","code":"INVALID_COLLECTION","message":"?"}"#);
    assert!(matches!(&scene.events()[..], [Event::ServerError(_)]));
}

#[test]
fn wrong_credentials_end_the_gateway() {
    let mut scene = gateway();
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"error","code":"UNAUTHORIZED","message":"Invalid or missing authentication token"}"#);
    assert!(matches!(&scene.events()[..], [Event::Refused(_)]));
    assert_eq!(scene.session.state(), State::Closed);
}

#[test]
fn a_lagging_subscription_is_resumed_alone() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":4}"#);
    scene.events();
    scene.actions();
    scene.text(link, r#"{"type":"lagged","collection":"posts","missed":3}"#);
    assert_eq!(
        scene.sent(),
        [r#"{"type":"subscribe","collection":"posts","resume":{"epoch":"e","seq":4}}"#]
    );
    let early =
        r#"{"type":"event","collection":"posts","event":"deleted","document":{"id":"9"},"seq":9}"#;
    scene.text(link, early);
    assert_eq!(scene.events(), [], "it comes again, in its place");
    scene.text(
        link,
        r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":4,"resumed":true}"#,
    );
    for seq in 5..=9 {
        scene.text(link, &early.replace(r#""seq":9"#, &alloc::format!(r#""seq":{seq}"#)));
    }
    let events = scene.events();
    assert_eq!(events.len(), 6, "{events:?}");
    assert!(matches!(&events[0], Event::Subscribed(_)));
}

#[test]
fn the_number_of_topics_is_bounded() {
    let config = SessionConfig { max_topics: 2, ..SessionConfig::default() };
    let mut scene = Scene::about(Target::Gateway(User::default()), key(), config);
    scene.subscribe("a", Filter::new());
    scene.session.join("r").unwrap();
    assert_eq!(scene.session.join("s"), Err(CommandError::TooMany(2)));
    scene.subscribe("a", Filter::new().eq("x", 1));
    scene.session.close();
    assert_eq!(scene.session.join("r"), Err(CommandError::Closed));
    assert_eq!(Scene::keyed().session.join("r"), Err(CommandError::NotGateway));
}

#[test]
fn what_is_on_its_way_for_an_ended_subscription_is_not_the_next_ones() {
    let event = |seq: u32| {
        format!(
            r#"{{"type":"event","collection":"posts","event":"created","document":{{"id":"{seq}","data":{{}}}},"seq":{seq}}}"#
        )
    };
    let subscribed = r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":7}"#;
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"authenticated"}"#);
    scene.session.unsubscribe_from("posts").unwrap();
    scene.sent();
    scene.subscribe("posts", Filter::new().eq("a", 1));
    scene.sent();
    scene.events();
    // The answer to the first, and what it let through.
    scene.text(link, subscribed);
    scene.text(link, &event(8));
    scene.text(link, r#"{"type":"lagged","collection":"posts","missed":1,"epoch":"e","seq":9}"#);
    assert_eq!(scene.events(), []);
    scene.text(link, r#"{"type":"unsubscribed","collection":"posts"}"#);
    scene.text(link, &event(9));
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":10}"#);
    scene.text(link, &event(11));
    let events = scene.events();
    assert!(
        matches!(
            &events[..],
            [Event::Subscribed(greeting), Event::Created(_)]
                if greeting.position.as_ref().is_some_and(|at| at.seq == 10)
        ),
        "{events:?}"
    );
    assert_eq!(scene.sent(), [] as [&str; 0]);
}

#[test]
fn a_subscription_is_ended_before_it_is_replaced_unanswered() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"authenticated"}"#);
    for value in [1, 2] {
        scene.subscribe("posts", Filter::new().eq("a", value));
    }
    assert_eq!(
        scene.sent(),
        [
            r#"{"type":"unsubscribe","collection":"posts"}"#,
            r#"{"type":"subscribe","collection":"posts","filters":{"a":2}}"#,
        ]
    );
    scene.events();
    for (text, told) in [
        (r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":7}"#, 0),
        (r#"{"type":"unsubscribed","collection":"posts"}"#, 0),
        // The filter was replaced, which is a gap.
        (r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":9}"#, 2),
    ] {
        scene.text(link, text);
        assert_eq!(scene.events().len(), told, "{text}");
    }
}

#[test]
fn who_lags_twice_resumes_once() {
    let mut scene = gateway();
    scene.subscribe("posts", Filter::new());
    let (link, _) = scene.hello();
    scene.text(link, r#"{"type":"subscribed","collection":"posts","epoch":"e","seq":7}"#);
    for seq in [9, 12] {
        let lagged = format!(
            r#"{{"type":"lagged","collection":"posts","missed":2,"epoch":"e","seq":{seq}}}"#
        );
        scene.text(link, &lagged);
    }
    assert_eq!(
        scene.sent(),
        [r#"{"type":"subscribe","collection":"posts","resume":{"epoch":"e","seq":7}}"#]
    );
}
