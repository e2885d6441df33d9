//! How a thread waits: for sockets, for a deadline, and for other threads.

use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::net::TcpStream;
#[cfg(not(unix))]
use std::net::UdpSocket as End;
#[cfg(unix)]
use std::os::unix::net::UnixDatagram as End;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

thread_local! {
    static THREAD: OnceCell<Thread> = const { OnceCell::new() };
}

/// What a thread knows of its own waiting.
pub(crate) struct Thread {
    pub(crate) signal: Arc<Signal>,
    waker: Waker,
    sockets: RefCell<Vec<(Arc<TcpStream>, PollFlags)>>,
    deadline: Cell<Option<Instant>>,
    /// Whether nothing else would happen on this thread anyway, so that it may block anywhere.
    pub(crate) is_alone: Cell<bool>,
}

/// How other threads reach one that waits.
pub(crate) struct Signal {
    state: AtomicU8,
    /// Whether nobody waits for what the thread does.
    pub(crate) is_unwanted: AtomicBool,
    /// The two ends of a line. Without one, as the system had none to give, the thread looks for
    /// itself from time to time.
    line: Option<(End, End)>,
}

const RUNNING: u8 = 0;
const ASLEEP: u8 = 1;
const WOKEN: u8 = 2;

/// How long a thread sleeps that cannot be woken.
const GLANCE: Duration = Duration::from_millis(10);

/// Waits until `future` is ready. For an example see the [crate].
pub fn wait<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut answer = None;
    loop {
        drive(future.as_mut(), None, &mut answer);
        if let Some(answer) = answer {
            return answer;
        }
    }
}

/// Waits until `future` is ready, or the time has come. It is polled at least once. For an example
/// see the [crate].
pub fn wait_until<F: Future>(future: F, until: Option<Instant>) -> Option<F::Output> {
    let mut answer = None;
    drive(pin!(future), until, &mut answer);
    answer
}

/// Answers are large, as events are, so this one stays where it is.
fn drive<F: Future>(
    mut future: Pin<&mut F>,
    until: Option<Instant>,
    answer: &mut Option<F::Output>,
) {
    with(|thread| {
        // A future that is polled may wait in its turn, as a user's code in it does.
        let outer = (thread.sockets.take(), thread.deadline.take());
        loop {
            thread.signal.state.store(RUNNING, Ordering::Release);
            match future.as_mut().poll(&mut Context::from_waker(&thread.waker)) {
                Poll::Ready(ready) => break *answer = Some(ready),
                Poll::Pending if until.is_some_and(|until| until <= Instant::now()) => break,
                Poll::Pending => thread.sleep(until),
            }
        }
        thread.sockets.replace(outer.0);
        thread.deadline.set(outer.1);
        // Whatever woke the inner one may have been meant for the outer one.
        thread.signal.state.store(WOKEN, Ordering::Release);
    });
}

/// Waits for a future on a thread that has nothing else to do until it is ready: what it would
/// [offload](crate::offload) is done here. For an example see there.
pub fn wait_alone<F: Future>(future: F) -> F::Output {
    let was_alone = with(|thread| thread.is_alone.replace(true));
    let answer = wait(future);
    with(|thread| thread.is_alone.set(was_alone));
    answer
}

/// Ready once `deadline` has come; until then, it has the thread that waits wake up for it.
///
/// ```
/// use std::time::{Duration, Instant};
///
/// let due = Instant::now() + Duration::from_millis(1);
/// cocobase_threads::wait(std::future::poll_fn(|_| cocobase_threads::poll_until(due)));
/// assert!(due <= Instant::now());
/// ```
pub fn poll_until(deadline: Instant) -> Poll<()> {
    if deadline <= Instant::now() {
        return Poll::Ready(());
    }
    with(|thread| {
        let sooner = thread.deadline.get().map_or(deadline, |other| other.min(deadline));
        thread.deadline.set(Some(sooner));
    });
    Poll::Pending
}

/// Pending once, for a future that has met what [would block](crate::ready): it goes on when another
/// try is worth it.
///
/// ```
/// cocobase_threads::wait_until(cocobase_threads::pause(), Some(std::time::Instant::now()));
/// ```
pub async fn pause() {
    let mut was_pending = false;
    poll_fn(|_| match std::mem::replace(&mut was_pending, true) {
        true => Poll::Ready(()),
        false => Poll::Pending,
    })
    .await;
}

/// Has this thread poll again when the socket is ready for `what`.
pub(crate) fn note_socket(socket: &Arc<TcpStream>, what: PollFlags) {
    with(|thread| thread.sockets.borrow_mut().push((Arc::clone(socket), what)));
}

pub(crate) fn with<T>(f: impl FnOnce(&Thread) -> T) -> T {
    THREAD.with(|thread| f(thread.get_or_init(|| Thread::new(Signal::new(), false))))
}

/// Makes a thread that was just begun an alone one, which is reached by `signal`.
pub(crate) fn begin_alone(signal: Arc<Signal>) {
    THREAD.with(|thread| drop(thread.set(Thread::new(signal, true))));
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
        let sockets = self.sockets.take();
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
        // A failure wakes for no reason.
        let _ = rustix::event::poll(&mut waited, time.as_ref());
        if state.swap(RUNNING, Ordering::AcqRel) == WOKEN {
            self.signal.hear();
        }
    }
}

impl Signal {
    pub(crate) fn new() -> Arc<Self> {
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
    let (mouth, ear) = (End::bind("127.0.0.1:0")?, End::bind("127.0.0.1:0")?);
    mouth.connect(ear.local_addr()?)?;
    ear.connect(mouth.local_addr()?)?;
    Ok((mouth, ear))
}
