//! Sequences of calls: on every surface the laws hold after each of them.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use cocobase_proto::filter::Filter;
use cocobase_proto::sse::{Item, Message};
use cocobase_proto::wire::User;
use cocobase_proto::{
    Access, CloseCause, Credentials, Input, RoomEntry, Subscription, Target, Text, Topic,
};

use super::laws::{self, Call, Run};

/// A session's surroundings, and what happens to it.
#[derive(Arbitrary, Debug)]
struct Story {
    target: Goal,
    asks: bool,
    seed: u64,
    steps: Vec<Step>,
}

#[derive(Arbitrary, Debug)]
enum Goal {
    Collection { filtered: bool, snapshot: bool },
    SelfHosted { filtered: bool },
    Events { filtered: bool, snapshot: bool },
    Broadcast,
    Join,
    Create,
    JoinOrCreate,
    Gateway,
}

#[derive(Arbitrary, Debug)]
enum Step {
    Wait(u16),
    WaitLong(u32),
    ClockBack(u16),
    Wake(u16),
    Timeout,
    News(News),
    OldNews(News),
    SetCredentials(Option<u16>),
    CredentialsUnavailable,
    Reconnect,
    NetworkChanged,
    Close,
    Publish {
        to: Name,
        text: bool,
    },
    Broadcast,
    Subscribe {
        name: Name,
        filtered: bool,
        snapshot: bool,
    },
    Unsubscribe(Name),
    Join(Name),
    Leave(Name),
    PollEvents(u8),
    PollActions(u8),
    /// What a driver does all the time.
    PollAll,
}

#[derive(Arbitrary, Debug)]
enum News {
    Opened,
    Said(Said),
    /// Of whose end `cut / 16` bytes are missing. Where that is none, an odd `cut` is a message that
    /// the carrier has read.
    Streamed {
        said: Said,
        id: Option<(u8, u8)>,
        cut: u8,
    },
    Text(String),
    Bytes(Vec<u8>),
    Binary,
    Alive,
    Refused {
        status: Status,
        retry_after: Option<u8>,
    },
    Closed,
}

#[derive(Arbitrary, Debug)]
enum Status {
    BadRequest,
    Unauthorized,
    NotFound,
    TooMany,
    Unavailable,
}

/// What a server says.
#[derive(Arbitrary, Debug)]
enum Said {
    Greeting { at: Option<(u8, u8)>, resumed: Option<bool>, snapshot: Option<u8> },
    Subscribed { name: Name, at: Option<(u8, u8)>, resumed: Option<bool> },
    Unsubscribed(Name),
    Joined { room: Name, people: u8, at: Option<(u8, u8)>, resumed: Option<bool> },
    Left(Name),
    Created { name: Name, id: u8, seq: Option<u8>, matches: bool },
    Updated { name: Name, id: u8, seq: Option<u8>, matches: bool },
    Deleted { name: Name, id: u8, seq: Option<u8> },
    Snapshot { name: Name, id: u8 },
    Message { room: Name, seq: Option<u8> },
    UserJoined { room: Name, user: u8 },
    UserLeft { room: Name, user: u8 },
    Lagged { name: Option<Name>, at: Option<(u8, u8)> },
    Error(Error),
    Authenticated,
    Pong,
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Name {
    A,
    B,
    C,
    D,
}

#[derive(Arbitrary, Debug)]
enum Error {
    Unauthorized,
    Timeout,
    NoCollection,
    NoRoom,
    ForeignRoom,
    Exists,
    Other,
}

/// A story, step by step.
pub fn session(input: &[u8]) {
    let Ok(story) = Story::arbitrary_take_rest(Unstructured::new(input)) else { return };
    let access = match story.asks {
        true => Access::Ask,
        false => Access::Fixed(Credentials::ApiKey("k".into())),
    };
    let mut run = Run::new(story.target.target(), access, laws::narrow(), story.seed);
    for step in story.steps.iter().take(400) {
        if std::env::var_os("FUZZ_SHOW").is_some() {
            eprintln!("{step:?}");
        }
        run.call(&step.call());
    }
}

fn subscription(name: &str, filtered: bool, snapshot: bool) -> Subscription {
    let filter = if filtered { Filter::new().gte("mag", 4).eq("b", true) } else { Filter::new() };
    let subscription = Subscription::new(name, filter).unwrap();
    if snapshot { subscription.with_snapshot() } else { subscription }
}

impl Goal {
    fn target(&self) -> Target {
        match *self {
            Self::Collection { filtered, snapshot } => {
                Target::Collection(subscription("A", filtered, snapshot))
            }
            Self::SelfHosted { filtered } => Target::SelfHosted(subscription("A", filtered, false)),
            Self::Events { filtered, snapshot } => {
                Target::Events(subscription("A", filtered, snapshot))
            }
            Self::Broadcast => Target::Broadcast(User::default()),
            Self::Join => RoomEntry::join("A").by("0", "Zero").into(),
            Self::Create => RoomEntry::create("A", "Room A").into(),
            Self::JoinOrCreate => RoomEntry::join_or_create("A", "Room A").into(),
            Self::Gateway => Target::Gateway(User::default()),
        }
    }
}

impl Step {
    fn call(&self) -> Call {
        let millis = |millis: u16| Duration::from_millis(millis.into());
        match self {
            Self::Wait(time) => Call::Wait(millis(*time)),
            Self::WaitLong(time) => Call::Wait(Duration::from_secs((*time).into())),
            Self::ClockBack(time) => Call::ClockBack(millis(*time)),
            Self::Wake(late) => Call::Wake(millis(*late)),
            Self::Timeout => Call::Timeout,
            Self::News(news) => Call::Input(news.input()),
            Self::OldNews(news) => Call::OldInput(news.input()),
            Self::SetCredentials(None) => Call::SetCredentials(Credentials::ApiKey("k".into())),
            Self::SetCredentials(Some(ahead)) => {
                use base64::Engine;
                let claims = format!(r#"{{"exp":{}}}"#, 1_700_001_000 + u64::from(*ahead));
                let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
                Call::SetCredentials(Credentials::Token(format!("e30.{claims}.c2ln").into()))
            }
            Self::CredentialsUnavailable => Call::CredentialsUnavailable,
            Self::Reconnect => Call::Reconnect,
            Self::NetworkChanged => Call::NetworkChanged,
            Self::Close => Call::Close,
            Self::Publish { to, text } => {
                let content = if *text { r#"{"text":"hello"}"# } else { "no JSON" };
                Call::Publish(Topic::Room(to.text()), content.into())
            }
            Self::Broadcast => Call::Publish(Topic::Broadcast, "7".into()),
            Self::Subscribe { name, filtered, snapshot } => {
                Call::Subscribe(subscription(name.str(), *filtered, *snapshot))
            }
            Self::Unsubscribe(name) => Call::Unsubscribe(name.text()),
            Self::Join(room) => Call::Join(room.text()),
            Self::Leave(room) => Call::Leave(room.text()),
            Self::PollEvents(count) => Call::PollEvents(usize::from(count % 8)),
            Self::PollActions(count) => Call::PollActions(usize::from(count % 8)),
            Self::PollAll => Call::PollActions(100),
        }
    }
}

impl News {
    fn input(&self) -> Input {
        match self {
            Self::Opened => Input::Opened,
            Self::Said(said) => Input::Text(said.json().into()),
            Self::Streamed { said, id, cut: cut @ 0..16 } if cut % 2 == 1 => {
                let id = id.map(|(epoch, seq)| format!("{}:{seq}", epoch % 3));
                let (data, last_event_id) = (said.json().into(), id.unwrap_or_default().into());
                Input::Item(Item::Message(Message { data, last_event_id, ..Message::default() }))
            }
            Self::Streamed { said, id, cut } => {
                let id = id.map(|(epoch, seq)| format!("id: {}:{seq}\n", epoch % 3));
                let text = format!("{}data: {}\n\n", id.unwrap_or_default(), said.json());
                let cut = text.len().saturating_sub(usize::from(*cut) / 16);
                Input::Bytes(text.as_bytes()[..cut].to_vec().into())
            }
            Self::Text(text) => Input::Text(text.as_str().into()),
            Self::Bytes(bytes) => Input::Bytes(bytes.clone().into()),
            Self::Binary => Input::Binary,
            Self::Alive => Input::Alive,
            Self::Refused { status, retry_after } => Input::Refused {
                status: match status {
                    Status::BadRequest => 400,
                    Status::Unauthorized => 401,
                    Status::NotFound => 404,
                    Status::TooMany => 429,
                    Status::Unavailable => 503,
                },
                retry_after: retry_after.map(|seconds| Duration::from_secs(seconds.into())),
                body: Text::default(),
            },
            Self::Closed => Input::Closed(CloseCause::Io("reset".into())),
        }
    }
}

impl Name {
    const fn str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }

    const fn text(self) -> Text {
        Text::from_static(self.str())
    }
}

fn at(position: Option<(u8, u8)>) -> String {
    position
        .map_or(String::new(), |(epoch, seq)| format!(r#","epoch":"{}","seq":{seq}"#, epoch % 3))
}

fn maybe(key: &str, value: Option<impl std::fmt::Display>) -> String {
    value.map_or(String::new(), |value| format!(r#","{key}":{value}"#))
}

impl Said {
    fn json(&self) -> String {
        match self {
            Self::Greeting { at: position, resumed, snapshot } => format!(
                r#"{{"event":"connected"{}{}{}}}"#,
                at(*position),
                maybe("resumed", *resumed),
                maybe("snapshot", *snapshot)
            ),
            Self::Subscribed { name, at: position, resumed } => format!(
                r#"{{"type":"subscribed","collection":"{}"{}{}}}"#,
                name.str(),
                at(*position),
                maybe("resumed", *resumed)
            ),
            Self::Unsubscribed(name) => {
                format!(r#"{{"type":"unsubscribed","collection":"{}"}}"#, name.str())
            }
            Self::Joined { room, people, at: position, resumed } => {
                let people: Vec<_> =
                    (0..people % 5).map(|id| format!(r#"{{"id":"{id}"}}"#)).collect();
                format!(
                    r#"{{"event":"joined","room_id":"{}","participant_list":[{}]{}{}}}"#,
                    room.str(),
                    people.join(","),
                    at(*position),
                    maybe("resumed", *resumed)
                )
            }
            Self::Left(room) => format!(r#"{{"type":"left","room":"{}"}}"#, room.str()),
            Self::Created { name, id, seq, matches } => {
                change("created", *name, *id, *seq, *matches)
            }
            Self::Updated { name, id, seq, matches } => {
                change("updated", *name, *id, *seq, *matches)
            }
            Self::Deleted { name, id, seq } => change("deleted", *name, *id, *seq, false),
            Self::Snapshot { name, id } => change("snapshot", *name, *id, None, true),
            Self::Message { room, seq } => format!(
                r#"{{"type":"message","room_id":"{}","content":"hi"{}}}"#,
                room.str(),
                maybe("seq", *seq)
            ),
            Self::UserJoined { room, user } => presence("user_joined", *room, *user),
            Self::UserLeft { room, user } => presence("user_left", *room, *user),
            Self::Lagged { name, at: position } => format!(
                r#"{{"type":"lagged"{}{}}}"#,
                maybe("collection", name.map(|name| format!("\"{}\"", name.str()))),
                at(*position)
            ),
            Self::Error(error) => {
                let (code, message) = match error {
                    Error::Unauthorized => ("UNAUTHORIZED", "Invalid API key"),
                    Error::Timeout => ("TIMEOUT", "Authentication timeout"),
                    Error::NoCollection => ("INVALID_COLLECTION", "Collection not found"),
                    Error::NoRoom => ("ROOM_NOT_FOUND", "Room not found"),
                    Error::ForeignRoom => ("FOREIGN_ROOM", "Room belongs to different project"),
                    Error::Exists => ("ROOM_EXISTS", "Room already exists"),
                    Error::Other => ("ERROR", "Something is wrong"),
                };
                format!(r#"{{"type":"error","code":"{code}","error":"{message}"}}"#)
            }
            Self::Authenticated => r#"{"type":"authenticated"}"#.into(),
            Self::Pong => r#"{"type":"pong"}"#.into(),
        }
    }
}

fn change(kind: &str, name: Name, id: u8, seq: Option<u8>, matches: bool) -> String {
    let mag = if matches { 5 } else { 3 };
    format!(
        r#"{{"event":"{kind}","collection_id":"{}","data":{{"id":"{id}","mag":{mag},"b":true}}{}}}"#,
        name.str(),
        maybe("seq", seq)
    )
}

fn presence(kind: &str, room: Name, user: u8) -> String {
    format!(r#"{{"type":"{kind}","user_id":"{}","room_info":{{"id":"{}"}}}}"#, user % 5, room.str())
}
