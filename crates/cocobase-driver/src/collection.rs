//! One collection: its documents and its changes.

use std::fmt;
use std::sync::Arc;

use cocobase_proto::filter::Filter;
use cocobase_proto::query::ListQuery;
use cocobase_proto::rest::{self, Request};
use cocobase_proto::{Document, Session, Subscription};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::Client;
use crate::driver::Driver;
use crate::error::Error;
use crate::runtime::Runtime;
use crate::watch::Watch;

/// A collection of documents. Cloning it is cheap.
pub struct Collection<R: Runtime> {
    client: Client<R>,
    name: String,
    filter: Filter,
}

/// # Watching
impl<R: Runtime> Collection<R> {
    pub(crate) fn new(client: Client<R>, name: String) -> Self {
        Self { client, name, filter: Filter::new() }
    }

    /// Narrows what is watched to the documents that fit `filter` and all filters given before.
    #[must_use]
    pub fn filter(mut self, filter: Filter) -> Self {
        self.filter = self.filter.and(filter);
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
        let shared = self.client.shared();
        let runtime = &shared.runtime;
        let session = Session::new(
            subscription,
            shared.access(),
            shared.config.clone(),
            runtime.seed(),
            runtime.now(),
        );
        let driver =
            Driver::new(session, Arc::clone(runtime), shared.base.clone(), shared.provider());
        Ok(Watch::new(driver))
    }
}

/// # Documents
///
/// Requests are not repeated by themselves; [`Error::is_passing`] tells when a repetition may help.
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
        Ok(rest::documents(&answer)?)
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
        Ok(rest::documents(&answer)?)
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
        Ok(Document::new(self.client.send(request, None).await?))
    }
}

impl<R: Runtime> Clone for Collection<R> {
    fn clone(&self) -> Self {
        Self { client: self.client.clone(), name: self.name.clone(), filter: self.filter.clone() }
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
