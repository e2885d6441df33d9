//! How a thread waits: for sockets, for a deadline, and for other threads.
//!
//! What a future waits for is noted by the thread that polls it, and forgotten before it is polled
//! again. So any number of threads may wait for one connection, each for what it needs itself, and
//! nothing belongs to any of them: no reactor, no leader, no thread in the background.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::mem::take;
use std::net::TcpStream;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

#[cfg(not(unix))]
use std::net::UdpSocket as End;
#[cfg(unix)]
use std::os::unix::net::UnixDatagram as End;

thread_local! {
    static THREAD: OnceCell<Thread> = const { OnceCell::new() };
}

/// What a thread knows of its own waiting.
struct Thread {
    signal: Arc<Signal>,
    waker: Waker,
    sockets: RefCell<Vec<(Arc<TcpStream>, PollFlags)>>,
    deadline: Cell<Option<Instant>>,
    /// Whether nothing else would happen on this thread anyway, so that it may block anywhere.
    is_alone: Cell<bool>,
}

/// How other threads reach one that waits.
struct Signal {
    state: AtomicU8,
    is_unwanted: AtomicBool,
    /// The two ends of a line. Without one, as the system had none to give, the thread looks for
    /// itself from time to time.
    line: Option<(End, End)>,
}

const RUNNING: u8 = 0;
const ASLEEP: u8 = 1;
const WOKEN: u8 = 2;

/// How long a thread sleeps that cannot be woken.
const GLANCE: Duration = Duration::from_millis(10);

/// Waits until `future` is ready.
pub(crate) fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    loop {
        if let Some(answer) = wait_until(future.as_mut(), None) {
            return answer;
        }
    }
}

/// Waits until `future` is ready, or the time has come. It is polled at least once.
pub(crate) fn wait_until<F: Future>(future: F, until: Option<Instant>) -> Option<F::Output> {
    let mut future = pin!(future);
    with(|thread| {
        // A future that is polled may wait in its turn, as a user's provider of tokens does.
        let outer = (thread.sockets.take(), thread.deadline.take());
        let answer = loop {
            thread.signal.state.store(RUNNING, Ordering::Release);
            match future.as_mut().poll(&mut Context::from_waker(&thread.waker)) {
                Poll::Ready(answer) => break Some(answer),
                Poll::Pending if until.is_some_and(|until| until <= Instant::now()) => break None,
                Poll::Pending => thread.sleep(until),
            }
        };
        thread.sockets.replace(outer.0);
        thread.deadline.set(outer.1);
        // Whatever woke the inner one may have been meant for the outer one.
        thread.signal.state.store(WOKEN, Ordering::Release);
        answer
    })
}

/// Waits for a request on a thread that has nothing else to do until it is answered.
pub(crate) fn wait_alone<F: Future>(request: F) -> F::Output {
    let was_alone = with(|thread| thread.is_alone.replace(true));
    let answer = wait(request);
    with(|thread| thread.is_alone.set(was_alone));
    answer
}

/// Has the thread wait for a socket as well.
pub(crate) fn for_socket(socket: &Arc<TcpStream>, what: PollFlags) {
    with(|thread| thread.sockets.borrow_mut().push((Arc::clone(socket), what)));
}

/// Has the thread wait until then at most.
pub(crate) fn for_deadline(deadline: Instant) {
    with(|thread| {
        let sooner = thread.deadline.get().map_or(deadline, |other| other.min(deadline));
        thread.deadline.set(Some(sooner));
    });
}

/// A step of what cannot be left and taken up again: an alone thread waits until it is done, or is
/// no longer wanted. Any other gets [`io::ErrorKind::WouldBlock`], and will come back.
pub(crate) fn patiently<T>(
    step: impl Future<Output = io::Result<T>>,
    until: Option<Instant>,
) -> io::Result<T> {
    let mut step = pin!(step);
    if !with(|thread| thread.is_alone.get()) {
        return match step.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        };
    }
    let step = poll_fn(|cx| {
        if with(|thread| thread.signal.is_unwanted.load(Ordering::Acquire)) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        step.as_mut().poll(cx)
    });
    wait_until(step, until).unwrap_or_else(|| Err(io::ErrorKind::TimedOut.into()))
}

/// Does what blocks: here, if the thread is alone, and on a thread of its own otherwise. Dropped
/// before its end, it is no longer wanted, which ends it where it waits for a socket.
pub(crate) async fn offload<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    if with(|thread| thread.is_alone.get()) {
        return Ok(work());
    }
    let signal = Signal::new();
    let (done, answer) = mpsc::sync_channel(1);
    let news = Arc::new(News::default());
    let (worker, at_end) = (Arc::clone(&signal), AtEnd(Arc::clone(&news)));
    std::thread::Builder::new().name("cocobase request".into()).spawn(move || {
        let _at_end = at_end;
        let done = done;
        THREAD.with(|thread| thread.set(Thread::new(worker, true)).is_ok());
        // Nobody may wait for it any more.
        let _ = done.send(work());
    })?;
    let _wanted = Wanted(signal);
    poll_fn(move |cx| {
        news.waiting().replace(cx.waker().clone());
        match answer.try_recv() {
            Ok(answer) => Poll::Ready(Ok(answer)),
            Err(mpsc::TryRecvError::Empty) => Poll::Pending,
            Err(mpsc::TryRecvError::Disconnected) => {
                Poll::Ready(Err(io::Error::other("the thread of the request panicked")))
            }
        }
    })
    .await
}

/// Who waits for a thread's answer.
#[derive(Default)]
struct News(Mutex<Option<Waker>>);

impl News {
    fn waiting(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells that a thread has ended, by a panic too.
struct AtEnd(Arc<News>);

impl Drop for AtEnd {
    fn drop(&mut self) {
        let waiting = self.0.waiting().take();
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// While this is there, a thread's work is wanted.
struct Wanted(Arc<Signal>);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.is_unwanted.store(true, Ordering::Release);
        self.0.wake_by_ref();
    }
}

fn with<T>(f: impl FnOnce(&Thread) -> T) -> T {
    THREAD.with(|thread| f(thread.get_or_init(|| Thread::new(Signal::new(), false))))
}

impl Thread {
    fn new(signal: Arc<Signal>, is_alone: bool) -> Self {
        Self {
            waker: Waker::from(Arc::clone(&signal)),
            signal,
            sockets: RefCell::default(),
            deadline: Cell::default(),
            is_alone: Cell::new(is_alone),
        }
    }

    /// Sleeps until something happens that was waited for, or for no reason.
    fn sleep(&self, until: Option<Instant>) {
        let sockets = take(&mut *self.sockets.borrow_mut());
        let mut deadline = [until, self.deadline.take()].into_iter().flatten().min();
        let state = &self.signal.state;
        if state.compare_exchange(RUNNING, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        let mut waited = Vec::with_capacity(sockets.len() + 1);
        waited.extend(sockets.iter().map(|(socket, what)| PollFd::new(socket, *what)));
        match &self.signal.line {
            Some((_, ear)) => waited.push(PollFd::new(ear, PollFlags::IN)),
            None => deadline = deadline.into_iter().chain([Instant::now() + GLANCE]).min(),
        }
        let time = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let time = time.and_then(|time| Timespec::try_from(time).ok());
        // A failure or a signal wakes for no reason.
        let _ = rustix::event::poll(&mut waited, time.as_ref());
        if state.swap(RUNNING, Ordering::AcqRel) == WOKEN {
            self.signal.hear();
        }
    }
}

impl Signal {
    fn new() -> Arc<Self> {
        let line = line().ok();
        Arc::new(Self { state: AtomicU8::new(RUNNING), is_unwanted: AtomicBool::new(false), line })
    }

    /// Takes what was sent. It may also still be on its way; then it will wake for no reason.
    fn hear(&self) {
        let Some((_, ear)) = &self.line else { return };
        while ear.recv(&mut [0]).is_ok() {}
    }
}

impl Wake for Signal {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == ASLEEP
            && let Some((mouth, _)) = &self.line
        {
            // A line that is full has woken already.
            let _ = mouth.send(&[0]);
        }
    }
}

/// A line from any thread to one that waits.
fn line() -> io::Result<(End, End)> {
    let (mouth, ear) = pair()?;
    mouth.set_nonblocking(true)?;
    ear.set_nonblocking(true)?;
    Ok((mouth, ear))
}

#[cfg(unix)]
fn pair() -> io::Result<(End, End)> {
    End::pair()
}

#[cfg(not(unix))]
fn pair() -> io::Result<(End, End)> {
    let [mouth, ear] = [End::bind("127.0.0.1:0")?, End::bind("127.0.0.1:0")?];
    mouth.connect(ear.local_addr()?)?;
    ear.connect(mouth.local_addr()?)?;
    Ok((mouth, ear))
}
