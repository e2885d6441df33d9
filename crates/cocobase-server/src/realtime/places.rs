//! How many connections there are.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of a server's connections, WebSockets and event streams alike.
#[derive(Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    all: u32,
}

/// The right to be connected. Dropping it makes room for another.
#[derive(Debug)]
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(limit: usize) -> Self {
        // The system has fewer file descriptors than 32 bits can count.
        let all = u32::try_from(limit).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(all as usize)), all }
    }

    /// Lets one more in, unless there are too many.
    pub(crate) fn take(&self) -> Option<Place> {
        Arc::clone(&self.free).try_acquire_owned().ok().map(|permit| Place { _permit: permit })
    }

    /// Waits until everybody has left; nobody is let in while it waits.
    pub(crate) async fn all_left(&self) {
        // Fails when the semaphore is closed, which nobody does.
        let _ = self.free.acquire_many(self.all).await;
    }

    /// How many are connected.
    pub(crate) fn taken(&self) -> usize {
        (self.all as usize).saturating_sub(self.free.available_permits())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_are_counted_and_come_back() {
        let places = Places::new(2);
        let (one, two) = (places.take().unwrap(), places.take().unwrap());
        assert!(places.take().is_none(), "the third is one too many");
        drop(two);
        let three = places.take().unwrap();
        assert_eq!(places.taken(), 2);
        let leave = async {
            drop(one);
            drop(three);
        };
        tokio::join!(places.all_left(), leave);
        assert_eq!(places.taken(), 0);
    }
}
