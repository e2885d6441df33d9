//! The run loop: one session, one link, one timer, driven by whoever polls.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use cocobase_proto::sse::Item;
use cocobase_proto::{Action, BaseUrl, Credentials, Event, Input, Instant, LinkId, Session, State};

use crate::link::{Connection, Outgoing};
use crate::observe::Observer;
use crate::runtime::{BoxFuture, Link, Runtime, Timer};
use crate::statistics::Statistics;
use crate::wakers::Mover;

/// Asks the user for credentials. `true` says that the server has just refused the last ones.
pub(crate) type Provider =
    Arc<dyn Fn(bool) -> BoxFuture<Result<Credentials, String>> + Send + Sync>;

/// How long a goodbye may take to be written. A server that reads nothing holds nobody up.
const GOODBYE: Duration = Duration::from_millis(50);

/// How long a spawned connection waits for a reader whose queue is full before it reads on, so that
/// what finds no room is told as a gap.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many inputs a spawned connection takes in one go before it lets others run.
const BURST: usize = 64;

/// Carries bytes and time between a [`Session`] and a [`Runtime`].
///
/// Pulled, it moves when the reader asks for the next event: while nobody does, no byte is read, and
/// the server's messages wait in the sockets' buffers. Spawned, a task moves it, and events wait in
/// the inbox.
pub(crate) struct Driver<R: Runtime> {
    pub(crate) session: Session,
    runtime: Arc<R>,
    base: BaseUrl,
    provider: Option<Provider>,
    asking: Option<BoxFuture<Result<Credentials, String>>>,
    link: Option<(LinkId, Connection<R>)>,
    closing: Option<(R::Link, Instant)>,
    outgoing: Outgoing,
    timer: R::Timer,
    /// Whom the link and the timer wake.
    pub(crate) mover: Mover,
    /// Events that have left the session and wait for the reader.
    inbox: VecDeque<Event>,
    /// How many of them a task may lay in.
    room: usize,
    pub(crate) is_spawned: bool,
    /// Since when the inbox of a spawned connection is full.
    full_since: Option<Instant>,
    has_lived: bool,
    statistics: Statistics,
    observer: Observer,
}

impl<R: Runtime> Driver<R> {
    pub(crate) fn new(
        session: Session,
        runtime: Arc<R>,
        base: BaseUrl,
        provider: Option<Provider>,
        room: usize,
        observer: Observer,
    ) -> Self {
        let timer = runtime.timer();
        Self {
            session,
            runtime,
            base,
            provider,
            asking: None,
            link: None,
            closing: None,
            outgoing: Outgoing::default(),
            timer,
            mover: Mover::default(),
            inbox: VecDeque::new(),
            room,
            is_spawned: false,
            full_since: None,
            has_lived: false,
            statistics: Statistics::default(),
            observer,
        }
    }

    pub(crate) fn runtime(&self) -> &Arc<R> {
        &self.runtime
    }

    pub(crate) fn now(&self) -> Instant {
        self.runtime.now()
    }

    pub(crate) fn statistics(&self) -> Statistics {
        Statistics { round_trip: self.session.round_trip(), ..self.statistics }
    }

    /// The next event that is there already.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<Event> {
        let event = match self.inbox.is_empty() {
            true => self.next_of_session(),
            false => self.inbox.pop_front(),
        };
        if let Some(event) = &event {
            self.full_since = None;
            self.statistics.take(event);
        }
        event
    }

    /// Makes the next event that is there already the last one to be taken of those kept before.
    pub(crate) fn keep(&mut self, event: Event) {
        if self.inbox.capacity() == 0 {
            self.inbox.reserve_exact(1);
        }
        self.inbox.push_back(event);
    }

    /// The last event that was kept.
    pub(crate) fn last_kept(&self) -> Option<&Event> {
        self.inbox.back()
    }

    /// The next event of the session, the driver's own apart.
    #[inline]
    pub(crate) fn next_of_session(&mut self) -> Option<Event> {
        // An event is large, so it is looked at where it is.
        loop {
            let event = self.session.poll_event();
            match &event {
                Some(Event::CredentialsNeeded { refused }) => self.ask(*refused),
                Some(event) => self.observer.event(event),
                None => {}
            }
            if !matches!(event, Some(Event::CredentialsNeeded { .. })) {
                return event;
            }
        }
    }

    /// Lays events in for the reader, as many as there is room for.
    pub(crate) fn fill_inbox(&mut self) {
        while self.inbox.len() < self.room {
            match self.next_of_session() {
                Some(event) => self.inbox.push_back(event),
                None => return,
            }
        }
        self.full_since.get_or_insert_with(|| self.runtime.now());
    }

    pub(crate) fn has_events(&self) -> bool {
        !self.inbox.is_empty()
    }

    /// Whether the connection waits for its reader to make room.
    pub(crate) const fn is_full(&self) -> bool {
        self.full_since.is_some()
    }

    /// What a task does for a spawned connection, until the session is over.
    pub(crate) fn poll_task(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..BURST {
            self.act();
            self.fill_inbox();
            if self.session.state() == State::Closed {
                return self.poll_goodbye(cx);
            }
            if !self.poll_progress(cx) {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    /// Ends the session; ready when the close frame is written.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.session.close();
        self.inbox.clear();
        self.act();
        self.poll_goodbye(cx)
    }

    /// Ends the session without waiting for anything.
    pub(crate) fn abandon(&mut self, cx: &mut Context<'_>) {
        if self.session.state() != State::Closed {
            self.session.close();
            self.act();
        }
        let _ = self.poll_goodbye(cx);
        self.closing = None;
    }

    /// What is left to do for a session that is over.
    pub(crate) fn poll_goodbye(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.asking = None;
        self.link = None;
        while self.closing.is_some() {
            if !self.poll_closing(cx) && !self.poll_timer(cx) {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }

    /// Does what the session wants. While the link is slow, messages stay with the session.
    pub(crate) fn act(&mut self) {
        while !(self.outgoing.is_full() && self.session.state() == State::Live) {
            let Some(action) = self.session.poll_action() else { return };
            self.observer.action(&action);
            match action {
                Action::Open { link, path, carrier } => {
                    self.outgoing.clear();
                    let connection = Connection::open(&*self.runtime, &self.base, &path, carrier);
                    self.link = Some((link, connection));
                }
                Action::Send { text, .. } => {
                    self.statistics.bytes_sent += text.len() as u64;
                    self.outgoing.push(text);
                }
                Action::Close { .. } => {
                    self.outgoing.clear();
                    if let Some((_, Connection::WebSocket(link))) = self.link.take() {
                        self.closing = Some((link, self.runtime.now() + GOODBYE));
                    }
                }
            }
        }
    }

    /// Writes what waits, without reading. Ready when all that the session has for a live link is
    /// written.
    pub(crate) fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.act();
            let Some((id, Connection::WebSocket(link))) = &mut self.link else {
                return Poll::Ready(());
            };
            match self.outgoing.poll_write(link, cx) {
                Poll::Ready(Ok(())) if self.outgoing.is_empty() && self.session.unsent() == 0 => {
                    return Poll::Ready(());
                }
                Poll::Ready(Ok(())) if self.session.state() == State::Live => {}
                Poll::Ready(Ok(())) => return Poll::Ready(()),
                Poll::Ready(Err(cause)) => {
                    let id = *id;
                    self.link = None;
                    self.tell(id, Input::Closed(cause), Session::handle_input);
                }
                Poll::Pending => return Poll::Pending,
            }
        }
    }

    /// Moves whatever can move; `true` if the session has been told something.
    pub(crate) fn poll_progress(&mut self, cx: &mut Context<'_>) -> bool {
        let moved = self.poll_progress_with(cx, |session, link, input, now| {
            session.handle_input(link, input, now);
            None::<Event>
        });
        moved.is_some()
    }

    /// The same for a reader who has taken all events that there were. The session is told of an
    /// input in the reader's way, which may lead to an event at once.
    pub(crate) fn poll_progress_with<D>(
        &mut self,
        cx: &mut Context<'_>,
        tell: impl FnOnce(&mut Session, LinkId, Input, Instant) -> Option<Event<D>>,
    ) -> Option<Option<Event<D>>> {
        let _ = self.poll_closing(cx);
        if self.poll_asking(cx) {
            return Some(None);
        }
        if let Some((link, input)) = self.poll_link(cx) {
            let event = self.tell(link, input, tell);
            if let Some(event) = &event {
                self.observer.event(event);
                self.statistics.take(event);
            }
            return Some(event);
        }
        self.poll_timer(cx).then_some(None)
    }

    fn ask(&mut self, refused: bool) {
        match &self.provider {
            Some(provider) => self.asking = Some(provider(refused)),
            None => self.session.credentials_unavailable("no provider", self.runtime.now()),
        }
    }

    fn poll_asking(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(asking) = &mut self.asking else { return false };
        let Poll::Ready(answer) = asking.as_mut().poll(cx) else { return false };
        self.asking = None;
        let now = self.runtime.now();
        match answer {
            Ok(credentials) => self.session.set_credentials(credentials, now),
            Err(reason) => self.session.credentials_unavailable(reason, now),
        }
        true
    }

    #[inline]
    fn poll_link(&mut self, cx: &mut Context<'_>) -> Option<(LinkId, Input)> {
        let may_read = self.may_read();
        let (id, connection) = self.link.as_mut()?;
        let id = *id;
        let Poll::Ready(input) = connection.poll_input(&mut self.outgoing, may_read, cx) else {
            return None;
        };
        if matches!(input, Input::Closed(_) | Input::Refused { .. }) {
            self.link = None;
        }
        Some((id, input))
    }

    /// A full inbox holds the server up for a moment; after that, what finds no room is told.
    fn may_read(&self) -> bool {
        let Some(since) = self.full_since.filter(|_| self.is_spawned) else { return true };
        since + PATIENCE <= self.runtime.now()
    }

    fn tell<T>(
        &mut self,
        link: LinkId,
        input: Input,
        tell: impl FnOnce(&mut Session, LinkId, Input, Instant) -> T,
    ) -> T {
        self.observer.input(link, &input);
        self.statistics.bytes_received += match &input {
            Input::Text(text) => text.len() as u64,
            Input::Bytes(bytes) => bytes.len() as u64,
            Input::Item(Item::Message(message)) => message.data.len() as u64,
            _ => 0,
        };
        let was_live = self.session.state() == State::Live;
        let told = tell(&mut self.session, link, input, self.runtime.now());
        self.note_life(was_live);
        told
    }

    fn note_life(&mut self, was_live: bool) {
        if !was_live && self.session.state() == State::Live {
            self.observer.live(self.has_lived);
            self.statistics.reconnects += u64::from(self.has_lived);
            self.has_lived = true;
        }
    }

    fn poll_closing(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((link, _)) = &mut self.closing else { return false };
        let is_done = link.poll_close(cx).is_ready();
        if is_done {
            self.closing = None;
        }
        is_done
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let goodbye = self.closing.as_ref().map(|(_, end)| *end);
        let patience = self.full_since.filter(|_| !self.may_read()).map(|since| since + PATIENCE);
        let wakeup = self.session.poll_timeout().map(|wakeup| wakeup.at);
        let Some(at) = [goodbye, patience, wakeup].into_iter().flatten().min() else {
            return false;
        };
        if self.timer.poll_until(at, cx).is_pending() {
            return false;
        }
        let now = self.runtime.now();
        self.closing.take_if(|(_, end)| *end <= now);
        let was_live = self.session.state() == State::Live;
        // Before its deadline this changes nothing.
        self.session.handle_timeout(now);
        self.note_life(was_live);
        true
    }
}

impl<R: Runtime> std::fmt::Debug for Driver<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("session", &self.session).finish_non_exhaustive()
    }
}
