//! Random sequences of calls, on every surface.

use std::time::Duration;

use cocobase_proto::filter::{Condition, Filter};
use cocobase_proto::sse::{Item, Message, Overflow};
use cocobase_proto::trace::{Recorder, Trace};
use cocobase_proto::wire::User;
use cocobase_proto::{
    Access, Action, CloseCause, Credentials, Input, Instant, LinkId, Offline, OutboxConfig,
    RoomEntry, Session, SessionConfig, Subscription, Target, Text, Topic,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A key, one with characters that JSON escapes, a token that expires, and one within another.
const SECRETS: [&str; 5] = [
    "coco_live_5f3a9c",
    r#"coco"quoted\key"#,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTcwMDAwMDYwMH0.c2lnbmF0dXJl",
    "coco_live_5f3a9c_and_more",
    "schlüssel-🔑-1",
];

/// A part of each that tells it apart, however it is quoted.
const MARKS: [&str; 5] = ["5f3a9c", "quoted", "c2lnbmF0dXJl", "and_more", "schl"];

#[derive(Debug, Clone)]
enum Step {
    Wait(Duration),
    Timeout,
    Input(Input),
    SetCredentials(usize, bool),
    CredentialsUnavailable(String),
    Reconnect,
    NetworkChanged,
    Close,
    Subscribe(u8),
    Unsubscribe,
    Join,
    Leave,
    Publish(Topic, String),
    PollEvents(usize),
    PollActions(usize),
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// What a server says; now and then it says a secret.
fn text() -> impl Strategy<Value = String> {
    let secret = (0..SECRETS.len()).prop_map(|which| SECRETS[which].to_string());
    let word = prop_oneof![2 => "[a-z]{0,6}", 1 => secret];
    (word, 0..20u64, 0..14usize).prop_map(|(word, seq, kind)| match kind {
        0 => format!(r#"{{"event":"create","data":{{"id":"{seq}","v":{}}},"seq":{seq}}}"#, json(&word)),
        1 => format!(r#"{{"event":"connected","epoch":"e","seq":{seq}}}"#),
        2 => format!(r#"{{"error":{}}}"#, json(&format!("Invalid API key {word}"))),
        3 => r#"{"error":"Authentication timeout"}"#.into(),
        4 => r#"{"event":"connected"}"#.into(),
        5 => format!(r#"{{"type":"subscribed","collection":"users","epoch":"e","seq":{seq}}}"#),
        6 => r#"{"event":"joined","room_id":"general","participants":1,"user_id":"u1"}"#.into(),
        7 => format!(
            r#"{{"type":"message","user_id":"u","content":{},"timestamp":null}}"#,
            json(&word)
        ),
        8 => r#"{"type":"authenticated"}"#.into(),
        9 => format!("{{\"oops\": {word}"),
        10 => format!("data: {{\"type\":\"event\",\"event\":\"created\",\"collection\":\"users\",\"document\":{{\"id\":{}}}}}\n\n", json(&word)),
        11 => format!("{{\"type\":{}}}", json(&word)),
        12 => json(&json(&word)),
        _ => word,
    })
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        8 => Just(Input::Opened),
        12 => text().prop_map(|text| Input::Text(text.into())),
        4 => text().prop_map(|text| Input::Bytes(text.into_bytes().into())),
        1 => vec(any::<u8>(), 0..20).prop_map(|bytes| Input::Bytes(bytes.into())),
        2 => (text(), text()).prop_map(|(data, id)| {
            let (data, last_event_id) = (data.into(), id.into());
            Input::Item(Item::Message(Message { data, last_event_id, ..Message::default() }))
        }),
        1 => Just(Input::Item(Item::Comment)),
        1 => (0..20_000u64).prop_map(|millis| {
            Input::Item(Item::Retry(Duration::from_millis(millis)))
        }),
        1 => Just(Input::Item(Item::Overflow(Overflow { dropped: 99, limit: 9 }))),
        1 => Just(Input::Binary),
        1 => Just(Input::Alive),
        1 => (300..600u16, prop::option::of(0..100u64), text()).prop_map(|(status, after, body)| {
            let retry_after = after.map(Duration::from_secs);
            Input::Refused { status, retry_after, body: body.into() }
        }),
        1 => text().prop_map(|text| Input::Closed(CloseCause::Io(text.into()))),
        1 => text().prop_map(|text| Input::Closed(CloseCause::Connect(text.into()))),
        1 => (prop::option::of(1000..5000u16), text()).prop_map(|(code, reason)| {
            Input::Closed(CloseCause::Closed { code, reason: reason.into() })
        }),
    ]
}

fn topic() -> impl Strategy<Value = Topic> {
    prop_oneof![
        Just(Topic::Room("general".into())),
        Just(Topic::Broadcast),
        Just(Topic::Everything),
        Just(Topic::Collection("users".into())),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..20_000u64).prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
        4 => Just(Step::Timeout),
        14 => input().prop_map(Step::Input),
        3 => (0..SECRETS.len(), any::<bool>()).prop_map(|(which, key)| Step::SetCredentials(which, key)),
        1 => text().prop_map(Step::CredentialsUnavailable),
        1 => Just(Step::Reconnect),
        1 => Just(Step::NetworkChanged),
        1 => prop::bool::weighted(0.05).prop_map(|close| if close { Step::Close } else { Step::Timeout }),
        2 => (0..3u8).prop_map(Step::Subscribe),
        1 => Just(Step::Unsubscribe),
        1 => Just(Step::Join),
        1 => Just(Step::Leave),
        3 => (topic(), prop_oneof![text(), text().prop_map(|text| json(&text))])
            .prop_map(|(topic, content)| Step::Publish(topic, content)),
        4 => (1..6usize).prop_map(Step::PollEvents),
        6 => (1..6usize).prop_map(Step::PollActions),
    ]
}

/// The same filter on the wire, built in different ways.
fn filter(way: u8) -> Filter {
    match way {
        0 => Filter::new(),
        1 => Filter::new().eq("a", 1).eq("b", 2),
        _ => Filter::new().any_of([Condition::eq("b", 2)]).eq("a", 1),
    }
}

fn target() -> impl Strategy<Value = Target> {
    let users = |way| Subscription::new("users", filter(way)).unwrap();
    let user = User { id: Some("u1".into()), name: Some("Ada".into()) };
    let other = user.clone();
    prop_oneof![
        1 => (0..3u8).prop_map(move |way| Target::Collection(users(way))),
        1 => (0..3u8).prop_map(move |way| Target::Collection(users(way).with_snapshot())),
        1 => (0..3u8).prop_map(move |way| Target::SelfHosted(users(way))),
        2 => (0..3u8).prop_map(move |way| Target::Events(users(way))),
        1 => (0..3u8).prop_map(move |way| Target::CollectionOrEvents(users(way))),
        1 => Just(Target::Broadcast(user)),
        1 => Just(Target::Room(RoomEntry::create("general", "General Chat").by("u1", "Ada"))),
        1 => Just(Target::Room(RoomEntry::join_or_create("general", "General Chat"))),
        3 => Just(Target::Gateway(other)),
    ]
}

fn credentials(which: usize, is_key: bool) -> Credentials {
    let secret = SECRETS[which].into();
    if is_key { Credentials::ApiKey(secret) } else { Credentials::Token(secret) }
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![
        (0..SECRETS.len(), any::<bool>())
            .prop_map(|(which, key)| Access::Fixed(credentials(which, key))),
        Just(Access::Ask),
    ]
}

fn config() -> impl Strategy<Value = SessionConfig> {
    (any::<bool>(), 1..20usize, any::<bool>(), prop::option::of(1..100u64)).prop_map(
        |(resume, max_events, queues, expires)| SessionConfig {
            resume,
            max_events,
            unix_epoch: Some(Duration::from_secs(1_700_000_000)),
            outbox: OutboxConfig {
                offline: if queues { Offline::Queue } else { Offline::Refuse },
                expires_after: expires.map(Duration::from_secs),
                ..OutboxConfig::default()
            },
            ..SessionConfig::default()
        },
    )
}

/// What a user and a driver do, and what they see.
struct Run {
    session: Recorder<String>,
    now: Instant,
    link: Option<LinkId>,
}

impl Run {
    fn step(&mut self, step: Step) {
        let (session, now) = (&mut self.session, self.now);
        match step {
            Step::Wait(duration) => self.now = now + duration,
            Step::Timeout => {
                self.now = session.poll_timeout().map_or(now, |wakeup| now.max(wakeup.at));
                session.handle_timeout(self.now);
            }
            Step::Input(input) => {
                if let Some(link) = self.link {
                    session.handle_input(link, input, now);
                }
            }
            Step::SetCredentials(which, key) => {
                session.set_credentials(credentials(which, key), now);
            }
            Step::CredentialsUnavailable(reason) => session.credentials_unavailable(reason, now),
            Step::Reconnect => session.reconnect(now),
            Step::NetworkChanged => session.network_changed(now),
            Step::Close => session.close(),
            Step::Subscribe(way) => {
                let _ = session.subscribe_to(Subscription::new("users", filter(way)).unwrap(), now);
            }
            Step::Unsubscribe => drop(session.unsubscribe_from("users")),
            Step::Join => drop(session.join("general")),
            Step::Leave => drop(session.leave("general")),
            Step::Publish(topic, content) => {
                drop(session.publish(topic, Text::from(content), now));
            }
            Step::PollEvents(count) => {
                for _ in 0..count {
                    session.poll_event();
                }
            }
            Step::PollActions(count) => {
                for _ in 0..count {
                    if let Some(Action::Open { link, .. }) = session.poll_action() {
                        self.link = Some(link);
                    }
                }
            }
        }
    }
}

fn rest(mut session: Session) -> (Vec<String>, Vec<Option<Action>>) {
    let events = std::iter::from_fn(|| session.poll_event()).map(|event| format!("{event:?}"));
    let events = events.collect();
    let actions = std::iter::from_fn(|| session.poll_action())
        .map(|action| match action {
            // A hello holds what the trace hides.
            Action::Send { .. } => None,
            Action::Open { link, path, .. } => {
                Some(Action::Open { link, path, carrier: cocobase_proto::Carrier::WebSocket })
            }
            close => Some(close),
        })
        .collect();
    (events, actions)
}

proptest! {
    #[test]
    fn what_is_recorded_plays_back_the_same_and_tells_no_secret(
        target in target(),
        access in access(),
        config in config(),
        seed in any::<u64>(),
        steps in vec(step(), 0..100),
    ) {
        let now = Instant::from_nanos(0);
        // Only what has been given as a secret can be known as one; who says it before is out of
        // scope, as the documentation says.
        let mut given: Vec<&str> = Vec::new();
        if let Access::Fixed(credentials) = &access {
            given.extend(SECRETS.iter().filter(|one| **one == credentials.secret().expose()));
        }
        let session = Recorder::new(target, access, config, seed, now, String::new());
        let mut run = Run { session, now, link: None };
        let mut since = vec![0; given.len()];
        for step in steps {
            let words = match &step {
                Step::Input(input) => format!("{input:?}"),
                Step::Publish(_, content) => content.clone(),
                Step::CredentialsUnavailable(reason) => reason.clone(),
                _ => String::new(),
            };
            let is_early = |(secret, mark)| !given.contains(secret) && words.contains(mark);
            if SECRETS.iter().zip(MARKS).any(is_early) {
                continue;
            }
            if let Step::SetCredentials(which, _) = step
                && !given.contains(&SECRETS[which]) {
                    given.push(SECRETS[which]);
                    since.push(run.session.sink_mut().len());
                }
            run.step(step);
        }
        let (session, trace) = run.session.into_parts();
        for (secret, since) in given.iter().zip(since) {
            // However often JSON has quoted it.
            let mut spelling = (*secret).to_string();
            for _ in 0..4 {
                prop_assert!(!trace[since..].contains(&spelling), "{spelling}\n{trace}");
                spelling = json(&spelling).trim_matches('"').to_string();
            }
        }
        let replayed = Trace::parse(&trace).unwrap().replay();
        let replayed = replayed.map_err(|difference| TestCaseError::fail(format!("{difference}\n{trace}")))?;
        prop_assert_eq!(replayed.calls + 1, trace.lines().count());
        prop_assert_eq!(replayed.session.state(), session.state());
        prop_assert_eq!(replayed.session.poll_timeout(), session.poll_timeout());
        let (_, actions) = rest(session);
        prop_assert_eq!(rest(replayed.session).1, actions);
    }
}
