//! What a session is about, and by what right.

use crate::credentials::Credentials;
use crate::filter::{Filter, FilterError};
use crate::text::Text;
use crate::wire::{Surface, User};

use super::event::Topic;

/// What a session connects to. The gateway's subscriptions and rooms come and go by command; on the
/// other surfaces a session is about one thing for all its life.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::wire::User;
/// use cocobase_proto::{RoomEntry, Subscription, Target};
///
/// let users = Subscription::new("users", Filter::new())?;
/// for target in [
///     Target::Collection(users.clone()),
///     Target::Events(users.clone()),
///     Target::CollectionOrEvents(users),
///     Target::Room(RoomEntry::create("general", "General Chat").by("u1", "Alice")),
///     Target::Broadcast(User::default()),
///     Target::Gateway(User::default()),
/// ] {
///     println!("{target:?}");
/// }
/// # Ok::<(), cocobase_proto::SubscriptionError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// One collection over WebSocket (surface C).
    Collection(Subscription),
    /// One collection on the vendor's open-source self-hosted server (surface C′). Its filters know
    /// equality alone, and do not tell what leaves them: the filter is evaluated here.
    SelfHosted(Subscription),
    /// One collection by server-sent events (surface S).
    Events(Subscription),
    /// One collection over WebSocket, and by server-sent events where a network lets no WebSockets
    /// through (surfaces C and S). The watch moves to S at once when HTTP refuses the upgrade for
    /// good, and in turn when three attempts came to nothing; once a link that lived is lost, a
    /// WebSocket is tried first again. It resumes across the move, so that nothing is lost or doubled
    /// by it.
    CollectionOrEvents(Subscription),
    /// The messages of the whole project (surface B).
    Broadcast(User),
    /// One room (surface R).
    Room(RoomEntry),
    /// Any number of collections and rooms on one socket (surface G).
    Gateway(User),
}

impl Target {
    pub(super) const fn surface(&self) -> Surface {
        match self {
            Self::Collection(_) | Self::CollectionOrEvents(_) => Surface::Collection,
            Self::SelfHosted(_) => Surface::SelfHosted,
            Self::Events(_) => Surface::Events,
            Self::Broadcast(_) => Surface::Broadcast,
            Self::Room(_) => Surface::Room,
            Self::Gateway(_) => Surface::Gateway,
        }
    }

    pub(super) fn topic(&self) -> Topic {
        match self {
            Self::Collection(subscription)
            | Self::SelfHosted(subscription)
            | Self::Events(subscription)
            | Self::CollectionOrEvents(subscription) => {
                Topic::Collection(subscription.collection.clone())
            }
            Self::Broadcast(_) => Topic::Broadcast,
            Self::Room(entry) => Topic::Room(entry.room.clone()),
            Self::Gateway(_) => Topic::Everything,
        }
    }
}

impl From<Subscription> for Target {
    fn from(subscription: Subscription) -> Self {
        Self::Collection(subscription)
    }
}

impl From<RoomEntry> for Target {
    fn from(entry: RoomEntry) -> Self {
        Self::Room(entry)
    }
}

/// Which documents of which collection a session is about.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::{Subscription, SubscriptionError};
///
/// assert!(Subscription::new("users", Filter::new()).is_ok());
/// assert_eq!(Subscription::new("", Filter::new()).unwrap_err(), SubscriptionError::NoCollection);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Subscription {
    pub(crate) collection: Text,
    pub(crate) filter: Filter,
    pub(crate) wants_snapshot: bool,
}

/// Why a subscription is impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SubscriptionError {
    /// The collection's name is empty.
    #[error("the collection's name is empty")]
    NoCollection,
    /// The filter has no wire form.
    #[error(transparent)]
    Filter(#[from] FilterError),
}

impl Subscription {
    /// The documents of `collection` that fit `filter`.
    ///
    /// # Errors
    ///
    /// When the name is empty or the filter has no wire form.
    pub fn new(collection: &str, filter: Filter) -> Result<Self, SubscriptionError> {
        if collection.is_empty() {
            return Err(SubscriptionError::NoCollection);
        }
        filter.to_json()?;
        Ok(Self { collection: collection.into(), filter, wants_snapshot: false })
    }

    /// The same subscription, asking for the documents that match now before the changes (ours). A
    /// server that does not know snapshots sends none, which the greeting shows.
    ///
    /// ```
    /// # use cocobase_proto::{Subscription, filter::Filter};
    /// let live = Subscription::new("users", Filter::new())?.with_snapshot();
    /// # Ok::<(), cocobase_proto::SubscriptionError>(())
    /// ```
    #[must_use]
    pub const fn with_snapshot(mut self) -> Self {
        self.wants_snapshot = true;
        self
    }

    /// The collection's name.
    #[must_use]
    pub const fn collection(&self) -> &Text {
        &self.collection
    }

    /// Which documents.
    #[must_use]
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }
}

/// How a session enters a room, at first and after every lost link.
///
/// ```
/// use cocobase_proto::RoomEntry;
/// let entry = RoomEntry::join_or_create("general", "General Chat").by("u1", "Alice");
/// assert_eq!(entry.room(), "general");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoomEntry {
    pub(crate) room: Text,
    pub(crate) title: Option<Text>,
    pub(crate) mode: RoomMode,
    pub(crate) user: User,
}

/// What to do when the room is there, and when it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomMode {
    /// Enter it; a missing room is a refusal.
    Join,
    /// Create it; one that is there is entered, as a creator does who comes back.
    Create,
    /// Enter it, and create it if it is missing.
    JoinOrCreate,
}

impl RoomEntry {
    /// Enters a room that is there.
    #[must_use]
    pub fn join(room: impl Into<Text>) -> Self {
        let (room, user) = (room.into(), User::default());
        Self { room, title: None, mode: RoomMode::Join, user }
    }

    /// Creates a room.
    #[must_use]
    pub fn create(room: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self { title: Some(title.into()), mode: RoomMode::Create, ..Self::join(room) }
    }

    /// Enters a room, and creates it if it is missing.
    #[must_use]
    pub fn join_or_create(room: impl Into<Text>, title: impl Into<Text>) -> Self {
        Self { title: Some(title.into()), mode: RoomMode::JoinOrCreate, ..Self::join(room) }
    }

    /// Who enters. Without it the server makes an id up.
    #[must_use]
    pub fn by(mut self, id: impl Into<Text>, name: impl Into<Text>) -> Self {
        self.user = User { id: Some(id.into()), name: Some(name.into()) };
        self
    }

    /// The room's id.
    #[must_use]
    pub const fn room(&self) -> &Text {
        &self.room
    }
}

/// Where a session gets its credentials.
///
/// ```
/// use cocobase_proto::{Access, Credentials};
/// let access = Access::Fixed(Credentials::ApiKey("coco_1234".into()));
/// assert_ne!(access, Access::Ask);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// They are given.
    Fixed(Credentials),
    /// The user's provider is asked before every connection, with
    /// [`Event::CredentialsNeeded`](super::Event::CredentialsNeeded), once more when the server
    /// refuses what it gave, and before a token expires.
    Ask,
}
