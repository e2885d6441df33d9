//! What has been seen of a topic's history, and what has not.

use crate::time::Instant;
use crate::wire::Position;

use super::event::{Gap, GapCause, Missed, Topic};

/// A topic's position as far as this session has followed it.
#[derive(Debug, Clone)]
pub(super) struct Continuity {
    topic: Topic,
    /// A filter hides changes, so their numbers have holes that are no loss.
    is_filtered: bool,
    position: Option<Position>,
    /// The last word of the server before the link was lost.
    lost_at: Option<Instant>,
    /// Why a gap is to be told even if no link was lost.
    cause: Option<GapCause>,
}

/// How the server takes up a subscription.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Answer<'a> {
    /// From where on events follow.
    pub(super) position: Option<&'a Position>,
    /// Whether what was missed follows first.
    pub(super) resumed: Option<bool>,
    /// Whether a snapshot has made up for what was missed.
    pub(super) has_snapshot: bool,
}

/// What to do with a change.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Deliver,
    /// The change has been seen before, or is none of those that are followed.
    Ignore,
    /// Changes before this one never came.
    DeliverAfter(Gap),
}

impl Continuity {
    pub(super) const fn new(topic: Topic, is_filtered: bool) -> Self {
        Self { topic, is_filtered, position: None, lost_at: None, cause: None }
    }

    /// Where the server is to resume from.
    pub(super) const fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Whether a gap may still have to be told.
    pub(super) const fn is_broken(&self) -> bool {
        self.lost_at.is_some()
    }

    /// The link is lost; the server was last heard at `last_heard`.
    pub(super) fn lose(&mut self, last_heard: Instant) {
        self.lost_at.get_or_insert(last_heard);
    }

    /// The stream is broken for another reason than a lost link.
    pub(super) fn break_off(&mut self, cause: GapCause, at: Instant) {
        self.lose(at);
        self.cause = Some(cause);
    }

    /// Follows a topic anew, with another filter: positions mean nothing any more.
    pub(super) fn start_over(&mut self, is_filtered: bool, at: Instant) {
        self.is_filtered = is_filtered;
        self.position = None;
        self.break_off(GapCause::FilterChanged, at);
    }

    /// The stream goes on: what was missed since it was broken, if anything.
    pub(super) fn resume(&mut self, answer: Answer<'_>, now: Instant) -> Option<Gap> {
        let since = self.lost_at.take();
        let cause = self.cause.take();
        if answer.resumed == Some(true) && self.position.is_some() {
            return None;
        }
        let before = core::mem::replace(&mut self.position, answer.position.cloned());
        if answer.has_snapshot {
            return None;
        }
        let default = match answer.resumed {
            Some(false) => GapCause::HistoryTooShort,
            _ => GapCause::Reconnected,
        };
        let (missed, cause) = match (before, &self.position) {
            (Some(before), Some(after)) if before.epoch != after.epoch => {
                (Missed::Unknown, GapCause::EpochChanged)
            }
            (Some(before), Some(after)) => match after.seq.saturating_sub(before.seq) {
                0 => return None,
                missed => (self.count(missed), cause.unwrap_or(default)),
            },
            _ => (Missed::Unknown, cause.unwrap_or(default)),
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
            return Verdict::Ignore;
        }
        let skipped = seq - position.seq - 1;
        position.seq = seq;
        if skipped == 0 || self.is_filtered {
            return Verdict::Deliver;
        }
        Verdict::DeliverAfter(self.gap(last_heard, now, Missed::Known(skipped), GapCause::Skipped))
    }

    /// The server tells the position without a change.
    pub(super) fn set_position(&mut self, position: Position) {
        let is_known = self
            .position
            .as_ref()
            .is_some_and(|known| known.epoch == position.epoch && known.seq >= position.seq);
        if !is_known {
            self.position = Some(position);
        }
    }

    /// A gap that the server tells of itself.
    pub(super) fn lagged(
        &mut self,
        missed: Option<u64>,
        position: Option<Position>,
        last_heard: Instant,
        now: Instant,
    ) -> Gap {
        if let Some(position) = position {
            self.set_position(position);
        }
        let missed = missed.map_or(Missed::Unknown, Missed::Known);
        self.gap(last_heard, now, missed, GapCause::Lagged)
    }

    fn count(&self, missed: u64) -> Missed {
        if self.is_filtered { Missed::AtMost(missed) } else { Missed::Known(missed) }
    }

    fn gap(&self, since: Instant, now: Instant, missed: Missed, cause: GapCause) -> Gap {
        Gap { topic: self.topic.clone(), since, lasted: now.since(since), missed, cause }
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::*;

    fn position(epoch: &str, seq: u64) -> Position {
        Position { epoch: epoch.into(), seq }
    }

    fn at(seconds: u64) -> Instant {
        Instant::default() + Duration::from_secs(seconds)
    }

    fn followed(is_filtered: bool) -> Continuity {
        let mut continuity = Continuity::new(Topic::Collection("quakes".into()), is_filtered);
        let start = position("e", 7);
        let answer = Answer { position: Some(&start), ..Answer::default() };
        assert_eq!(continuity.resume(answer, at(1)), None, "the first greeting misses nothing");
        continuity
    }

    #[test]
    fn changes_are_told_once() {
        let mut continuity = followed(false);
        assert_eq!(continuity.advance(Some(7), at(1), at(2)), Verdict::Ignore);
        assert_eq!(continuity.advance(Some(8), at(1), at(2)), Verdict::Deliver);
        assert_eq!(continuity.advance(Some(8), at(1), at(2)), Verdict::Ignore);
        assert_eq!(continuity.advance(None, at(1), at(2)), Verdict::Deliver);
    }

    #[test]
    fn a_reconnection_counts_what_was_missed() {
        use GapCause::{EpochChanged, HistoryTooShort, Reconnected};
        let (near, far, other) = (position("e", 7), position("e", 12), position("f", 9));
        for (filtered, after, resumed, expected) in [
            (false, Some(&far), None, Some((Missed::Known(5), Reconnected))),
            (true, Some(&far), None, Some((Missed::AtMost(5), Reconnected))),
            (false, Some(&far), Some(false), Some((Missed::Known(5), HistoryTooShort))),
            (false, Some(&far), Some(true), None),
            (true, Some(&near), None, None),
            (false, Some(&other), Some(false), Some((Missed::Unknown, EpochChanged))),
            (false, None, None, Some((Missed::Unknown, Reconnected))),
        ] {
            let mut continuity = followed(filtered);
            continuity.lose(at(3));
            continuity.lose(at(4));
            let answer = Answer { position: after, resumed, has_snapshot: false };
            let gap = continuity.resume(answer, at(10));
            assert_eq!(gap.as_ref().map(|gap| (gap.missed, gap.cause)), expected);
            assert!(gap.is_none_or(|gap| gap.lasted == Duration::from_secs(7)));
        }
    }

    #[test]
    fn who_has_resumed_goes_on_from_where_it_was() {
        let mut continuity = followed(false);
        continuity.lose(at(3));
        let now = position("e", 12);
        let answer = Answer { position: Some(&now), resumed: Some(true), has_snapshot: false };
        assert_eq!(continuity.resume(answer, at(10)), None);
        for seq in 8..=13 {
            assert_eq!(continuity.advance(Some(seq), at(10), at(10)), Verdict::Deliver);
        }
    }

    #[test]
    fn a_snapshot_makes_up_for_what_was_missed() {
        let mut continuity = followed(false);
        continuity.lose(at(3));
        let now = position("f", 3);
        let answer = Answer { position: Some(&now), resumed: Some(false), has_snapshot: true };
        assert_eq!(continuity.resume(answer, at(10)), None);
        assert_eq!(continuity.position(), Some(&now));
    }

    #[test]
    fn a_hole_in_an_unfiltered_stream_is_a_gap() {
        let mut continuity = followed(true);
        assert_eq!(continuity.advance(Some(11), at(1), at(2)), Verdict::Deliver);
        let mut continuity = followed(false);
        let Verdict::DeliverAfter(gap) = continuity.advance(Some(11), at(1), at(2)) else {
            panic!()
        };
        assert_eq!((gap.missed, gap.cause), (Missed::Known(3), GapCause::Skipped));
    }

    #[test]
    fn a_position_that_is_told_moves_forward_or_to_another_epoch() {
        for (told, known) in [
            (position("e", 6), position("e", 7)),
            (position("e", 7), position("e", 7)),
            (position("e", 9), position("e", 9)),
            (position("f", 3), position("f", 3)),
            (position("f", 9), position("f", 9)),
        ] {
            let mut continuity = followed(false);
            continuity.set_position(told);
            assert_eq!(continuity.position(), Some(&known));
        }
    }

    #[test]
    fn another_filter_is_another_stream() {
        let mut continuity = followed(false);
        continuity.start_over(true, at(5));
        assert_eq!(continuity.position(), None);
        let now = position("e", 12);
        let answer = Answer { position: Some(&now), ..Answer::default() };
        let gap = continuity.resume(answer, at(6)).unwrap();
        assert_eq!((gap.missed, gap.cause), (Missed::Unknown, GapCause::FilterChanged));
    }
}
