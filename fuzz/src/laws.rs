//! A session beside the books that its driver keeps, and the laws that hold after every call.
//!
//! The numbers are those of the documentation of `cocobase-proto`. Law 9 takes two runs, and law 11 a
//! server that numbers what it commits: they are tested elsewhere.

use std::fmt::Debug;
use std::time::Duration;

use cocobase_proto::{
    Access, Action, Credentials, Event, Input, Instant, LinkId, OutboxConfig, Session,
    SessionConfig, State, Subscription, Target, Text, Topic, Wakeup,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// One call of a session, or time that passes.
#[derive(Debug, Clone)]
pub enum Call {
    /// The clock goes on, and nobody calls.
    Wait(Duration),
    /// The clock goes back.
    ClockBack(Duration),
    /// The wake-up is served, so much too late.
    Wake(Duration),
    /// A wake-up that nobody asked for.
    Timeout,
    /// News of the newest link.
    Input(Input),
    /// News of all older links.
    OldInput(Input),
    SetCredentials(Credentials),
    CredentialsUnavailable,
    Reconnect,
    NetworkChanged,
    Close,
    Publish(Topic, Text),
    Subscribe(Subscription),
    Unsubscribe(Text),
    Join(Text),
    Leave(Text),
    PollEvents(usize),
    PollActions(usize),
}

/// The bounds that a run is checked against.
pub const MAX_EVENTS: usize = 4;
pub const MAX_TOPICS: usize = 3;
pub const MAX_MESSAGES: usize = 3;

/// A question or a refusal stand beside the bound, and a gap on either side of it.
const EVENTS: usize = MAX_EVENTS + 3;
/// A close, a hello with its topics and its ping, another ping, a word about each topic that is new
/// and each that is gone, and the outbox.
const ACTIONS: usize = 1 + (2 + MAX_TOPICS) + 1 + 2 * MAX_TOPICS + MAX_MESSAGES;

/// A configuration whose bounds are easily reached.
#[must_use]
pub fn narrow() -> SessionConfig {
    SessionConfig {
        max_events: MAX_EVENTS,
        max_topics: MAX_TOPICS,
        max_participants: 2,
        max_stream_message: 200,
        outbox: OutboxConfig {
            max_messages: MAX_MESSAGES,
            max_bytes: 64,
            expires_after: Some(Duration::from_secs(20)),
            ..OutboxConfig::default()
        },
        unix_epoch: Some(Duration::from_secs(1_700_000_000)),
        ..SessionConfig::default()
    }
}

/// Everything that can be seen of a session without changing it.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    pub events: Vec<Event>,
    pub actions: Vec<Action>,
    pub wakeup: Option<Wakeup>,
    pub state: State,
}

impl View {
    /// What the session shows now, and that it shows it once (law 1).
    #[must_use]
    pub fn of(session: &Session) -> Self {
        let (wakeup, state) = (session.poll_timeout(), session.state());
        let mut session = session.clone();
        let events = std::iter::from_fn(|| session.poll_event()).collect();
        assert_eq!(session.poll_event(), None, "law 1");
        let actions = std::iter::from_fn(|| session.poll_action()).collect();
        assert_eq!(session.poll_action(), None, "law 1");
        Self { events, actions, wakeup, state }
    }
}

/// A session and what its driver knows.
#[derive(Clone, Debug)]
pub struct Run {
    pub session: Session,
    pub now: Instant,
    /// The link that was opened last and not closed since.
    pub link: Option<LinkId>,
    pub old: Vec<LinkId>,
}

impl Run {
    #[must_use]
    pub fn new(target: Target, access: Access, config: SessionConfig, seed: u64) -> Self {
        let now = Instant::from_nanos(1 << 40);
        let session = Session::new(target, access, config, seed, now);
        Self { session, now, link: None, old: Vec::new() }
    }

    /// Makes a call, checks the laws, and shows what there is to see afterwards.
    pub fn call(&mut self, call: &Call) -> View {
        let before = View::of(&self.session);
        let now = self.now;
        match call {
            Call::Wait(duration) => self.now = now + *duration,
            Call::ClockBack(duration) => self.now = now.earlier(*duration),
            Call::Wake(late) => {
                if let Some(wakeup) = before.wakeup {
                    self.now = now.max(wakeup.at + *late);
                }
                self.timeout(&before);
            }
            Call::Timeout => self.timeout(&before),
            Call::Input(input) => {
                if let Some(link) = self.link {
                    check_decoded_on_the_way::<Map<String, Value>>(&self.session, link, input, now);
                    check_decoded_on_the_way::<Numbered>(&self.session, link, input, now);
                    self.session.handle_input(link, input.clone(), now);
                    if matches!(input, Input::Closed(_)) {
                        self.retire();
                    }
                }
            }
            Call::OldInput(input) => {
                for link in &self.old {
                    self.session.handle_input(*link, input.clone(), now);
                }
                assert_eq!(View::of(&self.session), before, "law 6");
            }
            Call::PollEvents(count) => {
                for _ in 0..*count {
                    let _ = self.session.poll_event();
                }
                let after = View::of(&self.session);
                assert_eq!(
                    (&after.actions, after.wakeup),
                    (&before.actions, before.wakeup),
                    "law 4"
                );
            }
            Call::PollActions(count) => {
                for _ in 0..*count {
                    let action = self.session.poll_action();
                    self.note(action.as_ref());
                }
                let after = View::of(&self.session);
                assert_eq!((&after.events, after.wakeup), (&before.events, before.wakeup), "law 4");
            }
            command => self.command(command),
        }
        let after = View::of(&self.session);
        self.check(&before, &after);
        after
    }

    fn command(&mut self, call: &Call) {
        let (session, now) = (&mut self.session, self.now);
        match call {
            Call::SetCredentials(credentials) => session.set_credentials(credentials.clone(), now),
            Call::CredentialsUnavailable => session.credentials_unavailable("none", now),
            Call::Reconnect => session.reconnect(now),
            Call::NetworkChanged => session.network_changed(now),
            Call::Close => session.close(),
            Call::Publish(topic, content) => {
                if let Err(refused) = session.publish(topic.clone(), content.clone(), now) {
                    assert_eq!(refused.content, *content, "a refused message comes back");
                }
            }
            Call::Subscribe(subscription) => {
                let _ = session.subscribe_to(subscription.clone(), now);
            }
            Call::Unsubscribe(name) => {
                let _ = session.unsubscribe_from(name);
            }
            Call::Join(room) => {
                let _ = session.join(room);
            }
            Call::Leave(room) => {
                let _ = session.leave(room);
            }
            _ => {}
        }
    }

    fn timeout(&mut self, before: &View) {
        let is_due = before.wakeup.is_some_and(|wakeup| wakeup.at <= self.now);
        self.session.handle_timeout(self.now);
        let after = View::of(&self.session);
        if !is_due {
            assert_eq!(after, *before, "law 2");
        }
        assert!(after.wakeup.is_none_or(|wakeup| wakeup.at > self.now), "law 3: {after:?}");
    }

    /// Keeps the books of links as a driver does.
    fn note(&mut self, action: Option<&Action>) {
        match action {
            Some(Action::Open { link, .. }) => {
                assert_eq!(self.link, None, "law 10: opened {link:?} beside it");
                self.link = Some(*link);
            }
            Some(Action::Send { link, .. }) => assert_eq!(self.link, Some(*link), "law 10"),
            Some(Action::Close { link }) if self.link == Some(*link) => self.retire(),
            Some(Action::Close { .. }) | None => {}
        }
    }

    fn retire(&mut self) {
        self.old.extend(self.link.take());
        // Enough to tell of any of them.
        if self.old.len() > 3 {
            self.old.remove(0);
        }
    }

    fn check(&self, before: &View, after: &View) {
        assert!(after.events.len() <= EVENTS, "law 8: {:?}", after.events);
        assert!(after.actions.len() <= ACTIONS, "law 8: {:?}", after.actions);
        let opens = after.actions.iter().filter(|one| matches!(one, Action::Open { .. }));
        assert!(opens.count() <= 1, "law 10: {:?}", after.actions);
        if before.state == State::Closed {
            assert_eq!(after.state, State::Closed, "law 5");
            assert_eq!(after.wakeup, None, "law 5");
            assert!(after.events.len() <= before.events.len(), "law 5: {:?}", after.events);
            assert!(after.actions.len() <= before.actions.len(), "law 5: {:?}", after.actions);
        }
    }
}

/// What many documents do not fit.
#[derive(Debug, Deserialize, PartialEq)]
pub struct Numbered {
    id: String,
    n: u8,
}

/// Whether a document is decoded while it is read or when it is polled is all the same.
pub fn check_decoded_on_the_way<T>(session: &Session, link: LinkId, input: &Input, now: Instant)
where
    T: DeserializeOwned + PartialEq + Debug,
{
    let (mut early, mut late) = (session.clone(), session.clone());
    late.handle_input(link, input.clone(), now);
    let first = early.handle_input_as::<T>(link, input.clone(), now);
    let (early, late) = (View::of(&early), View::of(&late));
    let early_events = first.into_iter().chain(early.events.into_iter().map(Event::decode));
    let late_events = late.events.into_iter().map(Event::decode);
    assert_eq!(early_events.collect::<Vec<_>>(), late_events.collect::<Vec<_>>());
    assert_eq!((early.actions, early.wakeup, early.state), (late.actions, late.wakeup, late.state));
}
