//! The adapters for smol and async-std, as the test kit's suite drives them. The test kit's example
//! `suite` reads this file too.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cocobase_driver::BoxFuture;
use cocobase_futures_io::{Connections, Connector, Executor, FuturesIo};
use cocobase_testkit::driver::{self, Driven};
use cocobase_testkit::suite::{CannotOpen, Network};
use smol::net::unix::UnixStream;

pub(crate) fn smol(is_spawned: bool) -> Driven<Counting<Smol>> {
    driven(is_spawned)
}

pub(crate) fn async_std(is_spawned: bool) -> Driven<Counting<AsyncStd>> {
    driven(is_spawned)
}

fn driven<B: BlockOn>(is_spawned: bool) -> Driven<Counting<B>> {
    match is_spawned {
        true => Driven::spawned(Counting(PhantomData)),
        false => Driven::pulled(Counting(PhantomData)),
    }
}

pub(crate) trait BlockOn: fmt::Debug + Send + Sync + 'static {
    type Executor: Executor;

    fn block_on<T>(future: impl Future<Output = T>) -> T;
}

#[derive(Debug)]
pub(crate) struct Smol;

impl BlockOn for Smol {
    type Executor = cocobase_smol::Smol;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        smol::block_on(future)
    }
}

#[derive(Debug)]
pub(crate) struct AsyncStd;

impl BlockOn for AsyncStd {
    type Executor = cocobase_async_std::AsyncStd;

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        async_std::task::block_on(future)
    }
}

thread_local! {
    /// How many tasks this thread has spawned that are still alive. Every case has a thread of its own.
    static TASKS: Arc<AtomicUsize> = Arc::default();
}

/// Spawns where the adapter does, and counts.
#[derive(Debug)]
pub(crate) struct Counting<B>(PhantomData<B>);

impl<B: BlockOn> Executor for Counting<B> {
    fn spawn(task: BoxFuture<()>) {
        let counted = Counted::new();
        B::Executor::spawn(Box::pin(async move {
            let _counted = counted;
            task.await;
        }));
    }
}

impl<B: BlockOn> driver::Executor for Counting<B> {
    type Runtime = FuturesIo<Self>;

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        B::block_on(future)
    }

    fn tasks(&self) -> Option<usize> {
        Some(TASKS.with(|tasks| tasks.load(Ordering::SeqCst)))
    }

    fn connections(&self, network: &Network) -> Result<Connections, CannotOpen> {
        Ok(network.connections(|path| Connector::new(move |_| UnixStream::connect(path.clone()))))
    }
}

struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new() -> Self {
        let tasks = TASKS.with(Arc::clone);
        tasks.fetch_add(1, Ordering::SeqCst);
        Self(tasks)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
