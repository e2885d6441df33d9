//! What the user is told.

use core::fmt;
use core::time::Duration;

use serde::de::DeserializeOwned;

use crate::document::{Document, Typed};
use crate::json::JsonError;
use crate::refusal::Refusal;
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{
    Change, Deleted, ErrorMessage, Greeting, Joined, Presence, RoomMessage, SnapshotDocument,
};

/// What happened, in the order in which it happened.
///
/// `D` is how documents are shown: as [`Document`]s by the session, as [`Typed`] values by the
/// adapters' streams.
///
/// ```
/// use cocobase_proto::{Document, Event};
///
/// fn line(event: &Event) -> String {
///     match event {
///         Event::Created(change) => format!("+ {}", change.document.json()),
///         Event::Updated(change) => format!("~ {}", change.document.json()),
///         Event::Deleted(deleted) => format!("- {}", deleted.document.json()),
///         Event::Disconnected(fault) => format!("{fault}"),
///         Event::Gap(gap) => format!("{gap}"),
///         _ => String::new(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event<D = Document> {
    /// The link is live. On a collection's surface, what is committed from now on arrives.
    Connected(Greeting),
    /// The gateway confirms a subscription: what is committed from now on arrives. A server that
    /// does not confirm is no trouble.
    Subscribed(Greeting),
    /// The gateway has ended a subscription.
    Unsubscribed {
        /// The collection's name.
        collection: Text,
    },
    /// A document of the snapshot that was asked for. The snapshot is whole with the next
    /// [`Connected`](Self::Connected) or [`Subscribed`](Self::Subscribed), and void when the link is
    /// lost before.
    Snapshot(Snapshot<D>),
    /// A document is new.
    Created(Change<D>),
    /// A document has new values. A filtered watch is told when the document matched before *or*
    /// matches now, so that it learns what left it.
    Updated(Change<D>),
    /// A document is gone.
    Deleted(Deleted),
    /// The room is entered; messages arrive from now on.
    Joined(Joined),
    /// The room is left, as asked for.
    Left {
        /// The room's id.
        room: Text,
    },
    /// Somebody, perhaps this client itself, said something.
    Message(RoomMessage),
    /// Somebody came to the room.
    UserJoined(Presence),
    /// Somebody left the room.
    UserLeft(Presence),
    /// A message waited too long for a link and is given back.
    Expired(Expired),
    /// Changes or messages were missed.
    Gap(Gap),
    /// The link is lost, or could not be made; the session tries again.
    Disconnected(Disconnected),
    /// The server refused for good. This is the last event. Messages that wait are dropped.
    Refused(Refusal),
    /// The gateway refused one subscription or room for good; the others go on.
    TopicRefused {
        /// What was refused.
        topic: Topic,
        /// Why.
        refusal: Refusal,
    },
    /// The driver is to ask the user's provider for credentials and to pass them on with
    /// [`Session::set_credentials`](super::Session::set_credentials).
    CredentialsNeeded {
        /// Whether the server has just refused the ones it was given.
        refused: bool,
    },
    /// A document does not fit the user's type. It is here as it came.
    Undecodable(Undecodable),
    /// The server reported an error that ends nothing.
    ServerError(ErrorMessage),
    /// A message that is not JSON, or no text at all.
    Malformed(Malformed),
    /// A message that this version does not know.
    Unknown(Text),
}

/// What an event is about, or a message is for.
///
/// ```
/// use cocobase_proto::Topic;
/// assert_eq!(Topic::Collection("users".into()).to_string(), "`users`");
/// assert_eq!(Topic::Room("general".into()).to_string(), "the room `general`");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// A collection, by name.
    Collection(Text),
    /// A room, by id.
    Room(Text),
    /// The messages of the whole project.
    Broadcast,
    /// All that the session is about.
    Everything,
}

/// A stretch of changes or messages that did not arrive.
///
/// It is told at its place: what was told before it came before it, and what follows came after. So
/// whoever keeps the documents up to date reads the list again once a gap is told, as a
/// [`LiveView`](crate::live::LiveView) does.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::{
///     Access, Action, Credentials, Event, GapCause, Input, Instant, Missed, Session,
///     SessionConfig, Subscription, Topic,
/// };
///
/// let now = Instant::default();
/// let quakes = Subscription::new("quakes", Filter::new())?;
/// let access = Access::Fixed(Credentials::ApiKey("coco_1234".into()));
/// let mut session = Session::new(quakes, access, SessionConfig::default(), 7, now);
/// let Some(Action::Open { link, .. }) = session.poll_action() else { panic!() };
/// session.handle_input(link, Input::Opened, now);
/// for text in [
///     r#"{"event":"connected","epoch":"e1","seq":7}"#,
///     r#"{"event":"create","data":{"id":"doc_1"},"seq":10}"#,
/// ] {
///     session.handle_input(link, Input::Text(text.into()), now);
/// }
///
/// assert!(matches!(session.poll_event(), Some(Event::Connected(_))));
/// let Some(Event::Gap(gap)) = session.poll_event() else { panic!() };
/// assert_eq!(gap.topic, Topic::Collection("quakes".into()));
/// assert_eq!((gap.missed, gap.cause), (Missed::Known(2), GapCause::Skipped));
/// assert!(matches!(session.poll_event(), Some(Event::Created(_))));
/// # Ok::<(), cocobase_proto::SubscriptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Whose changes or messages were missed.
    pub topic: Topic,
    /// When it began: when the session last heard from the server before it. If the filter was
    /// [changed](GapCause::FilterChanged) on a link that was not lost, the moment of that command;
    /// if the user's queue [overflowed](GapCause::Overflow), when the first event found no room.
    pub since: Instant,
    /// How long it lasted, until it was told (or the last event found no room).
    pub lasted: Duration,
    /// How many changes were missed.
    pub missed: Missed,
    /// Why.
    pub cause: GapCause,
}

/// How many changes a gap holds. See [`Gap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missed {
    /// Exactly so many.
    Known(u64),
    /// So many changes to the collection, of which the filter would have let some through.
    AtMost(u64),
    /// The server does not number its changes, or has begun another history.
    Unknown,
}

impl Missed {
    /// How many both are together.
    pub(super) const fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Known(n), Self::Known(more)) => Self::Known(n.saturating_add(more)),
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::Known(n) | Self::AtMost(n), Self::Known(more) | Self::AtMost(more)) => {
                Self::AtMost(n.saturating_add(more))
            }
        }
    }
}

/// Why changes were missed. See [`Gap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GapCause {
    /// The link was lost and made anew.
    Reconnected,
    /// The server's history no longer reaches back to where this session was.
    HistoryTooShort,
    /// The server's history is another one than before.
    EpochChanged,
    /// The session was too slow for the server's queue.
    Lagged,
    /// The filter was replaced by another, so what the former one hid is unknown. The gap is told
    /// when the server takes up the new one, and lasts from the command to then.
    FilterChanged,
    /// The server left out some changes.
    Skipped,
    /// The user did not take events fast enough for the bound of the queue.
    Overflow,
}

/// One document of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot<D = Document> {
    /// The collection's name, if the server says it.
    pub collection: Option<Text>,
    /// The document as it is at the snapshot's position.
    pub document: D,
}

impl From<SnapshotDocument> for Snapshot {
    fn from(SnapshotDocument { collection, document }: SnapshotDocument) -> Self {
        Self { collection, document }
    }
}

/// A message that waited too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expired {
    /// Where it was to go.
    pub topic: Topic,
    /// What it says: JSON.
    pub content: Text,
}

/// A lost link, or a failed attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disconnected {
    /// Why.
    pub cause: Fault,
    /// How long until the next attempt.
    pub retry_in: Duration,
    /// Failed attempts in a row, this one included.
    pub attempt: u32,
}

/// A fault that may pass.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The connection could not be made.
    #[error("cannot connect: {0}")]
    Connect(Text),
    /// It took too long to make.
    #[error("connecting timed out")]
    ConnectTimeout,
    /// The server answered the attempt with this HTTP status.
    #[error("the server answered with HTTP status {0}")]
    Status(u16),
    /// The server did not greet in time.
    #[error("the server did not answer the hello in time")]
    GreetingTimeout,
    /// The server said nothing for too long.
    #[error("the connection is dead: nothing heard for {} s", .0.as_secs())]
    Silence(Duration),
    /// The server closed the link.
    #[error("{}", DisplayClosed(*.code, .reason))]
    Closed {
        /// The WebSocket close code, if there was a close frame with one.
        code: Option<u16>,
        /// The reason in the close frame.
        reason: Text,
    },
    /// The connection broke.
    #[error("the connection broke: {0}")]
    Io(Text),
    /// The server reported a passing error.
    #[error("the server reported: {0}")]
    Server(ErrorMessage),
    /// The user's provider gave no credentials.
    #[error("no credentials: {0}")]
    Credentials(Text),
    /// The session was too slow for the server's queue, and resumes from where it was.
    #[error("the server's queue for this client was full")]
    Lagged,
    /// A new link was asked for, by the user or by credentials about to expire.
    #[error("reconnecting as asked")]
    Requested,
}

struct DisplayClosed<'a>(Option<u16>, &'a Text);

impl fmt::Display for DisplayClosed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the server closed the connection")?;
        if let Some(code) = self.0 {
            write!(f, " with code {code}")?;
        }
        if !self.1.is_empty() {
            write!(f, ": {}", self.1)?;
        }
        Ok(())
    }
}

/// A document that does not fit the user's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// What happened to it.
    pub kind: crate::ChangeKind,
    /// The document as it came.
    pub document: Document,
    /// What does not fit.
    pub error: JsonError,
}

/// A message that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The text, as far as it was text.
    pub text: Text,
    /// What is wrong and where.
    pub error: JsonError,
}

impl Event {
    /// The same event with its document decoded into `T`.
    #[must_use]
    pub fn decode<T: DeserializeOwned>(self) -> Event<Typed<T>> {
        match self {
            Self::Created(change) => match change.try_map(Typed::decode) {
                Ok(change) => Event::Created(change),
                Err(error) => undecodable(crate::ChangeKind::Created, error),
            },
            Self::Updated(change) => match change.try_map(Typed::decode) {
                Ok(change) => Event::Updated(change),
                Err(error) => undecodable(crate::ChangeKind::Updated, error),
            },
            Self::Snapshot(Snapshot { collection, document }) => match Typed::decode(document) {
                Ok(document) => Event::Snapshot(Snapshot { collection, document }),
                Err(error) => undecodable(crate::ChangeKind::Created, error),
            },
            Self::Connected(greeting) => Event::Connected(greeting),
            Self::Subscribed(greeting) => Event::Subscribed(greeting),
            Self::Unsubscribed { collection } => Event::Unsubscribed { collection },
            Self::Joined(joined) => Event::Joined(joined),
            Self::Left { room } => Event::Left { room },
            Self::Message(message) => Event::Message(message),
            Self::UserJoined(presence) => Event::UserJoined(presence),
            Self::UserLeft(presence) => Event::UserLeft(presence),
            Self::Expired(expired) => Event::Expired(expired),
            Self::TopicRefused { topic, refusal } => Event::TopicRefused { topic, refusal },
            Self::Deleted(deleted) => Event::Deleted(deleted),
            Self::Gap(gap) => Event::Gap(gap),
            Self::Disconnected(disconnected) => Event::Disconnected(disconnected),
            Self::Refused(refusal) => Event::Refused(refusal),
            Self::CredentialsNeeded { refused } => Event::CredentialsNeeded { refused },
            Self::Undecodable(undecodable) => Event::Undecodable(undecodable),
            Self::ServerError(error) => Event::ServerError(error),
            Self::Malformed(malformed) => Event::Malformed(malformed),
            Self::Unknown(text) => Event::Unknown(text),
        }
    }
}

fn undecodable<T>(kind: crate::ChangeKind, (document, error): (Document, JsonError)) -> Event<T> {
    Event::Undecodable(Undecodable { kind, document, error })
}

impl fmt::Display for Missed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(1) => f.write_str("1 change"),
            Self::Known(n) => write!(f, "{n} changes"),
            Self::AtMost(1) => f.write_str("at most 1 change"),
            Self::AtMost(n) => write!(f, "at most {n} changes"),
            Self::Unknown => f.write_str("an unknown number of changes"),
        }
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collection(name) => write!(f, "`{name}`"),
            Self::Room(room) => write!(f, "the room `{room}`"),
            Self::Broadcast => f.write_str("the broadcast"),
            Self::Everything => f.write_str("everything"),
        }
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.cause {
            GapCause::Reconnected => "while disconnected",
            GapCause::HistoryTooShort => "as the server's history no longer reaches back so far",
            GapCause::EpochChanged => "as the server began another history",
            GapCause::Lagged => "as events were not taken in time for the server",
            GapCause::FilterChanged => "as the filter changed",
            GapCause::Skipped => "as the server left them out",
            GapCause::Overflow => "as events were not taken in time",
        };
        let Self { topic, missed, lasted, .. } = self;
        write!(f, "missed {missed} of {topic} {why}, in {:.1} s", lasted.as_secs_f64())
    }
}

impl fmt::Display for Disconnected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; trying again in {:.1} s", self.cause, self.retry_in.as_secs_f64())
    }
}
