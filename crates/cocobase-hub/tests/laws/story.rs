//! Any bytes as a sequence of calls, with what clients say among them.

use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use cocobase_hub::Overflow;

use super::run::{Call, Door, NAMES, Run};

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Policy {
    Lag,
    Coalesce,
    Disconnect,
}

/// Each kind of step is as likely as another.
#[derive(Arbitrary, Debug)]
enum Step {
    Client(u8, Client),
    Again(u8, Said),
    Log(Change),
    Shell(Shell),
    Time(Time),
    Rare(Rare),
}

#[derive(Arbitrary, Debug)]
enum Client {
    Enter { gate: Gate, hello: Hello },
    Says(Said),
    SaysTwice(Said, Said),
    Pings(u8),
}

#[derive(Arbitrary, Debug)]
enum Change {
    Commit { collection: u8, document: u8, value: u8, deleted: bool, publish: bool },
    Commits { collection: u8, count: u8 },
    Publish,
}

#[derive(Arbitrary, Debug)]
enum Shell {
    Answer { nth: u8, len: u8 },
    Write { who: u8, count: u8 },
    Look { who: u8, count: u8 },
    Settle,
}

#[derive(Arbitrary, Debug)]
enum Time {
    Wait(u16),
    WaitLong(u8),
    ClockBack(u16),
    Wake(u8),
    WakeLate(u16),
    Timeout,
}

#[derive(Arbitrary, Debug)]
enum Rare {
    Open(Gate),
    Text(u8, String),
    Odd(u8, Odd),
    Gone(u8),
    AfterGone,
    Unasked(u8),
    AnswerBadly(u8),
    Forget(u8),
    ShutDown(u8),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Gate {
    Gateway,
    Collection,
    Broadcast,
    Room(u8),
    Events { filtered: bool, greeting: bool, snapshot: bool, key: Option<bool>, last: Option<At> },
}

#[derive(Arbitrary, Debug, Clone, Copy)]
enum Odd {
    Binary,
    NotUtf8,
    TooLarge,
    Alive,
    Ping(u8),
}

#[derive(Arbitrary, Debug, Clone, Copy)]
struct At {
    known: bool,
    seq: u8,
}

/// The first message on any surface: what a surface does not know does not matter.
#[derive(Arbitrary, Debug, Clone, Copy)]
struct Hello {
    wrong: bool,
    filtered: bool,
    resume: Option<At>,
    snapshot: bool,
    user: Option<u8>,
    create: bool,
}

/// What a client says.
#[derive(Arbitrary, Debug, Clone, Copy)]
enum Said {
    Hello(Hello),
    Subscribe { collection: u8, filtered: bool, resume: Option<At>, snapshot: bool },
    Unsubscribe(u8),
    Join { room: u8, resume: Option<At> },
    Leave(u8),
    Broadcast { room: u8, size: u8 },
    Message { size: u8 },
    Ping,
    Unknown,
    Malformed,
}

/// Tells the story that the bytes are, as far as they go.
pub(crate) fn tell(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let (Ok(policy), Ok(seed)) = (Policy::arbitrary(&mut bytes), u64::arbitrary(&mut bytes)) else {
        return;
    };
    let overflow = match policy {
        Policy::Lag => Overflow::Lag,
        Policy::Coalesce => Overflow::Coalesce,
        Policy::Disconnect => Overflow::Disconnect,
    };
    let mut run = Run::new(overflow, seed);
    for _ in 0..MAX_STEPS {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = Step::arbitrary(&mut bytes) else { break };
        if std::env::var_os("FUZZ_SHOW").is_some() {
            eprintln!("{step:?}");
        }
        step.calls(&run).iter().for_each(|call| run.call(call));
    }
    run.end();
}

const MAX_STEPS: usize = 400;

impl Step {
    fn calls(&self, run: &Run) -> Vec<Call> {
        match self {
            Self::Client(who, client) => client.calls((*who).into(), run),
            Self::Again(who, said) => vec![Call::Text((*who).into(), said.json())],
            Self::Log(change) => change.calls(),
            Self::Shell(shell) => vec![shell.call()],
            Self::Time(time) => vec![time.call()],
            Self::Rare(rare) => vec![rare.call()],
        }
    }
}

impl Client {
    fn calls(&self, who: usize, run: &Run) -> Vec<Call> {
        match self {
            // Somebody comes and is let in.
            Self::Enter { gate, hello } => {
                let hello = Hello { wrong: false, ..*hello };
                vec![
                    Call::Open(gate.door()),
                    Call::Text(run.clients(), hello.json()),
                    Call::Answer { nth: run.questions(), well: true, len: 1 },
                ]
            }
            Self::Says(said) => vec![Call::Text(who, said.json())],
            Self::SaysTwice(one, two) => {
                vec![Call::Text(who, one.json()), Call::Text(who, two.json())]
            }
            Self::Pings(count) => vec![Call::Text(who, Said::Ping.json()); (count % 40).into()],
        }
    }
}

impl Change {
    fn calls(&self) -> Vec<Call> {
        match *self {
            Self::Commit { collection, document, value, deleted, publish } => {
                vec![Call::Commit { collection, document, value, deleted, publish }]
            }
            Self::Commits { collection, count } => {
                let one = |n| Call::Commit {
                    collection,
                    document: n,
                    value: n,
                    deleted: false,
                    publish: true,
                };
                (0..count % 24).map(one).collect()
            }
            Self::Publish => vec![Call::Publish],
        }
    }
}

impl Shell {
    fn call(&self) -> Call {
        match *self {
            Self::Answer { nth, len } => {
                Call::Answer { nth: nth.into(), well: true, len: (len % 5).into() }
            }
            Self::Write { who, count } => Call::Write(who.into(), (count % 8).into()),
            Self::Look { who, count } => Call::Look(who.into(), (count % 8).into()),
            Self::Settle => Call::Settle,
        }
    }
}

impl Time {
    fn call(&self) -> Call {
        let millis = |millis: u64| Duration::from_millis(millis);
        match *self {
            Self::Wait(time) => Call::Wait(millis(time.into())),
            Self::WaitLong(seconds) => Call::Wait(Duration::from_secs(seconds.into())),
            Self::ClockBack(time) => Call::ClockBack(millis(time.into())),
            Self::Wake(time) => Call::Wake(millis(time.into())),
            Self::WakeLate(seconds) => Call::Wake(Duration::from_secs(seconds.into())),
            Self::Timeout => Call::Timeout,
        }
    }
}

impl Rare {
    fn call(&self) -> Call {
        match self {
            Self::Open(gate) => Call::Open(gate.door()),
            Self::Text(who, text) => Call::Text((*who).into(), text.clone()),
            Self::Odd(who, Odd::Binary) => Call::Binary((*who).into()),
            Self::Odd(who, Odd::NotUtf8) => Call::NotUtf8((*who).into()),
            Self::Odd(who, Odd::TooLarge) => Call::TooLarge((*who).into()),
            Self::Odd(who, Odd::Alive) => Call::Alive((*who).into()),
            Self::Odd(who, Odd::Ping(len)) => Call::Ping((*who).into(), vec![7; (*len).into()]),
            Self::Gone(who) => Call::Gone((*who).into()),
            Self::AfterGone => Call::AfterGone,
            Self::Unasked(who) => Call::Unasked((*who).into()),
            Self::AnswerBadly(nth) => Call::Answer { nth: (*nth).into(), well: false, len: 1 },
            Self::Forget(collection) => Call::Forget(*collection),
            // It ends most of what could happen.
            Self::ShutDown(0) => Call::ShutDown,
            Self::ShutDown(_) => Call::Timeout,
        }
    }
}

impl Gate {
    fn door(self) -> Door {
        match self {
            Self::Gateway => Door::Gateway,
            Self::Collection => Door::Collection,
            Self::Broadcast => Door::Broadcast,
            Self::Room(room) => Door::Room(room),
            Self::Events { filtered, greeting, snapshot, key, last } => {
                let filter = if filtered { "filters={\"a\":1}" } else { "" };
                Door::Events {
                    query: format!("{filter}&greeting={greeting}&snapshot={snapshot}"),
                    key: key.map(|wrong| if wrong { "wrong" } else { "k" }.to_owned()),
                    last: last.map(At::event_id),
                }
            }
        }
    }
}

impl At {
    fn event_id(self) -> String {
        format!("{}:{}", if self.known { "e" } else { "f" }, self.seq % 32)
    }

    fn json(at: Option<Self>, epoch: &str) -> String {
        at.map_or(String::new(), |at| {
            let epoch = if at.known { epoch } else { "f" };
            format!(r#","resume":{{"epoch":"{epoch}","seq":{}}}"#, at.seq % 32)
        })
    }
}

fn name(of: u8) -> &'static str {
    NAMES[usize::from(of) % NAMES.len()]
}

fn filter(is_there: bool) -> &'static str {
    if is_there { r#","filters":{"a":1}"# } else { "" }
}

impl Hello {
    fn json(self) -> String {
        let Self { wrong, filtered, resume, snapshot, user, create } = self;
        let key = if wrong { "wrong" } else { "k" };
        // A user's id may be too long.
        let user = user.map_or(String::new(), |user| format!(r#","user_id":"{}""#, user % 4 * 41));
        let action = if create { "create" } else { "join" };
        format!(
            r#"{{"type":"auth","token":"{key}","action":"{action}","snapshot":{snapshot}{}{}{user}}}"#,
            filter(filtered),
            At::json(resume, "e"),
        )
    }
}

impl Said {
    fn json(self) -> String {
        match self {
            Self::Hello(hello) => hello.json(),
            Self::Subscribe { collection, filtered, resume, snapshot } => format!(
                r#"{{"type":"subscribe","collection":"{}","snapshot":{snapshot}{}{}}}"#,
                name(collection),
                filter(filtered),
                At::json(resume, "e")
            ),
            Self::Unsubscribe(collection) => {
                format!(r#"{{"type":"unsubscribe","collection":"{}"}}"#, name(collection))
            }
            Self::Join { room, resume } => {
                format!(r#"{{"type":"join","room":"{}"{}}}"#, name(room), At::json(resume, "e"))
            }
            Self::Leave(room) => format!(r#"{{"type":"leave","room":"{}"}}"#, name(room)),
            Self::Broadcast { room, size } => format!(
                r#"{{"type":"broadcast","room":"{}","message":"{}"}}"#,
                name(room),
                "x".repeat(size.into())
            ),
            Self::Message { size } => {
                format!(r#"{{"type":"message","content":"{}"}}"#, "x".repeat(size.into()))
            }
            Self::Ping => r#"{"type":"ping"}"#.into(),
            Self::Unknown => r#"{"type":"wave"}"#.into(),
            Self::Malformed => "{".into(),
        }
    }
}
