//! The server, on a runtime of its own, and how long tests wait.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use cocobase_blocking::{Client, ClientBuilder, Connections, SessionConfig, Tls};
use cocobase_server::log::Data;
use cocobase_server::{Config, TlsConfig};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const KEY: &str = "coco_test";

/// Long enough for any machine, and not for ever.
pub(crate) const SOON: Duration = Duration::from_secs(30);

/// Runs a case, which fails if it takes too long.
pub(crate) fn soon(case: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel::<()>();
    let thread = std::thread::spawn(move || {
        let _done = done;
        case();
    });
    match end.recv_timeout(2 * SOON) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it took too long"),
        _ => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
    }
}

/// A server that runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    certificate: Option<String>,
    runtime: Runtime,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    pub(crate) fn in_memory() -> Self {
        Self::start(Config { data: Data::Memory, ..config(0) })
    }

    pub(crate) fn in_folder(folder: &Path, port: u16) -> Self {
        Self::start(Config { data: Data::Folder(folder.into()), ..config(port) })
    }

    pub(crate) fn over_tls() -> Self {
        let certified = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let [cert, key] = ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        std::fs::write(&cert, certified.cert.pem()).unwrap();
        std::fs::write(&key, certified.signing_key.serialize_pem()).unwrap();
        let tls = Some(TlsConfig { cert, key });
        let mut server = Self::start(Config { data: Data::Memory, tls, ..config(0) });
        server.certificate = Some(certified.cert.pem());
        server
    }

    fn start(config: Config) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(cocobase_server::Server::bind(config)).unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(server.run(async { stopped.await.unwrap_or_default() }));
        Self { address, certificate: None, runtime, running: Some((stop, task)) }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    pub(crate) fn builder(&self) -> ClientBuilder {
        let scheme = if self.certificate.is_some() { "https" } else { "http" };
        let tls = match &self.certificate {
            Some(certificate) => Tls::nobody().and_root(certificate.clone()),
            None => Tls::web(),
        };
        quick(format!("{scheme}://{}", self.address)).connections(Connections::new().tls(tls))
    }

    pub(crate) fn client(&self) -> Client {
        self.builder().api_key(KEY).build().unwrap()
    }
}

/// A client that does not wait long before it tries again.
pub(crate) fn quick(url: String) -> ClientBuilder {
    let backoff_initial = Duration::from_millis(20);
    let config = SessionConfig { backoff_initial, ..SessionConfig::default() };
    Client::builder(url).session_config(config)
}

fn config(port: u16) -> Config {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    Config { listen, keys: vec![KEY.into()], ..Config::default() }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            drop(stop);
            let _ = self.runtime.block_on(task);
        }
    }
}
