//! What a case has to work with.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cocobase_proto::filter::Filter;
use cocobase_proto::{Credentials, RefusalKind, SessionConfig, State};
use serde_json::Value;

use super::adapter::{
    Access, Adapter, CannotOpen, Command, Entry, Handle, Next, Question, Ready, Seen, Setup,
    Subject, View, Wish,
};
use super::messages::{has_said_goodbye, is_gone, request};
use super::network::Network;
use super::told::{Kind, Told};
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

/// A subject, with what a case expects of it.
pub(crate) struct Actor {
    subject: Box<dyn Subject>,
}

impl Actor {
    /// The next event.
    pub(crate) fn next(&mut self) -> Outcome<Told> {
        match self.subject.next(SOON) {
            Next::Told(told) => Ok(told),
            Next::Nothing => Err(format!("no event came within {SOON:?}").into()),
            Next::End => Err(Failure::Wrong("the events have ended".into())),
        }
    }

    /// The next event, which must be of this kind.
    pub(crate) fn expect(&mut self, kind: Kind) -> Outcome<Told> {
        let told = self.next()?;
        hold!(told.kind == kind, "told {told:?}, and should have been told {kind:?}");
        Ok(told)
    }

    /// The next event of this kind, and what came before it.
    pub(crate) fn until(&mut self, kind: Kind) -> Outcome<(Told, Vec<Told>)> {
        let mut before = Vec::new();
        loop {
            match self.next()? {
                told if told.kind == kind => return Ok((told, before)),
                told => before.push(told),
            }
        }
    }

    /// The next events, which must be of these kinds.
    pub(crate) fn expect_all(&mut self, kinds: &[Kind]) -> Outcome {
        kinds.iter().try_for_each(|kind| self.expect(*kind).map(drop))
    }

    /// The changes with these numbers, in this order, and nothing else.
    pub(crate) fn expect_seqs(&mut self, seqs: impl IntoIterator<Item = u64>) -> Outcome {
        for seq in seqs {
            let told = self.expect(Kind::Created)?;
            same!(told.seq, Some(seq));
        }
        Ok(())
    }

    /// A lost link and its successor.
    pub(crate) fn expect_reconnect(&mut self) -> Outcome<Told> {
        let lost = self.expect(Kind::Disconnected)?;
        self.expect(Kind::Connected)?;
        Ok(lost)
    }

    /// A refusal, which is the end.
    pub(crate) fn expect_refusal(&mut self, kind: RefusalKind) -> Outcome<Told> {
        let told = self.expect(Kind::Refused)?;
        same!(told.refusal, Some(kind));
        hold!(!told.words.contains(KEY), "the key is shown: {}", told.words);
        self.expect_end()?;
        same!(self.state(), State::Closed);
        Ok(told)
    }

    pub(crate) fn expect_end(&mut self) -> Outcome {
        match self.subject.next(SOON) {
            Next::End => Ok(()),
            other => Err(format!("{other:?}, and should have ended").into()),
        }
    }

    /// The next event, if one comes within a while.
    pub(crate) fn next_if_any(&mut self) -> Outcome<Option<Told>> {
        match self.subject.next(A_WHILE) {
            Next::Told(told) => Ok(Some(told)),
            Next::Nothing => Ok(None),
            Next::End => Err("the events have ended".to_owned().into()),
        }
    }

    /// Reads whatever still comes, until the connection is over.
    pub(crate) fn read_to_the_end(&mut self) -> Outcome {
        loop {
            match self.subject.next(SOON) {
                Next::Told(_) => {}
                Next::Nothing => return Err("it does not end".to_owned().into()),
                Next::End => return Ok(()),
            }
        }
    }

    /// Reads for a while, in which nothing must be told.
    pub(crate) fn expect_silence(&mut self) -> Outcome {
        match self.subject.next(A_WHILE) {
            Next::Nothing => Ok(()),
            other => Err(format!("{other:?}, and should have been silent").into()),
        }
    }

    /// Reads until something holds, and gives what was told meanwhile.
    pub(crate) fn read_until(&mut self, mut holds: impl FnMut() -> bool) -> Outcome<Vec<Told>> {
        let (end, mut told) = (Instant::now() + SOON, Vec::new());
        while !holds() {
            hold!(Instant::now() < end, "it never came about; told meanwhile: {told:?}");
            match self.subject.next(Duration::from_millis(10)) {
                Next::Told(event) => told.push(event),
                Next::Nothing => {}
                Next::End => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        Ok(told)
    }

    /// Reads until the peer has heard what is wanted.
    pub(crate) fn read_until_heard(
        &mut self,
        peer: &Peer,
        mut wanted: impl FnMut(&[Heard]) -> bool,
    ) -> Outcome<Vec<Told>> {
        self.read_until(|| wanted(&peer.heard()))
    }

    pub(crate) fn touch(&mut self) -> Next {
        self.subject.touch()
    }

    /// Waits until the connection is live.
    pub(crate) fn ready(&mut self) -> Outcome {
        same!(self.subject.ready(SOON), Ready::Live);
        Ok(())
    }

    pub(crate) fn ready_within(&mut self, within: Duration) -> Ready {
        self.subject.ready(within)
    }

    pub(crate) fn documents(&self) -> Vec<String> {
        self.subject.documents()
    }

    pub(crate) fn people(&self) -> Vec<String> {
        self.subject.people()
    }

    pub(crate) fn handle(&self) -> Arc<dyn Handle> {
        self.subject.handle()
    }

    pub(crate) fn state(&self) -> State {
        self.handle().state()
    }

    pub(crate) fn seen(&self) -> Seen {
        self.handle().seen()
    }

    pub(crate) fn command(&self, command: Command) -> Outcome {
        Ok(self.handle().command(command)?)
    }
}
