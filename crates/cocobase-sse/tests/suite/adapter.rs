//! This adapter, as the test kit's suite drives it. The test kit's example `suite` reads this file too.

use cocobase_sse::{Connections, Connector, Sse};
use cocobase_testkit::driver::{Driven, Executor};
use cocobase_testkit::suite::{CannotOpen, Network};
use tokio::net::UnixStream;
use tokio::runtime::{Builder, Runtime};

pub(crate) fn pulled() -> Driven<Threads> {
    Driven::events_pulled(Threads::start())
}

pub(crate) fn spawned() -> Driven<Threads> {
    Driven::events_spawned(Threads::start())
}

/// A runtime of its own for each case, so that its tasks can be counted.
pub(crate) struct Threads(Runtime);

impl Threads {
    fn start() -> Self {
        let mut builder = Builder::new_multi_thread();
        Self(builder.worker_threads(1).enable_all().build().expect("a runtime"))
    }
}

impl Executor for Threads {
    type Runtime = Sse;

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }

    fn tasks(&self) -> Option<usize> {
        Some(self.0.metrics().num_alive_tasks())
    }

    fn connections(&self, network: &Network) -> Result<Connections, CannotOpen> {
        let network =
            network.connections(|path| Connector::new(move |_| UnixStream::connect(path.clone())));
        Ok(Connections::new().network(network))
    }
}
