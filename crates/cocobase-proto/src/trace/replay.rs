//! A trace, read and played back.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::credentials::Credentials;
use crate::filter::Filter;
use crate::json::{JsonError, from_object};
use crate::session::{
    Access, CloseCause, Input, LinkId, RoomEntry, Session, Subscription, SubscriptionError, Target,
    Topic,
};
use crate::sse::{Item, Message, Overflow};
use crate::text::Text;
use crate::time::Instant;
use crate::wire::User;

use super::line::{
    AccessLine, Call, FORMAT, Header, InputLine, ItemLine, Line, Mark, Output, SubscriptionLine,
    TargetLine, TopicLine, UserLine, VERSION, WakeLine,
};

/// A record of one session. See the [module's documentation](super) for an example.
#[derive(Debug, Clone)]
pub struct Trace {
    header: Header,
    target: Target,
    access: Access,
    steps: Vec<Step>,
}

/// One line after the header, ready to be played.
#[derive(Debug, Clone)]
struct Step {
    line: Line,
    act: Act,
}

/// What a call needs and cannot be made of its line without fail.
#[derive(Debug, Clone)]
enum Act {
    Plain,
    Credentials(Credentials),
    Input(Input),
    Subscribe(Subscription),
}

/// Why a text is no trace. Lines count from 1.
///
/// ```
/// use cocobase_proto::trace::Trace;
/// let error = Trace::parse("{\"trace\":\"holiday\"}").unwrap_err();
/// assert_eq!(error.to_string(), "line 1: this is no trace of a session");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TraceError {
    /// Where.
    pub line: usize,
    /// What is wrong.
    pub problem: TraceProblem,
}

/// What is wrong with a line of a trace. See [`TraceError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceProblem {
    /// There is no line.
    #[error("the trace is empty")]
    Empty,
    /// It is a record of something else.
    #[error("this is no trace of a session")]
    Format,
    /// It was written by another version of this crate.
    #[error("the trace has version {0}, and only version {VERSION} can be read")]
    Version(u32),
    /// It is no such line.
    #[error("{0}")]
    Json(#[from] JsonError),
    /// It holds a subscription that cannot be.
    #[error("{0}")]
    Subscription(#[from] SubscriptionError),
    /// A piece of an event stream is not Base64.
    #[error("the piece of the event stream is not Base64")]
    Base64,
    /// A call that has a time does not say it.
    #[error("the call does not say its time, `at`")]
    NoTime,
    /// Credentials are asked for where they should be given.
    #[error("the call gives no credentials")]
    NoCredentials,
}

/// A trace that was played back with the same outputs.
#[derive(Debug, Clone)]
pub struct Replayed {
    /// How many calls it was.
    pub calls: usize,
    /// The session in the state in which the trace left it.
    pub session: Session,
}

/// Where a session did something else than its trace says.
///
/// ```
/// # use cocobase_proto::{Access, Instant, SessionConfig, Target, wire::User};
/// # use cocobase_proto::trace::{Recorder, Trace};
/// # let now = Instant::default();
/// # let target = Target::Broadcast(User::default());
/// # let mut session =
/// #     Recorder::new(target, Access::Ask, SessionConfig::default(), 7, now, String::new());
/// session.poll_event();
/// let trace = session.sink_mut().replace("refused: false", "refused: true");
///
/// let difference = Trace::parse(&trace)?.replay().unwrap_err();
/// assert_eq!(difference.line, 2);
/// assert!(difference.recorded.contains("refused: true"));
/// assert!(difference.replayed.contains("refused: false"));
/// # Ok::<(), cocobase_proto::trace::TraceError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: recorded was {recorded}, and now it is {replayed}")]
pub struct Difference {
    /// The line of the call, counted from 1.
    pub line: usize,
    /// What the call gave, and when the session wanted to be woken.
    pub recorded: String,
    /// What it gives now.
    pub replayed: String,
}

impl Trace {
    /// Reads a trace.
    ///
    /// # Errors
    ///
    /// When it is none, says the first line that is not in order.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut lines = text.lines().enumerate();
        let at = |line: usize| move |problem| TraceError { line: line + 1, problem };
        let (_, first) = lines.next().ok_or_else(|| at(0)(TraceProblem::Empty))?;
        let header = read_header(first).map_err(at(0))?;
        let target = (&header.target).try_into().map_err(at(0))?;
        let access = match credentials(&header.access) {
            Some(credentials) => Access::Fixed(credentials),
            None => Access::Ask,
        };
        let steps = lines
            .map(|(place, line)| Step::read(line).map_err(at(place)))
            .collect::<Result<_, _>>()?;
        Ok(Self { header, target, access, steps })
    }

    /// Plays the calls to a fresh session and compares what it does.
    ///
    /// # Errors
    ///
    /// Says the first call that gives something else than is recorded.
    pub fn replay(&self) -> Result<Replayed, Difference> {
        let now = Instant::from_nanos(self.header.at);
        let (target, access) = (self.target.clone(), self.access.clone());
        let config = self.header.config.clone();
        let mut session = Session::new(target, access, config, self.header.seed, now);
        compare(1, (None, self.header.wake), (None, wake(&session)))?;
        for (place, step) in self.steps.iter().enumerate() {
            let gives = step.play(&mut session);
            let recorded = (step.line.gives.as_ref(), step.line.wake);
            compare(place + 2, recorded, (gives.as_ref(), wake(&session)))?;
        }
        Ok(Replayed { calls: self.steps.len(), session })
    }
}

type Seen<'a> = (Option<&'a Output>, Option<WakeLine>);

fn compare(line: usize, recorded: Seen<'_>, replayed: Seen<'_>) -> Result<(), Difference> {
    if recorded == replayed {
        return Ok(());
    }
    let show = |seen: Seen<'_>| serde_json::to_string(&seen).unwrap_or_default();
    Err(Difference { line, recorded: show(recorded), replayed: show(replayed) })
}

fn wake(session: &Session) -> Option<WakeLine> {
    session.poll_timeout().map(Into::into)
}

impl Step {
    fn read(line: &str) -> Result<Self, TraceProblem> {
        let line: Line = from_object(line)?;
        if line.at.is_none() && line.call.has_time() {
            return Err(TraceProblem::NoTime);
        }
        let act = match &line.call {
            Call::SetCredentials(access) => {
                Act::Credentials(credentials(access).ok_or(TraceProblem::NoCredentials)?)
            }
            Call::Input { input, .. } => Act::Input(input.try_into()?),
            Call::Subscribe(subscription) => Act::Subscribe(subscription.try_into()?),
            _ => Act::Plain,
        };
        Ok(Self { line, act })
    }

    fn play(&self, session: &mut Session) -> Option<Output> {
        let now = self.line.now();
        match (&self.line.call, self.act.clone()) {
            (_, Act::Credentials(credentials)) => session.set_credentials(credentials, now),
            (Call::Input { link, .. }, Act::Input(input)) => {
                session.handle_input(LinkId(*link), input, now);
            }
            (_, Act::Subscribe(subscription)) => {
                return answer(&session.subscribe_to(subscription, now));
            }
            (Call::CredentialsUnavailable(reason), _) => {
                session.credentials_unavailable(reason.as_str(), now);
            }
            (Call::Reconnect, _) => session.reconnect(now),
            (Call::NetworkChanged, _) => session.network_changed(now),
            (Call::Close, _) => session.close(),
            (Call::Timeout, _) => session.handle_timeout(now),
            (Call::Unsubscribe(name), _) => return answer(&session.unsubscribe_from(name)),
            (Call::Join(room), _) => return answer(&session.join(room)),
            (Call::Leave(room), _) => return answer(&session.leave(room)),
            (Call::Publish { to, content }, _) => {
                return answer(&session.publish(to.into(), content.as_str().into(), now));
            }
            (Call::PollEvent, _) => {
                let event = session.poll_event();
                return Some(
                    event.map_or(Output::Nothing, |event| Output::Event(format!("{event:?}"))),
                );
            }
            (Call::PollAction, _) => return Some(session.poll_action().into()),
            // These were made ready when the line was read.
            (Call::SetCredentials(_) | Call::Input { .. } | Call::Subscribe(_), _) => {}
        }
        None
    }
}

fn answer(answer: &impl core::fmt::Debug) -> Option<Output> {
    Some(Output::Answer(format!("{answer:?}")))
}

fn read_header(line: &str) -> Result<Header, TraceProblem> {
    let mark: Mark = from_object(line)?;
    match mark.version {
        _ if mark.trace != FORMAT => Err(TraceProblem::Format),
        VERSION => Ok(from_object(line)?),
        version => Err(TraceProblem::Version(version)),
    }
}

fn credentials(access: &AccessLine) -> Option<Credentials> {
    match access {
        AccessLine::Ask => None,
        AccessLine::Key(key) => Some(Credentials::ApiKey(key.as_str().into())),
        AccessLine::Token(token) => Some(Credentials::Token(token.as_str().into())),
    }
}

fn text(text: Option<&String>) -> Option<Text> {
    text.map(|text| text.as_str().into())
}

impl TryFrom<&TargetLine> for Target {
    type Error = TraceProblem;

    fn try_from(line: &TargetLine) -> Result<Self, TraceProblem> {
        Ok(match line {
            TargetLine::Collection(one) => Self::Collection(one.try_into()?),
            TargetLine::SelfHosted(one) => Self::SelfHosted(one.try_into()?),
            TargetLine::Events(one) => Self::Events(one.try_into()?),
            TargetLine::CollectionOrEvents(one) => Self::CollectionOrEvents(one.try_into()?),
            TargetLine::Broadcast(user) => Self::Broadcast(user.into()),
            TargetLine::Room(one) => Self::Room(RoomEntry {
                room: one.room.as_str().into(),
                title: text(one.title.as_ref()),
                mode: one.mode,
                user: (&one.user).into(),
            }),
            TargetLine::Gateway(user) => Self::Gateway(user.into()),
        })
    }
}

impl TryFrom<&SubscriptionLine> for Subscription {
    type Error = TraceProblem;

    fn try_from(line: &SubscriptionLine) -> Result<Self, TraceProblem> {
        let filter = Filter::from_json(&line.filters).map_err(SubscriptionError::Filter)?;
        let subscription = Self::new(&line.collection, filter)?;
        Ok(if line.snapshot { subscription.with_snapshot() } else { subscription })
    }
}

impl From<&UserLine> for User {
    fn from(line: &UserLine) -> Self {
        Self { id: text(line.id.as_ref()), name: text(line.name.as_ref()) }
    }
}

impl From<&TopicLine> for Topic {
    fn from(line: &TopicLine) -> Self {
        match line {
            TopicLine::Collection(name) => Self::Collection(name.as_str().into()),
            TopicLine::Room(room) => Self::Room(room.as_str().into()),
            TopicLine::Broadcast => Self::Broadcast,
            TopicLine::Everything => Self::Everything,
        }
    }
}

impl TryFrom<&InputLine> for Input {
    type Error = TraceProblem;

    fn try_from(line: &InputLine) -> Result<Self, TraceProblem> {
        Ok(match line {
            InputLine::Opened => Self::Opened,
            InputLine::Text(text) => Self::Text(text.as_str().into()),
            InputLine::Binary => Self::Binary,
            InputLine::Bytes(text) => Self::Bytes(text.clone().into_bytes().into()),
            InputLine::Base64(text) => {
                Self::Bytes(STANDARD.decode(text).map_err(|_| TraceProblem::Base64)?.into())
            }
            InputLine::Item(item) => Self::Item(item.into()),
            InputLine::Alive => Self::Alive,
            InputLine::Refused { status, retry_after, body } => Self::Refused {
                status: *status,
                retry_after: *retry_after,
                body: body.as_str().into(),
            },
            InputLine::ConnectFailed(reason) => {
                Self::Closed(CloseCause::Connect(reason.as_str().into()))
            }
            InputLine::Closed { code, reason } => {
                Self::Closed(CloseCause::Closed { code: *code, reason: reason.as_str().into() })
            }
            InputLine::Broken(reason) => Self::Closed(CloseCause::Io(reason.as_str().into())),
        })
    }
}

impl From<&ItemLine> for Item {
    fn from(line: &ItemLine) -> Self {
        match line {
            ItemLine::Message { name, data, last_event_id } => Self::Message(Message {
                name: name.as_str().into(),
                data: data.as_str().into(),
                last_event_id: last_event_id.as_str().into(),
            }),
            ItemLine::Comment => Self::Comment,
            ItemLine::Retry(pause) => Self::Retry(*pause),
            ItemLine::Overflow { dropped, limit } => {
                Self::Overflow(Overflow { dropped: *dropped, limit: *limit })
            }
        }
    }
}
