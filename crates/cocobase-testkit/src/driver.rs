//! The suite for every adapter that is a [`Runtime`] of `cocobase-driver`.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_driver::{
    Broadcast, Client, Error, Gateway, GatewayCommands, Live, LiveEvent, Room, Runtime, Sender,
    Timer, Watch, WebSockets,
};
use cocobase_proto::{Published, State, Unpublished};
use serde_json::Value;

use crate::suite::{
    Access, Adapter, CannotOpen, Command, Entry, Handle, Kind, Next, Ready, Seen, Setup, Subject,
    Told, Wish,
};

/// How an adapter's runtime is used from a thread.
pub trait Executor: Send + Sync + 'static {
    /// The adapter.
    type Runtime: WebSockets;

    /// Runs a future to its end on this thread.
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T;

    /// How many tasks are alive, if the runtime can tell.
    fn tasks(&self) -> Option<usize>;
}

/// An adapter that is a runtime of `cocobase-driver`, for the suite.
#[derive(Debug)]
pub struct Driven<E> {
    executor: Arc<E>,
    is_spawned: bool,
}

impl<E: Executor> Driven<E> {
    /// Connections are driven by whoever reads them.
    pub fn pulled(executor: E) -> Self {
        Self { executor: Arc::new(executor), is_spawned: false }
    }

    /// Connections are driven by tasks of the runtime.
    pub fn spawned(executor: E) -> Self {
        Self { executor: Arc::new(executor), is_spawned: true }
    }
}

impl<E: Executor> Adapter for Driven<E> {
    fn open(&self, setup: Setup) -> Result<Box<dyn Subject>, CannotOpen> {
        let failed = |error: Error| CannotOpen::Failed(error.to_string());
        let builder = Client::<E::Runtime>::builder(setup.url).session_config(setup.config);
        let builder = match setup.access {
            Access::Given(cocobase_proto::Credentials::ApiKey(key)) => builder.api_key(key),
            Access::Given(cocobase_proto::Credentials::Token(token)) => builder.token(token),
            Access::Asked(provider) => {
                builder.token_provider(move |refused| std::future::ready(provider(refused)))
            }
        };
        let name = setup.name;
        let (executor, is_spawned) = (&self.executor, self.is_spawned);
        executor.block_on(async {
            let client = builder.build().map_err(failed)?;
            let stream = stream(&client, setup.wish, name).map_err(failed)?;
            let stream = if is_spawned { stream.spawn().map_err(failed)? } else { stream };
            let clock = Arc::new(E::Runtime::new(Default::default()).map_err(CannotOpen::Failed)?);
            let executor = Arc::clone(executor);
            Ok(Box::new(Connection { stream, patience: Patience { executor, clock } }) as _)
        })
    }

    fn running(&self) -> Option<usize> {
        self.executor.tasks()
    }
}

fn stream<R: WebSockets>(
    client: &Client<R>,
    wish: Wish,
    name: Option<String>,
) -> Result<Stream<R>, Error> {
    let named = |collection: &str| match &name {
        Some(name) => client.collection(collection).named(name),
        None => client.collection(collection),
    };
    Ok(match wish {
        Wish::Watch(collection, filter) => {
            Stream::Watch(named(&collection).filter(filter).stream()?)
        }
        Wish::Events(collection, filter) => {
            Stream::Watch(named(&collection).filter(filter).events().stream()?)
        }
        Wish::Live(view) => {
            let mut collection = named(&view.collection).filter(view.filter);
            if let Some((field, order)) = view.sort {
                collection = collection.sort(field, order);
            }
            if let Some(limit) = view.limit {
                collection = collection.limit(limit);
            }
            Stream::Live(Box::new(collection.live_stream()?))
        }
        Wish::Gateway => {
            let gateway = client.gateway().user("u1", "Alice");
            Stream::Gateway(match name {
                Some(name) => gateway.named(name).stream(),
                None => gateway.stream(),
            })
        }
        Wish::Room(room, entry) => {
            let room = client.room(room).user("u1", "Alice");
            let room = match name {
                Some(name) => room.named(name),
                None => room,
            };
            Stream::Room(match entry {
                Entry::Join => room.join().stream(),
                Entry::Create(title) => room.create(title).stream(),
                Entry::JoinOrCreate(title) => room.join_or_create(title).stream(),
            })
        }
        Wish::Broadcast => {
            let all = client.broadcast().user("u1", "Alice");
            Stream::Broadcast(match name {
                Some(name) => all.named(name).stream(),
                None => all.stream(),
            })
        }
    })
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

enum Stream<R: Runtime> {
    Watch(Watch<Value, R>),
    Live(Box<Live<Value, R>>),
    Gateway(Gateway<R>),
    Room(Room<R>),
    Broadcast(Broadcast<R>),
}

impl<R: Runtime> Stream<R> {
    fn spawn(self) -> Result<Self, Error> {
        Ok(match self {
            Self::Watch(watch) => Self::Watch(watch.spawn()?),
            Self::Live(live) => Self::Live(Box::new(live.spawn()?)),
            Self::Gateway(gateway) => Self::Gateway(gateway.spawn()?),
            Self::Room(room) => Self::Room(room.spawn()?),
            Self::Broadcast(all) => Self::Broadcast(all.spawn()?),
        })
    }

    async fn next(&mut self) -> Next {
        match self {
            Self::Watch(watch) => told(watch.next().await.map(|event| Told::of(&event))),
            Self::Live(live) => told(live.next().await.map(told_of_view)),
            Self::Gateway(gateway) => told(gateway.next().await.map(|event| Told::of(&event))),
            Self::Room(room) => told(room.next().await.map(|event| Told::of(&event))),
            Self::Broadcast(all) => told(all.next().await.map(|event| Told::of(&event))),
        }
    }

    async fn ready(&mut self) -> Ready {
        let refused = match self {
            Self::Watch(watch) => watch.ready().await,
            Self::Gateway(gateway) => gateway.ready().await,
            Self::Room(room) => room.ready().await,
            Self::Broadcast(all) => all.ready().await,
            Self::Live(live) => match live.ready().await {
                Ok(()) => Ok(()),
                Err(Error::Refused(refusal)) => Err(refusal),
                Err(_) => return Ready::Refused(None),
            },
        };
        match refused {
            Ok(()) => Ready::Live,
            Err(refusal) => Ready::Refused(Some(refusal.kind)),
        }
    }

    fn handle(&self) -> &cocobase_driver::Handle<R> {
        match self {
            Self::Watch(watch) => watch.handle(),
            Self::Live(live) => live.handle(),
            Self::Gateway(gateway) => gateway.handle(),
            Self::Room(room) => room.handle(),
            Self::Broadcast(all) => all.handle(),
        }
    }

    fn mouth(&self) -> Mouth<R> {
        match self {
            Self::Watch(_) | Self::Live(_) => Mouth::None,
            Self::Gateway(gateway) => Mouth::Gateway(gateway.commands()),
            Self::Room(room) => Mouth::Sender(room.sender()),
            Self::Broadcast(all) => Mouth::Sender(all.sender()),
        }
    }
}

fn told(told: Option<Told>) -> Next {
    told.map_or(Next::End, Next::Told)
}

fn told_of_view(event: LiveEvent<Value>) -> Told {
    let new = |kind| Told { kind, ..Told::default() };
    match event {
        LiveEvent::Entered { row, .. } => Told::with(Kind::Entered, &row.document),
        LiveEvent::Changed { row, .. } => Told::with(Kind::Changed, &row.document),
        LiveEvent::Left { old, .. } => Told::with(Kind::Hidden, &old.document),
        LiveEvent::Current => new(Kind::Current),
        LiveEvent::Stale => new(Kind::Stale),
        LiveEvent::Unread(error) => Told { words: error.to_string(), ..new(Kind::Unread) },
        LiveEvent::Connection(event) => Told::of::<cocobase_proto::Document>(&event),
        _ => new(Kind::Other),
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

/// What can be said on a connection.
enum Mouth<R: Runtime> {
    None,
    Sender(Sender<R>),
    Gateway(GatewayCommands<R>),
}

struct View<E: Executor> {
    handle: cocobase_driver::Handle<E::Runtime>,
    mouth: Mouth<E::Runtime>,
    patience: Patience<E>,
}

/// How long saying something may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl<E: Executor> Handle for View<E> {
    fn name(&self) -> String {
        self.handle.name().to_owned()
    }

    fn state(&self) -> State {
        self.handle.state()
    }

    fn seen(&self) -> Seen {
        let seen = self.handle.statistics();
        Seen {
            events: seen.events,
            bytes_received: seen.bytes_received,
            bytes_sent: seen.bytes_sent,
            reconnects: seen.reconnects,
            gaps: seen.gaps,
            round_trip: seen.round_trip,
        }
    }

    fn close(&self) {
        self.patience.executor.block_on(self.handle.close());
    }

    fn reconnect(&self) {
        self.patience.executor.block_on(async { self.handle.reconnect() });
    }

    fn publish(&self, room: &str, json: &str) -> Result<Published, Option<Unpublished>> {
        let said = async {
            match &self.mouth {
                Mouth::None => Err(None),
                Mouth::Sender(sender) => sender.send_json(json).await.map_err(Some),
                Mouth::Gateway(commands) => commands.publish_json(room, json).await.map_err(Some),
            }
        };
        self.patience.wait(PATIENCE, said).unwrap_or(Err(None))
    }

    fn flush(&self, within: Duration) -> bool {
        let flushed = async {
            match &self.mouth {
                Mouth::None => false,
                Mouth::Sender(sender) => sender.flush().await.is_ok(),
                Mouth::Gateway(commands) => commands.flush().await.is_ok(),
            }
        };
        self.patience.wait(within, flushed).unwrap_or(false)
    }

    fn command(&self, command: Command) -> Result<(), String> {
        let Mouth::Gateway(gateway) = &self.mouth else { return Err("it is no gateway".into()) };
        self.patience.executor.block_on(async {
            match command {
                Command::Subscribe(collection, filter) => gateway.subscribe(&collection, filter),
                Command::Unsubscribe(collection) => gateway.unsubscribe(&collection),
                Command::Join(room) => gateway.join(&room),
                Command::Leave(room) => gateway.leave(&room),
            }
            .map_err(|error| error.to_string())
        })
    }
}
