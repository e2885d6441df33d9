//! The calls that are put in every order, surface by surface.

use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::User;
use cocobase_proto::{
    CloseCause, Credentials, Input, RoomEntry, Subscription, Target, Text, Topic,
};

use super::laws::Call;

/// The key of every session here. Nothing may show it.
pub(crate) const SECRET: &str = "s3cret";

/// Enough for whatever waits.
const ALL: usize = 100;

fn said(text: &str) -> Call {
    Call::Input(Input::Text(text.into()))
}

fn streamed(text: &str) -> Call {
    Call::Input(Input::Bytes(text.as_bytes().to_vec().into()))
}

fn closed() -> Input {
    Input::Closed(CloseCause::Io("reset".into()))
}

fn refused(status: u16) -> Call {
    Call::Input(Input::Refused { status, retry_after: None, body: Text::default() })
}

/// What happens on every surface.
fn common() -> Vec<Call> {
    vec![
        Call::PollActions(ALL),
        Call::PollEvents(ALL),
        Call::Input(Input::Opened),
        Call::Input(closed()),
        refused(401),
        refused(503),
        Call::Wake(Duration::ZERO),
        Call::Wake(Duration::from_secs(100)),
        Call::SetCredentials(Credentials::Token(SECRET.into())),
        Call::CredentialsUnavailable,
        Call::Reconnect,
        Call::NetworkChanged,
        Call::Close,
    ]
}

/// How a new session comes to be live.
pub(crate) fn way_to_live(surface: &str) -> Vec<Call> {
    let greeting = match surface {
        "S" => streamed("data: {\"event\":\"connected\",\"epoch\":\"e\",\"seq\":1}\n\n"),
        "R" => said(r#"{"event":"joined","room_id":"A","epoch":"e","seq":1}"#),
        _ => said(r#"{"event":"connected","epoch":"e","seq":1}"#),
    };
    vec![
        Call::SetCredentials(Credentials::Token(SECRET.into())),
        Call::PollActions(ALL),
        Call::Input(Input::Opened),
        greeting,
        Call::PollActions(ALL),
        Call::PollEvents(ALL),
    ]
}

fn with(target: impl Into<Target>, calls: impl IntoIterator<Item = Call>) -> (Target, Vec<Call>) {
    let mut all = common();
    all.extend(calls);
    (target.into(), all)
}

fn subscription(filter: Filter) -> Subscription {
    Subscription::new("A", filter).unwrap()
}

pub(crate) fn collection() -> (Target, Vec<Call>) {
    let texts = [
        r#"{"event":"connected"}"#,
        r#"{"event":"connected","epoch":"e","seq":1}"#,
        r#"{"event":"connected","epoch":"e","seq":3,"resumed":true}"#,
        r#"{"event":"connected","epoch":"f","seq":2,"resumed":false}"#,
        r#"{"event":"create","data":{"id":"1"},"seq":2}"#,
        r#"{"event":"delete","data":{"id":"1"},"seq":4}"#,
        r#"{"type":"lagged","missed":2}"#,
        r#"{"type":"pong"}"#,
        r#"{"error":"Authentication timeout"}"#,
        r#"{"error":"Invalid API key"}"#,
        "not JSON",
    ];
    with(subscription(Filter::new()), texts.map(said))
}

pub(crate) fn self_hosted() -> (Target, Vec<Call>) {
    let texts = [
        r#"{"action":"authenticated","collection_id":"A"}"#,
        r#"{"action":"created","document_id":"1","document":{"id":"1","mag":5}}"#,
        r#"{"action":"updated","document_id":"1","document":{"id":"1","mag":3}}"#,
        r#"{"action":"updated","document_id":"2","document":{"id":"2","mag":3}}"#,
        r#"{"action":"deleted","document_id":"1"}"#,
        r#"{"error":true,"message":"Invalid API key"}"#,
    ];
    with(Target::SelfHosted(subscription(Filter::new().gte("mag", 4))), texts.map(said))
}

pub(crate) fn events() -> (Target, Vec<Call>) {
    let pieces = [
        "data: {\"type\":\"subscribed\",\"collection\":\"A\",\"epoch\":\"e\",\"seq\":1}\n\n",
        "id: e:2\ndata: {\"event\":\"created\",\"document\":{\"id\":\"1\"}}\n\n",
        "id: e:4\ndata: {\"event\":\"deleted\",\"document\":{\"id\":\"1\"}}\n\n",
        "data: {\"event\":\"created\",",
        "\"document\":{\"id\":\"1\"}}\n\n",
        ": alive\n\n",
        "retry: 5000\n\n",
        "data: {\"error\":true,\"message\":\"Invalid API key\"}\n\n",
    ];
    with(Target::Events(subscription(Filter::new())), pieces.map(streamed))
}

pub(crate) fn broadcast() -> (Target, Vec<Call>) {
    let texts = [
        r#"{"event":"connected","project_id":"p","user_id":"u"}"#,
        r#"{"event":"connected","epoch":"e","seq":1}"#,
        r#"{"event":"connected","epoch":"e","seq":3,"resumed":true}"#,
        r#"{"type":"message","user_id":"u","data":1}"#,
        r#"{"type":"message","user_id":"u","data":1,"seq":2}"#,
        r#"{"type":"message","user_id":"u","data":1,"seq":4}"#,
        r#"{"type":"lagged","missed":2}"#,
        r#"{"error":"API key is required"}"#,
    ];
    let publish = Call::Publish(Topic::Broadcast, r#"{"a":1}"#.into());
    with(Target::Broadcast(User::default()), texts.map(said).into_iter().chain([publish]))
}

pub(crate) fn room() -> (Target, Vec<Call>) {
    let texts = [
        r#"{"event":"joined","room_id":"A","participants":1,"user_id":"u"}"#,
        r#"{"event":"joined","room_id":"A","participant_list":[{"id":"u"}],"epoch":"e","seq":1}"#,
        r#"{"type":"message","content":1,"seq":2}"#,
        r#"{"type":"user_joined","user_id":"v","room_info":{"id":"A","participants":2}}"#,
        r#"{"type":"user_left","user_id":"v","room_info":{"id":"A"}}"#,
        r#"{"error":"Room not found","room_id":"A"}"#,
        r#"{"error":"Room already exists","room_id":"A"}"#,
        r#"{"error":"Room belongs to different project"}"#,
        r#"{"error":"Invalid API key"}"#,
    ];
    let publish = Call::Publish(Topic::Room("A".into()), "1".into());
    let entry = RoomEntry::join_or_create("A", "Room A").by("u", "U");
    with(entry, texts.map(said).into_iter().chain([publish]))
}

pub(crate) fn gateway() -> (Target, Vec<Call>) {
    let texts = [
        r#"{"type":"authenticated"}"#,
        r#"{"type":"subscribed","collection":"A","epoch":"e","seq":1}"#,
        r#"{"type":"event","collection":"A","event":"created","document":{"id":"1"},"seq":2}"#,
        r#"{"type":"joined","room":"A"}"#,
        r#"{"type":"event","event":"broadcast","room":"A","message":1}"#,
        r#"{"type":"lagged","collection":"A","missed":1}"#,
        r#"{"type":"error","code":"INVALID_COLLECTION","message":"no"}"#,
        r#"{"type":"error","code":"ROOM_NOT_FOUND","message":"no"}"#,
        r#"{"type":"error","code":"UNAUTHORIZED","message":"no"}"#,
    ];
    let commands = [
        Call::Subscribe(subscription(Filter::new())),
        Call::Subscribe(subscription(Filter::new().eq("a", 1))),
        Call::Unsubscribe("A".into()),
        Call::Join("A".into()),
        Call::Leave("A".into()),
        Call::Publish(Topic::Room("A".into()), "1".into()),
    ];
    with(Target::Gateway(User::default()), texts.map(said).into_iter().chain(commands))
}
