//! What the suite asks of an adapter.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::query::Order;
use cocobase_proto::{Credentials, Published, RefusalKind, SessionConfig, State, Unpublished};

use super::network::Network;
use super::told::Told;

/// A client of the protocol, as the suite drives it: from a thread, and without a runtime.
///
/// An asynchronous adapter waits with its runtime's `block_on`. One that is a runtime of
/// `cocobase-driver` needs none of this: `Driven` (feature `driver`) does it.
pub trait Adapter {
    /// Opens a connection, without waiting for it.
    ///
    /// # Errors
    ///
    /// When this adapter cannot do that, or not like this.
    fn open(&self, setup: Setup, wish: Wish) -> Result<Box<dyn Subject>, CannotOpen>;

    /// Asks the server once, and waits for its answer: JSON, as [`Question`] says.
    ///
    /// # Errors
    ///
    /// When this adapter cannot do that, or the server cannot be reached or says no.
    fn ask(&self, setup: Setup, question: Question) -> Result<String, CannotOpen>;

    /// How many tasks and threads run for connections that were opened here, if that can be told.
    /// None may be left when all subjects are dropped.
    fn running(&self) -> Option<usize>;

    /// Whether it opens no WebSockets. Then [`Wish::Watch`] and [`Wish::Live`] go by server-sent
    /// events, and the peers of the cases speak these.
    fn is_by_events(&self) -> bool {
        false
    }
}

/// Why a connection was not opened.
#[derive(Debug)]
pub enum CannotOpen {
    /// The adapter does not offer this surface; why, is shown in place of a verdict.
    Lacking(&'static str),
    /// The setup is wrong, or something failed.
    Failed(String),
}

/// How a connection is to be made.
#[derive(Clone)]
pub struct Setup {
    /// The server's base URL.
    pub url: String,
    /// The credentials.
    pub access: Access,
    /// Time-outs and bounds.
    pub config: SessionConfig,
    /// The name of the connection; without one it is made up.
    pub name: Option<String>,
    /// Which way it is to go.
    pub network: Network,
}

/// What is asked once, by HTTP. See [`Adapter::ask`].
#[derive(Debug, Clone)]
pub enum Question {
    /// To create a document of a collection from its fields, JSON. The answer is the document, as in
    /// those that follow.
    Create(String, String),
    /// For the document of a collection with this id.
    Get(String, String),
    /// To give fields of a document new values: collection, id and fields.
    Update(String, String, String),
    /// To delete a document. The answer is `null`.
    Delete(String, String),
    /// For the documents of a collection. The answer is an array of them.
    List(String, Filter),
    /// For the collections. The answer is an array of names.
    Collections,
    /// For the rooms. The answer is an array of ids.
    Rooms,
}

/// Where credentials come from. See [`Setup`].
#[derive(Clone)]
pub enum Access {
    /// They are given.
    Given(Credentials),
    /// They are asked for; `true` says that the last ones were refused.
    Asked(Arc<Provider>),
}

/// Gives credentials. See [`Access`].
pub type Provider = dyn Fn(bool) -> Result<Credentials, String> + Send + Sync;

/// What a connection is for. See [`Adapter::open`].
#[derive(Debug, Clone)]
pub enum Wish {
    /// The changes of a collection: by WebSocket, unless the adapter [has none](Adapter::is_by_events).
    Watch(String, Filter),
    /// The changes of a collection, by server-sent events.
    Events(String, Filter),
    /// The changes of a collection by WebSocket, and by server-sent events where none gets through.
    Either(String, Filter),
    /// The changes of a collection, as functions are called with them, in the way of
    /// [`Watch`](Self::Watch). For the sake of the suite, the function for new documents panics when
    /// the id is `panic`, with the words `as the case wants`, and so does the function for errors when
    /// the server's error has that word.
    Listen(String, Filter),
    /// The documents of a collection that match now.
    Live(View),
    /// Any number of collections and rooms.
    Gateway,
    /// A room.
    Room(String, Entry),
    /// The messages of the project.
    Broadcast,
}

/// The documents that a live view shows. See [`Wish`].
#[derive(Debug, Clone)]
pub struct View {
    /// The collection's name.
    pub collection: String,
    /// Which documents.
    pub filter: Filter,
    /// In which order, if not in that of their creation.
    pub sort: Option<(String, Order)>,
    /// How many at most.
    pub limit: Option<u64>,
}

/// How a room is entered, by the user `u1` who is called `Alice`. See [`Wish`].
#[derive(Debug, Clone)]
pub enum Entry {
    /// It must be there.
    Join,
    /// It is made, with this title.
    Create(String),
    /// It is made if it is not there, with this title.
    JoinOrCreate(String),
}

/// A connection that is read by one and used by many. Dropping it ends the connection.
pub trait Subject {
    /// The next event, if one comes in time.
    fn next(&mut self, within: Duration) -> Next;

    /// Begins to wait for the next event, as the language or runtime has it, and gives up at once.
    fn touch(&mut self) -> Next;

    /// Waits until the connection is live; its events, apart from faults, stay where they are.
    fn ready(&mut self, within: Duration) -> Ready;

    /// The JSON of the documents that a live view shows, in order.
    fn documents(&self) -> Vec<String>;

    /// The ids of those who are in a room, in order of the alphabet.
    fn people(&self) -> Vec<String>;

    /// What other threads may use, while this one waits for an event.
    fn handle(&self) -> Arc<dyn Handle>;
}

/// The outcome of [`Subject::next`].
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// An event.
    Told(Told),
    /// None came in time.
    Nothing,
    /// None will ever come.
    End,
}

/// The outcome of [`Subject::ready`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ready {
    /// The connection is live, and a view current.
    Live,
    /// The server refused.
    Refused(Option<RefusalKind>),
    /// Not in time.
    NotYet,
}

/// What other threads may do with a connection.
pub trait Handle: Send + Sync {
    /// The connection's name.
    fn name(&self) -> String;

    /// What it is doing.
    fn state(&self) -> State;

    /// What it has seen so far.
    fn seen(&self) -> Seen;

    /// Ends it, with a goodbye.
    fn close(&self);

    /// Makes a new link.
    fn reconnect(&self);

    /// Sends JSON: to a room on a gateway, where the connection leads elsewhere.
    ///
    /// # Errors
    ///
    /// As the connection says. `None` if it took too long.
    fn publish(&self, room: &str, json: &str) -> Result<Published, Option<Unpublished>>;

    /// Waits until all that was said is written: whether that came about.
    fn flush(&self, within: Duration) -> bool;

    /// Commands a gateway.
    ///
    /// # Errors
    ///
    /// What the gateway has against it.
    fn command(&self, command: Command) -> Result<(), String>;
}

/// What a gateway is told.
#[derive(Debug, Clone)]
pub enum Command {
    /// To follow a collection.
    Subscribe(String, Filter),
    /// To follow it no more.
    Unsubscribe(String),
    /// To enter a room.
    Join(String),
    /// To leave it.
    Leave(String),
}

/// What a connection has seen so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Seen {
    /// Events that were taken.
    pub events: u64,
    /// Bytes of messages that came in; of event streams, their framing may be among them.
    pub bytes_received: u64,
    /// Bytes of messages that went out.
    pub bytes_sent: u64,
    /// How often it became live again.
    pub reconnects: u64,
    /// Gaps that were told.
    pub gaps: u64,
    /// How long the last answer to a ping took.
    pub round_trip: Option<Duration>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Given(_) => "Given(…)",
            Self::Asked(_) => "Asked(…)",
        })
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("url", &self.url).finish_non_exhaustive()
    }
}
