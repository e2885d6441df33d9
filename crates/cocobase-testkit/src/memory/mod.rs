//! A server in this process, on links in memory, in virtual time.
//!
//! A [`World`] holds the server's own machine with its data, a network without sockets, and a clock
//! that moves only when everybody waits: an hour of pauses and pings is over in a millisecond, and the
//! same program does the same every time. [`Memory`] makes it a runtime of `cocobase-driver`, so that
//! the client is the one that programs use.
//!
//! ```
//! use cocobase_proto::Event;
//! use cocobase_testkit::memory::World;
//!
//! let world = World::new("a-key");
//! let quakes = world.client()?.collection("quakes");
//! world.block_on(async {
//!     let mut watch = quakes.watch::<serde_json::Value>().await?;
//!     world.cut();
//!     world.create("quakes", r#"{"mag":5.1}"#)?;
//!     while let Some(event) = watch.next().await {
//!         match event {
//!             Event::Created(new) => {
//!                 assert_eq!(new.document["mag"], 5.1);
//!                 break;
//!             }
//!             Event::Gap(gap) => panic!("{gap}"),
//!             // The link was cut, and is there again.
//!             _ => {}
//!         }
//!     }
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })??;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! What it is not: it answers no HTTP requests, so documents are written with [`World::create`] and its
//! like, and lists of documents or rooms are not to be had. Links take no time and hold any amount.

mod executor;
mod runtime;
mod state;
mod store;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cocobase_driver::{Client, ClientBuilder, Error};
use cocobase_proto::{Instant, JsonError};
use serde_json::{Map, Value};

pub use executor::Stuck;
pub use runtime::{Link, Memory, Timer};

/// A server, a network and a clock. Clones are the same world.
#[derive(Clone)]
pub struct World {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<state::State>,
    tasks: Mutex<executor::Tasks>,
}

/// What is wrong with a change that a test makes.
#[derive(Debug)]
pub enum ChangeError {
    /// The fields are no JSON object.
    Fields(JsonError),
    /// There is no such document.
    Missing,
}

/// # The server's data
impl World {
    /// A world without documents, whose server lets `key` in.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        let state = Mutex::new(state::State::new(key.into()));
        Self { shared: Arc::new(Shared { state, tasks: Mutex::default() }) }
    }

    /// Creates a document of these fields, a JSON object, and gives its id.
    ///
    /// # Errors
    ///
    /// When the fields are no JSON object.
    pub fn create(&self, collection: &str, fields: &str) -> Result<String, ChangeError> {
        let fields = parsed(fields)?;
        let mut state = self.state();
        let commit = state.store.create(collection, fields);
        state.publish(&commit);
        Ok(commit.id.to_string())
    }

    /// Gives some fields of a document new values.
    ///
    /// # Errors
    ///
    /// When the fields are no JSON object, or there is no such document.
    pub fn update(&self, collection: &str, id: &str, fields: &str) -> Result<(), ChangeError> {
        let fields = parsed(fields)?;
        let mut state = self.state();
        let commit = state.store.update(collection, id, fields).ok_or(ChangeError::Missing)?;
        state.publish(&commit);
        Ok(())
    }

    /// Deletes a document.
    ///
    /// # Errors
    ///
    /// When there is no such document.
    pub fn delete(&self, collection: &str, id: &str) -> Result<(), ChangeError> {
        let mut state = self.state();
        let commit = state.store.delete(collection, id).ok_or(ChangeError::Missing)?;
        state.publish(&commit);
        Ok(())
    }
}

/// # Faults
impl World {
    /// Breaks all links.
    pub fn cut(&self) {
        self.state().cut();
    }

    /// Lets clients reach the server, or not; links that stand stay.
    pub fn set_reachable(&self, is_reachable: bool) {
        self.state().is_reachable = is_reachable;
    }

    /// The server dies and is there again, with its data.
    pub fn restart(&self) {
        self.state().restart(true);
    }

    /// The server dies and is there again, without its data: another history begins.
    pub fn restart_empty(&self) {
        self.state().restart(false);
    }
}

/// # Clients and time
impl World {
    /// A client with the right key.
    ///
    /// # Errors
    ///
    /// None that a world gives reason to.
    pub fn client(&self) -> Result<Client<Memory>, Error> {
        let key = self.state().key.clone();
        self.builder().api_key(key).build()
    }

    /// A client of this world, without credentials yet.
    #[must_use]
    pub fn builder(&self) -> ClientBuilder<Memory> {
        Client::builder("http://localhost").connections(self.clone())
    }

    /// The time in this world.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.state().now
    }

    fn state(&self) -> MutexGuard<'_, state::State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A world with the key `key`, so that it can stand where a runtime's connections do.
impl Default for World {
    fn default() -> Self {
        Self::new("key")
    }
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").finish_non_exhaustive()
    }
}

fn parsed(fields: &str) -> Result<Map<String, Value>, ChangeError> {
    serde_json::from_str(fields).map_err(|error| ChangeError::Fields(error.into()))
}

impl fmt::Display for ChangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fields(error) => write!(f, "the fields are no JSON object: {error}"),
            Self::Missing => f.write_str("there is no such document"),
        }
    }
}

impl std::error::Error for ChangeError {}
