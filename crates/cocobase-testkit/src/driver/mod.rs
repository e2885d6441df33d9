//! The suite for every adapter that is a [`Runtime`] of `cocobase-driver`.

mod ask;
mod handle;
mod listen;
mod stream;

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_driver::{Client, Error, Runtime, Timer, WebSockets};
use cocobase_proto::Credentials;

use self::handle::View;
use self::stream::Stream;
use crate::suite::{
    Access, Adapter, CannotOpen, Handle, Network, Next, Question, Ready, Setup, Subject, Wish,
};

/// How an adapter's runtime is used from a thread.
pub trait Executor: Send + Sync + 'static {
    /// The adapter.
    type Runtime: Runtime;

    /// Runs a future to its end on this thread.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T;

    /// How many tasks are alive, if the runtime can tell.
    fn tasks(&self) -> Option<usize>;

    /// How connections go this way. For a runtime on `cocobase-net`,
    /// [`Network::connections`] has the answer.
    ///
    /// # Errors
    ///
    /// When they cannot: a runtime that says nothing makes them in one way only.
    fn connections(
        &self,
        network: &Network,
    ) -> Result<<Self::Runtime as Runtime>::Connections, CannotOpen> {
        match *network == Network::default() {
            true => Ok(Default::default()),
            false => Err(CannotOpen::Lacking("its connections go one way only")),
        }
    }
}

/// An adapter that is a runtime of `cocobase-driver`, for the suite.
pub struct Driven<E: Executor> {
    executor: Arc<E>,
    is_spawned: bool,
    is_by_events: bool,
    open: Open<E::Runtime>,
}

/// Opens what an adapter has, and says what it has not.
type Open<R> = fn(&Client<R>, Wish, Option<String>) -> Result<Stream<R>, CannotOpen>;

impl<E: Executor<Runtime: WebSockets>> Driven<E> {
    /// Connections are driven by whoever reads them.
    pub fn pulled(executor: E) -> Self {
        let (executor, open) = (Arc::new(executor), stream::any);
        Self { executor, is_spawned: false, is_by_events: false, open }
    }

    /// Connections are driven by tasks of the runtime.
    pub fn spawned(executor: E) -> Self {
        Self { is_spawned: true, ..Self::pulled(executor) }
    }
}

/// # Server-sent events alone
///
/// What cannot go by them is left out.
impl<E: Executor> Driven<E> {
    /// Connections are event streams, driven by whoever reads them.
    pub fn events_pulled(executor: E) -> Self {
        let (executor, open) = (Arc::new(executor), stream::by_events);
        Self { executor, is_spawned: false, is_by_events: true, open }
    }

    /// Connections are event streams, driven by tasks of the runtime.
    pub fn events_spawned(executor: E) -> Self {
        Self { is_spawned: true, ..Self::events_pulled(executor) }
    }
}

impl<E: Executor> Driven<E> {
    fn client(&self, setup: Setup) -> Result<Client<E::Runtime>, CannotOpen> {
        // Names that are no names of this machine are those of stand-ins on it.
        let connections = self.executor.connections(&setup.network)?;
        let builder = Client::builder(setup.url).session_config(setup.config).allow_insecure();
        let builder = builder.connections(connections);
        let builder = match setup.access {
            Access::Given(Credentials::ApiKey(key)) => builder.api_key(key),
            Access::Given(Credentials::Token(token)) => builder.token(token),
            Access::Asked(provider) => {
                builder.token_provider(move |refused| std::future::ready(provider(refused)))
            }
        };
        builder.build().map_err(failed)
    }
}

impl<E: Executor> Adapter for Driven<E> {
    fn open(&self, mut setup: Setup, wish: Wish) -> Result<Box<dyn Subject>, CannotOpen> {
        let name = setup.name.take();
        self.executor.block_on(async {
            let stream = (self.open)(&self.client(setup)?, wish, name)?;
            let stream = if self.is_spawned { stream.spawn().map_err(failed)? } else { stream };
            let clock = Arc::new(E::Runtime::new(Default::default()).map_err(CannotOpen::Failed)?);
            let executor = Arc::clone(&self.executor);
            Ok(Box::new(Connection { stream, patience: Patience { executor, clock } }) as _)
        })
    }

    fn ask(&self, setup: Setup, question: Question) -> Result<String, CannotOpen> {
        self.executor.block_on(async {
            let client = self.client(setup)?;
            ask::ask(&client, question).await.map_err(failed)
        })
    }

    fn running(&self) -> Option<usize> {
        self.executor.tasks()
    }

    fn is_by_events(&self) -> bool {
        self.is_by_events
    }
}

impl<E: Executor> fmt::Debug for Driven<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Driven")
            .field("is_spawned", &self.is_spawned)
            .field("is_by_events", &self.is_by_events)
            .finish_non_exhaustive()
    }
}

/// Waits with an end.
struct Patience<E: Executor> {
    executor: Arc<E>,
    clock: Arc<E::Runtime>,
}

impl<E: Executor> Patience<E> {
    fn wait<T>(&self, within: Duration, future: impl Future<Output = T>) -> Option<T> {
        let deadline = self.clock.now() + within;
        let mut timer = self.clock.timer();
        self.executor.block_on(async {
            let mut future = pin!(future);
            poll_fn(|cx| match future.as_mut().poll(cx) {
                Poll::Ready(done) => Poll::Ready(Some(done)),
                Poll::Pending => timer.poll_until(deadline, cx).map(|()| None),
            })
            .await
        })
    }
}

impl<E: Executor> Clone for Patience<E> {
    fn clone(&self) -> Self {
        Self { executor: Arc::clone(&self.executor), clock: Arc::clone(&self.clock) }
    }
}

struct Connection<E: Executor> {
    stream: Stream<E::Runtime>,
    patience: Patience<E>,
}

impl<E: Executor> Subject for Connection<E> {
    fn next(&mut self, within: Duration) -> Next {
        self.patience.wait(within, self.stream.next()).unwrap_or(Next::Nothing)
    }

    fn touch(&mut self) -> Next {
        let stream = &mut self.stream;
        self.patience.executor.block_on(async {
            let mut next = pin!(stream.next());
            let poll = |cx: &mut Context<'_>| match next.as_mut().poll(cx) {
                Poll::Ready(next) => Poll::Ready(next),
                Poll::Pending => Poll::Ready(Next::Nothing),
            };
            poll_fn(poll).await
        })
    }

    fn ready(&mut self, within: Duration) -> Ready {
        self.patience.wait(within, self.stream.ready()).unwrap_or(Ready::NotYet)
    }

    fn documents(&self) -> Vec<String> {
        match &self.stream {
            Stream::Live(live) => {
                live.documents().map(|document| document.json().to_string()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn people(&self) -> Vec<String> {
        match &self.stream {
            Stream::Room(room) => {
                let mut ids: Vec<_> =
                    room.participants().iter().map(|person| person.id.to_string()).collect();
                ids.sort();
                ids
            }
            _ => Vec::new(),
        }
    }

    fn handle(&self) -> Arc<dyn Handle> {
        let (handle, mouth) = (self.stream.handle().clone(), self.stream.mouth());
        Arc::new(View::<E> { handle, mouth, patience: self.patience.clone() })
    }
}

fn failed(error: Error) -> CannotOpen {
    CannotOpen::Failed(error.to_string())
}
