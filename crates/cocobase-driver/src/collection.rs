//! One collection: its documents and its changes.

use std::fmt;

use cocobase_proto::filter::Filter;
use cocobase_proto::live::{LiveConfig, LiveView};
use cocobase_proto::query::{ListQuery, Order};
use cocobase_proto::rest::{self, Request};
use cocobase_proto::{Document, Subscription, Target};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::error::Error;
use crate::handle::Reader;
use crate::listen::Listener;
use crate::live::{Lists, Live};
use crate::runtime::{Runtime, WebSockets};
use crate::watch::Watch;

/// A collection of documents. Cloning it is cheap.
pub struct Collection<R: Runtime> {
    client: Client<R>,
    name: String,
    filter: Filter,
    sort: Option<(String, Order)>,
    limit: Option<u64>,
    live: LiveConfig,
    carrier: WatchedBy,
    connection_name: Option<String>,
}

/// Which of the surfaces that tell of a collection's changes is used.
#[derive(Debug, Clone, Copy)]
enum WatchedBy {
    WebSocket,
    Events,
    Either,
    SelfHosted,
}

/// # Watching
impl<R: Runtime> Collection<R> {
    pub(crate) fn new(client: Client<R>, name: String) -> Self {
        Self {
            client,
            name,
            filter: Filter::new(),
            sort: None,
            limit: None,
            live: LiveConfig::default(),
            carrier: if R::BY_EVENTS { WatchedBy::Events } else { WatchedBy::WebSocket },
            connection_name: None,
        }
    }

    /// Narrows what is watched to the documents that fit `filter` and all filters given before.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = self.filter.and(filter);
        self
    }

    /// Sorts a live view by a field. Without it, and where values are equal, documents come in the
    /// order of their creation.
    #[must_use]
    pub fn sort(mut self, field: impl Into<String>, order: Order) -> Self {
        self.sort = Some((field.into(), order));
        self
    }

    /// Lets a live view show the first `limit` documents only.
    #[must_use]
    pub const fn limit(mut self, limit: u64) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Gives live views other bounds than the usual ones.
    #[must_use]
    pub const fn live_config(mut self, config: LiveConfig) -> Self {
        self.live = config;
        self
    }

    /// Watches by server-sent events instead of a WebSocket: for networks that let no WebSockets
    /// through.
    #[must_use]
    pub const fn events(mut self) -> Self {
        self.carrier = WatchedBy::Events;
        self
    }

    /// Gives the connections that are made from here on a name, for logs.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.connection_name = Some(name.into());
        self
    }

    /// Watches the collection. When this returns, the watch is live: every change that is committed
    /// from then on arrives.
    ///
    /// While the server is out of reach it keeps trying; put a time-out around it where that
    /// matters, or use [`stream`](Self::stream) to see the attempts.
    ///
    /// # Errors
    ///
    /// When the subscription is impossible or the server refuses it.
    pub async fn watch<T: DeserializeOwned>(&self) -> Result<Watch<T, R>, Error> {
        let mut watch = self.stream()?;
        watch.ready().await?;
        Ok(watch)
    }

    /// Watches the collection, starting with the first attempt to connect: its failures come as
    /// events.
    ///
    /// # Errors
    ///
    /// When the subscription is impossible.
    pub fn stream<T: DeserializeOwned>(&self) -> Result<Watch<T, R>, Error> {
        let subscription = Subscription::new(&self.name, self.filter.clone())?;
        Ok(Watch::new(self.open(subscription)))
    }

    /// Watches the collection with functions that are called with its changes.
    pub fn listen<T: DeserializeOwned + 'static>(&self) -> Listener<T, R> {
        Listener::new(self.clone())
    }

    /// The documents that fit the filter, kept up to date: a snapshot, and every change that follows.
    /// When this returns, the set is current, and what [`Live::next`] tells are changes of it.
    ///
    /// A server that knows no snapshots is asked for its list instead, now and after every gap.
    /// While the server is out of reach this keeps trying, as [`watch`](Self::watch) does.
    ///
    /// # Errors
    ///
    /// When the view is impossible, or the server refuses the subscription or the list.
    pub async fn live<T: DeserializeOwned>(&self) -> Result<Live<T, R>, Error> {
        let mut live = self.live_stream()?;
        live.ready().await?;
        Ok(live)
    }

    /// The same, starting with nothing: each document of the snapshot comes as an event, and so do
    /// failures to connect.
    ///
    /// # Errors
    ///
    /// When the view is impossible.
    pub fn live_stream<T: DeserializeOwned>(&self) -> Result<Live<T, R>, Error> {
        let query = ListQuery {
            filter: self.filter.clone(),
            sort: self.sort.as_ref().map(|(field, _)| field.clone()),
            order: self.sort.as_ref().map_or_else(Order::default, |(_, order)| *order),
            limit: self.limit,
            offset: 0,
        };
        let view = LiveView::new(query, self.live.clone())?;
        let subscription = Subscription::new(&self.name, self.filter.clone())?.with_snapshot();
        let lists = Lists::new(self.client.clone(), self.name.clone());
        Ok(Live::new(self.open(subscription), view, lists))
    }

    fn open(&self, subscription: Subscription) -> Reader<R> {
        let target = match self.carrier {
            WatchedBy::WebSocket => Target::Collection(subscription),
            WatchedBy::Events => Target::Events(subscription),
            WatchedBy::Either => Target::CollectionOrEvents(subscription),
            WatchedBy::SelfHosted => Target::SelfHosted(subscription),
        };
        self.client.open(target, self.connection_name.clone())
    }
}

/// # Watching over WebSockets
impl<R: WebSockets> Collection<R> {
    /// Watches over a WebSocket, and by server-sent events where a network lets no WebSockets
    /// through: what moves the watch, and when it moves back, stands at
    /// [`Target::CollectionOrEvents`].
    #[must_use]
    pub const fn websocket_or_events(mut self) -> Self {
        self.carrier = WatchedBy::Either;
        self
    }

    /// Watches as the vendor's open-source self-hosted server has it. Its filters know equality
    /// alone, so the filter is evaluated here.
    #[must_use]
    pub const fn self_hosted(mut self) -> Self {
        self.carrier = WatchedBy::SelfHosted;
        self
    }
}

/// # Documents
///
/// Requests are not repeated by themselves, but for one whose credentials are refused where a provider
/// gives others; [`Error::is_passing`] tells when a repetition may help.
/// They are not affected by the filter of the watch. Dropping one of these futures may leave the
/// request carried out or not.
impl<R: Runtime> Collection<R> {
    /// Creates a document from its fields.
    ///
    /// # Errors
    ///
    /// When the fields have no JSON form, or the server cannot be reached or says no.
    pub async fn create(&self, fields: &impl Serialize) -> Result<Document, Error> {
        self.document(Request::create(&self.name, fields)?).await
    }

    /// Creates several documents, all of them or none.
    ///
    /// A request that is repeated with the same `idempotency_key` within a day is answered as the
    /// first one was, and writes nothing twice (on our server).
    ///
    /// # Errors
    ///
    /// When the documents have no JSON form, or the server cannot be reached or says no.
    pub async fn create_many(
        &self,
        documents: &[impl Serialize],
        idempotency_key: Option<&str>,
    ) -> Result<Vec<Document>, Error> {
        let request = Request::create_many(&self.name, documents)?;
        let answer = self.client.send(request, idempotency_key).await?;
        Ok(rest::documents(&answer.body)?)
    }

    /// Reads one document.
    ///
    /// # Errors
    ///
    /// When there is none with this id, or the server cannot be reached or says no.
    pub async fn get(&self, id: &str) -> Result<Document, Error> {
        self.document(Request::get(&self.name, id)).await
    }

    /// Lists documents.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form, or the server cannot be reached or says no.
    pub async fn list(&self, query: &ListQuery) -> Result<Vec<Document>, Error> {
        let answer = self.client.send(Request::list(&self.name, query)?, None).await?;
        Ok(rest::documents(&answer.body)?)
    }

    /// Gives some fields of a document new values and leaves the others alone.
    ///
    /// # Errors
    ///
    /// When there is no such document, or the server cannot be reached or says no.
    pub async fn update(&self, id: &str, fields: &impl Serialize) -> Result<Document, Error> {
        self.document(Request::update(&self.name, id, fields)?).await
    }

    /// Deletes a document.
    ///
    /// # Errors
    ///
    /// When there is no such document, or the server cannot be reached or says no.
    pub async fn delete(&self, id: &str) -> Result<(), Error> {
        self.client.send(Request::delete(&self.name, id), None).await.map(|_| ())
    }

    async fn document(&self, request: Request) -> Result<Document, Error> {
        Ok(rest::document(&self.client.send(request, None).await?.body)?)
    }
}

impl<R: Runtime> Clone for Collection<R> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            name: self.name.clone(),
            filter: self.filter.clone(),
            sort: self.sort.clone(),
            live: self.live.clone(),
            connection_name: self.connection_name.clone(),
            ..*self
        }
    }
}

impl<R: Runtime> fmt::Debug for Collection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("name", &self.name)
            .field("filter", &self.filter)
            .finish_non_exhaustive()
    }
}
