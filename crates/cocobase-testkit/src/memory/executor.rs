//! Runs futures on this thread, and moves the clock when all of them wait.

use std::collections::BTreeMap;
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use cocobase_driver::{BoxFuture, Timer as _};

use super::World;
use super::runtime::Timer;

/// Everybody waits, and nothing is going to happen: or nothing but pings, for so long that it counts as
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck;

/// Tasks that were spawned and have not ended.
#[derive(Default)]
pub(super) struct Tasks {
    tasks: BTreeMap<u64, (BoxFuture<()>, Arc<Woken>)>,
    last: u64,
}

struct Woken(AtomicBool);

impl Woken {
    fn new() -> Arc<Self> {
        Arc::new(Self(AtomicBool::new(true)))
    }

    fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

/// A live connection alone moves the clock twice a minute, for ever.
const MOST_MOMENTS: u32 = 1_000_000;

impl World {
    /// Runs a future to its end, and the tasks that were spawned beside it. While all of them wait, the
    /// clock moves to the next moment at which something happens.
    ///
    /// # Errors
    ///
    /// When all wait and nothing will ever happen, or when the clock has moved 1,000,000 times.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T, Stuck> {
        let woken = Woken::new();
        let waker = Waker::from(Arc::clone(&woken));
        let mut future = pin!(future);
        let mut moments = 0;
        loop {
            if woken.take()
                && let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(&waker))
            {
                return Ok(done);
            }
            let has_moved = self.run_tasks();
            if has_moved || woken.0.load(Ordering::Acquire) {
                continue;
            }
            let mut state = self.state();
            let next = state.next_moment().filter(|_| moments < MOST_MOMENTS).ok_or(Stuck)?;
            moments += 1;
            state.advance(next);
        }
    }

    /// Waits in the time of this world.
    pub async fn sleep(&self, time: Duration) {
        let (deadline, mut timer) = (self.now() + time, Timer::new(self));
        poll_fn(|cx| timer.poll_until(deadline, cx)).await;
    }

    /// How many tasks were spawned and have not ended.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.lock_tasks().tasks.len()
    }

    /// Runs a task beside whatever [`block_on`](Self::block_on) runs.
    pub(super) fn spawn(&self, task: BoxFuture<()>) {
        let mut tasks = self.lock_tasks();
        tasks.last += 1;
        let number = tasks.last;
        tasks.tasks.insert(number, (task, Woken::new()));
    }

    /// Polls every task that was woken: whether there was any.
    fn run_tasks(&self) -> bool {
        let woken: Vec<u64> = {
            let tasks = self.lock_tasks();
            let woken = tasks.tasks.iter().filter(|(_, (_, woken))| woken.take());
            woken.map(|(number, _)| *number).collect()
        };
        for number in &woken {
            // It may spawn others, so it is out of the list while it runs.
            let Some((mut task, woken)) = self.lock_tasks().tasks.remove(number) else { continue };
            let waker = Waker::from(Arc::clone(&woken));
            if task.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
                self.lock_tasks().tasks.insert(*number, (task, woken));
            }
        }
        !woken.is_empty()
    }

    fn lock_tasks(&self) -> MutexGuard<'_, Tasks> {
        self.shared.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Display for Stuck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("everybody waits, and nothing is going to happen")
    }
}

impl std::error::Error for Stuck {}
