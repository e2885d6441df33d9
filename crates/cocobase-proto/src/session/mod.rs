//! The client's machine: connects, keeps alive, reconnects, and tells what happened.

mod backoff;
mod commands;
mod config;
mod continuity;
mod decoded;
mod errors;
mod event;
mod fallback;
mod life;
mod link;
mod outbox;
mod outlet;
mod receive;
mod room;
mod say;
mod target;
mod timers;
pub(crate) mod token;
mod topics;

use alloc::collections::VecDeque;
use alloc::string::ToString;
use core::fmt;
use core::time::Duration;

use crate::credentials::Credentials;
use crate::json::JsonError;
use crate::refusal::Refusal;
use crate::sse::Decoder;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{Greeting, Surface, Templates, User};

use backoff::Backoff;
pub use commands::CommandError;
pub use config::SessionConfig;
pub use event::{
    Disconnected, Event, Expired, Fault, Gap, GapCause, Malformed, Missed, Snapshot, Topic,
    Undecodable,
};
use fallback::Fallback;
pub use link::{Action, Carrier, CloseCause, Input, LinkId};
use outbox::Outbox;
pub use outbox::{Offline, OutboxConfig, Published, Unpublished, UnpublishedReason};
use outlet::Outlet;
pub use room::RoomView;
pub use target::{Access, RoomEntry, RoomMode, Subscription, SubscriptionError, Target};
use timers::Timers;
pub use timers::{WakeReason, Wakeup};
use topics::{Ended, Topics};

/// One connection to a server, whatever becomes of its links: from the first attempt to the last.
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
/// let Some(Action::Open { link, path, .. }) = session.poll_action() else { panic!() };
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
    surface: Surface,
    /// Who the client is to others, on B and G. On R its room's entry says it.
    user: User,
    topics: Topics,
    access: Access,
    credentials: Option<Credentials>,
    /// The provider was asked again after a refusal: the next refusal is the last.
    asked_again: bool,
    /// The provider was asked because the token is about to expire.
    is_refreshing: bool,
    phase: Phase,
    links: u64,
    last_heard: Instant,
    /// When we asked the server, out of turn, whether it is still there.
    asked_at: Option<Instant>,
    /// When the ping that is still to be answered was sent.
    pinged_at: Option<Instant>,
    round_trip: Option<Duration>,
    /// The pause that an event stream has asked for.
    stream_pause: Option<Duration>,
    stream: Decoder,
    last_event_id: Text,
    templates: Templates,
    /// For a watch that may take either way.
    fallback: Option<Fallback>,
    timers: Timers,
    backoff: Backoff,
    events: Outlet,
    actions: VecDeque<Action>,
    /// Topics whose desired state the gateway is still to be told on this link, and whether it
    /// knows of them.
    untold: VecDeque<(Topic, bool)>,
    ended: Ended,
    outbox: Outbox,
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

/// # Life
impl Session {
    /// Starts a session: its first action or event is ready.
    ///
    /// `seed` feeds the jitter of the pauses. Sessions of one process should get different ones.
    #[must_use]
    pub fn new(
        target: impl Into<Target>,
        access: Access,
        config: SessionConfig,
        seed: u64,
        now: Instant,
    ) -> Self {
        let target = target.into();
        let topic = target.topic();
        let fallback = matches!(target, Target::CollectionOrEvents(_)).then(Fallback::new);
        let mut session = Self {
            surface: target.surface(),
            user: match &target {
                Target::Broadcast(user) | Target::Gateway(user) => user.clone(),
                _ => User::default(),
            },
            topics: Topics::new(target),
            credentials: match &access {
                Access::Fixed(credentials) => Some(credentials.clone()),
                Access::Ask => None,
            },
            access,
            asked_again: false,
            is_refreshing: false,
            phase: Phase::Waiting,
            links: 0,
            last_heard: now,
            asked_at: None,
            pinged_at: None,
            round_trip: None,
            stream_pause: None,
            stream: Decoder::with_limit(config.max_stream_message),
            last_event_id: Text::default(),
            templates: Templates::default(),
            fallback,
            timers: Timers::default(),
            backoff: Backoff::new(seed),
            events: Outlet::new(topic, config.max_events),
            actions: VecDeque::new(),
            untold: VecDeque::new(),
            ended: Ended::default(),
            outbox: Outbox::default(),
            config,
        };
        session.connect(now);
        session
    }

    /// Takes the credentials for the next hello. Answers [`Event::CredentialsNeeded`]; given at
    /// another time, they serve the next link.
    pub fn set_credentials(&mut self, credentials: Credentials, now: Instant) {
        if self.phase == Phase::Closed {
            return;
        }
        self.watch_expiry(&credentials, now);
        self.credentials = Some(credentials);
        if self.phase == Phase::Asking {
            self.open(now);
        } else if core::mem::take(&mut self.is_refreshing) {
            self.give_up_link(now);
            self.open(now);
        }
    }

    /// Answers [`Event::CredentialsNeeded`] when there are none to be had at the moment: a passing
    /// fault, after which they are asked for again.
    pub fn credentials_unavailable(&mut self, reason: impl Into<Text>, now: Instant) {
        if self.phase == Phase::Asking {
            self.lose(Fault::Credentials(reason.into()), None, now);
        } else if core::mem::take(&mut self.is_refreshing) {
            self.set_timer(WakeReason::Refresh, self.config.backoff_max, now);
        }
    }

    /// Makes a new link at once, whatever the state of the present one.
    pub fn reconnect(&mut self, now: Instant) {
        if !matches!(self.phase, Phase::Closed | Phase::Asking) {
            self.give_up_link(now);
            self.connect(now);
        }
    }

    /// The network has changed, as far as the driver can tell: a pause is cut short, a link in the
    /// making is made anew, and a live one is asked whether it is still there.
    pub fn network_changed(&mut self, now: Instant) {
        match self.phase {
            Phase::Waiting => self.connect(now),
            Phase::Opening(_) | Phase::Greeting(_) => self.reconnect(now),
            Phase::Live(link) => self.probe(link, now),
            Phase::Asking | Phase::Closed => {}
        }
    }

    /// Ends the session for good, in every state. Events that were not taken and messages that wait
    /// are dropped.
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
                let refusal = match self.surface {
                    Surface::Events => Refusal::of_watch_status(status, &body),
                    _ => Refusal::of_status(status, &body),
                };
                match refusal {
                    Some(_) if self.goes_another_way(status, now) => {}
                    Some(refusal) => self.refuse(refusal, now),
                    None => self.lose(Fault::Status(status), retry_after, now),
                }
            }
            Input::Closed(cause) => self.lose(cause.into(), None, now),
            _ if is_opening => {}
            Input::Text(text) => self.hear(now, |session| session.receive(link, text, now)),
            Input::Bytes(bytes) => {
                self.hear(now, |session| session.receive_bytes(link, bytes, now));
            }
            Input::Item(item) => self.hear(now, |session| session.receive_item(link, item, now)),
            Input::Binary => self.hear(now, |session| {
                let reason = "a binary message, where the protocol has text only".to_string();
                let error = JsonError { line: 0, column: 0, reason };
                session.tell(Event::Malformed(Malformed { text: Text::default(), error }), now);
            }),
            Input::Alive => self.hear(now, |_| {}),
            Input::Opened | Input::Refused { .. } => {}
        }
    }

    /// Does what is due at `now`. Before the deadline it changes nothing.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(due) = self.timers.take_due(now) {
            match (due.reason, self.phase) {
                (WakeReason::Connect, _) => self.lose(Fault::ConnectTimeout, None, now),
                (WakeReason::Greeting, Phase::Greeting(link)) if self.may_go_ungreeted() => {
                    self.go_live(link, Greeting::default, now);
                }
                (WakeReason::Greeting, _) => self.lose(Fault::GreetingTimeout, None, now),
                (WakeReason::Ping, Phase::Live(link)) => self.ping(link, now),
                (WakeReason::Silence, Phase::Live(link)) => self.check_silence(link, due.at, now),
                (WakeReason::Reconnect, _) => self.connect(now),
                (WakeReason::Expiry, _) => self.expire(now),
                (WakeReason::Refresh, Phase::Live(_)) => {
                    self.is_refreshing = true;
                    self.question(false);
                }
                // Without a link they are asked for anyway.
                (WakeReason::Ping | WakeReason::Silence | WakeReason::Refresh, _) => {}
            }
        }
    }
}

/// # Outputs
impl Session {
    /// The next thing to tell the user. After `None` it stays `None` until another `&mut` call.
    #[inline]
    pub fn poll_event(&mut self) -> Option<Event> {
        match self.events.is_empty() {
            true => None,
            false => self.events.pop(),
        }
    }

    /// The next thing for the driver to do. After `None` it stays `None` until another `&mut` call.
    pub fn poll_action(&mut self) -> Option<Action> {
        self.actions.pop_front().or_else(|| self.next_untold()).or_else(|| self.next_message())
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

    /// How many published messages still wait for the server.
    ///
    /// ```
    /// # fn show(session: &cocobase_proto::Session) {
    /// println!("{} messages wait", session.unsent());
    /// # }
    /// ```
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.outbox.len()
    }

    /// How long the server took to answer the last ping that it answered.
    ///
    /// ```
    /// # fn show(session: &cocobase_proto::Session) {
    /// println!("last round trip: {:?}", session.round_trip());
    /// # }
    /// ```
    #[must_use]
    pub const fn round_trip(&self) -> Option<Duration> {
        self.round_trip
    }

    /// A room that the session is in, or would be if it had a link.
    #[must_use]
    pub fn room(&self, id: &str) -> Option<&RoomView> {
        self.topics.rooms.get(id).map(|room| &room.view)
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("surface", &self.surface)
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
