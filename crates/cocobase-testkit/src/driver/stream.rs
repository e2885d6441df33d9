//! The streams of `cocobase-driver`, as subjects of the suite.

use cocobase_driver::{
    Broadcast, Client, Collection, Error, Gateway, Live, LiveEvent, Room, Runtime, Watch,
    WebSockets,
};
use serde_json::Value;

use super::failed;
use super::handle::Mouth;
use super::listen::Heard;
use crate::suite::{CannotOpen, Entry, Kind, Next, Ready, Told, Wish};

/// What a connection is, whatever drives it.
pub(super) enum Stream<R: Runtime> {
    Watch(Watch<Value, R>),
    Live(Box<Live<Value, R>>),
    Heard(Heard<R>),
    Gateway(Gateway<R>),
    Room(Room<R>),
    Broadcast(Broadcast<R>),
}

impl<R: Runtime> Stream<R> {
    pub(super) fn spawn(self) -> Result<Self, Error> {
        Ok(match self {
            Self::Watch(watch) => Self::Watch(watch.spawn()?),
            Self::Live(live) => Self::Live(Box::new(live.spawn()?)),
            // Its functions are called in a task as it is.
            Self::Heard(heard) => Self::Heard(heard),
            Self::Gateway(gateway) => Self::Gateway(gateway.spawn()?),
            Self::Room(room) => Self::Room(room.spawn()?),
            Self::Broadcast(all) => Self::Broadcast(all.spawn()?),
        })
    }

    pub(super) async fn next(&mut self) -> Next {
        match self {
            Self::Watch(watch) => told(watch.next().await.map(|event| Told::of(&event))),
            Self::Live(live) => told(live.next().await.map(told_of_view)),
            Self::Heard(heard) => heard.next().await,
            Self::Gateway(gateway) => told(gateway.next().await.map(|event| Told::of(&event))),
            Self::Room(room) => told(room.next().await.map(|event| Told::of(&event))),
            Self::Broadcast(all) => told(all.next().await.map(|event| Told::of(&event))),
        }
    }

    pub(super) async fn ready(&mut self) -> Ready {
        let refused = match self {
            Self::Watch(watch) => watch.ready().await,
            Self::Heard(heard) => return heard.ready().await,
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

    pub(super) fn handle(&self) -> &cocobase_driver::Handle<R> {
        match self {
            Self::Watch(watch) => watch.handle(),
            Self::Live(live) => live.handle(),
            Self::Heard(heard) => heard.listening.handle(),
            Self::Gateway(gateway) => gateway.handle(),
            Self::Room(room) => room.handle(),
            Self::Broadcast(all) => all.handle(),
        }
    }

    pub(super) fn mouth(&self) -> Mouth<R> {
        match self {
            Self::Watch(_) | Self::Live(_) | Self::Heard(_) => Mouth::None,
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

/// Opens what is wanted, of everything that there is.
pub(super) fn any<R: WebSockets>(
    client: &Client<R>,
    wish: Wish,
    name: Option<String>,
) -> Result<Stream<R>, CannotOpen> {
    let realtime = client.realtime();
    Ok(match wish {
        Wish::Gateway => {
            let gateway = realtime.gateway().user("u1", "Alice");
            Stream::Gateway(match name {
                Some(name) => gateway.named(name).stream(),
                None => gateway.stream(),
            })
        }
        Wish::Room(room, entry) => {
            let room = realtime.room(room).user("u1", "Alice");
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
            let all = realtime.broadcast().user("u1", "Alice");
            Stream::Broadcast(match name {
                Some(name) => all.named(name).stream(),
                None => all.stream(),
            })
        }
        Wish::Either(collection, filter) => {
            let collection = realtime.collection(collection).filter(filter).websocket_or_events();
            let collection = match name {
                Some(name) => collection.named(name),
                None => collection,
            };
            Stream::Watch(collection.stream().map_err(failed)?)
        }
        Wish::Watch(..) | Wish::Listen(..) | Wish::Events(..) | Wish::Live(_) => {
            return of_collection(client, wish, name, |collection| collection);
        }
    })
}

/// Opens what goes by server-sent events.
pub(super) fn by_events<R: Runtime>(
    client: &Client<R>,
    wish: Wish,
    name: Option<String>,
) -> Result<Stream<R>, CannotOpen> {
    of_collection(client, wish, name, Collection::events)
}

fn of_collection<R: Runtime>(
    client: &Client<R>,
    wish: Wish,
    name: Option<String>,
    carried: fn(Collection<R>) -> Collection<R>,
) -> Result<Stream<R>, CannotOpen> {
    let realtime = client.realtime();
    let named = |collection: &str| match &name {
        Some(name) => realtime.collection(collection).named(name),
        None => realtime.collection(collection),
    };
    Ok(match wish {
        Wish::Watch(collection, filter) => {
            let collection = carried(named(&collection).filter(filter));
            Stream::Watch(collection.stream().map_err(failed)?)
        }
        Wish::Listen(collection, filter) => {
            let collection = carried(named(&collection).filter(filter));
            Stream::Heard(Heard::start(&collection).map_err(failed)?)
        }
        Wish::Events(collection, filter) => {
            let collection = named(&collection).filter(filter).events();
            Stream::Watch(collection.stream().map_err(failed)?)
        }
        Wish::Live(view) => {
            let mut collection = carried(named(&view.collection).filter(view.filter));
            if let Some((field, order)) = view.sort {
                collection = collection.sort(field, order);
            }
            if let Some(limit) = view.limit {
                collection = collection.limit(limit);
            }
            Stream::Live(Box::new(collection.live_stream().map_err(failed)?))
        }
        Wish::Either(..) | Wish::Gateway | Wish::Room(..) | Wish::Broadcast => {
            return Err(CannotOpen::Lacking("it needs a WebSocket"));
        }
    })
}
