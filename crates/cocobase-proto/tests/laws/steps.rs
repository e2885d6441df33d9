//! Random calls: what a driver, a user, a server and a clock may do, sensible or not.

use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::sse::{Item, Message, Overflow};
use cocobase_proto::{
    Access, CloseCause, Credentials, Input, RoomEntry, Subscription, Target, Text, Topic, User,
};
use proptest::prelude::*;

/// One call, or the passing of time.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Wait(Duration),
    ClockBack(Duration),
    WaitForWakeup(Duration),
    Timeout,
    Input { newest: bool, input: Input },
    SetCredentials,
    CredentialsUnavailable,
    Reconnect,
    NetworkChanged,
    Subscribe(&'static str, bool),
    Unsubscribe(&'static str),
    Join(&'static str),
    Leave(&'static str),
    Publish(Topic),
    Close,
    PollEvents(usize),
    PollActions(usize),
}

fn text() -> impl Strategy<Value = String> {
    let change = (0..20u64)
        .prop_map(|seq| format!(r#"{{"event":"create","data":{{"id":"{seq}"}},"seq":{seq}}}"#));
    let greeting = (0..20u64, 0..3u64).prop_map(|(seq, epoch)| {
        format!(r#"{{"event":"connected","epoch":"{epoch}","seq":{seq}}}"#)
    });
    let of_gateway =
        (name(), 0..20u64, prop::option::of(any::<bool>())).prop_map(|(name, seq, resumed)| {
            let resumed = resumed.map(|resumed| format!(r#","resumed":{resumed}"#));
            let resumed = resumed.unwrap_or_default();
            format!(
                r#"{{"type":"subscribed","collection":"{name}","epoch":"e","seq":{seq}{resumed}}}"#
            )
        });
    let event = (name(), 0..20u64).prop_map(|(name, seq)| {
        format!(
            r#"{{"type":"event","collection":"{name}","event":"deleted","document":{{"id":"{seq}"}},"seq":{seq}}}"#
        )
    });
    let of_room = (name(), name(), prop_oneof!["user_joined", "user_left", "message"]).prop_map(
        |(room, user, kind)| {
            format!(r#"{{"type":"{kind}","user_id":"{user}","content":1,"room_info":{{"id":"{room}"}}}}"#)
        },
    );
    let joined = (name(), 0..20u64).prop_map(|(room, seq)| {
        format!(
            r#"{{"event":"joined","room_id":"{room}","participants":2,"epoch":"e","seq":{seq}}}"#
        )
    });
    let about_topics = prop_oneof![
        name().prop_map(|name| format!(r#"{{"type":"lagged","collection":"{name}","missed":2}}"#)),
        Just(r#"{"type":"lagged","missed":2}"#.into()),
        Just(r#"{"error":"Room not found"}"#.into()),
        Just(r#"{"type":"error","code":"INVALID_COLLECTION","message":"no"}"#.into()),
        Just(r#"{"event":"snapshot","data":{"id":"1"}}"#.into()),
        Just(r#"{"type":"authenticated"}"#.into()),
        Just(r#"{"action":"updated","document":{"id":"1","a":1}}"#.into()),
    ];
    prop_oneof![
        4 => change,
        4 => greeting,
        3 => of_gateway,
        3 => event,
        2 => of_room,
        3 => joined,
        2 => about_topics,
        1 => Just(r#"{"type":"pong"}"#.into()),
        1 => Just(r#"{"error":"Authentication timeout"}"#.into()),
        1 => Just(r#"{"error":"Invalid API key"}"#.into()),
        1 => Just(r#"{"event":"connected"}"#.into()),
        1 => "\\PC{0,40}",
        1 => r#"[\[\]{}",:0-9a-z]{0,40}"#,
    ]
}

fn name() -> impl Strategy<Value = &'static str> {
    prop_oneof![Just("quakes"), Just("users"), Just("posts"), Just("cities"), Just("x")]
}

fn input() -> impl Strategy<Value = Input> {
    prop_oneof![
        6 => Just(Input::Opened),
        8 => text().prop_map(|text| Input::Text(text.into())),
        2 => text().prop_map(|text| Input::Bytes(format!("id: e:3\ndata: {text}\n\n").into())),
        1 => "[a-z:\\n\\r ]{0,20}".prop_map(|text| Input::Bytes(text.into())),
        1 => item().prop_map(Input::Item),
        1 => Just(Input::Binary),
        1 => Just(Input::Alive),
        1 => (300..600u16, 0..100u64).prop_map(|(status, seconds)| Input::Refused {
            status,
            retry_after: Some(Duration::from_secs(seconds)),
            body: Text::default(),
        }),
        2 => Just(Input::Closed(CloseCause::Io("reset".into()))),
    ]
}

fn item() -> impl Strategy<Value = Item> {
    let message = |(text, last_event_id): (String, &str)| {
        let (data, last_event_id) = (text.into(), last_event_id.into());
        Item::Message(Message { data, last_event_id, ..Message::default() })
    };
    let id = prop_oneof![Just(""), Just("e:3"), Just("e:4"), Just("f:1"), Just("7")];
    prop_oneof![
        6 => (text(), id).prop_map(message),
        1 => Just(Item::Comment),
        1 => (0..20_000u64).prop_map(|millis| Item::Retry(Duration::from_millis(millis))),
        1 => Just(Item::Overflow(Overflow { dropped: 99, limit: 9 })),
    ]
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    let short = (0..5_000u64).prop_map(Duration::from_millis);
    let long = (0..10_000_000u64).prop_map(Duration::from_secs);
    prop_oneof![
        3 => short.clone().prop_map(Step::Wait),
        1 => long.prop_map(Step::Wait),
        1 => short.clone().prop_map(Step::ClockBack),
        4 => short.prop_map(Step::WaitForWakeup),
        2 => Just(Step::Timeout),
        12 => (prop::bool::weighted(0.8), input())
            .prop_map(|(newest, input)| Step::Input { newest, input }),
        2 => Just(Step::SetCredentials),
        1 => Just(Step::CredentialsUnavailable),
        1 => Just(Step::Reconnect),
        1 => Just(Step::NetworkChanged),
        3 => (name(), any::<bool>()).prop_map(|(name, filtered)| Step::Subscribe(name, filtered)),
        1 => name().prop_map(Step::Unsubscribe),
        2 => name().prop_map(Step::Join),
        1 => name().prop_map(Step::Leave),
        1 => Just(Step::Publish(Topic::Broadcast)),
        2 => name().prop_map(|name| Step::Publish(Topic::Room(name.into()))),
        1 => prop::bool::weighted(0.1)
            .prop_map(|close| if close { Step::Close } else { Step::Timeout }),
        4 => (0..8usize).prop_map(Step::PollEvents),
        6 => (0..8usize).prop_map(Step::PollActions),
    ]
}

/// A token that expires `seconds` after the driver's epoch.
pub(crate) fn token(seconds: u64) -> Credentials {
    let expiry = seconds + 1_000_000;
    let claims = ["eyJleHAiOjEwMDExMDB9", "eyJleHAiOjEwMDIwMDB9", "e30"];
    let claims = claims[usize::try_from(expiry % 3).unwrap()];
    Credentials::Token(format!("e30.{claims}.sig").into())
}

pub(crate) fn target() -> impl Strategy<Value = Target> {
    let filtered = Subscription::new("quakes", Filter::new().gte("a", 1)).unwrap();
    prop_oneof![
        3 => Just(Target::Collection(subscription())),
        1 => Just(Target::Collection(filtered.clone().with_snapshot())),
        1 => Just(Target::SelfHosted(filtered.clone())),
        2 => Just(Target::Events(filtered.clone())),
        2 => Just(Target::CollectionOrEvents(filtered)),
        1 => Just(Target::Broadcast(User::default())),
        1 => Just(Target::Room(RoomEntry::join("users"))),
        1 => Just(Target::Room(RoomEntry::create("users", "Users"))),
        1 => Just(Target::Room(RoomEntry::join_or_create("users", "Users"))),
        4 => Just(Target::Gateway(User::default())),
    ]
}

pub(crate) fn access() -> impl Strategy<Value = Access> {
    prop_oneof![Just(Access::Fixed(Credentials::ApiKey("k".into()))), Just(Access::Ask),]
}

pub(crate) fn subscription() -> Subscription {
    Subscription::new("quakes", Filter::new()).unwrap()
}
