//! The client: a server's address, the credentials, and what all connections share.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use cocobase_proto::rest::RoomList;
use cocobase_proto::{
    Access, BaseUrl, Credentials, RefusalKind, Secret, Session, SessionConfig, Target, Text, rest,
};

use crate::broadcast::BroadcastBuilder;
use crate::collection::Collection;
use crate::driver::{Driver, Provider};
use crate::error::Error;
use crate::gateway::GatewayBuilder;
use crate::handle::Reader;
use crate::line::Line;
use crate::observe::Observer;
use crate::realtime::Realtime;
use crate::room::RoomBuilder;
use crate::runtime::{HttpAnswer, HttpRequest, Runtime, WebSockets};

/// A server and the right to talk to it. Cloning it is cheap.
///
/// No connection is made before one is needed.
pub struct Client<R: Runtime> {
    shared: Arc<Shared<R>>,
}

pub(crate) struct Shared<R> {
    pub(crate) runtime: Arc<R>,
    pub(crate) base: BaseUrl,
    pub(crate) config: SessionConfig,
    source: Source,
    /// How many connections have been made: they are numbered where they have no name.
    connections: AtomicU64,
}

/// Where credentials come from.
#[derive(Clone)]
enum Source {
    Given(Credentials),
    Provider(Provider),
}

/// What a [`Client`] is made from.
pub struct ClientBuilder<R: Runtime> {
    url: String,
    source: Option<Source>,
    allow_insecure: bool,
    config: SessionConfig,
    connections: R::Connections,
}

impl<R: Runtime> Client<R> {
    /// A client of the server at `url`: `http`, `https`, `ws` or `wss`, with or without a path.
    #[must_use]
    pub fn builder(url: impl Into<String>) -> ClientBuilder<R> {
        ClientBuilder {
            url: url.into(),
            source: None,
            allow_insecure: false,
            config: SessionConfig::default(),
            connections: R::Connections::default(),
        }
    }

    /// The factory of everything that is live, for those who look for it under this name.
    #[must_use]
    pub const fn realtime(&self) -> Realtime<'_, R> {
        Realtime { client: self }
    }

    /// The collection called `name`. Whether it exists shows when it is used.
    #[must_use]
    pub fn collection(&self, name: impl Into<String>) -> Collection<R> {
        Collection::new(self.clone(), name.into())
    }

    /// The rooms of the project, and who is in them.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or refuses.
    pub async fn rooms(&self) -> Result<RoomList, Error> {
        let answer = self.send(rest::Request::rooms(), None).await?;
        rest::rooms(&answer.body).map_err(Error::from)
    }

    /// The collections of the project.
    ///
    /// # Errors
    ///
    /// When the server cannot be reached or refuses.
    pub async fn collections(&self) -> Result<Vec<rest::Collection>, Error> {
        let answer = self.send(rest::Request::collections(), None).await?;
        rest::collections(&answer.body).map_err(Error::from)
    }

    /// The server's address.
    #[must_use]
    pub fn base_url(&self) -> &BaseUrl {
        &self.shared.base
    }

    pub(crate) fn shared(&self) -> &Shared<R> {
        &self.shared
    }

    /// Begins a connection.
    pub(crate) fn open(&self, target: impl Into<Target>, name: Option<String>) -> Reader<R> {
        let target = target.into();
        let Shared { runtime, base, config, connections, .. } = &*self.shared;
        let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
        let name = name.unwrap_or_else(|| format!("{}-{number}", about(&target)));
        let name: Arc<str> = name.into();
        let session = Session::new(
            target,
            self.shared.access(),
            config.clone(),
            runtime.seed(),
            runtime.now(),
        );
        let driver = Driver::new(
            session,
            Arc::clone(runtime),
            base.clone(),
            self.shared.provider(),
            config.max_events,
            Observer::new(&name),
        );
        Reader::new(Line::new(driver, name))
    }

    /// Sends a request; only a success is an answer. One whose credentials are refused was not carried
    /// out, so it is sent again where there is somebody to ask for better ones.
    pub(crate) async fn send(
        &self,
        request: rest::Request,
        idempotency_key: Option<&str>,
    ) -> Result<HttpAnswer, Error> {
        let again = self.shared.provider().is_some().then(|| request.clone());
        match (self.send_once(request, idempotency_key, false).await, again) {
            (Err(Error::Refused(refusal)), Some(request))
                if refusal.kind == RefusalKind::Credentials =>
            {
                self.send_once(request, idempotency_key, true).await
            }
            (answer, _) => answer,
        }
    }

    async fn send_once(
        &self,
        request: rest::Request,
        idempotency_key: Option<&str>,
        were_refused: bool,
    ) -> Result<HttpAnswer, Error> {
        let credentials = match &self.shared.source {
            Source::Given(credentials) => credentials.clone(),
            Source::Provider(provider) => provider(were_refused).await.map_err(Error::Provider)?,
        };
        let mut headers = request.headers;
        headers.push(rest::credential_header(&credentials));
        if let Some(key) = idempotency_key {
            headers.push((rest::IDEMPOTENCY_KEY, key.to_owned()));
        }
        let url = self.shared.base.http(&request.path);
        let request = HttpRequest { method: request.method, url, headers, body: request.body };
        let answer = self.shared.runtime.send(request).await.map_err(Error::Transport)?;
        if (200..300).contains(&answer.status) {
            return Ok(answer);
        }
        let message = rest::error_message(answer.status, &answer.body);
        Err(match rest::refusal(answer.status, &message) {
            Some(refusal) => Error::Refused(refusal),
            None => Error::Status { status: answer.status, message: Box::new(message) },
        })
    }
}

/// # What takes a WebSocket
impl<R: WebSockets> Client<R> {
    /// The room with this id.
    #[must_use]
    pub fn room(&self, id: impl Into<Text>) -> RoomBuilder<R> {
        RoomBuilder::new(self.clone(), id.into())
    }

    /// The messages of the whole project.
    #[must_use]
    pub fn broadcast(&self) -> BroadcastBuilder<R> {
        BroadcastBuilder::new(self.clone())
    }

    /// Any number of collections and rooms on one connection.
    pub fn gateway(&self) -> GatewayBuilder<R> {
        GatewayBuilder::new(self.clone())
    }
}

impl<R> Shared<R> {
    pub(crate) fn access(&self) -> Access {
        match &self.source {
            Source::Given(credentials) => Access::Fixed(credentials.clone()),
            Source::Provider(_) => Access::Ask,
        }
    }

    pub(crate) fn provider(&self) -> Option<Provider> {
        match &self.source {
            Source::Given(_) => None,
            Source::Provider(provider) => Some(Arc::clone(provider)),
        }
    }
}

/// What a connection is about, as a name for it.
fn about(target: &Target) -> &str {
    match target {
        Target::Collection(subscription)
        | Target::SelfHosted(subscription)
        | Target::Events(subscription)
        | Target::CollectionOrEvents(subscription) => subscription.collection(),
        Target::Room(entry) => entry.room(),
        Target::Broadcast(_) => "broadcast",
        Target::Gateway(_) => "gateway",
    }
}

impl<R: Runtime> ClientBuilder<R> {
    /// Uses the project's API key.
    #[must_use]
    pub fn api_key(mut self, key: impl Into<Secret>) -> Self {
        self.source = Some(Source::Given(Credentials::ApiKey(key.into())));
        self
    }

    /// Uses a user's token.
    #[must_use]
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.source = Some(Source::Given(Credentials::Token(token.into())));
        self
    }

    /// Asks `provider` for credentials before every connection and every request, and once more when
    /// the server has refused the last ones (then its argument is `true`). An error is a passing fault
    /// of a watch and a failure of a request.
    #[must_use]
    pub fn token_provider<F, Fut>(mut self, provider: F) -> Self
    where
        F: Fn(bool) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Credentials, String>> + Send + 'static,
    {
        self.source = Some(Source::Provider(Arc::new(move |refused| Box::pin(provider(refused)))));
        self
    }

    /// Allows credentials to travel unencrypted to another machine. Anyone on the way can read them.
    #[must_use]
    pub const fn allow_insecure(mut self) -> Self {
        self.allow_insecure = true;
        self
    }

    /// Uses other time-outs and bounds than the protocol's.
    #[must_use]
    pub fn session_config(mut self, config: SessionConfig) -> Self {
        self.config = config;
        self
    }

    /// Makes connections in another way than the adapter's usual one: TLS, proxies and the like, as the
    /// adapter's documentation has them.
    #[must_use]
    pub fn connections(mut self, connections: R::Connections) -> Self {
        self.connections = connections;
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    ///
    /// When the address cannot be used, credentials are missing or would travel unencrypted, or the
    /// runtime cannot make connections.
    pub fn build(self) -> Result<Client<R>, Error> {
        let base = BaseUrl::parse(&self.url)?;
        let source = self.source.ok_or(Error::NoCredentials)?;
        if !base.is_secure() && !base.is_loopback() && !self.allow_insecure {
            return Err(Error::Insecure);
        }
        let runtime = Arc::new(R::new(self.connections).map_err(Error::Runtime)?);
        let mut config = self.config;
        if config.unix_epoch.is_none() {
            // With it, the end of a provider's token is foreseen. A clock before 1970 tells nothing.
            let unix = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok();
            let running = Duration::from_nanos(runtime.now().as_nanos());
            config.unix_epoch = unix.and_then(|unix| unix.checked_sub(running));
        }
        Ok(Client {
            shared: Arc::new(Shared {
                runtime,
                base,
                config,
                source,
                connections: AtomicU64::new(0),
            }),
        })
    }
}

impl<R: Runtime> Clone for Client<R> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

impl<R: Runtime> fmt::Debug for Client<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.shared.base).finish_non_exhaustive()
    }
}

impl<R: Runtime> fmt::Debug for ClientBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("config", &self.config).finish_non_exhaustive()
    }
}
