//! The server, on a runtime of its own.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::time::Duration;

use cocobase_server::Config;
use cocobase_server::log::Data;
use futures_util::future::{Either, select};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const KEY: &str = "coco_test";

/// A server that runs until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    runtime: Runtime,
    running: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Server {
    pub(crate) fn in_memory() -> Self {
        Self::start(Data::Memory, 0)
    }

    pub(crate) fn in_folder(folder: &Path, port: u16) -> Self {
        Self::start(Data::Folder(folder.into()), port)
    }

    fn start(data: Data, port: u16) -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let config = Config { listen, data, keys: vec![KEY.into()], ..Config::default() };
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(cocobase_server::Server::bind(config)).unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(server.run(async { stopped.await.unwrap_or_default() }));
        Self { address, runtime, running: Some((stop, task)) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some((stop, task)) = self.running.take() {
            drop(stop);
            let _ = self.runtime.block_on(task);
        }
    }
}

/// Waits long enough for any machine, and not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    let patience = async_io::Timer::after(Duration::from_secs(30));
    match select(std::pin::pin!(future), patience).await {
        Either::Left((done, _)) => done,
        Either::Right(_) => panic!("it took too long"),
    }
}
