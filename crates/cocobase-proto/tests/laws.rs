//! The laws of the session, checked after every step of random sequences of calls.
//!
//! The law numbers are those of the crate's documentation. `PROPTEST_CASES` sets how many sequences
//! are tried; a failing one is printed, shrunk, with the seed that brings it back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::{
    Access, Action, CloseCause, Credentials, Event, Input, Instant, LinkId, Missed, OutboxConfig,
    RoomEntry, Session, SessionConfig, State, Subscription, Target, Text, Topic, User, Wakeup,
};
use proptest::collection::vec;
use proptest::prelude::*;

const MAX_EVENTS: usize = 4;
const MAX_TOPICS: usize = 3;
const MAX_MESSAGES: usize = 2;

/// One call, or the passing of time.
#[derive(Debug, Clone)]
enum Step {
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

fn step() -> impl Strategy<Value = Step> {
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
fn token(seconds: u64) -> Credentials {
    let expiry = seconds + 1_000_000;
    let claims = ["eyJleHAiOjEwMDExMDB9", "eyJleHAiOjEwMDIwMDB9", "e30"];
    let claims = claims[usize::try_from(expiry % 3).unwrap()];
    Credentials::Token(format!("e30.{claims}.sig").into())
}

fn target() -> impl Strategy<Value = Target> {
    let filtered = Subscription::new("quakes", Filter::new().gte("a", 1)).unwrap();
    prop_oneof![
        3 => Just(Target::Collection(subscription())),
        1 => Just(Target::Collection(filtered.clone().with_snapshot())),
        1 => Just(Target::SelfHosted(filtered.clone())),
        2 => Just(Target::Events(filtered)),
        1 => Just(Target::Broadcast(User::default())),
        1 => Just(Target::Room(RoomEntry::join("users"))),
        1 => Just(Target::Room(RoomEntry::create("users", "Users"))),
        1 => Just(Target::Room(RoomEntry::join_or_create("users", "Users"))),
        4 => Just(Target::Gateway(User::default())),
    ]
}

fn access() -> impl Strategy<Value = Access> {
    prop_oneof![Just(Access::Fixed(Credentials::ApiKey("k".into()))), Just(Access::Ask),]
}

fn subscription() -> Subscription {
    Subscription::new("quakes", Filter::new()).unwrap()
}

/// Everything that can be seen of a session without changing it.
#[derive(Debug, PartialEq)]
struct View {
    events: Vec<Event>,
    actions: Vec<Action>,
    wakeup: Option<Wakeup>,
    state: State,
}

fn view(session: &Session) -> View {
    let mut session = session.clone();
    let (wakeup, state) = (session.poll_timeout(), session.state());
    let events: Vec<_> = std::iter::from_fn(|| session.poll_event()).collect();
    assert_eq!(session.poll_event(), None, "law 1");
    let actions: Vec<_> = std::iter::from_fn(|| session.poll_action()).collect();
    assert_eq!(session.poll_action(), None, "law 1");
    View { events, actions, wakeup, state }
}

/// A session, the time, and what a driver would know of its links.
struct Run {
    session: Session,
    now: Instant,
    newest: Option<LinkId>,
    old: Vec<LinkId>,
    transcript: Vec<String>,
}

impl Run {
    fn new(target: Target, access: Access, seed: u64) -> Self {
        let outbox = OutboxConfig {
            max_messages: MAX_MESSAGES,
            expires_after: Some(Duration::from_secs(3)),
            ..OutboxConfig::default()
        };
        let config = SessionConfig {
            max_events: MAX_EVENTS,
            max_topics: MAX_TOPICS,
            unix_epoch: Some(Duration::from_secs(1_000_000)),
            outbox,
            ..SessionConfig::default()
        };
        let now = Instant::from_nanos(1 << 40);
        let session = Session::new(target, access, config, seed, now);
        Self { session, now, newest: None, old: Vec::new(), transcript: Vec::new() }
    }

    fn step(&mut self, step: &Step) {
        let closed_before = self.session.state() == State::Closed;
        let before = view(&self.session);
        match step {
            Step::Wait(duration) => self.now = self.now + *duration,
            Step::ClockBack(duration) => {
                let nanos = u64::try_from(duration.as_nanos()).unwrap();
                self.now = Instant::from_nanos(self.now.as_nanos() - nanos.min(1 << 30));
            }
            Step::WaitForWakeup(late) => {
                if let Some(wakeup) = self.session.poll_timeout() {
                    self.now = self.now.max(wakeup.at + *late);
                }
                self.timeout();
            }
            Step::Timeout => self.timeout(),
            Step::Input { newest: true, input } => {
                if let Some(link) = self.newest {
                    self.session.handle_input(link, input.clone(), self.now);
                    if matches!(input, Input::Closed(_)) {
                        self.retire();
                    }
                }
            }
            Step::Input { newest: false, input } => {
                for link in self.old.clone() {
                    self.session.handle_input(link, input.clone(), self.now);
                }
                assert_eq!(view(&self.session), before, "law 6");
            }
            Step::SetCredentials => {
                self.session.set_credentials(token(self.now.as_nanos()), self.now);
            }
            Step::CredentialsUnavailable => {
                self.session.credentials_unavailable("offline", self.now);
            }
            Step::Reconnect => self.session.reconnect(self.now),
            Step::NetworkChanged => self.session.network_changed(self.now),
            Step::Subscribe(name, filtered) => {
                let filter = if *filtered { Filter::new().eq("a", 1) } else { Filter::new() };
                let subscription = Subscription::new(name, filter).unwrap();
                // A session that is no gateway's, or is full, says so and stays as it is.
                if self.session.subscribe_to(subscription, self.now).is_err() {
                    assert_eq!(view(&self.session), before);
                }
            }
            Step::Unsubscribe(name) => drop(self.session.unsubscribe_from(name)),
            Step::Join(room) => drop(self.session.join(room)),
            Step::Leave(room) => drop(self.session.leave(room)),
            Step::Publish(topic) => {
                if let Err(refused) = self.session.publish(topic.clone(), "1".into(), self.now) {
                    assert_eq!(refused.content, "1");
                    assert_eq!(view(&self.session), before);
                }
            }
            Step::Close => self.session.close(),
            Step::PollEvents(count) => {
                for _ in 0..*count {
                    let event = self.session.poll_event();
                    self.transcript.push(format!("{event:?}"));
                }
                assert_eq!(view(&self.session).actions, before.actions, "law 4");
            }
            Step::PollActions(count) => {
                for _ in 0..*count {
                    let action = self.session.poll_action();
                    self.note(action.as_ref());
                    self.transcript.push(format!("{action:?}"));
                }
                assert_eq!(view(&self.session).events, before.events, "law 4");
            }
        }
        self.check(closed_before, &before);
    }

    fn timeout(&mut self) {
        let before = view(&self.session);
        let is_due = before.wakeup.is_some_and(|wakeup| wakeup.at <= self.now);
        self.session.handle_timeout(self.now);
        let after = view(&self.session);
        if !is_due {
            assert_eq!(after, before, "law 2");
        }
        assert!(after.wakeup.is_none_or(|wakeup| wakeup.at > self.now), "law 3");
    }

    /// Keeps the books of links as a driver does.
    fn note(&mut self, action: Option<&Action>) {
        match action {
            Some(Action::Open { link, .. }) => {
                assert_eq!(self.newest, None, "law 10");
                self.newest = Some(*link);
            }
            Some(Action::Send { link, .. }) => assert_eq!(self.newest, Some(*link), "law 10"),
            Some(Action::Close { link }) if self.newest == Some(*link) => self.retire(),
            Some(Action::Close { .. }) | None => {}
        }
    }

    fn retire(&mut self) {
        self.old.extend(self.newest.take());
    }

    fn check(&mut self, closed_before: bool, before: &View) {
        let after = view(&self.session);
        // Beside the bound: a question or a refusal, and a gap on either side of it.
        assert!(after.events.len() <= MAX_EVENTS + 3, "law 8: {} events", after.events.len());
        // A hello with all topics, one word about each that has changed, and what waits.
        let most = 4 + 3 * MAX_TOPICS + MAX_MESSAGES;
        assert!(after.actions.len() <= most, "law 8: {:?}", after.actions);
        if closed_before {
            assert_eq!(after.state, State::Closed, "law 5");
            assert_eq!(after.wakeup, None, "law 5");
            assert!(after.events.len() <= before.events.len(), "law 5");
            assert!(after.actions.len() <= before.actions.len(), "law 5");
        }
        self.transcript.push(format!("{after:?}"));
    }
}

proptest! {
    /// Laws 1 to 10, after every step.
    #[test]
    fn laws_hold_after_every_step(
        target in target(),
        access in access(),
        seed in any::<u64>(),
        steps in vec(step(), 0..120),
    ) {
        let transcript = |_| {
            let mut run = Run::new(target.clone(), access.clone(), seed);
            for step in &steps {
                run.step(step);
            }
            run.transcript
        };
        prop_assert_eq!(transcript(1), transcript(2), "law 9");
    }

    /// Law 11: what was committed is delivered once, in order, or lies in a reported gap.
    #[test]
    fn commits_are_delivered_once_in_order_or_lie_in_a_gap(
        seed in any::<u64>(),
        scenes in vec((0..5u64, 0..5u64, any::<bool>()), 1..20),
        repeat in any::<bool>(),
    ) {
        let now = Instant::from_nanos(0);
        let credentials = Access::Fixed(Credentials::ApiKey("k".into()));
        let mut session =
            Session::new(subscription(), credentials, SessionConfig::default(), seed, now);
        let mut committed = 0;
        let mut accounted = 0;
        let mut first = None;
        for (online, offline, breaks_off) in scenes {
            let link = loop {
                match session.poll_action() {
                    Some(Action::Open { link, .. }) => break link,
                    Some(_) => {}
                    None => session.handle_timeout(session.poll_timeout().unwrap().at),
                }
            };
            let mut say = |text: String| session.handle_input(link, Input::Text(text.into()), now);
            say(String::new());
            session.handle_input(link, Input::Opened, now);
            let mut say = |text: String| session.handle_input(link, Input::Text(text.into()), now);
            if !breaks_off {
                first.get_or_insert(committed);
                say(format!(r#"{{"event":"connected","epoch":"e","seq":{committed}}}"#));
                for _ in 0..online {
                    committed += 1;
                    let event = format!(r#"{{"event":"delete","data":{{"id":"d"}},"seq":{committed}}}"#);
                    if repeat {
                        say(event.clone());
                    }
                    say(event);
                }
            }
            session.handle_input(link, Input::Closed(CloseCause::Io("cut".into())), now);
            committed += offline;
            while let Some(event) = session.poll_event() {
                let start = first.unwrap_or(0);
                match event {
                    Event::Deleted(deleted) => {
                        accounted += 1;
                        prop_assert_eq!(deleted.seq, Some(start + accounted));
                    }
                    Event::Gap(gap) => {
                        let Missed::Known(missed) = gap.missed else {
                            return Err(TestCaseError::fail(format!("{gap:?}")));
                        };
                        prop_assert!(missed > 0);
                        accounted += missed;
                    }
                    _ => {}
                }
            }
        }
    }
}
