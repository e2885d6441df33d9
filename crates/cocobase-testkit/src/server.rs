//! The real server, in this process: started, stopped, killed and started again at command.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fmt, fs};

use cocobase_server::log::{Data, OpenError};
use cocobase_server::{Config, Error, Server, TlsConfig};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::ways::Certified;

/// A server on a free port, in threads of its own, and the folder that holds its data.
///
/// ```
/// let mut server = cocobase_testkit::server::RealServer::start("a-key")?;
/// server.kill();
/// server.restart()?; // at another address, with the same data
/// println!("{}", server.address());
/// # Ok::<(), String>(())
/// ```
pub struct RealServer {
    key: String,
    /// The certificate and its key, if it speaks TLS.
    secured: Option<(String, String)>,
    folder: TempDir,
    running: Option<Running>,
    address: SocketAddr,
}

#[derive(Debug)]
struct Running {
    runtime: Runtime,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl RealServer {
    /// Starts a server that lets `key` in, with a new folder.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn start(key: &str) -> Result<Self, String> {
        Self::start_with(key, None)
    }

    /// The same, by TLS alone.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn start_secured(key: &str, certified: &Certified) -> Result<Self, String> {
        Self::start_with(key, Some((certified.certificate(), certified.key())))
    }

    fn start_with(key: &str, secured: Option<(String, String)>) -> Result<Self, String> {
        let folder = new_folder()?;
        let (running, address) = run(folder.path(), key, secured.as_ref())?;
        Ok(Self { key: key.to_owned(), secured, folder, running: Some(running), address })
    }

    /// Where it listens, or has listened last.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Takes everything from it in the midst of what it does: sockets, tasks and threads. Clients get
    /// no goodbye. What it has acknowledged is in its folder.
    pub fn kill(&mut self) {
        if let Some(Running { runtime, .. }) = self.running.take() {
            // Tasks end where they wait; threads that write end with the file they write to.
            drop(runtime);
        }
    }

    /// Stops it as its users would.
    pub fn stop(&mut self) {
        if let Some(Running { runtime, stop, task }) = self.running.take() {
            drop(stop);
            let _ = runtime.block_on(task);
        }
    }

    /// Starts it again with its data, at another address.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn restart(&mut self) -> Result<(), String> {
        self.kill();
        let (running, address) = run(self.folder.path(), &self.key, self.secured.as_ref())?;
        (self.running, self.address) = (Some(running), address);
        Ok(())
    }

    /// Starts it again without its data, at another address.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn restart_empty(&mut self) -> Result<(), String> {
        self.kill();
        self.folder = new_folder()?;
        self.restart()
    }
}

/// The key is a secret.
impl fmt::Debug for RealServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RealServer").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for RealServer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn new_folder() -> Result<TempDir, String> {
    TempDir::new().map_err(|error| format!("no folder for the server: {error}"))
}

fn run(
    folder: &Path,
    key: &str,
    secured: Option<&(String, String)>,
) -> Result<(Running, SocketAddr), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("real-server")
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let config = Config {
        listen: ([127, 0, 0, 1], 0).into(),
        data: Data::Folder(folder.to_owned()),
        keys: vec![key.into()],
        tls: secured.map(|secured| tls(folder, secured)).transpose()?,
        drain: Duration::from_secs(1),
        ..Config::default()
    };
    let server = runtime.block_on(bind(config)).map_err(|error| error.to_string())?;
    let address = server.local_addr();
    let (stop, stopped) = oneshot::channel();
    let task = runtime.spawn(server.run(async { stopped.await.unwrap_or_default() }));
    Ok((Running { runtime, stop, task }, address))
}

/// Puts certificate and key where the server looks for them.
fn tls(folder: &Path, (certificate, key): &(String, String)) -> Result<TlsConfig, String> {
    let tls = TlsConfig { cert: folder.join("certificate.pem"), key: folder.join("key.pem") };
    let written = fs::write(&tls.cert, certificate).and_then(|()| fs::write(&tls.key, key));
    written.map(|()| tls).map_err(|error| error.to_string())
}

/// How long the thread that writes to the folder may take to end, after its server was killed.
const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the folder is free: of a process that is killed the system takes its lock at once, of
/// a server that is killed within one its writer gives it back.
async fn bind(config: Config) -> Result<Server, Error> {
    let end = Instant::now() + PATIENCE;
    loop {
        match Server::bind(config.clone()).await {
            Err(Error::Open(OpenError::InUse { .. })) if Instant::now() < end => {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            bound => return bound,
        }
    }
}
