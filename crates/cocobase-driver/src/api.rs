//! The names by which an adapter's users meet the driver's types.

/// Makes an adapter's API: the driver's types for one [`Runtime`](crate::Runtime), and all that they
/// are used with. An adapter calls it once, at the top of its crate: `cocobase-async-std` is a short
/// example. `api!(MyRuntime, without WebSockets)` leaves out what takes one.
#[macro_export]
macro_rules! api {
    ($runtime:ty) => {
$crate::api!($runtime, without WebSockets);

        /// A room, as a stream.
        pub type Room = $crate::Room<$runtime>;
        /// The messages of the project, as a stream.
        pub type Broadcast = $crate::Broadcast<$runtime>;
        /// The sending half of a [`Room`] or a [`Broadcast`].
        pub type Sender = $crate::Sender<$runtime>;
        /// Many collections and rooms on one connection, as one stream.
        pub type Gateway = $crate::Gateway<$runtime>;
        /// The commanding half of a [`Gateway`].
        pub type GatewayCommands = $crate::GatewayCommands<$runtime>;
        /// How to enter a [`Room`].
        pub type RoomBuilder = $crate::RoomBuilder<$runtime>;
        /// A [`Room`] that is being entered.
        pub type Entering = $crate::Entering<$runtime>;
        /// How to connect to a [`Broadcast`].
        pub type BroadcastBuilder = $crate::BroadcastBuilder<$runtime>;
        /// How to connect to a [`Gateway`].
        pub type GatewayBuilder = $crate::GatewayBuilder<$runtime>;
    };
    ($runtime:ty, without WebSockets) => {
        $crate::words!();

        /// A server and the right to talk to it.
        pub type Client = $crate::Client<$runtime>;
        /// What a [`Client`] is made from.
        pub type ClientBuilder = $crate::ClientBuilder<$runtime>;
        /// The factory of everything that is live.
        pub type Realtime<'a> = $crate::Realtime<'a, $runtime>;
        /// One collection: its documents and its changes.
        pub type Collection = $crate::Collection<$runtime>;
        /// The changes of a collection, as a stream.
        pub type Watch<T> = $crate::Watch<T, $runtime>;
        /// The documents of a collection that match now, and a stream of what becomes of them.
        pub type Live<T> = $crate::Live<T, $runtime>;
        /// Functions to be called with a collection's changes.
        pub type Listener<T> = $crate::Listener<T, $runtime>;
        /// A [`Listener`] at work.
        pub type Listening = $crate::Listening<$runtime>;
        /// A view of any of these, for other tasks.
        pub type Handle = $crate::Handle<$runtime>;
    };
}

/// All that the driver's types are used with: what [`api!`](crate::api) makes, without the types that
/// depend on a runtime. For adapters that put types of their own around those.
#[macro_export]
macro_rules! words {
    () => {
        // What is asked for.
        pub use $crate::proto::filter::{
            Clause, Condition, Filter, FilterError, Operand, Operator, WhereError,
        };
        pub use $crate::proto::query::{ListQuery, Order};
        pub use $crate::proto::{
            BaseUrl, BaseUrlError, Credentials, Offline, OutboxConfig, Secret, SessionConfig,
            SubscriptionError,
        };
        // What is told.
        pub use $crate::proto::{
            Change, ChangeKind, Deleted, Disconnected, Document, ErrorMessage, Event, Expired,
            Fault, Gap, GapCause, Greeting, Instant, Joined, JsonError, Malformed, Missed,
            Participant, Position, Presence, Refusal, RefusalKind, RoomInfo, RoomMessage, RoomView,
            Shape, Snapshot, State, Text, Topic, Typed, Undecodable,
        };
        // What is answered.
        pub use $crate::proto::live::{LeftCause, LiveConfig};
        pub use $crate::proto::rest::{Collection as CollectionInfo, ListedRoom, RoomList};
        pub use $crate::proto::{CommandError, Published, Unpublished, UnpublishedReason};
        pub use $crate::{Error, LiveEvent, Row, Statistics, Trouble};

        /// Fewer events, or several at once, for a user who is slower than the server.
        #[doc(inline)]
        pub use $crate::proto::combine;
    };
}
