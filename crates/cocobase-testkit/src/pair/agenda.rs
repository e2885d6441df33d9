//! What is going to happen, in the order of virtual time.

use std::collections::BTreeMap;

use cocobase_proto::Instant;

/// A queue by time; what is to happen at the same time happens in the order in which it was entered.
#[derive(Debug)]
pub(super) struct Agenda<T> {
    entries: BTreeMap<(Instant, u64), T>,
    entered: u64,
}

impl<T> Agenda<T> {
    pub(super) const fn new() -> Self {
        Self { entries: BTreeMap::new(), entered: 0 }
    }

    pub(super) fn enter(&mut self, at: Instant, what: T) {
        self.entered += 1;
        self.entries.insert((at, self.entered), what);
    }

    pub(super) fn next_at(&self) -> Option<Instant> {
        self.entries.first_key_value().map(|((at, _), _)| *at)
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        self.entries.pop_first().map(|(_, what)| what)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_orders_and_entry_breaks_ties() {
        let mut agenda = Agenda::new();
        for (at, what) in [(5, 'c'), (1, 'a'), (5, 'd'), (2, 'b')] {
            agenda.enter(Instant::from_nanos(at), what);
        }
        assert_eq!(agenda.next_at(), Some(Instant::from_nanos(1)));
        let order: String = std::iter::from_fn(|| agenda.pop()).collect();
        assert_eq!(order, "abcd");
        assert!(agenda.is_empty());
    }
}
