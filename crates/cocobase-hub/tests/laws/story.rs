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

#[derive(Arbitrary, Debug)]
enum Step {
    Wait(u16),
    WaitLong(u8),
    ClockBack(u16),
    Wake(u8),
    WakeLate(u16),
    Timeout,
    Open(Gate),
    /// Somebody comes and is let in.
    Enter {
        gate: Gate,
        hello: Hello,
    },
    Says {
        who: u8,
        said: Said,
    },
    Text(u8, String),
    Odd(u8, Odd),
    Gone(u8),
    AfterGone,
    Unasked(u8),
    Answer {
        nth: u8,
        len: u8,
    },
    AnswerBadly(u8),
    Commit {
        collection: u8,
        document: u8,
        value: u8,
        deleted: bool,
        publish: bool,
    },
    Commits {
        collection: u8,
        count: u8,
    },
    Publish,
    Forget(u8),
    Write {
        who: u8,
        count: u8,
    },
    Look {
        who: u8,
        count: u8,
    },
    ShutDown(u8),
    Settle,
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
        let who = |who: &u8| usize::from(*who);
        vec![match self {
            Self::Wait(millis) => Call::Wait(Duration::from_millis((*millis).into())),
            Self::WaitLong(seconds) => Call::Wait(Duration::from_secs((*seconds).into())),
            Self::ClockBack(millis) => Call::ClockBack(Duration::from_millis((*millis).into())),
            Self::Wake(millis) => Call::Wake(Duration::from_millis((*millis).into())),
            Self::WakeLate(seconds) => Call::Wake(Duration::from_secs((*seconds).into())),
            Self::Timeout => Call::Timeout,
            Self::Open(gate) => Call::Open(gate.door()),
            Self::Enter { gate, hello } => {
                let hello = Hello { wrong: false, ..*hello };
                let last = run.clients();
                let mut calls = vec![Call::Open(gate.door()), Call::Text(last, hello.json())];
                calls.push(Call::Answer { nth: run.questions(), well: true, len: 1 });
                return calls;
            }
            Self::Says { who: at, said } => Call::Text(who(at), said.json()),
            Self::Text(at, text) => Call::Text(who(at), text.clone()),
            Self::Odd(at, odd) => match odd {
                Odd::Binary => Call::Binary(who(at)),
                Odd::NotUtf8 => Call::NotUtf8(who(at)),
                Odd::TooLarge => Call::TooLarge(who(at)),
                Odd::Alive => Call::Alive(who(at)),
                Odd::Ping(len) => Call::Ping(who(at), vec![7; usize::from(*len)]),
            },
            Self::Gone(at) => Call::Gone(who(at)),
            Self::AfterGone => Call::AfterGone,
            Self::Unasked(at) => Call::Unasked(who(at)),
            Self::Answer { nth, len } => {
                Call::Answer { nth: who(nth), well: true, len: usize::from(len % 5) }
            }
            Self::AnswerBadly(nth) => Call::Answer { nth: who(nth), well: false, len: 1 },
            Self::Commit { collection, document, value, deleted, publish } => Call::Commit {
                collection: *collection,
                document: *document,
                value: *value,
                deleted: *deleted,
                publish: *publish,
            },
            Self::Commits { collection, count } => {
                return (0..count % 24)
                    .map(|n| Call::Commit {
                        collection: *collection,
                        document: n,
                        value: n,
                        deleted: false,
                        publish: true,
                    })
                    .collect();
            }
            Self::Publish => Call::Publish,
            Self::Forget(collection) => Call::Forget(*collection),
            Self::Write { who: at, count } => Call::Write(who(at), usize::from(count % 8)),
            Self::Look { who: at, count } => Call::Look(who(at), usize::from(count % 8)),
            // It ends most of what could happen.
            Self::ShutDown(0) => Call::ShutDown,
            Self::ShutDown(_) => Call::Timeout,
            Self::Settle => Call::Settle,
        }]
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
