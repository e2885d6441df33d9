//! The run loop: one session, one link, one timer, driven by whoever polls.

use std::collections::VecDeque;
use std::future::ready;
use std::sync::Arc;
use std::task::{Context, Poll};

use cocobase_proto::{
    Action, BaseUrl, Carrier, CloseCause, Credentials, Event, Input, LinkId, Session, State, Text,
};

use crate::runtime::{BoxFuture, Link, Runtime, Timer};

/// Asks the user for credentials. `true` says that the server has just refused the last ones.
pub(crate) type Provider =
    Arc<dyn Fn(bool) -> BoxFuture<Result<Credentials, String>> + Send + Sync>;

/// Carries bytes and time between a [`Session`] and a [`Runtime`].
///
/// It is pulled: while nobody polls it, no byte is read, and the server's messages wait in the
/// sockets' buffers.
pub(crate) struct Driver<R: Runtime> {
    session: Session,
    runtime: Arc<R>,
    base: BaseUrl,
    provider: Option<Provider>,
    asking: Option<BoxFuture<Result<Credentials, String>>>,
    link: Option<(LinkId, Connection<R>)>,
    closing: Option<R::Link>,
    unsent: VecDeque<Text>,
    needs_flush: bool,
    timer: R::Timer,
}

enum Connection<R: Runtime> {
    Opening(BoxFuture<Result<R::Link, Input>>),
    Open(R::Link),
}

impl<R: Runtime> Driver<R> {
    pub(crate) fn new(
        session: Session,
        runtime: Arc<R>,
        base: BaseUrl,
        provider: Option<Provider>,
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
            unsent: VecDeque::new(),
            needs_flush: false,
            timer,
        }
    }

    pub(crate) const fn state(&self) -> State {
        self.session.state()
    }

    pub(crate) fn reconnect(&mut self) {
        self.session.reconnect(self.runtime.now());
    }

    /// The next event, or `None` when the session is over. Nothing is lost when the caller gives up
    /// on it: all state is in `self`.
    pub(crate) fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        loop {
            self.act();
            match self.session.poll_event() {
                Some(Event::CredentialsNeeded { refused }) => self.ask(refused),
                Some(event) => return Poll::Ready(Some(event)),
                None if self.session.state() == State::Closed => return self.poll_end(cx),
                None if self.poll_progress(cx) => {}
                None => return Poll::Pending,
            }
        }
    }

    /// Ends the session; ready when the close frame is written.
    pub(crate) fn poll_close(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.session.close();
        self.act();
        self.poll_end(cx).map(|_: Option<Event>| ())
    }

    fn act(&mut self) {
        while let Some(action) = self.session.poll_action() {
            match action {
                Action::Open { link, path, carrier } => {
                    let connect = match carrier {
                        Carrier::WebSocket => self.runtime.connect(self.base.websocket(&path)),
                        Carrier::EventStream { .. } => Box::pin(ready(Err(no_event_streams()))),
                    };
                    self.unsent.clear();
                    self.needs_flush = false;
                    self.link = Some((link, Connection::Opening(connect)));
                }
                Action::Send { text, .. } => self.unsent.push_back(text),
                Action::Close { .. } => {
                    self.unsent.clear();
                    if let Some((_, Connection::Open(link))) = self.link.take() {
                        self.closing = Some(link);
                    }
                }
            }
        }
    }

    fn ask(&mut self, refused: bool) {
        match &self.provider {
            Some(provider) => self.asking = Some(provider(refused)),
            None => self.session.credentials_unavailable("no provider", self.runtime.now()),
        }
    }

    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.asking = None;
        self.link = None;
        if let Some(closing) = &mut self.closing {
            std::task::ready!(closing.poll_close(cx));
            self.closing = None;
        }
        Poll::Ready(None)
    }

    /// Moves whatever can move; `true` if the session has been told something.
    fn poll_progress(&mut self, cx: &mut Context<'_>) -> bool {
        if self.closing.as_mut().is_some_and(|closing| closing.poll_close(cx).is_ready()) {
            self.closing = None;
        }
        self.poll_asking(cx) || self.poll_link(cx) || self.poll_timer(cx)
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

    fn poll_link(&mut self, cx: &mut Context<'_>) -> bool {
        let Some((id, connection)) = &mut self.link else { return false };
        let id = *id;
        let input = match connection {
            Connection::Opening(connect) => match connect.as_mut().poll(cx) {
                Poll::Ready(Ok(link)) => {
                    *connection = Connection::Open(link);
                    Input::Opened
                }
                Poll::Ready(Err(failure)) => failure,
                Poll::Pending => return false,
            },
            // Writing and reading make progress together: neither waits for the other.
            Connection::Open(link) => {
                match poll_write(link, &mut self.unsent, &mut self.needs_flush, cx) {
                    Err(cause) => Input::Closed(cause),
                    Ok(()) => match link.poll_input(cx) {
                        Poll::Ready(input) => input,
                        Poll::Pending => return false,
                    },
                }
            }
        };
        if matches!(input, Input::Closed(_) | Input::Refused { .. }) {
            self.link = None;
        }
        self.session.handle_input(id, input, self.runtime.now());
        true
    }

    fn poll_timer(&mut self, cx: &mut Context<'_>) -> bool {
        let Some(wakeup) = self.session.poll_timeout() else { return false };
        if self.timer.poll_until(wakeup.at, cx).is_pending() {
            return false;
        }
        self.session.handle_timeout(self.runtime.now());
        true
    }
}

/// Clients here watch by WebSocket, so no session of theirs asks for anything else.
fn no_event_streams() -> Input {
    Input::Closed(CloseCause::Connect("this adapter carries WebSockets only".into()))
}

fn poll_write<L: Link>(
    link: &mut L,
    unsent: &mut VecDeque<Text>,
    needs_flush: &mut bool,
    cx: &mut Context<'_>,
) -> Result<(), CloseCause> {
    while !unsent.is_empty() {
        match link.poll_ready(cx) {
            Poll::Ready(ready) => ready?,
            Poll::Pending => return Ok(()),
        }
        if let Some(text) = unsent.pop_front() {
            link.start_send(text)?;
            *needs_flush = true;
        }
    }
    if *needs_flush && let Poll::Ready(flushed) = link.poll_flush(cx) {
        flushed?;
        *needs_flush = false;
    }
    Ok(())
}

impl<R: Runtime> std::fmt::Debug for Driver<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driver").field("session", &self.session).finish_non_exhaustive()
    }
}
