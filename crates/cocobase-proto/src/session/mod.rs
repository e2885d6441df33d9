//! The client's machine: connects, keeps alive, reconnects, and tells what happened.

mod backoff;
mod config;
mod continuity;
mod event;
mod link;
mod outlet;
mod subscription;
mod timers;

use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use core::fmt;
use core::time::Duration;

use crate::credentials::Credentials;
use crate::endpoint::BaseUrl;
use crate::filter::Filter;
use crate::json::JsonError;
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{ErrorMessage, Greeting, Hello, ServerMessage, encode};

use backoff::Backoff;
pub use config::SessionConfig;
use continuity::{Continuity, Verdict};
pub use event::{Disconnected, Event, Fault, Gap, GapCause, Malformed, Missed, Undecodable};
pub use link::{Action, CloseCause, Input, LinkId};
use outlet::Outlet;
pub use subscription::{Access, Subscription, SubscriptionError};
use timers::Timers;
pub use timers::{WakeReason, Wakeup};

/// One watch of one collection (surface C), from the first attempt to the last.
///
/// The session owns no socket, no clock and no randomness. A driver carries out its
/// [actions](Action), reports [inputs](Input) and the time, and hands its [events](Event) to the
/// user; see the [crate's documentation](crate) for the loop and the laws.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::{
///     Access, Action, Credentials, Event, Input, Instant, Session, SessionConfig, Subscription,
/// };
///
/// let now = Instant::from_nanos(0);
/// let mut session = Session::new(
///     Subscription::new("users", Filter::new().eq("status", "active"))?,
///     Access::Fixed(Credentials::ApiKey("coco_1234".into())),
///     SessionConfig::default(),
///     42,
///     now,
/// );
/// let Some(Action::Open { link, path }) = session.poll_action() else { panic!() };
/// assert_eq!(path, "/realtime/collections/users");
///
/// session.handle_input(link, Input::Opened, now);
/// let Some(Action::Send { text, .. }) = session.poll_action() else { panic!() };
/// assert_eq!(text, r#"{"api_key":"coco_1234","filters":{"status":"active"}}"#);
///
/// let greeting = r#"{"event":"connected","collection_id":"users"}"#;
/// session.handle_input(link, Input::Text(greeting.into()), now);
/// assert!(matches!(session.poll_event(), Some(Event::Connected(_))));
/// # Ok::<(), cocobase_proto::SubscriptionError>(())
/// ```
#[derive(Clone)]
pub struct Session {
    config: SessionConfig,
    path: String,
    filter: Filter,
    access: Access,
    credentials: Option<Credentials>,
    /// The provider was asked again after a refusal: the next refusal is the last.
    asked_again: bool,
    phase: Phase,
    links: u64,
    last_heard: Instant,
    timers: Timers,
    backoff: Backoff,
    continuity: Continuity,
    events: Outlet,
    actions: VecDeque<Action>,
}

/// What a session is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It is making a link, from the question for credentials to the server's greeting.
    Connecting,
    /// Events flow.
    Live,
    /// It pauses before the next attempt.
    Waiting,
    /// It is over, by the user's will or by a refusal.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Asking,
    Opening(LinkId),
    Greeting(LinkId),
    Live(LinkId),
    Waiting,
    Closed,
}

impl Phase {
    const fn link(self) -> Option<LinkId> {
        match self {
            Self::Opening(link) | Self::Greeting(link) | Self::Live(link) => Some(link),
            Self::Asking | Self::Waiting | Self::Closed => None,
        }
    }
}

/// # Commands
impl Session {
    /// Starts a session: its first action or event is ready.
    ///
    /// `seed` feeds the jitter of the pauses. Sessions of one process should get different ones.
    #[must_use]
    pub fn new(
        subscription: Subscription,
        access: Access,
        config: SessionConfig,
        seed: u64,
        now: Instant,
    ) -> Self {
        let Subscription { collection, filter } = subscription;
        let mut session = Self {
            path: BaseUrl::collection_watch_path(&collection),
            credentials: match &access {
                Access::Fixed(credentials) => Some(credentials.clone()),
                Access::Ask => None,
            },
            access,
            asked_again: false,
            phase: Phase::Waiting,
            links: 0,
            last_heard: now,
            timers: Timers::default(),
            backoff: Backoff::new(seed),
            continuity: Continuity::new(collection.clone(), !filter.is_empty()),
            events: Outlet::new(collection, config.max_events),
            actions: VecDeque::new(),
            filter,
            config,
        };
        session.connect(now);
        session
    }

    /// Takes the credentials for the next hello. Answers [`Event::CredentialsNeeded`]; given at
    /// another time, they serve the next connection.
    pub fn set_credentials(&mut self, credentials: Credentials, now: Instant) {
        self.credentials = Some(credentials);
        if self.phase == Phase::Asking {
            self.open(now);
        }
    }

    /// Answers [`Event::CredentialsNeeded`] when there are none to be had at the moment: a passing
    /// fault, after which they are asked for again.
    pub fn credentials_unavailable(&mut self, reason: impl Into<Text>, now: Instant) {
        if self.phase == Phase::Asking {
            self.lose(Fault::Credentials(reason.into()), None, now);
        }
    }

    /// Makes a new link at once, whatever the state of the present one: for a user who knows that
    /// the network has changed.
    pub fn reconnect(&mut self, now: Instant) {
        if matches!(self.phase, Phase::Closed | Phase::Asking) {
            return;
        }
        self.drop_link();
        let retry_in = Duration::ZERO;
        let attempt = self.backoff.attempts();
        self.tell(
            Event::Disconnected(Disconnected { cause: Fault::Requested, retry_in, attempt }),
            now,
        );
        self.connect(now);
    }

    /// Ends the session for good, in every state. Events that were not taken are dropped.
    pub fn close(&mut self) {
        self.events.clear();
        self.end();
    }
}

/// # Inputs
impl Session {
    /// Takes what the driver reports of `link`. Of an old link, nothing matters any more.
    pub fn handle_input(&mut self, link: LinkId, input: Input, now: Instant) {
        if self.phase.link() != Some(link) {
            return;
        }
        let is_opening = matches!(self.phase, Phase::Opening(_));
        match input {
            Input::Opened if is_opening => self.greet(link, now),
            Input::Refused { status, retry_after, body } if is_opening => {
                match Refusal::of_status(status, &body) {
                    Some(refusal) => self.refuse(refusal, now),
                    None => self.lose(Fault::Status(status), retry_after, now),
                }
            }
            Input::Closed(cause) => self.lose(cause.into(), None, now),
            Input::Text(text) if !is_opening => {
                self.receive(link, text, now);
                self.last_heard = self.last_heard.max(now);
            }
            Input::Binary if !is_opening => {
                self.last_heard = self.last_heard.max(now);
                let reason = "a binary message, where the protocol has text only".to_string();
                let error = JsonError { line: 0, column: 0, reason };
                self.tell(Event::Malformed(Malformed { text: Text::default(), error }), now);
            }
            Input::Alive if !is_opening => self.last_heard = self.last_heard.max(now),
            Input::Opened | Input::Refused { .. } => {}
            Input::Text(_) | Input::Binary | Input::Alive => {}
        }
    }

    /// Does what is due at `now`. Before the deadline it changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(due) = self.timers.take_due(now) {
            match (due.reason, self.phase) {
                (WakeReason::Connect, _) => self.lose(Fault::ConnectTimeout, None, now),
                (WakeReason::Greeting, _) => self.lose(Fault::GreetingTimeout, None, now),
                (WakeReason::Ping, Phase::Live(link)) => self.ping(link, now),
                (WakeReason::Silence, Phase::Live(link)) => self.check_silence(link, due.at, now),
                (WakeReason::Reconnect, _) => self.connect(now),
                (WakeReason::Ping | WakeReason::Silence, _) => {}
            }
        }
    }
}

/// # Outputs
impl Session {
    /// The next thing to tell the user. After `None` it stays `None` until another `&mut` call.
    pub fn poll_event(&mut self) -> Option<Event> {
        self.events.pop()
    }

    /// The next thing for the driver to do. After `None` it stays `None` until another `&mut` call.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next, and why; `None` if never.
    ///
    /// The answer changes only with an input, a command or a timeout. It may come before the moment
    /// at which something really has to be done, never after.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Wakeup> {
        self.timers.next()
    }
}

/// # Getters
impl Session {
    /// What the session is doing.
    #[must_use]
    pub const fn state(&self) -> State {
        match self.phase {
            Phase::Asking | Phase::Opening(_) | Phase::Greeting(_) => State::Connecting,
            Phase::Live(_) => State::Live,
            Phase::Waiting => State::Waiting,
            Phase::Closed => State::Closed,
        }
    }
}

/// # Transitions
impl Session {
    fn connect(&mut self, now: Instant) {
        self.timers.clear();
        match self.access {
            Access::Fixed(_) => self.open(now),
            Access::Ask => self.ask(false),
        }
    }

    fn ask(&mut self, refused: bool) {
        self.phase = Phase::Asking;
        self.events.remove_questions();
        self.events.push_always(Event::CredentialsNeeded { refused });
    }

    fn open(&mut self, now: Instant) {
        self.links += 1;
        let link = LinkId(self.links);
        self.phase = Phase::Opening(link);
        self.set_timer(WakeReason::Connect, self.config.connect_timeout, now);
        self.actions.push_back(Action::Open { link, path: self.path.clone() });
    }

    fn greet(&mut self, link: LinkId, now: Instant) {
        let Some(credentials) = self.credentials.clone() else { return };
        // A subscription's filter has a wire form, or it would not be one.
        let hello = Hello { credentials, filter: self.filter.clone() }.encode().unwrap_or_default();
        self.phase = Phase::Greeting(link);
        self.last_heard = now;
        self.timers.clear();
        self.set_timer(WakeReason::Greeting, self.config.greeting_timeout, now);
        self.actions.push_back(Action::Send { link, text: hello.into() });
    }

    fn receive(&mut self, link: LinkId, text: Text, now: Instant) {
        let message = match ServerMessage::decode(&text) {
            Ok(message) => message,
            Err(error) => return self.tell(Event::Malformed(Malformed { text, error }), now),
        };
        match message {
            ServerMessage::Greeting(greeting) => self.go_live(link, greeting, now),
            ServerMessage::Created(change) => {
                self.change(link, change.seq, Event::Created(change), now);
            }
            ServerMessage::Updated(change) => {
                self.change(link, change.seq, Event::Updated(change), now);
            }
            ServerMessage::Deleted(deleted) => {
                self.change(link, deleted.seq, Event::Deleted(deleted), now);
            }
            ServerMessage::Pong => {}
            ServerMessage::Error(error) => self.server_error(error, now),
            ServerMessage::Unknown => self.tell(Event::Unknown(text), now),
        }
    }

    /// A change is as good a proof of life as a greeting, for servers that do not greet.
    fn change(&mut self, link: LinkId, seq: Option<u64>, event: Event, now: Instant) {
        self.go_live(link, Greeting::default(), now);
        match self.continuity.advance(seq, self.last_heard, now) {
            Verdict::Duplicate => {}
            Verdict::Deliver => self.tell(event, now),
            Verdict::DeliverAfter(gap) => {
                self.tell(Event::Gap(gap), now);
                self.tell(event, now);
            }
        }
    }

    /// The connection has proved itself. Another greeting on the same link changes nothing.
    fn go_live(&mut self, link: LinkId, greeting: Greeting, now: Instant) {
        if self.phase != Phase::Greeting(link) {
            return;
        }
        self.phase = Phase::Live(link);
        self.backoff.reset();
        self.asked_again = false;
        self.timers.clear();
        self.set_timer(WakeReason::Ping, self.config.ping_interval, now);
        self.set_timer(WakeReason::Silence, self.config.silence_timeout, now);
        let gap = self.continuity.resume(&greeting, now);
        self.tell(Event::Connected(greeting), now);
        if let Some(gap) = gap {
            self.tell(Event::Gap(gap), now);
        }
    }

    fn server_error(&mut self, error: ErrorMessage, now: Instant) {
        match Refusal::of_message(&error) {
            Some(refusal) => self.refuse(refusal, now),
            None if matches!(self.phase, Phase::Greeting(_)) => {
                self.lose(Fault::Server(error), None, now);
            }
            None => self.tell(Event::ServerError(error), now),
        }
    }

    /// A refusal ends the session, unless a provider may have better credentials.
    fn refuse(&mut self, refusal: Refusal, now: Instant) {
        let is_about_credentials = refusal.kind == crate::RefusalKind::Credentials;
        if self.access == Access::Ask && is_about_credentials && !self.asked_again {
            self.asked_again = true;
            self.drop_link();
            self.timers.clear();
            self.last_heard = self.last_heard.max(now);
            return self.ask(true);
        }
        self.events.push_always(Event::Refused(refusal));
        self.end();
    }

    /// A passing fault: the link is given up, and another one made after a pause.
    fn lose(&mut self, fault: Fault, retry_after: Option<Duration>, now: Instant) {
        self.drop_link();
        self.timers.clear();
        let retry_in = self.backoff.next(&self.config, retry_after);
        self.phase = Phase::Waiting;
        self.timers.set(WakeReason::Reconnect, now + retry_in);
        let attempt = self.backoff.attempts();
        self.tell(Event::Disconnected(Disconnected { cause: fault, retry_in, attempt }), now);
    }

    fn drop_link(&mut self) {
        if matches!(self.phase, Phase::Live(_)) {
            self.continuity.lose(self.last_heard);
        }
        let Some(link) = self.phase.link() else { return };
        let is_unopened = self.actions.iter().any(|action| matches!(action, Action::Open { .. }));
        // What was not yet sent or opened has become pointless.
        self.actions.retain(|action| matches!(action, Action::Close { .. }));
        if !is_unopened {
            self.actions.push_back(Action::Close { link });
        }
    }

    fn end(&mut self) {
        self.drop_link();
        self.timers.clear();
        self.phase = Phase::Closed;
    }

    fn ping(&mut self, link: LinkId, now: Instant) {
        self.set_timer(WakeReason::Ping, self.config.ping_interval, now);
        let ping = Action::Send { link, text: Text::from_static(encode::PING) };
        // A driver that does not get around to sending needs no second one.
        if self.actions.back() != Some(&ping) {
            self.actions.push_back(ping);
        }
    }

    /// The link is dead when the server was silent and we were listening. A deadline that is served
    /// much too late says that it was we who were away: then the server gets one more chance.
    fn check_silence(&mut self, link: LinkId, due: Instant, now: Instant) {
        let deadline = self.last_heard + self.config.silence_timeout;
        if deadline > now {
            return self.timers.set(WakeReason::Silence, deadline);
        }
        if now.since(due.max(deadline)) > self.config.ping_interval / 2 {
            self.ping(link, now);
            return self.set_timer(WakeReason::Silence, self.config.greeting_timeout, now);
        }
        self.lose(Fault::Silence(now.since(self.last_heard)), None, now);
    }

    fn set_timer(&mut self, reason: WakeReason, after: Duration, now: Instant) {
        // A deadline in the present would be due again as soon as it was served.
        self.timers.set(reason, now + after.max(Duration::from_millis(1)));
    }

    fn tell(&mut self, event: Event, now: Instant) {
        self.events.push(event, now);
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("path", &self.path)
            .field("phase", &self.phase)
            .field("wakeup", &self.poll_timeout())
            .finish_non_exhaustive()
    }
}

impl From<CloseCause> for Fault {
    fn from(cause: CloseCause) -> Self {
        match cause {
            CloseCause::Connect(reason) => Self::Connect(reason),
            CloseCause::Closed { code, reason } => Self::Closed { code, reason },
            CloseCause::Io(reason) => Self::Io(reason),
        }
    }
}

#[cfg(test)]
mod tests;
