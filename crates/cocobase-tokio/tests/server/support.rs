//! The server, in this process.

use std::future::Future;
use std::net::SocketAddr;
use std::time::Duration;

use cocobase_server::log::Data;
use cocobase_server::{Config, Server};
use cocobase_tokio::{Client, Event, Watch};
use serde::Deserialize;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

pub(crate) const KEY: &str = "coco_test";

#[derive(Debug, Deserialize)]
pub(crate) struct Quake {
    pub(crate) mag: f64,
}

/// A server that runs until it is stopped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(listen: SocketAddr, data: Data, key: &str) -> Self {
        let config = Config { listen, data, keys: vec![key.into()], ..Config::default() };
        let server = Server::bind(config).await.unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async { stopped.await.unwrap_or_default() }));
        Self { address, stop, task }
    }

    pub(crate) async fn in_memory() -> Self {
        Self::start(([127, 0, 0, 1], 0).into(), Data::Memory, KEY).await
    }

    pub(crate) fn client(&self) -> Client {
        Client::builder(format!("http://{}", self.address)).api_key(KEY).build().unwrap()
    }

    pub(crate) async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

/// Waits long enough for any machine, and not for ever.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it took too long")
}

pub(crate) async fn next<T: serde::de::DeserializeOwned>(
    watch: &mut Watch<T>,
) -> Event<cocobase_tokio::Typed<T>> {
    soon(watch.next()).await.expect("the watch goes on")
}
