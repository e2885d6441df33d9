//! A session, the time, and what a driver would know of its links.

use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::{
    Access, Action, Event, Input, Instant, LinkId, OutboxConfig, Session, SessionConfig, State,
    Subscription, Target, Wakeup,
};

use crate::steps::{Step, token};

const MAX_EVENTS: usize = 4;
const MAX_TOPICS: usize = 3;
const MAX_MESSAGES: usize = 2;

/// Checks a law, if it is the one that this run is about.
macro_rules! law {
    ($run:expr, $law:literal, $check:expr) => {
        if $run.law == $law {
            $check;
        }
    };
}

/// Everything that can be seen of a session without changing it.
#[derive(Debug, PartialEq)]
pub(crate) struct View {
    events: Vec<Event>,
    actions: Vec<Action>,
    wakeup: Option<Wakeup>,
    state: State,
}

fn view(session: &Session) -> View {
    let mut session = session.clone();
    let (wakeup, state) = (session.poll_timeout(), session.state());
    let events: Vec<_> = std::iter::from_fn(|| session.poll_event()).collect();
    let more = (session.poll_event(), session.poll_event());
    assert_eq!(more, (None, None), "law 1");
    let actions: Vec<_> = std::iter::from_fn(|| session.poll_action()).collect();
    let more = (session.poll_action(), session.poll_action());
    assert_eq!(more, (None, None), "law 1");
    View { events, actions, wakeup, state }
}

/// A session, the time, and what a driver would know of its links.
pub(crate) struct Run {
    session: Session,
    now: Instant,
    newest: Option<LinkId>,
    old: Vec<LinkId>,
    pub(crate) transcript: Vec<String>,
    /// The law that is checked.
    law: u8,
}

impl Run {
    pub(crate) fn new(target: Target, access: Access, seed: u64, law: u8) -> Self {
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
        Self { session, now, newest: None, old: Vec::new(), transcript: Vec::new(), law }
    }

    pub(crate) fn step(&mut self, step: &Step) {
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
                law!(self, 6, assert_eq!(view(&self.session), before));
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
                law!(self, 4, assert_eq!(view(&self.session).actions, before.actions));
            }
            Step::PollActions(count) => {
                for _ in 0..*count {
                    let action = self.session.poll_action();
                    self.note(action.as_ref());
                    self.transcript.push(format!("{action:?}"));
                }
                law!(self, 4, assert_eq!(view(&self.session).events, before.events));
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
            law!(self, 2, assert_eq!(after, before));
        }
        law!(self, 3, assert!(after.wakeup.is_none_or(|wakeup| wakeup.at > self.now)));
    }

    /// Keeps the books of links as a driver does.
    fn note(&mut self, action: Option<&Action>) {
        match action {
            Some(Action::Open { link, .. }) => {
                law!(self, 10, assert_eq!(self.newest, None));
                self.newest = Some(*link);
            }
            Some(Action::Send { link, .. }) => {
                law!(self, 10, assert_eq!(self.newest, Some(*link)));
            }
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
        law!(self, 8, assert!(after.events.len() <= MAX_EVENTS + 3, "{:?}", after.events));
        // A hello with all topics, one word about each that has changed, and what waits.
        let most = 4 + 3 * MAX_TOPICS + MAX_MESSAGES;
        law!(self, 8, assert!(after.actions.len() <= most, "{:?}", after.actions));
        if closed_before {
            law!(self, 5, assert_eq!(after.state, State::Closed));
            law!(self, 5, assert_eq!(after.wakeup, None));
            law!(self, 5, assert!(after.events.len() <= before.events.len()));
            law!(self, 5, assert!(after.actions.len() <= before.actions.len()));
        }
        if self.law == 9 {
            self.transcript.push(format!("{after:?}"));
        }
    }
}
