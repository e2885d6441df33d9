//! The server: a log, a listener, and what connects them.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::middleware::from_fn;
use cocobase_hub::HubConfig;
use cocobase_proto::{Secret, Text};
use tokio::net::{TcpListener, TcpSocket};
use tokio_rustls::TlsAcceptor;

use crate::app::App;
use crate::config::Config;
use crate::key_file::{self, KeyFileError};
use crate::keys::Keys;
use crate::log::{Log, LogError, OpenError, Options, SqliteLog};
use crate::realtime::{self, Places, Setup};
use crate::tls::{self, TlsError};
use crate::{api, connections, cors};

/// Why a server cannot start.
///
/// ```
/// use cocobase_server::{Config, Error, Server};
///
/// # #[tokio::main]
/// # async fn main() {
/// let listen = ([192, 0, 2, 1], 0).into(); // an address that no machine has
/// let error = Server::bind(Config { listen, ..Config::default() }).await.unwrap_err();
/// assert!(matches!(error, Error::Listen { address, .. } if address == listen));
/// # }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The data folder cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A key of the configuration could never be used.
    #[error(
        "API key number {number} of the configuration must have 1 to {} bytes",
        Keys::MAX_BYTES
    )]
    UnusableKey {
        /// Which one, from 1.
        number: usize,
    },
    /// The certificate or its key cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The log cannot be followed.
    #[error(transparent)]
    Log(LogError),
    /// The API key cannot be read or made.
    #[error(transparent)]
    KeyFile(#[from] KeyFileError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
}

/// A server that has its data and its address, and is ready to [`run`](Self::run).
///
/// ```
/// use cocobase_server::{Config, Server};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), cocobase_server::Error> {
/// let config = Config { listen: ([127, 0, 0, 1], 0).into(), ..Config::default() };
/// let server = Server::bind(config).await?;
/// println!("listening on http://{}", server.local_addr());
///
/// let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
/// let running = tokio::spawn(server.run(async { stopped.await.unwrap_or_default() }));
/// drop(stop);
/// running.await.unwrap();
/// # Ok(()) }
/// ```
pub struct Server {
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    address: SocketAddr,
    app: Arc<App>,
    generated_key: Option<Secret>,
    drain: Duration,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("address", &self.address)
            .field("tls", &self.tls.is_some())
            .field("app", &self.app)
            .finish_non_exhaustive()
    }
}

impl Server {
    /// Opens the data and listens. Connections wait until the server runs.
    ///
    /// # Errors
    ///
    /// When the data folder, the address, a key or a certificate cannot be used; the error names it.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        let usable = |key: &Secret| (1..=Keys::MAX_BYTES).contains(&key.expose().len());
        if let Some(place) = config.keys.iter().position(|key| !usable(key)) {
            return Err(Error::UnusableKey { number: place + 1 });
        }
        let tls = config.tls.as_ref().map(tls::acceptor).transpose()?;
        let seed = getrandom::u64().map_err(Error::Random)?;
        let options = Options {
            history: config.history,
            max_data_bytes: config.max_data_bytes,
            max_document_bytes: config.limits.max_document_bytes,
            max_collections: config.limits.max_collections,
        };
        let log = SqliteLog::open(config.data, options).await?;
        let opened = async {
            let generated_key = match config.keys.as_slice() {
                [] => Some(key_file::read_or_make(log.folder())?),
                _ => None,
            };
            let failed = |source| Error::Listen { address: config.listen, source };
            let listener = listen(config.listen).map_err(failed)?;
            let address = listener.local_addr().map_err(failed)?;
            Ok((generated_key, listener, address))
        };
        let (generated_key, listener, address) = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                // Whoever tries again finds the folder free.
                log.close().await;
                return Err(error);
            }
        };
        let keys = Keys::new(generated_key.iter().cloned().chain(config.keys).collect());
        let tail = log.tail().await.map_err(Error::Log)?;
        let hub = HubConfig {
            epoch: log.epoch().clone(),
            project_id: Text::from(config.project_id),
            shape: config.shape,
            seed,
            peer: config.limits.peer,
            queue_bytes: config.limits.max_queue_bytes,
            total_queue_bytes: config.limits.max_total_queue_bytes,
            snapshot_bytes: config.limits.max_snapshot_bytes,
            overflow: config.overflow,
            max_subscriptions: config.limits.max_subscriptions,
            rooms: config.limits.rooms.clone(),
        };
        let mailbox = realtime::start(Setup {
            hub,
            keys: keys.clone(),
            log: log.clone(),
            tail,
            max_message_bytes: config.limits.max_message_bytes,
        });
        let places = Places::new(config.limits.max_connections);
        let app = Arc::new(App { keys, limits: config.limits, log, places, mailbox });
        Ok(Self { listener, tls, address, app, generated_key, drain: config.drain })
    }

    /// The address that the server listens on, with its real port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The key that the server made for itself, at this start or an earlier one; `None` when the
    /// configuration gave keys.
    #[must_use]
    pub fn generated_key(&self) -> Option<&Secret> {
        self.generated_key.as_ref()
    }

    /// Serves until `shutdown` is done. Then it stops accepting connections, says goodbye to those who
    /// listen, lets requests finish, all within [`Config::drain`], and closes the log.
    ///
    /// A server whose future is dropped loses nothing that it has acknowledged.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let router = self.router();
        let Self { listener, tls, address, app, drain, .. } = self;
        tracing::info!(%address, tls = tls.is_some(), "listening");
        let mut requests = connections::serve(listener, tls, router, shutdown).await;
        app.mailbox.shut_down().await;
        let all_gone = async { tokio::join!(requests.finish(), app.places.all_left()) };
        if tokio::time::timeout(drain, all_gone).await.is_err() {
            tracing::warn!(
                connections = app.places.taken(),
                "requests or connections were cut off"
            );
        }
        requests.cut_off().await;
        app.log.close().await;
        tracing::info!("stopped");
    }

    /// All surfaces. Each brings its own routes and its own way to check keys.
    pub(crate) fn router(&self) -> Router {
        Router::new()
            .merge(api::routes(&self.app))
            .merge(realtime::routes(&self.app))
            .fallback(api::no_such_path)
            .method_not_allowed_fallback(api::no_such_method)
            .with_state(Arc::clone(&self.app))
            .layer(from_fn(cors::allow))
    }
}

/// So many connections may wait to be accepted, if the system allows as many: after a restart, all
/// clients come back at once, and who finds no place waits a second or more before the next try.
const BACKLOG: u32 = 16 << 10;

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    // Elsewhere it would let two programs listen on one address.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
