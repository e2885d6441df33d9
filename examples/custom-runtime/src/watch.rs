//! One session and its socket. This is all that a driver does.

use cocobase_proto::{Action, BaseUrl, Event, Input, Instant, LinkId, Session, State};
use rustix::event::PollFd;

use crate::socket::Socket;

/// How many inputs a watch takes in before the others have their turn.
const BURST: usize = 64;

/// One session and its socket.
pub(crate) struct Watch {
    session: Session,
    base: BaseUrl,
    link: Option<(LinkId, Socket)>,
    /// The last turn ended before the socket had nothing more to say.
    is_unfinished: bool,
}

impl Watch {
    pub(crate) const fn new(session: Session, base: BaseUrl) -> Self {
        Self { session, base, link: None, is_unfinished: false }
    }

    /// Does all that can be done without waiting.
    pub(crate) fn turn(&mut self, now: &impl Fn() -> Instant, tell: &mut impl FnMut(Event)) {
        // Before its deadline this changes nothing.
        self.session.handle_timeout(now());
        for _ in 0..BURST {
            self.act();
            while let Some(event) = self.session.poll_event() {
                tell(event);
            }
            let Some((id, input)) = self.next_input() else {
                self.is_unfinished = false;
                return;
            };
            self.session.handle_input(id, input, now());
        }
        self.is_unfinished = true;
    }

    /// Says goodbye, as far as that goes without waiting.
    pub(crate) fn close(&mut self, now: Instant) {
        self.session.close();
        self.session.handle_timeout(now);
        self.act();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.session.state() == State::Closed
    }

    /// When the next turn is due, if nothing happens before.
    pub(crate) fn wakes_at(&self, now: Instant) -> Option<Instant> {
        if self.is_unfinished {
            Some(now)
        } else {
            self.session.poll_timeout().map(|wakeup| wakeup.at)
        }
    }

    /// What the socket waits for.
    pub(crate) fn poll_fd(&self) -> Option<PollFd<'_>> {
        self.link.as_ref().and_then(|(_, socket)| socket.poll_fd())
    }

    fn act(&mut self) {
        while let Some(action) = self.session.poll_action() {
            match action {
                // Its other carrier is for event streams, which a session asks for only if its target
                // says so.
                Action::Open { link, path, carrier: _ } => {
                    self.link = Some((link, Socket::connect(&self.base.websocket(&path))));
                }
                Action::Send { text, .. } => {
                    if let Some((_, socket)) = &mut self.link {
                        socket.send(text);
                    }
                }
                Action::Close { .. } => {
                    if let Some((_, socket)) = self.link.take() {
                        socket.close();
                    }
                }
            }
        }
    }

    fn next_input(&mut self) -> Option<(LinkId, Input)> {
        let (id, socket) = self.link.as_mut()?;
        let (id, input) = (*id, socket.next_input()?);
        if matches!(input, Input::Closed(_) | Input::Refused { .. }) {
            self.link = None;
        }
        Some((id, input))
    }
}
