//! What cannot but block, and how it is given up.

use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake as _, Waker};
use std::time::Instant;

use crate::wait::{Signal, begin_alone, wait_until, with};

/// Does what blocks: here, if the thread is [alone](crate::wait_alone), and on a thread of its own
/// otherwise. Dropped before its end, the work is no longer wanted, which ends it where it waits
/// [patiently]; elsewhere, as in a look-up of a name, its thread ends when it is done.
///
/// ```
/// use cocobase_threads::{offload, wait, wait_alone};
///
/// let here = std::thread::current().id();
/// let elsewhere = wait(offload(|| std::thread::current().id()))?;
/// assert_ne!(here, elsewhere);
/// assert_eq!(here, wait_alone(offload(|| std::thread::current().id()))?);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When the system gives no thread, or the work panicked on it.
pub async fn offload<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    if with(|thread| thread.is_alone.get()) {
        return Ok(work());
    }
    let (signal, job) = (Signal::new(), Arc::new(Job(Mutex::new((None, None)))));
    let (theirs, answers) = (Arc::clone(&signal), Arc::clone(&job));
    std::thread::Builder::new().name("cocobase request".into()).spawn(move || {
        begin_alone(theirs);
        let answer = catch_unwind(AssertUnwindSafe(work))
            .map_err(|_| io::Error::other("the thread of a request panicked"));
        let waiting = {
            let mut job = answers.lock();
            job.0 = Some(answer);
            job.1.take()
        };
        waiting.into_iter().for_each(Waker::wake);
    })?;
    let _wanted = Wanted(signal);
    poll_fn(|cx| {
        let mut job = job.lock();
        job.1 = Some(cx.waker().clone());
        job.0.take().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// A step of what cannot be left and taken up again. An [alone](crate::wait_alone) thread waits until
/// it is done, or is no longer wanted. For any other it is tried once: who gets
/// [`io::ErrorKind::WouldBlock`] comes back when it is polled again.
///
/// ```
/// use std::io::ErrorKind::WouldBlock;
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let socket = cocobase_threads::wait(cocobase_threads::Socket::connect(&[server.local_addr()?]))?;
/// assert_eq!(cocobase_threads::patiently(socket.readable(), None).unwrap_err().kind(), WouldBlock);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// Those of the step; `TimedOut` when the time has come, and `ConnectionAborted` when it is no longer
/// wanted.
pub fn patiently<T>(
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

/// An answer, once it is there, and who waits for it.
struct Job<T>(Mutex<(Option<io::Result<T>>, Option<Waker>)>);

impl<T> Job<T> {
    fn lock(&self) -> MutexGuard<'_, (Option<io::Result<T>>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
