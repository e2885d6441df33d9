//! Who is to be woken when a connection may move.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Wake, Waker};

/// Those who wait for one connection.
///
/// Sockets and timers remember one waker each, and several tasks may poll them in turn. So they are
/// given this one, which wakes whoever moves the connection, and the senders that wait beside it.
#[derive(Debug, Default)]
pub(crate) struct Wakers {
    slots: Mutex<Slots>,
    waiting: AtomicUsize,
}

#[derive(Debug, Default)]
struct Slots {
    /// The one who moves the connection: its reader, or the task of a spawned one.
    mover: Option<Waker>,
    /// The reader of a spawned connection.
    reader: Option<Waker>,
    others: Vec<(u64, Waker)>,
    last: u64,
}

impl Wakers {
    /// Answers with whether the clone that is kept shares the waker's data.
    fn set_mover(&self, waker: &Waker) -> bool {
        set(&mut self.slots().mover, waker).data() == waker.data()
    }

    pub(crate) fn set_reader(&self, waker: &Waker) {
        set(&mut self.slots().reader, waker);
    }

    /// Wakes whoever moves the connection.
    pub(crate) fn wake_mover(&self) {
        let waker = self.slots().mover.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Wakes the reader of a spawned connection.
    pub(crate) fn wake_reader(&self) {
        let waker = self.slots().reader.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Wakes the senders that wait.
    pub(crate) fn wake_others(&self) {
        if self.waiting.load(Ordering::Acquire) == 0 {
            return;
        }
        let others: Vec<Waker> =
            self.slots().others.iter().map(|(_, waker)| waker.clone()).collect();
        others.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn wake_all(&self) {
        self.wake_mover();
        self.wake_reader();
        self.wake_others();
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        // Nothing in here panics, and nothing could be left half done.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set<'a>(slot: &'a mut Option<Waker>, waker: &Waker) -> &'a Waker {
    let known = slot.get_or_insert_with(|| waker.clone());
    known.clone_from(waker);
    known
}

impl Wake for Wakers {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.wake_mover();
        self.wake_others();
    }
}

/// Who moves the connection, known without a lock, as that is mostly who moved it before.
///
/// A waker and its clone may be told apart ([`Waker::will_wake`] may err), so the one that was given is
/// known by its addresses. They stay its own as long as the clone lives, if that shares its data.
#[derive(Debug, Default)]
pub(crate) struct Mover {
    given: Option<(usize, usize)>,
}

impl Mover {
    /// Has this one woken from now on. Nobody else may set the mover of these wakers.
    pub(crate) fn set(&mut self, waker: &Waker, wakers: &Wakers) {
        let given = (waker.data().addr(), std::ptr::from_ref(waker.vtable()).addr());
        if self.given != Some(given) {
            self.given = wakers.set_mover(waker).then_some(given);
        }
    }
}

/// A sender's place among those who wait, given up when it is dropped.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    wakers: &'a Wakers,
    key: Option<u64>,
}

impl<'a> Place<'a> {
    pub(crate) const fn new(wakers: &'a Wakers) -> Self {
        Self { wakers, key: None }
    }

    pub(crate) fn set(&mut self, waker: &Waker) {
        let mut slots = self.wakers.slots();
        if let Some(key) = self.key {
            if let Some((_, known)) = slots.others.iter_mut().find(|(other, _)| *other == key) {
                known.clone_from(waker);
            }
            return;
        }
        slots.last += 1;
        let key = slots.last;
        slots.others.push((key, waker.clone()));
        self.wakers.waiting.store(slots.others.len(), Ordering::Release);
        self.key = Some(key);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let Some(key) = self.key else { return };
        let mut slots = self.wakers.slots();
        slots.others.retain(|(other, _)| *other != key);
        self.wakers.waiting.store(slots.others.len(), Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn counter() -> (Arc<Count>, Waker) {
        let count = Arc::new(Count::default());
        (Arc::clone(&count), Waker::from(count))
    }

    #[test]
    fn what_moves_wakes_the_mover_and_the_senders_that_still_wait() {
        let wakers = Arc::new(Wakers::default());
        let ((mover, mover_waker), (reader, reader_waker)) = (counter(), counter());
        let (sender, sender_waker) = counter();
        wakers.set_mover(&mover_waker);
        wakers.set_reader(&reader_waker);
        let mut place = Place::new(&wakers);
        place.set(&sender_waker);
        place.set(&sender_waker);
        Waker::from(Arc::clone(&wakers)).wake();
        drop(place);
        Waker::from(Arc::clone(&wakers)).wake();
        let counts = [mover, sender, reader].map(|count| count.0.load(Ordering::Relaxed));
        assert_eq!(counts, [2, 1, 0]);
    }
}
