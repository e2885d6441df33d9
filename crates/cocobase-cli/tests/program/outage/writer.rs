//! Those who write, and what they know of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use cocobase_tokio::{Client, Error};
use tokio::sync::watch;

use super::ByCollection;
use super::history::Told;
use super::random::Random;
use super::things::{COLLECTIONS, Thing};

/// What one writer did in one collection, in its order.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// The server said that it was done.
    pub(crate) acknowledged: Vec<Told>,
    /// The server died instead of an answer.
    pub(crate) in_doubt: Vec<Told>,
}

/// Creates, changes and deletes documents that are nobody else's, one after the other.
pub(crate) struct Writer {
    pub(crate) client: Client,
    pub(crate) number: u64,
    pub(crate) random: Random,
    pub(crate) is_up: watch::Receiver<bool>,
    pub(crate) is_over: Arc<AtomicBool>,
}

impl Writer {
    /// Writes until it is over.
    pub(crate) async fn write(mut self) -> ByCollection<Ledger> {
        let mut shelves = COLLECTIONS.map(|_| (Ledger::default(), Vec::<String>::new()));
        let mut mark = self.number << 32;
        while !self.is_over.load(Ordering::Relaxed) {
            // The load, for all writers together, is some 150 writes a second at most.
            tokio::time::sleep(Duration::from_millis(self.random.below(8))).await;
            let which = self.random.below(COLLECTIONS.len() as u64) as usize;
            let things = self.client.collection(COLLECTIONS[which]);
            let (ledger, mine) = &mut shelves[which];
            mark += 1;
            let thing = Thing::of(mark);
            let choice = self.random.below(10);
            let at = (!mine.is_empty()).then(|| self.random.below(mine.len() as u64) as usize);
            let (told, result) = match at {
                Some(at) if choice >= 8 => {
                    let id = mine.swap_remove(at);
                    (Told::Deleted(id.clone()), things.delete(&id).await)
                }
                Some(at) if choice >= 4 => {
                    let document = things.update(&mine[at], &thing).await;
                    (Told::Updated(mark), document.map(drop))
                }
                _ => {
                    let document = things.create(&thing).await;
                    (
                        Told::Created(mark),
                        document.map(|new| mine.push(new.id().unwrap().to_string())),
                    )
                }
            };
            match result {
                Ok(()) => ledger.acknowledged.push(told),
                Err(Error::Transport(_)) => {
                    ledger.in_doubt.push(told);
                    let _ = self.is_up.wait_for(|is_up| *is_up).await;
                }
                Err(error) => panic!("{told:?}: {error}"),
            }
        }
        let names = COLLECTIONS.into_iter().map(str::to_owned);
        names.zip(shelves.map(|(ledger, _)| ledger)).collect()
    }
}
