//! One collection: its documents, its changes, and its documents kept up to date by these.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::connection::connection;
use crate::delegate::{build, delegate};
use crate::{
    Document, Error, Event, Filter, ListQuery, Listener, LiveConfig, LiveEvent, Order, Refusal,
    Threads, Typed,
};
use cocobase_threads::wait;

/// A collection of documents. Cloning it is cheap.
///
/// ```no_run
/// # fn example(client: cocobase_blocking::Client) -> Result<(), cocobase_blocking::Error> {
/// use cocobase_blocking::{Filter, ListQuery};
///
/// let users = client.collection("users");
/// let alice = users.create(&serde_json::json!({"name": "Alice"}))?;
/// assert_eq!(users.list(&ListQuery::default())?, [alice]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Collection(pub(crate) cocobase_driver::Collection<Threads>);

/// # Watching
impl Collection {
    build! {
        /// Narrows what is watched to the documents that fit `filter` and all filters given before.
        filter(filter: Filter);
        /// Sorts a live call by a field. Without it, and where values are equal, documents come in
        /// the order of their creation.
        sort(field: impl Into<String>, order: Order);
        /// Lets a live call show the first `limit` documents only.
        limit(limit: u64);
        /// Gives live calls other bounds than the usual ones.
        live_config(config: LiveConfig);
        /// Watches by server-sent events instead of a WebSocket: for networks that let no WebSockets
        /// through.
        events();
        /// Watches over a WebSocket, and by server-sent events where a network lets no WebSockets
        /// through: it moves when an upgrade is refused or answered by a proxy, and back from time to
        /// time, from the same position.
        websocket_or_events();
        /// Watches as the vendor's open-source self-hosted server has it. Its filters know equality
        /// alone, so the filter is evaluated here.
        self_hosted();
        /// Gives the connections that are made from here on a name, for logs.
        named(name: impl Into<String>);
    }

    /// Watches the collection. When this returns, the watch is live: every change that is committed
    /// from then on arrives.
    ///
    /// While the server is out of reach it keeps trying; where that matters, use
    /// [`stream`](Self::stream) and [`ready_timeout`](Watch::ready_timeout).
    ///
    /// # Errors
    ///
    /// When the subscription is impossible or the server refuses it.
    pub fn watch<T: DeserializeOwned>(&self) -> Result<Watch<T>, Error> {
        wait(self.0.watch()).map(Watch)
    }

    /// Watches the collection, starting with the first attempt to connect: its failures come as
    /// events.
    ///
    /// # Errors
    ///
    /// When the subscription is impossible.
    pub fn stream<T: DeserializeOwned>(&self) -> Result<Watch<T>, Error> {
        self.0.stream().map(Watch)
    }

    /// Watches the collection with functions that are called with its changes.
    pub fn listen<T: DeserializeOwned + 'static>(&self) -> Listener<T> {
        Listener(self.0.listen())
    }

    /// The documents that fit the filter, kept up to date: a snapshot, and every change that
    /// follows. When this returns, the set is current.
    ///
    /// While the server is out of reach this keeps trying, as [`watch`](Self::watch) does.
    ///
    /// # Errors
    ///
    /// When the call is impossible, or the server refuses the subscription or the list.
    pub fn live<T: DeserializeOwned>(&self) -> Result<Live<T>, Error> {
        wait(self.0.live()).map(Live)
    }

    /// The same, starting with nothing: each document of the snapshot comes as an event, and so do
    /// failures to connect.
    ///
    /// # Errors
    ///
    /// When the call is impossible.
    pub fn live_stream<T: DeserializeOwned>(&self) -> Result<Live<T>, Error> {
        self.0.live_stream().map(Live)
    }
}

/// # Documents
///
/// Requests are not repeated by themselves, but for one whose credentials are refused where a provider
/// gives others; [`Error::is_passing`] tells when a repetition may help.
/// They are not affected by the filter of the watch. They take at most 10 seconds to connect, and 30
/// for each silence of the server.
impl Collection {
    delegate! {
        /// Creates a document from its fields.
        ///
        /// # Errors
        ///
        /// When the fields have no JSON form, or the server cannot be reached or says no.
        alone create(&self, fields: &impl Serialize) -> Result<Document, Error>;
        /// Creates several documents, all of them or none.
        ///
        /// A request that is repeated with the same `idempotency_key` within a day is answered as the
        /// first one was, and writes nothing twice (on our server).
        ///
        /// # Errors
        ///
        /// When the documents have no JSON form, or the server cannot be reached or says no.
        alone create_many(&self, documents: &[impl Serialize], idempotency_key: Option<&str>) -> Result<Vec<Document>, Error>;
        /// Reads one document.
        ///
        /// # Errors
        ///
        /// When there is none with this id, or the server cannot be reached or says no.
        alone get(&self, id: &str) -> Result<Document, Error>;
        /// Lists documents.
        ///
        /// # Errors
        ///
        /// When the filter has no wire form, or the server cannot be reached or says no.
        alone list(&self, query: &ListQuery) -> Result<Vec<Document>, Error>;
        /// Gives some fields of a document new values and leaves the others alone.
        ///
        /// # Errors
        ///
        /// When there is no such document, or the server cannot be reached or says no.
        alone update(&self, id: &str, fields: &impl Serialize) -> Result<Document, Error>;
        /// Deletes a document.
        ///
        /// # Errors
        ///
        /// When there is no such document, or the server cannot be reached or says no.
        alone delete(&self, id: &str) -> Result<(), Error>;
    }
}

connection! {
    /// The changes of a collection, as an `Iterator` of [`Event`]s.
    ///
    /// It is pull-driven unless it is [spawned](Self::spawn): the thread that asks for the next event
    /// drives the connection, and while nobody asks, nothing is read. It reconnects by itself; what
    /// that may have cost is told as [`Event::Gap`]. After [`Event::Refused`] and after
    /// [`close`](Self::close) it ends. Dropping it closes the connection.
    ///
    /// ```no_run
    /// # fn example(collection: cocobase_blocking::Collection) -> Result<(), cocobase_blocking::Error> {
    /// for event in collection.watch::<serde_json::Value>()? {
    ///     println!("{event:?}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Watch<T> of Event<Typed<T>>, or Refusal
}

connection! {
    /// The documents of a collection that fit a filter, as they are now, and an `Iterator` of what
    /// becomes of them.
    ///
    /// Applied in order to a list, the [events](LiveEvent) keep it equal to
    /// [`documents`](Self::documents). It is driven, reconnects and ends like a
    /// [`Watch`](crate::Watch). What was missed is made good by a new snapshot or list, and told as
    /// documents that entered, changed and left.
    ///
    /// ```no_run
    /// # fn example(collection: cocobase_blocking::Collection) -> Result<(), cocobase_blocking::Error> {
    /// use cocobase_blocking::{LiveEvent, Order};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Quake { mag: f64 }
    ///
    /// let mut top = collection.sort("mag", Order::Descending).limit(10).live::<Quake>()?;
    /// while let Some(event) = top.next() {
    ///     if matches!(event, LiveEvent::Entered { .. }) {
    ///         println!("{} documents", top.documents().len());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Live<T> of LiveEvent<T>, or Error
}

impl<T: DeserializeOwned> Live<T> {
    delegate! {
        /// The documents, in order.
        call documents(&self) -> impl ExactSizeIterator<Item = &Document>;
        /// The documents, in order, decoded anew; an error for each that does not fit `T`.
        call values(&self) -> impl ExactSizeIterator<Item = Result<T, cocobase_proto::JsonError>>;
        /// Whether the documents are what the server's own list would be, as far as events have
        /// arrived.
        call is_current(&self) -> bool;
    }
}
