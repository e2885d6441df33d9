//! This adapter, as the test kit's suite drives it. The test kit's example `suite` reads this file too.

use std::os::unix::net::UnixStream;

use cocobase_blocking::{Connections, Connector, Threads};
use cocobase_testkit::driver::{Driven, Executor};
use cocobase_testkit::suite::{CannotOpen, Network};

pub(crate) fn pulled() -> Driven<Waiting> {
    Driven::pulled(Waiting)
}

pub(crate) fn spawned() -> Driven<Waiting> {
    Driven::spawned(Waiting)
}

pub(crate) fn events_pulled() -> Driven<Waiting> {
    Driven::events_pulled(Waiting)
}

pub(crate) fn events_spawned() -> Driven<Waiting> {
    Driven::events_spawned(Waiting)
}

/// A thread that waits, as the iterators of this crate do.
pub(crate) struct Waiting;

impl Executor for Waiting {
    type Runtime = Threads;

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        cocobase_threads::wait(future)
    }

    /// The threads of connections, where a case has a process of its own.
    fn tasks(&self) -> Option<usize> {
        std::env::var_os("NEXTEST")?;
        let threads = std::fs::read_dir("/proc/self/task").ok()?.flatten();
        let names = threads.filter_map(|thread| {
            // One that has just ended has no name any more.
            std::fs::read_to_string(thread.path().join("comm")).ok()
        });
        Some(names.filter(|name| name.starts_with("cocobase")).count())
    }

    fn connections(&self, network: &Network) -> Result<Connections, CannotOpen> {
        Ok(network.connections(|path| Connector::new(move |_| UnixStream::connect(path.clone()))))
    }
}
