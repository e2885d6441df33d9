//! A session that writes down what is done to it and what it does.

use alloc::format;
use alloc::string::{String, ToString};
use core::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::credentials::Credentials;
use crate::filter::Filter;
use crate::session::{
    Access, Action, CloseCause, CommandError, Event, Input, LinkId, Published, RoomEntry, Session,
    SessionConfig, Subscription, Target, Topic, Unpublished, Wakeup,
};
use crate::sse::{Item, Message, Overflow};
use crate::text::Text;
use crate::time::Instant;
use crate::wire::User;

use super::line::{
    AccessLine, Call, FORMAT, Header, InputLine, ItemLine, Line, Output, RoomLine,
    SubscriptionLine, TargetLine, TopicLine, UserLine, VERSION,
};
use super::redact::Redactor;

/// A [`Session`] that writes a [trace](super) of itself, line by line, into `W`.
///
/// It has the session's calls, under the same names. A `String` as `W` can be taken away now and
/// then with [`sink_mut`](Self::sink_mut), so that it does not grow. When `W` fails, the trace ends
/// there and the session goes on: see [`has_failed`](Self::has_failed).
///
/// ```
/// # use cocobase_proto::{Access, Instant, SessionConfig, Target, wire::User};
/// # use cocobase_proto::trace::Recorder;
/// # let now = Instant::default();
/// # let target = Target::Broadcast(User::default());
/// let mut session =
///     Recorder::new(target, Access::Ask, SessionConfig::default(), 7, now, String::new());
/// while let Some(event) = session.poll_event() {
///     println!("{event:?}");
/// }
/// let lines = std::mem::take(session.sink_mut());
/// assert_eq!(lines.lines().count(), 3, "the header, and two polls");
/// ```
#[derive(Clone)]
pub struct Recorder<W> {
    session: Session,
    sink: W,
    redactor: Redactor,
    has_failed: bool,
    /// The last poll gave nothing, and nothing has been called since.
    has_no_event: bool,
    has_no_action: bool,
}

impl<W> fmt::Debug for Recorder<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("session", &self.session).finish_non_exhaustive()
    }
}

/// # The trace
impl<W: fmt::Write> Recorder<W> {
    /// Starts a session, as [`Session::new`] does, and its trace in `sink`.
    pub fn new(
        target: impl Into<Target>,
        access: Access,
        config: SessionConfig,
        seed: u64,
        now: Instant,
        sink: W,
    ) -> Self {
        let target = as_recorded(target.into());
        let mut redactor = Redactor::default();
        let access_line = match &access {
            Access::Ask => AccessLine::Ask,
            Access::Fixed(credentials) => redactor.learn(credentials).into(),
        };
        let target_line = redactor.target(&target);
        let session = Session::new(target, access, config.clone(), seed, now);
        let header = Header {
            trace: FORMAT.into(),
            version: VERSION,
            target: target_line,
            access: access_line,
            config,
            seed,
            at: now.as_nanos(),
            wake: session.poll_timeout().map(Into::into),
        };
        let (has_failed, has_no_event, has_no_action) = (false, false, false);
        let mut recorder =
            Self { session, sink, redactor, has_failed, has_no_event, has_no_action };
        recorder.write(&header);
        recorder
    }

    /// Where the trace goes.
    pub const fn sink_mut(&mut self) -> &mut W {
        &mut self.sink
    }

    /// Whether a line could not be written. The trace ends before it.
    #[must_use]
    pub const fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// The session, to ask what it is doing.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// The session, which goes on unrecorded, and its trace.
    #[must_use]
    pub fn into_parts(self) -> (Session, W) {
        (self.session, self.sink)
    }

    fn note(&mut self, at: Option<Instant>, call: Call, gives: Option<Output>) {
        self.has_no_event = call == Call::PollEvent && gives == Some(Output::Nothing)
            || self.has_no_event && call == Call::PollAction;
        self.has_no_action = call == Call::PollAction && gives == Some(Output::Nothing)
            || self.has_no_action && call == Call::PollEvent;
        let wake = self.session.poll_timeout().map(Into::into);
        self.write(&Line { at: at.map(Instant::as_nanos), call, gives, wake });
    }

    fn write(&mut self, line: &impl serde::Serialize) {
        if self.has_failed {
            return;
        }
        let written = serde_json::to_string(line).map_err(|_| fmt::Error);
        self.has_failed = written.and_then(|line| writeln!(self.sink, "{line}")).is_err();
    }

    fn answer(&self, answer: &impl fmt::Debug) -> Option<Output> {
        Some(Output::Answer(self.redactor.text(&format!("{answer:?}"))))
    }
}

/// # The session's calls
impl<W: fmt::Write> Recorder<W> {
    /// [`Session::set_credentials`].
    pub fn set_credentials(&mut self, credentials: Credentials, now: Instant) {
        let hidden = self.redactor.learn(&credentials);
        self.session.set_credentials(credentials, now);
        self.note(Some(now), Call::SetCredentials(hidden.into()), None);
    }

    /// [`Session::credentials_unavailable`].
    pub fn credentials_unavailable(&mut self, reason: impl Into<Text>, now: Instant) {
        let reason = reason.into();
        let hidden = self.redactor.text(&reason);
        self.session.credentials_unavailable(reason, now);
        self.note(Some(now), Call::CredentialsUnavailable(hidden), None);
    }

    /// [`Session::reconnect`].
    pub fn reconnect(&mut self, now: Instant) {
        self.session.reconnect(now);
        self.note(Some(now), Call::Reconnect, None);
    }

    /// [`Session::network_changed`].
    pub fn network_changed(&mut self, now: Instant) {
        self.session.network_changed(now);
        self.note(Some(now), Call::NetworkChanged, None);
    }

    /// [`Session::close`].
    pub fn close(&mut self) {
        self.session.close();
        self.note(None, Call::Close, None);
    }

    /// [`Session::handle_input`].
    pub fn handle_input(&mut self, link: LinkId, input: Input, now: Instant) {
        let call = Call::Input { link: link.0, input: self.redactor.input(&input) };
        self.session.handle_input(link, input, now);
        self.note(Some(now), call, None);
    }

    /// [`Session::handle_timeout`].
    pub fn handle_timeout(&mut self, now: Instant) {
        self.session.handle_timeout(now);
        self.note(Some(now), Call::Timeout, None);
    }

    /// [`Session::subscribe_to`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn subscribe_to(
        &mut self,
        subscription: Subscription,
        now: Instant,
    ) -> Result<(), CommandError> {
        let subscription = subscription_as_recorded(subscription);
        let call = Call::Subscribe(self.redactor.subscription(&subscription));
        let answer = self.session.subscribe_to(subscription, now);
        self.note(Some(now), call, self.answer(&answer));
        answer
    }

    /// [`Session::unsubscribe_from`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn unsubscribe_from(&mut self, collection: &str) -> Result<(), CommandError> {
        let answer = self.session.unsubscribe_from(collection);
        let call = Call::Unsubscribe(self.redactor.text(collection));
        self.note(None, call, self.answer(&answer));
        answer
    }

    /// [`Session::join`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn join(&mut self, room: &str) -> Result<(), CommandError> {
        let answer = self.session.join(room);
        self.note(None, Call::Join(self.redactor.text(room)), self.answer(&answer));
        answer
    }

    /// [`Session::leave`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn leave(&mut self, room: &str) -> Result<(), CommandError> {
        let answer = self.session.leave(room);
        self.note(None, Call::Leave(self.redactor.text(room)), self.answer(&answer));
        answer
    }

    /// [`Session::publish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn publish(
        &mut self,
        topic: Topic,
        content: Text,
        now: Instant,
    ) -> Result<Published, Unpublished> {
        let to = self.redactor.topic(&topic);
        let call = Call::Publish { to, content: self.redactor.text(&content) };
        let answer = self.session.publish(topic, content, now);
        self.note(Some(now), call, self.answer(&answer));
        answer
    }

    /// [`Session::poll_event`].
    pub fn poll_event(&mut self) -> Option<Event> {
        let event = self.session.poll_event();
        let gives = match &event {
            Some(event) => Output::Event(self.redactor.text(&format!("{event:?}"))),
            None => Output::Nothing,
        };
        if !(self.has_no_event && event.is_none()) {
            self.note(None, Call::PollEvent, Some(gives));
        }
        event
    }

    /// [`Session::poll_action`].
    pub fn poll_action(&mut self) -> Option<Action> {
        let action = self.session.poll_action();
        if !(self.has_no_action && action.is_none()) {
            let gives = self.redactor.output(action.clone().into());
            self.note(None, Call::PollAction, Some(gives));
        }
        action
    }

    /// [`Session::poll_timeout`].
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Wakeup> {
        self.session.poll_timeout()
    }
}

impl Redactor {
    fn input(&self, input: &Input) -> InputLine {
        match input {
            Input::Opened => InputLine::Opened,
            Input::Text(text) => InputLine::Text(self.text(text)),
            Input::Binary => InputLine::Binary,
            Input::Bytes(bytes) => match String::from_utf8(self.bytes(bytes)) {
                Ok(text) => InputLine::Bytes(text),
                Err(error) => InputLine::Base64(STANDARD.encode(error.as_bytes())),
            },
            Input::Item(item) => InputLine::Item(self.item(item)),
            Input::Alive => InputLine::Alive,
            Input::Refused { status, retry_after, body } => InputLine::Refused {
                status: *status,
                retry_after: *retry_after,
                body: self.text(body),
            },
            Input::Closed(cause) => match cause {
                CloseCause::Connect(reason) => InputLine::ConnectFailed(self.text(reason)),
                CloseCause::Closed { code, reason } => {
                    InputLine::Closed { code: *code, reason: self.text(reason) }
                }
                CloseCause::Io(reason) => InputLine::Broken(self.text(reason)),
            },
        }
    }

    fn item(&self, item: &Item) -> ItemLine {
        match item {
            Item::Message(Message { name, data, last_event_id }) => ItemLine::Message {
                name: self.text(name),
                data: self.text(data),
                last_event_id: self.text(last_event_id),
            },
            Item::Comment => ItemLine::Comment,
            Item::Retry(pause) => ItemLine::Retry(*pause),
            Item::Overflow(Overflow { dropped, limit }) => {
                ItemLine::Overflow { dropped: *dropped, limit: *limit }
            }
        }
    }

    fn output(&self, output: Output) -> Output {
        match output {
            Output::Open { link, path, headers } => {
                let header = |(name, value): (String, String)| {
                    let value = self.header(&value);
                    (name, value)
                };
                let headers = headers.map(|all| all.into_iter().map(header).collect());
                Output::Open { link, path: self.text(&path), headers }
            }
            Output::Send { link, text } => Output::Send { link, text: self.sent(&text) },
            other => other,
        }
    }

    fn target(&self, target: &Target) -> TargetLine {
        match target {
            Target::Collection(one) => TargetLine::Collection(self.subscription(one)),
            Target::SelfHosted(one) => TargetLine::SelfHosted(self.subscription(one)),
            Target::Events(one) => TargetLine::Events(self.subscription(one)),
            Target::CollectionOrEvents(one) => {
                TargetLine::CollectionOrEvents(self.subscription(one))
            }
            Target::Broadcast(user) => TargetLine::Broadcast(self.user(user)),
            Target::Room(RoomEntry { room, title, mode, user }) => TargetLine::Room(RoomLine {
                room: self.text(room),
                title: self.maybe(title.as_ref()),
                mode: *mode,
                user: self.user(user),
            }),
            Target::Gateway(user) => TargetLine::Gateway(self.user(user)),
        }
    }

    fn subscription(&self, subscription: &Subscription) -> SubscriptionLine {
        // A subscription's filter has a wire form, or it would not be one.
        let filters = subscription.filter.to_json().unwrap_or_default();
        SubscriptionLine {
            collection: self.text(&subscription.collection),
            filters: self.text(&filters),
            snapshot: subscription.wants_snapshot,
        }
    }

    fn user(&self, user: &User) -> UserLine {
        UserLine { id: self.maybe(user.id.as_ref()), name: self.maybe(user.name.as_ref()) }
    }

    fn topic(&self, topic: &Topic) -> TopicLine {
        match topic {
            Topic::Collection(name) => TopicLine::Collection(self.text(name)),
            Topic::Room(room) => TopicLine::Room(self.text(room)),
            Topic::Broadcast => TopicLine::Broadcast,
            Topic::Everything => TopicLine::Everything,
        }
    }

    fn maybe(&self, text: Option<&Text>) -> Option<String> {
        text.map(|text| self.text(text))
    }
}

impl From<Credentials> for AccessLine {
    /// The credentials must have been [hidden](Redactor::learn).
    fn from(credentials: Credentials) -> Self {
        let secret = credentials.secret().expose().to_string();
        match credentials {
            Credentials::ApiKey(_) => Self::Key(secret),
            Credentials::Token(_) => Self::Token(secret),
        }
    }
}

/// Filters can be built in several ways that have one wire form, which is what a trace holds. The
/// session compares them, so it gets the one that is read back.
fn subscription_as_recorded(subscription: Subscription) -> Subscription {
    let read = subscription.filter.to_json().and_then(|json| Filter::from_json(&json));
    match read {
        Ok(filter) => Subscription { filter, ..subscription },
        Err(_) => subscription,
    }
}

fn as_recorded(target: Target) -> Target {
    match target {
        Target::Collection(one) => Target::Collection(subscription_as_recorded(one)),
        Target::SelfHosted(one) => Target::SelfHosted(subscription_as_recorded(one)),
        Target::Events(one) => Target::Events(subscription_as_recorded(one)),
        Target::CollectionOrEvents(one) => {
            Target::CollectionOrEvents(subscription_as_recorded(one))
        }
        other => other,
    }
}
