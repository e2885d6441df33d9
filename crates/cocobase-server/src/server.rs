//! The server: a log, a listener, and what connects them.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use cocobase_proto::Secret;
use tokio::net::TcpListener;

use crate::app::App;
use crate::config::Config;
use crate::key_file::{self, KeyFileError};
use crate::keys::Keys;
use crate::log::{Log, LogError, OpenError, Options, SqliteLog};
use crate::ws::{self, PeerClock, Sockets};
use crate::{api, connections};

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
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: Arc<App>,
    generated_key: Option<Secret>,
    drain: Duration,
}

impl Server {
    /// Opens the data and listens. Connections wait until the server runs.
    ///
    /// # Errors
    ///
    /// When the data folder, the address or a key cannot be used; the error names it.
    pub async fn bind(config: Config) -> Result<Self, Error> {
        let usable = |key: &Secret| (1..=Keys::MAX_BYTES).contains(&key.expose().len());
        if let Some(place) = config.keys.iter().position(|key| !usable(key)) {
            return Err(Error::UnusableKey { number: place + 1 });
        }
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
            let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
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
        let epoch = log.epoch().clone();
        let app = App {
            keys,
            shape: config.shape,
            clock: PeerClock::start(),
            router: ws::start(tail, epoch, config.shape, config.limits.max_queue_bytes),
            sockets: Sockets::new(config.limits.max_sockets),
            limits: config.limits,
            log,
        };
        Ok(Self { listener, address, app: Arc::new(app), generated_key, drain: config.drain })
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

    /// Serves until `shutdown` is done, then stops accepting connections, lets requests finish
    /// within [`Config::drain`], and closes the log.
    ///
    /// A server whose future is dropped loses nothing that it has acknowledged.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        tracing::info!(address = %self.address, "listening");
        let router = router(&self.app);
        connections::serve(self.listener, router, shutdown, self.drain).await;
        self.app.sockets.stop(self.drain).await;
        self.app.log.close().await;
        tracing::info!("stopped");
    }
}

/// All surfaces. Each brings its own routes and its own way to check keys.
fn router(app: &Arc<App>) -> Router {
    Router::new()
        .merge(api::routes(app))
        .merge(ws::routes())
        .fallback(api::no_such_path)
        .method_not_allowed_fallback(api::no_such_method)
        .with_state(Arc::clone(app))
}
