//! What a subject tells, in words that every adapter can say.

use std::time::Duration;

use cocobase_proto::{Document, Event, Fault, GapCause, Missed, RefusalKind, Text, Topic, Typed};

/// An event as the suite looks at it. What does not apply is `None` or empty.
///
/// Adapters whose events are those of `cocobase-proto` get it from [`Told::of`]; others fill it in.
///
/// ```
/// use cocobase_proto::Event;
/// use cocobase_testkit::suite::{Kind, Told};
///
/// let told = Told::of(&Event::<cocobase_proto::Document>::Unknown("?".into()));
/// assert_eq!((told.kind, told.json.as_deref()), (Kind::Unknown, Some("?")));
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Told {
    /// What happened.
    pub kind: Kind,
    /// The collection or room that it is about, if it was said.
    pub about: Option<String>,
    /// A document's or a person's id.
    pub id: Option<String>,
    /// The number of a change or message.
    pub seq: Option<u64>,
    /// A document, the content of a message, or a text as it came.
    pub json: Option<String>,
    /// How much a gap holds.
    pub missed: Option<Missed>,
    /// Why there is a gap.
    pub cause: Option<GapCause>,
    /// What was refused.
    pub refusal: Option<RefusalKind>,
    /// The HTTP status or the close code of a lost link.
    pub code: Option<u16>,
    /// How long the pause after a lost link is.
    pub retry_in: Option<Duration>,
    /// What a person would read of a fault, a gap, a refusal or an error.
    pub words: String,
}

/// What happened. The events of a live view stand behind those of a connection.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the names are those of `Event` and of a live view's events")]
pub enum Kind {
    Connected,
    Subscribed,
    Unsubscribed,
    Snapshot,
    Created,
    Updated,
    Deleted,
    Joined,
    Left,
    Message,
    UserJoined,
    UserLeft,
    Expired,
    Gap,
    Disconnected,
    Refused,
    TopicRefused,
    Undecodable,
    ServerError,
    Malformed,
    Unknown,
    /// A document is shown now.
    Entered,
    /// A document that is shown has other values.
    Changed,
    /// A document is no longer shown.
    Hidden,
    /// The view is what the server's list is.
    Current,
    /// The view may lack changes.
    Stale,
    /// The list could not be read.
    Unread,
    /// A function that was called panicked.
    Panicked,
    /// Anything else.
    #[default]
    Other,
}

/// What shows a document: a document itself, and one with its value.
pub trait Shown {
    /// The document.
    fn document(&self) -> &Document;
}

impl Shown for Document {
    fn document(&self) -> &Document {
        self
    }
}

impl<T> Shown for Typed<T> {
    fn document(&self) -> &Document {
        &self.document
    }
}

impl Told {
    /// Something of this kind, about a document.
    #[must_use]
    pub fn with(kind: Kind, document: &Document) -> Self {
        let json = Some(document.json().to_string());
        Self { kind, id: document.id().map(string), json, ..Self::default() }
    }

    /// An event of `cocobase-proto`.
    #[must_use]
    pub fn of<D: Shown>(event: &Event<D>) -> Self {
        let new = |kind| Self { kind, ..Self::default() };
        let about = |kind, about: Option<&Text>| Self { about: text(about), ..new(kind) };
        match event {
            Event::Connected(greeting) => about(Kind::Connected, greeting.collection.as_ref()),
            Event::Subscribed(greeting) => about(Kind::Subscribed, greeting.collection.as_ref()),
            Event::Unsubscribed { collection } => about(Kind::Unsubscribed, Some(collection)),
            Event::Snapshot(shown) => Self {
                about: text(shown.collection.as_ref()),
                ..Self::with(Kind::Snapshot, shown.document.document())
            },
            Event::Created(change) => Self {
                about: text(change.collection.as_ref()),
                seq: change.seq,
                ..Self::with(Kind::Created, change.document.document())
            },
            Event::Updated(change) => Self {
                about: text(change.collection.as_ref()),
                seq: change.seq,
                ..Self::with(Kind::Updated, change.document.document())
            },
            Event::Deleted(deleted) => Self {
                about: text(deleted.collection.as_ref()),
                id: text(deleted.id.as_ref()),
                seq: deleted.seq,
                ..Self::with(Kind::Deleted, &deleted.document)
            },
            Event::Joined(joined) => Self {
                id: text(joined.user_id.as_ref()),
                ..about(Kind::Joined, joined.room.id.as_ref())
            },
            Event::Left { room } => about(Kind::Left, Some(room)),
            Event::Message(message) => Self {
                id: text(message.user_id.as_ref()),
                seq: message.seq,
                json: Some(message.content.to_string()),
                ..about(Kind::Message, message.room.id.as_ref())
            },
            Event::UserJoined(who) => Self {
                id: text(who.user_id.as_ref()),
                ..about(Kind::UserJoined, who.room.id.as_ref())
            },
            Event::UserLeft(who) => Self {
                id: text(who.user_id.as_ref()),
                ..about(Kind::UserLeft, who.room.id.as_ref())
            },
            Event::Expired(expired) => Self {
                about: topic(&expired.topic),
                json: Some(expired.content.to_string()),
                ..new(Kind::Expired)
            },
            Event::Gap(gap) => Self {
                about: topic(&gap.topic),
                missed: Some(gap.missed),
                cause: Some(gap.cause),
                words: gap.to_string(),
                ..new(Kind::Gap)
            },
            Event::Disconnected(lost) => Self {
                code: match &lost.cause {
                    Fault::Status(status) => Some(*status),
                    Fault::Closed { code, .. } => *code,
                    _ => None,
                },
                retry_in: Some(lost.retry_in),
                words: lost.cause.to_string(),
                ..new(Kind::Disconnected)
            },
            Event::Refused(refusal) => Self {
                refusal: Some(refusal.kind),
                words: refusal.to_string(),
                ..new(Kind::Refused)
            },
            Event::TopicRefused { topic: refused, refusal } => Self {
                about: topic(refused),
                refusal: Some(refusal.kind),
                words: refusal.to_string(),
                ..new(Kind::TopicRefused)
            },
            Event::Undecodable(undecodable) => Self {
                words: undecodable.error.to_string(),
                ..Self::with(Kind::Undecodable, &undecodable.document)
            },
            Event::ServerError(error) => {
                Self { words: error.to_string(), ..new(Kind::ServerError) }
            }
            Event::Malformed(malformed) => Self {
                json: Some(malformed.text.to_string()),
                words: malformed.error.to_string(),
                ..new(Kind::Malformed)
            },
            Event::Unknown(unknown) => Self { json: text(Some(unknown)), ..new(Kind::Unknown) },
            _ => new(Kind::Other),
        }
    }
}

fn string(text: Text) -> String {
    text.as_str().to_owned()
}

fn text(text: Option<&Text>) -> Option<String> {
    text.map(|text| text.as_str().to_owned())
}

fn topic(topic: &Topic) -> Option<String> {
    match topic {
        Topic::Collection(name) | Topic::Room(name) => text(Some(name)),
        Topic::Broadcast | Topic::Everything => None,
    }
}
