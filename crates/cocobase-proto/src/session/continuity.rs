//! What has been seen of a collection's history, and what has not.

use crate::text::Text;
use crate::time::Instant;
use crate::wire::{Greeting, Position};

use super::event::{Gap, GapCause, Missed};

/// The collection's position as far as this session has followed it.
#[derive(Debug, Clone)]
pub(super) struct Continuity {
    collection: Text,
    /// A filter hides changes, so their numbers have holes that are no loss.
    is_filtered: bool,
    position: Option<Position>,
    /// The last word of the server before the link was lost.
    lost_at: Option<Instant>,
}

/// What to do with a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Deliver,
    /// The change has been seen before.
    Duplicate,
    /// Changes before this one never came.
    DeliverAfter(Gap),
}

impl Continuity {
    pub(super) const fn new(collection: Text, is_filtered: bool) -> Self {
        Self { collection, is_filtered, position: None, lost_at: None }
    }

    /// The link is lost; the server was last heard at `last_heard`.
    pub(super) fn lose(&mut self, last_heard: Instant) {
        self.lost_at.get_or_insert(last_heard);
    }

    /// The subscription is live: what was missed since the link was lost, if anything.
    pub(super) fn resume(&mut self, greeting: &Greeting, now: Instant) -> Option<Gap> {
        let since = self.lost_at.take();
        let before = core::mem::replace(&mut self.position, greeting.position.clone());
        let (missed, cause) = match (before, &self.position) {
            (Some(before), Some(after)) if before.epoch != after.epoch => {
                (Missed::Unknown, GapCause::EpochChanged)
            }
            (Some(before), Some(after)) => {
                let missed = after.seq.saturating_sub(before.seq);
                if missed == 0 {
                    return None;
                }
                (self.count(missed), GapCause::Reconnected)
            }
            _ => (Missed::Unknown, GapCause::Reconnected),
        };
        since.map(|since| self.gap(since, now, missed, cause))
    }

    /// A change with this number arrived.
    pub(super) fn advance(
        &mut self,
        seq: Option<u64>,
        last_heard: Instant,
        now: Instant,
    ) -> Verdict {
        let (Some(seq), Some(position)) = (seq, &mut self.position) else {
            return Verdict::Deliver;
        };
        if seq <= position.seq {
            return Verdict::Duplicate;
        }
        let skipped = seq - position.seq - 1;
        position.seq = seq;
        if skipped == 0 || self.is_filtered {
            return Verdict::Deliver;
        }
        Verdict::DeliverAfter(self.gap(last_heard, now, Missed::Known(skipped), GapCause::Skipped))
    }

    fn count(&self, missed: u64) -> Missed {
        if self.is_filtered { Missed::AtMost(missed) } else { Missed::Known(missed) }
    }

    fn gap(&self, since: Instant, now: Instant, missed: Missed, cause: GapCause) -> Gap {
        Gap { collection: self.collection.clone(), since, lasted: now.since(since), missed, cause }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn greeting(epoch: &str, seq: u64) -> Greeting {
        let position = Some(Position { epoch: epoch.into(), seq });
        Greeting { position, ..Greeting::default() }
    }

    fn at(seconds: u64) -> Instant {
        Instant::default() + Duration::from_secs(seconds)
    }

    #[test]
    fn a_first_greeting_misses_nothing() {
        let mut continuity = Continuity::new("quakes".into(), false);
        assert_eq!(continuity.resume(&greeting("e", 7), at(1)), None);
        assert_eq!(continuity.advance(Some(7), at(1), at(2)), Verdict::Duplicate);
        assert_eq!(continuity.advance(Some(8), at(1), at(2)), Verdict::Deliver);
        assert_eq!(continuity.advance(Some(8), at(1), at(2)), Verdict::Duplicate);
        assert_eq!(continuity.advance(None, at(1), at(2)), Verdict::Deliver);
    }

    #[test]
    fn a_reconnection_counts_what_was_missed() {
        for (filtered, after, expected) in [
            (false, greeting("e", 12), Some((Missed::Known(5), GapCause::Reconnected))),
            (true, greeting("e", 12), Some((Missed::AtMost(5), GapCause::Reconnected))),
            (true, greeting("e", 7), None),
            (false, greeting("f", 9), Some((Missed::Unknown, GapCause::EpochChanged))),
            (false, Greeting::default(), Some((Missed::Unknown, GapCause::Reconnected))),
        ] {
            let mut continuity = Continuity::new("quakes".into(), filtered);
            continuity.resume(&greeting("e", 7), at(1));
            continuity.lose(at(3));
            continuity.lose(at(4));
            let gap = continuity.resume(&after, at(10));
            assert_eq!(gap.as_ref().map(|gap| (gap.missed, gap.cause)), expected);
            assert!(gap.is_none_or(|gap| gap.lasted == Duration::from_secs(7)));
        }
    }

    #[test]
    fn a_hole_in_an_unfiltered_stream_is_a_gap() {
        for (filtered, is_gap) in [(false, true), (true, false)] {
            let mut continuity = Continuity::new("quakes".into(), filtered);
            continuity.resume(&greeting("e", 7), at(1));
            let verdict = continuity.advance(Some(11), at(1), at(2));
            match verdict {
                Verdict::DeliverAfter(gap) => {
                    assert!(is_gap);
                    assert_eq!(gap.missed, Missed::Known(3));
                }
                other => assert!(!is_gap && other == Verdict::Deliver),
            }
        }
    }
}
