//! The client: a server's address, the credentials, and what all connections share.

use std::sync::Arc;

use crate::delegate::{build, delegate, make};
use crate::{
    BaseUrl, BroadcastBuilder, Collection, CollectionInfo, Connections, Credentials, Error,
    GatewayBuilder, RoomBuilder, RoomList, Secret, SessionConfig, Text, Threads,
};
use cocobase_threads::offload;

/// A server and the right to talk to it. Cloning it is cheap, and any thread may use it.
///
/// No connection is made before one is needed. For an example see the [crate].
#[derive(Debug, Clone)]
pub struct Client(pub(crate) cocobase_driver::Client<Threads>);

/// What a [`Client`] is made from.
#[derive(Debug)]
pub struct ClientBuilder(cocobase_driver::ClientBuilder<Threads>);

impl Client {
    /// A client of the server at `url`: `http`, `https`, `ws` or `wss`, with or without a path.
    #[must_use]
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder(cocobase_driver::Client::builder(url))
    }

    /// The factory of everything that is live, for those who look for it under this name: the client
    /// itself.
    #[must_use]
    pub const fn realtime(&self) -> &Self {
        self
    }

    make! {
        /// The collection called `name`. Whether it exists shows when it is used.
        collection(&self, name: impl Into<String>) -> Collection;
        /// The room with this id.
        room(&self, id: impl Into<Text>) -> RoomBuilder;
        /// The messages of the whole project.
        broadcast(&self) -> BroadcastBuilder;
        /// Any number of collections and rooms on one connection.
        gateway(&self) -> GatewayBuilder;
    }

    delegate! {
        /// The rooms of the project, and who is in them.
        ///
        /// # Errors
        ///
        /// When the server cannot be reached or refuses.
        alone rooms(&self) -> Result<RoomList, Error>;
        /// The collections of the project.
        ///
        /// # Errors
        ///
        /// When the server cannot be reached or refuses.
        alone collections(&self) -> Result<Vec<CollectionInfo>, Error>;
        /// The server's address.
        call base_url(&self) -> &BaseUrl;
    }
}

impl ClientBuilder {
    build! {
        /// Uses the project's API key.
        api_key(key: impl Into<Secret>);
        /// Uses a user's token.
        token(token: impl Into<Secret>);
        /// Allows credentials to travel unencrypted to another machine. Anyone on the way can read
        /// them.
        allow_insecure();
        /// Uses other time-outs and bounds than the protocol's.
        session_config(config: SessionConfig);
        /// Says how connections are made: whom to believe, through which proxies, by which connector.
        connections(connections: Connections);
    }

    /// Asks `provider` for credentials before every connection and every request, and once more when
    /// the server has refused the last ones (then its argument is `true`). An error is a passing fault of a watch
    /// and a failure of a request.
    ///
    /// It may block: it is called on a thread of its own, so that it holds up neither a sender nor a
    /// close.
    ///
    /// ```
    /// use cocobase_blocking::{Client, Credentials};
    ///
    /// let client = Client::builder("http://127.0.0.1:4200").token_provider(|_refused| {
    ///     let token = std::fs::read_to_string("token").map_err(|error| error.to_string())?;
    ///     Ok(Credentials::Token(token.into()))
    /// });
    /// ```
    #[must_use]
    pub fn token_provider(
        self,
        provider: impl Fn(bool) -> Result<Credentials, String> + Send + Sync + 'static,
    ) -> Self {
        let provider = Arc::new(provider);
        Self(self.0.token_provider(move |refused| {
            let provider = Arc::clone(&provider);
            let asked = offload(move || provider(refused));
            async { asked.await.unwrap_or_else(|error| Err(error.to_string())) }
        }))
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// When the address cannot be used, or credentials are missing or would travel unencrypted.
    pub fn build(self) -> Result<Client, Error> {
        self.0.build().map(Client)
    }
}
