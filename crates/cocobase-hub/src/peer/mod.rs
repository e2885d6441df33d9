//! The server's machine for one connection to a collection (surface C).

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::ToString;
use core::time::Duration;

use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::wire::{ClientMessage, ErrorMessage, Hello, HelloError, Surface, encode};
use cocobase_proto::{Credentials, Instant, Position, Shape, Text};

use crate::commit::Commit;
use crate::hub::event_for;

/// One client, from its hello to its end.
///
/// A shell carries out its [actions](PeerAction) and reports what it hears, the answers to what it
/// was asked, and the time. The peer owns no socket and no clock.
///
/// ```
/// use cocobase_hub::{Peer, PeerAction, PeerConfig, PeerInput};
/// use cocobase_proto::{Instant, Position, Shape};
///
/// let now = Instant::from_nanos(0);
/// let mut peer = Peer::new("users".into(), Shape::Flat, PeerConfig::default(), now);
///
/// peer.handle_input(PeerInput::Text(r#"{"api_key":"coco_1234"}"#), now);
/// assert!(matches!(peer.poll_action(), Some(PeerAction::Authenticate(_))));
/// peer.handle_verdict(true);
/// assert!(matches!(peer.poll_action(), Some(PeerAction::Subscribe { .. })));
/// peer.handle_subscribed(&Position { epoch: "e1".into(), seq: 7 });
/// let Some(PeerAction::Send(greeting)) = peer.poll_action() else { panic!() };
/// assert!(greeting.starts_with(r#"{"event":"connected","collection_id":"users""#));
/// ```
#[derive(Debug)]
pub struct Peer {
    collection: Text,
    config: PeerConfig,
    phase: Phase,
    deadline: Option<Instant>,
    last_heard: Instant,
    /// When a ping went out that is not answered yet.
    pinged_at: Option<Instant>,
    /// What the hello asked for.
    filter: Filter,
    /// The same as the client wrote it.
    written_filter: Option<Text>,
    /// Where the client was when it lost its last connection.
    resume: Option<Position>,
    /// How events show documents.
    shape: Shape,
    actions: VecDeque<PeerAction>,
}

/// The time limits of a peer.
///
/// ```
/// let config = cocobase_hub::PeerConfig::default();
/// assert_eq!(config.hello_timeout.as_secs(), 10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerConfig {
    /// How long a client may take to say hello: 10 s (the vendor's server).
    pub hello_timeout: Duration,
    /// How long a client may be silent before it is pinged: 30 s (our decision).
    pub ping_after: Duration,
    /// How long a client may be silent before it counts as dead: 75 s (our decision): clients ping
    /// every 30 s, so two pings and an answer to ours have been missed by then.
    pub dead_after: Duration,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            hello_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            dead_after: Duration::from_secs(75),
        }
    }
}

/// What the shell must do for a peer, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum PeerAction {
    /// Check these credentials and answer with [`Peer::handle_verdict`].
    Authenticate(Credentials),
    /// Subscribe to the documents that fit `filter` and answer with [`Peer::handle_subscribed`].
    Subscribe {
        /// Which documents.
        filter: Filter,
    },
    /// Read the collection's history after this number, and answer with [`Peer::handle_history`] or
    /// [`Peer::handle_history_failure`]. What was sent before is to leave first, so that a client
    /// that reads slowly is not given everything at once; events of the subscription wait.
    ReadHistory {
        /// The last number that the client has.
        after: u64,
    },
    /// Send this text.
    Send(Text),
    /// Send a WebSocket ping, which the client's library answers by itself.
    Ping,
    /// Close the connection; the peer is over.
    Close {
        /// The WebSocket close code.
        code: u16,
        /// A few words for people.
        reason: Text,
    },
}

/// What the shell hears from a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeerInput<'a> {
    /// A text message.
    Text(&'a str),
    /// A message that is no text.
    Binary,
    /// A text message whose bytes are not UTF-8. Nothing can be read after it.
    NotUtf8,
    /// A message of more bytes than this. Nothing can be read after it.
    TooLarge(usize),
    /// A sign of life below the protocol's messages, such as a WebSocket pong.
    Alive,
}

/// The client broke the rules of the protocol (RFC 6455: policy violation).
const POLICY: u16 = 1008;
/// The client sent text that is none (RFC 6455: invalid payload data).
const NOT_UTF8: u16 = 1007;
/// The client sent more than the server takes (RFC 6455: message too big).
const TOO_LARGE: u16 = 1009;
/// The server cannot do what it should (RFC 6455: internal error).
const INTERNAL: u16 = 1011;
/// The server goes away, and the client may come back (RFC 6455).
const GOING_AWAY: u16 = 1001;
/// The client is too slow, and may come back (registered as "try again later").
const TRY_AGAIN: u16 = 1013;

#[derive(Debug)]
enum Phase {
    AwaitingHello,
    Authenticating,
    Subscribing,
    /// The client is being told what it missed.
    Resuming(Resuming),
    Live,
    Closed,
}

#[derive(Debug)]
struct Resuming {
    /// Where the client was.
    from: Position,
    /// Where the subscription begins.
    until: u64,
    is_greeted: bool,
    matcher: Matcher,
}

impl Peer {
    /// A client has connected to `collection`.
    #[must_use]
    pub fn new(collection: Text, shape: Shape, config: PeerConfig, now: Instant) -> Self {
        Self {
            collection,
            phase: Phase::AwaitingHello,
            deadline: Some(now + config.hello_timeout),
            last_heard: now,
            pinged_at: None,
            filter: Filter::new(),
            written_filter: None,
            resume: None,
            shape,
            actions: VecDeque::new(),
            config,
        }
    }

    /// The client said something.
    pub fn handle_input(&mut self, input: PeerInput<'_>, now: Instant) {
        self.last_heard = self.last_heard.max(now);
        if self.pinged_at.take().is_some() {
            self.deadline = Some(now + self.config.ping_after);
        }
        match (&self.phase, input) {
            (Phase::Closed, _) | (_, PeerInput::Alive) => {}
            (_, PeerInput::NotUtf8) => {
                self.report(&invalid("the text is not UTF-8"));
                self.close(NOT_UTF8, "the text is not UTF-8");
            }
            (_, PeerInput::TooLarge(limit)) => {
                let detail = format!("a message may have at most {limit} bytes");
                self.report(&invalid(&detail));
                self.close(TOO_LARGE, &detail);
            }
            (Phase::AwaitingHello, PeerInput::Text(text)) => self.take_hello(text, now),
            (Phase::AwaitingHello, PeerInput::Binary) => {
                self.refuse(invalid(NO_BINARY));
            }
            (_, PeerInput::Text(text)) => self.take_message(text),
            (_, PeerInput::Binary) => self.report(&invalid(NO_BINARY)),
        }
    }

    /// The answer to [`PeerAction::Authenticate`].
    pub fn handle_verdict(&mut self, accepted: bool) {
        if !matches!(self.phase, Phase::Authenticating) {
            return;
        }
        if !accepted {
            return self.refuse(ErrorMessage::new(ErrorMessage::INVALID_API_KEY));
        }
        self.phase = Phase::Subscribing;
        self.actions.push_back(PeerAction::Subscribe { filter: self.filter.clone() });
    }

    /// The answer to [`PeerAction::Subscribe`]: every change after `position` will follow.
    pub fn handle_subscribed(&mut self, position: &Position) {
        if !matches!(self.phase, Phase::Subscribing) {
            return;
        }
        let filter = core::mem::take(&mut self.filter);
        match self.resume.take() {
            Some(from) if from.epoch != position.epoch || from.seq > position.seq => {
                self.greet(position, Some(false));
            }
            Some(from) if from.seq == position.seq => self.greet(&from, Some(true)),
            Some(from) => {
                self.actions.push_back(PeerAction::ReadHistory { after: from.seq });
                let matcher = Matcher::new(&filter);
                let until = position.seq;
                self.phase = Phase::Resuming(Resuming { from, until, is_greeted: false, matcher });
            }
            None => self.greet(position, None),
        }
    }

    /// The answer to [`PeerAction::ReadHistory`]: the next commits, some of them at least, and
    /// whether the history reaches back to where it was asked for from.
    pub fn handle_history(&mut self, commits: &[Commit], reaches_back: bool) {
        let Phase::Resuming(resuming) = &mut self.phase else { return };
        if !resuming.is_greeted {
            let (from, until) = (resuming.from.clone(), resuming.until);
            if !reaches_back {
                return self.greet(&Position { seq: until, ..from }, Some(false));
            }
            resuming.is_greeted = true;
            let greeting = self.greeting(&from, Some(true));
            self.actions.push_back(PeerAction::Send(greeting));
        }
        let Phase::Resuming(resuming) = &self.phase else { return };
        let missed = commits.iter().take_while(|commit| commit.seq <= resuming.until);
        let events = missed.filter_map(|commit| event_for(commit, &resuming.matcher, self.shape));
        self.actions.extend(events.map(PeerAction::Send));
        match commits.last() {
            Some(last) if last.seq < resuming.until => {
                self.actions.push_back(PeerAction::ReadHistory { after: last.seq });
            }
            _ => self.phase = Phase::Live,
        }
    }

    /// The history cannot be read. The client is to come back and ask again.
    pub fn handle_history_failure(&mut self) {
        self.close(INTERNAL, "the history cannot be read");
    }

    fn greet(&mut self, position: &Position, resumed: Option<bool>) {
        self.phase = Phase::Live;
        let greeting = self.greeting(position, resumed);
        self.actions.push_back(PeerAction::Send(greeting));
    }

    fn greeting(&self, position: &Position, resumed: Option<bool>) -> Text {
        let greeting = encode::Greeting {
            collection: &self.collection,
            filters: self.written_filter.as_deref(),
            position,
            resumed,
            snapshot: None,
        };
        greeting.encode(Surface::Collection).into()
    }

    /// The client does not take its events fast enough.
    pub fn handle_lag(&mut self) {
        self.close(TRY_AGAIN, "too slow: events were dropped; reconnect");
    }

    /// The server is shutting down.
    pub fn handle_shutdown(&mut self) {
        self.close(GOING_AWAY, "the server is shutting down");
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        if self.deadline.is_none_or(|deadline| now < deadline) {
            return;
        }
        match &self.phase {
            Phase::AwaitingHello => {
                self.refuse(ErrorMessage::new(ErrorMessage::AUTHENTICATION_TIMEOUT));
            }
            Phase::Closed => self.deadline = None,
            _ => self.check_life(now),
        }
    }

    fn take_hello(&mut self, text: &str, now: Instant) {
        let hello = match Hello::decode(text) {
            Ok(hello) => hello,
            Err(error) => return self.refuse(hello_error(&error)),
        };
        self.filter = hello.filter;
        self.resume = hello.resume;
        self.written_filter = Hello::written_filter(text).map(Text::from);
        self.phase = Phase::Authenticating;
        self.deadline = Some(now + self.config.ping_after);
        self.actions.push_back(PeerAction::Authenticate(hello.credentials));
    }

    fn take_message(&mut self, text: &str) {
        match ClientMessage::decode(text) {
            Ok(ClientMessage::Ping) => {
                self.actions.push_back(PeerAction::Send(Text::from_static(encode::PONG)));
            }
            Ok(_) => self.report(
                &ErrorMessage::new(ErrorMessage::UNKNOWN_MESSAGE)
                    .with_detail("a collection's watch understands {\"type\":\"ping\"}"),
            ),
            Err(error) => self.report(&invalid(&error.to_string())),
        }
    }

    /// A client that is silent gets a ping, and one that stays silent is let go. A deadline that is
    /// served late says that it was we who were away, so the ping comes first in any case.
    fn check_life(&mut self, now: Instant) {
        let silent_for = now.since(self.last_heard);
        if silent_for >= self.config.dead_after && self.pinged_at.is_some() {
            return self.close(POLICY, "nothing heard for too long");
        }
        if silent_for >= self.config.ping_after && self.pinged_at.is_none() {
            self.pinged_at = Some(now);
            self.actions.push_back(PeerAction::Ping);
        }
        let silence = match self.pinged_at {
            Some(_) => self.config.dead_after,
            None => self.config.ping_after,
        };
        // A late ping leaves time for its answer.
        let deadline = (self.last_heard + silence).max(now + self.config.ping_after / 3);
        self.deadline = Some(deadline);
    }

    /// An error that ends nothing.
    fn report(&mut self, error: &ErrorMessage) {
        self.actions.push_back(PeerAction::Send(error.encode(Surface::Collection).into()));
    }

    /// An error after which there is nothing more to say.
    fn refuse(&mut self, error: ErrorMessage) {
        self.report(&error);
        self.close(POLICY, &error.message);
    }

    fn close(&mut self, code: u16, reason: &str) {
        if matches!(self.phase, Phase::Closed) {
            return;
        }
        self.phase = Phase::Closed;
        self.deadline = None;
        self.pinged_at = None;
        self.actions.push_back(PeerAction::Close { code, reason: reason.into() });
    }

    /// Whether the client has been greeted and has all it missed: events may be sent to it.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live)
    }

    /// The next thing to do. After `None` it stays `None` until another `&mut` call.
    pub fn poll_action(&mut self) -> Option<PeerAction> {
        self.actions.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next; `None` if never.
    #[must_use]
    pub const fn poll_timeout(&self) -> Option<Instant> {
        self.deadline
    }
}

fn hello_error(error: &HelloError) -> ErrorMessage {
    match error {
        HelloError::NoCredentials => ErrorMessage::new(ErrorMessage::API_KEY_REQUIRED),
        HelloError::Filter(error) => {
            ErrorMessage::new(ErrorMessage::INVALID_FILTERS).with_detail(error.to_string())
        }
        error => invalid(&error.to_string()),
    }
}

fn invalid(detail: &str) -> ErrorMessage {
    ErrorMessage::new(ErrorMessage::INVALID_MESSAGE).with_detail(detail)
}

const NO_BINARY: &str = "send text, not binary";

#[cfg(test)]
mod tests;
