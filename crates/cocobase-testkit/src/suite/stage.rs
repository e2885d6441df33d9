//! What a case has to work with.

use std::time::{Duration, Instant};

use cocobase_proto::filter::Filter;
use cocobase_proto::{Credentials, SessionConfig, State};
use serde_json::Value;

pub(crate) use super::actor::Actor;
use super::adapter::{Access, Adapter, CannotOpen, Entry, Handle, Question, Setup, View, Wish};
use super::messages::{has_said_goodbye, is_gone, request};
use super::network::Network;
use crate::peer::{Heard, Peer, Scene, header};

/// Long enough for anything that is to happen, on any machine.
pub(crate) const SOON: Duration = Duration::from_secs(20);

/// Long enough to see that nothing happens. Nothing that is to happen is awaited for so short a time.
pub(crate) const A_WHILE: Duration = Duration::from_millis(150);

/// How a case ends early.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The adapter, or the test kit as it was built, lacks what the case is about.
    Lacking(String),
    /// Something is not as it must be.
    Wrong(String),
}

pub(crate) type Outcome<T = ()> = Result<T, Failure>;

impl From<String> for Failure {
    fn from(words: String) -> Self {
        Self::Wrong(words)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Wrong(error.to_string())
    }
}

/// Ends a case unless something holds.
macro_rules! hold {
    ($what:expr, $($words:tt)+) => {
        if !$what {
            return Err($crate::suite::stage::Failure::Wrong(format!($($words)+)));
        }
    };
}

/// Ends a case unless two values are equal.
macro_rules! same {
    ($found:expr, $wanted:expr) => {
        match (&$found, &$wanted) {
            (found, wanted) => hold!(
                *found == *wanted,
                "line {}: {} is {found:?}, and should be {wanted:?}",
                line!(),
                stringify!($found)
            ),
        }
    };
}

pub(crate) use {hold, same};

/// Opens peers and subjects for one case.
pub(crate) struct Stage<'a> {
    adapter: &'a dyn Adapter,
    /// Time-outs and bounds of the subjects to come. Pauses are short, time-outs long.
    pub(crate) config: SessionConfig,
    /// The credentials of the subjects to come.
    pub(crate) access: Access,
    /// Which way the subjects to come go.
    pub(crate) network: Network,
    /// The longest that a `close` took.
    slowest_close: std::cell::Cell<Option<Duration>>,
}

impl<'a> Stage<'a> {
    pub(crate) fn new(adapter: &'a dyn Adapter) -> Self {
        let config = SessionConfig {
            connect_timeout: SOON,
            greeting_timeout: SOON,
            stream_greeting_timeout: Duration::from_millis(100),
            backoff_initial: Duration::from_millis(10),
            backoff_max: Duration::from_millis(40),
            ..SessionConfig::default()
        };
        let access = Access::Given(Credentials::ApiKey(KEY.into()));
        let (network, slowest_close) = (Network::default(), std::cell::Cell::new(None));
        Self { adapter, config, access, network, slowest_close }
    }

    pub(crate) fn slowest_close(&self) -> Option<Duration> {
        self.slowest_close.get()
    }

    /// A peer that plays these scenes, on event streams where the adapter has no WebSockets.
    pub(crate) fn peer(&self, scenes: impl IntoIterator<Item = Scene>) -> Outcome<Peer> {
        if !self.is_by_events() {
            return Ok(Peer::start(scenes)?);
        }
        let frames = || Failure::Lacking("its peer does what only a WebSocket can do".to_owned());
        let scenes = scenes.into_iter().map(|scene| scene.by_events().ok_or_else(frames));
        Ok(Peer::start(scenes.collect::<Outcome<Vec<_>>>()?)?)
    }

    /// Whether the adapter has no WebSockets, so that everything goes by server-sent events.
    pub(crate) fn is_by_events(&self) -> bool {
        self.adapter.is_by_events()
    }

    /// Ends a case that is about WebSockets alone, where there are none.
    pub(crate) fn needs_websockets(&self, why: &str) -> Outcome {
        match self.is_by_events() {
            true => Err(Failure::Lacking(why.to_owned())),
            false => Ok(()),
        }
    }

    /// A scene at whose end the server closes the link, in the way of the adapter's links.
    pub(crate) fn then_closed(&self, scene: Scene) -> Scene {
        if self.is_by_events() { scene.hang_up() } else { scene.close(Some(1008), "") }
    }

    /// Those of the wishes that the adapter can grant.
    pub(crate) fn offered<T>(
        &self,
        wishes: impl IntoIterator<Item = T>,
        wish: impl Fn(&T) -> &Wish,
    ) -> Vec<T> {
        let (wishes, is_by_events) = (wishes.into_iter(), self.is_by_events());
        let is_offered = |wish: &Wish| {
            let needs_websockets =
                matches!(wish, Wish::Either(..) | Wish::Gateway | Wish::Room(..) | Wish::Broadcast);
            !(is_by_events && needs_websockets)
        };
        wishes.filter(|one| is_offered(wish(one))).collect()
    }

    /// From where on the client asked for changes when it made a connection: epoch and number.
    pub(crate) fn asked_to_resume(&self, peer: &Peer, connection: usize) -> Option<String> {
        if self.is_by_events() {
            let head = request(&peer.heard(), connection);
            return header(&head, "last-event-id").map(str::to_owned);
        }
        let hello = peer.texts(connection).into_iter().next()?;
        let hello: Value = serde_json::from_str(&hello).ok()?;
        let resume = hello.get("resume")?;
        Some(format!("{}:{}", resume.get("epoch")?.as_str()?, resume.get("seq")?))
    }

    /// Whether the client has left as it should: with a goodbye, but for event streams, which have
    /// none.
    pub(crate) fn has_left(&self, heard: &[Heard], connection: usize) -> bool {
        match self.is_by_events() {
            true => is_gone(heard, connection),
            false => has_said_goodbye(heard, connection),
        }
    }

    pub(crate) fn open(&self, url: String, wish: Wish) -> Outcome<Actor> {
        self.open_named(url, wish, None)
    }

    pub(crate) fn open_named(&self, url: String, wish: Wish, name: Option<&str>) -> Outcome<Actor> {
        let setup = Setup { name: name.map(str::to_owned), ..self.setup(url) };
        match self.adapter.open(setup, wish) {
            Ok(subject) => Ok(Actor { subject }),
            Err(CannotOpen::Lacking(what)) => Err(Failure::Lacking(what.to_owned())),
            Err(CannotOpen::Failed(why)) => Err(Failure::Wrong(format!("cannot open: {why}"))),
        }
    }

    fn setup(&self, url: String) -> Setup {
        let (access, config) = (self.access.clone(), self.config.clone());
        Setup { url, access, config, name: None, network: self.network.clone() }
    }

    /// Asks a server once. The answer is JSON, or why there is none.
    pub(crate) fn ask(
        &self,
        url: impl Into<String>,
        question: Question,
    ) -> Outcome<Result<Value, String>> {
        match self.adapter.ask(self.setup(url.into()), question) {
            Ok(json) => Ok(Ok(serde_json::from_str(&json).map_err(|error| error.to_string())?)),
            Err(CannotOpen::Failed(why)) => Ok(Err(why)),
            Err(CannotOpen::Lacking(what)) => Err(Failure::Lacking(what.to_owned())),
        }
    }

    /// A watch of the collection `posts`.
    pub(crate) fn watch(&self, peer: &Peer) -> Outcome<Actor> {
        self.open(peer.url(), posts())
    }

    /// A watch of the collection `posts` with a peer that plays these scenes.
    pub(crate) fn watching(
        &self,
        scenes: impl IntoIterator<Item = Scene>,
    ) -> Outcome<(Peer, Actor)> {
        let peer = self.peer(scenes)?;
        let actor = self.watch(&peer)?;
        Ok((peer, actor))
    }

    /// Closes a connection, which must not take long in whatever state it is.
    pub(crate) fn close(&self, handle: &dyn Handle) -> Outcome {
        let begun = Instant::now();
        handle.close();
        let took = begun.elapsed();
        self.slowest_close.set(self.slowest_close.get().max(Some(took)));
        // The aim is 100 ms. A machine that is busy with other things gets more.
        hold!(took < Duration::from_secs(1), "closing took {took:?}");
        same!(handle.state(), State::Closed);
        Ok(())
    }
}

/// The key of all subjects.
pub(crate) const KEY: &str = "coco_key_of_the_suite";

pub(crate) fn posts() -> Wish {
    Wish::Watch("posts".into(), Filter::new())
}

pub(crate) fn stream_of_posts() -> Wish {
    Wish::Events("posts".into(), Filter::new())
}

pub(crate) fn listening_to_posts() -> Wish {
    Wish::Listen("posts".into(), Filter::new())
}

pub(crate) fn posts_or_stream() -> Wish {
    Wish::Either("posts".into(), Filter::new())
}

pub(crate) fn view_of_posts() -> Wish {
    Wish::Live(View { collection: "posts".into(), filter: Filter::new(), sort: None, limit: None })
}

pub(crate) fn room(entry: Entry) -> Wish {
    Wish::Room("general".into(), entry)
}
