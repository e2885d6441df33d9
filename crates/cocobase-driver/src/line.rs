//! A connection as its reader, its handles and perhaps a task share it.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use cocobase_proto::{Event, Input, Instant, LinkId, Refusal, Session, State, Typed};
use serde::de::DeserializeOwned;

use crate::driver::Driver;
use crate::runtime::Runtime;
use crate::wakers::{Place, Wakers};

/// The driver behind a lock that is never held across an `await`, and those who wait for it.
///
/// Whoever polls moves it, with a waker that wakes all of them: so a reader that waits stops
/// neither a sender nor a close.
pub(crate) struct Line<R: Runtime> {
    driver: Mutex<Driver<R>>,
    wakers: Arc<Wakers>,
    /// The same as `wakers`, as sockets and timers take it.
    waker: Waker,
    name: Arc<str>,
}

impl<R: Runtime> Line<R> {
    pub(crate) fn new(driver: Driver<R>, name: Arc<str>) -> Self {
        let wakers = Arc::new(Wakers::default());
        let waker = Waker::from(Arc::clone(&wakers));
        Self { driver: Mutex::new(driver), wakers, waker, name }
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Driver<R>> {
        // A panic in the user's provider leaves the driver as it was before the question.
        self.driver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn place(&self) -> Place<'_> {
        Place::new(&self.wakers)
    }

    /// The reader's next event, or `None` when the session is over.
    pub(crate) fn poll_event(&self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll_event_with(cx, core::convert::identity, |session, link, input, now| {
            session.handle_input(link, input, now);
            None
        })
    }

    /// The same with its document decoded.
    pub(crate) fn poll_event_as<T: DeserializeOwned>(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Event<Typed<T>>>> {
        self.poll_event_with(cx, Event::decode, Session::handle_input_as)
    }

    fn poll_event_with<D>(
        &self,
        cx: &mut Context<'_>,
        decode: impl FnOnce(Event) -> Event<D>,
        tell: impl Fn(&mut Session, LinkId, Input, Instant) -> Option<Event<D>>,
    ) -> Poll<Option<Event<D>>> {
        let mut driver = self.lock();
        if driver.is_spawned {
            return self.poll_taken(driver, cx).map(|event| event.map(decode));
        }
        let mut has_moved = false;
        let event = loop {
            driver.act();
            if let Some(event) = driver.take() {
                break Poll::Ready(Some(decode(event)));
            }
            driver.mover.set(cx.waker(), &self.wakers);
            let mut context = Context::from_waker(&self.waker);
            if driver.session.state() == State::Closed {
                break driver.poll_goodbye(&mut context).map(|()| None);
            }
            match driver.poll_progress_with(&mut context, &tell) {
                Some(None) => has_moved = true,
                Some(event) => {
                    has_moved = true;
                    break Poll::Ready(event);
                }
                None => break Poll::Pending,
            }
        };
        drop(driver);
        if has_moved {
            self.wakers.wake_others();
        }
        event
    }

    /// The same where a task moves the connection.
    fn poll_taken(
        &self,
        mut driver: MutexGuard<'_, Driver<R>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Event>> {
        let was_full = driver.is_full();
        if let Some(event) = driver.take() {
            drop(driver);
            if was_full {
                self.wakers.wake_mover();
            }
            return Poll::Ready(Some(event));
        }
        if driver.session.state() == State::Closed {
            return Poll::Ready(None);
        }
        self.wakers.set_reader(cx.waker());
        Poll::Pending
    }

    /// Ready once the session is live. Events stay for the reader, but for the faults met on the
    /// way and what a server says before its greeting.
    pub(crate) fn poll_live(&self, cx: &mut Context<'_>) -> Poll<Result<(), Refusal>> {
        let mut driver = self.lock();
        loop {
            driver.act();
            while driver.session.state() != State::Live || driver.is_spawned {
                // Of those that are kept, a session keeps a bounded number for its user.
                match driver.next_of_session() {
                    Some(
                        Event::Disconnected(_)
                        | Event::ServerError(_)
                        | Event::Malformed(_)
                        | Event::Undecodable(_)
                        | Event::Unknown(_),
                    ) => {}
                    Some(event) => driver.keep(event),
                    None => break,
                }
            }
            match driver.session.state() {
                State::Live => return Poll::Ready(Ok(())),
                State::Closed => {
                    return Poll::Ready(match driver.last_kept() {
                        Some(Event::Refused(refusal)) => Err(refusal.clone()),
                        _ => Ok(()),
                    });
                }
                State::Connecting | State::Waiting => {}
            }
            if driver.is_spawned {
                self.wakers.set_reader(cx.waker());
                return Poll::Pending;
            }
            driver.mover.set(cx.waker(), &self.wakers);
            if !driver.poll_progress(&mut Context::from_waker(&self.waker)) {
                return Poll::Pending;
            }
        }
    }

    /// What the task of a spawned connection does.
    pub(crate) fn poll_task(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut driver = self.lock();
        driver.mover.set(cx.waker(), &self.wakers);
        let end = driver.poll_task(&mut Context::from_waker(&self.waker));
        let has_news = driver.has_events() || driver.session.state() == State::Closed;
        drop(driver);
        if has_news {
            self.wakers.wake_reader();
        }
        self.wakers.wake_others();
        end
    }

    /// Has the session do something, and writes at once what follows from it, as far as the link
    /// takes it.
    pub(crate) fn command<T>(&self, command: impl FnOnce(&mut Session, Instant) -> T) -> T {
        let mut driver = self.lock();
        let now = driver.now();
        let answer = command(&mut driver.session, now);
        let _ = driver.poll_write(&mut Context::from_waker(&self.waker));
        drop(driver);
        self.wakers.wake_all();
        answer
    }

    /// Ready when all that the session has said on the present link is written, or there is none.
    pub(crate) fn poll_written(&self, place: &mut Place<'_>, cx: &mut Context<'_>) -> Poll<()> {
        let mut driver = self.lock();
        place.set(cx.waker());
        let state = driver.session.state();
        let written = driver.poll_write(&mut Context::from_waker(&self.waker));
        let has_moved = driver.session.state() != state;
        drop(driver);
        if has_moved {
            self.wakers.wake_all();
        }
        written
    }

    /// Ready when nothing waits for the server any more: `true` if all of it is written, `false` if
    /// the session is over. It moves the connection where nobody else does.
    pub(crate) fn poll_flushed(&self, place: &mut Place<'_>, cx: &mut Context<'_>) -> Poll<bool> {
        let mut driver = self.lock();
        place.set(cx.waker());
        let mut context = Context::from_waker(&self.waker);
        let mut has_moved = false;
        let flushed = loop {
            driver.act();
            match driver.session.state() {
                State::Closed => break Poll::Ready(false),
                State::Live => match driver.poll_write(&mut context) {
                    Poll::Ready(()) if driver.session.state() == State::Live => {
                        break Poll::Ready(true);
                    }
                    Poll::Ready(()) => has_moved = true,
                    Poll::Pending => break Poll::Pending,
                },
                State::Connecting | State::Waiting if driver.is_spawned => break Poll::Pending,
                State::Connecting | State::Waiting => {
                    // A question for credentials may be among the events.
                    driver.fill_inbox();
                    driver.act();
                    if !driver.poll_progress(&mut context) {
                        break Poll::Pending;
                    }
                    has_moved = true;
                }
            }
        };
        drop(driver);
        if has_moved {
            self.wakers.wake_all();
        }
        flushed
    }

    /// Ends the session; ready when the close frame is written.
    pub(crate) fn poll_close(&self, place: &mut Place<'_>, cx: &mut Context<'_>) -> Poll<()> {
        let mut driver = self.lock();
        let is_first = driver.session.state() != State::Closed;
        place.set(cx.waker());
        let closed = driver.poll_close(&mut Context::from_waker(&self.waker));
        drop(driver);
        if is_first || closed.is_ready() {
            self.wakers.wake_all();
        }
        closed
    }

    /// Ends the session at once: nobody is left to read what it tells, or to move it.
    pub(crate) fn abandon(&self) {
        self.lock().abandon(&mut Context::from_waker(Waker::noop()));
        self.wakers.wake_all();
    }

    /// Lets a task of the runtime move the connection from now on.
    pub(crate) fn spawn(self: &Arc<Self>) -> Result<(), String> {
        let runtime = {
            let mut driver = self.lock();
            if std::mem::replace(&mut driver.is_spawned, true) {
                return Ok(());
            }
            Arc::clone(driver.runtime())
        };
        let task = Task(Arc::clone(self));
        runtime.spawn(Box::pin(poll_fn(move |cx| task.0.poll_task(cx))))
    }
}

/// A task that moves a connection. A runtime that drops it before its end takes the connection
/// with it.
struct Task<R: Runtime>(Arc<Line<R>>);

impl<R: Runtime> Drop for Task<R> {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
