//! How many changes are told to be missing.

use cocobase_proto::Missed;

/// What gaps allow to be missing since the last thing that is certain: at least, and at most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Budget {
    least: u64,
    most: u64,
}

impl Budget {
    /// Takes in a gap that is about one thing alone and counts what the filter lets through.
    pub(super) const fn add(&mut self, missed: Missed) {
        match missed {
            Missed::Known(n) => {
                self.least = self.least.saturating_add(n);
                self.most = self.most.saturating_add(n);
            }
            Missed::AtMost(n) => self.most = self.most.saturating_add(n),
            Missed::Unknown => self.most = u64::MAX,
        }
    }

    /// Takes in a gap that counts other things as well.
    pub(super) const fn add_shared(&mut self, missed: Missed) {
        match missed {
            Missed::Known(n) | Missed::AtMost(n) => self.most = self.most.saturating_add(n),
            Missed::Unknown => self.most = u64::MAX,
        }
    }

    /// How many are missing at least.
    pub(super) const fn least(self) -> u64 {
        self.least
    }

    /// Whether nothing may be missing.
    pub(super) const fn is_empty(self) -> bool {
        self.most == 0
    }

    /// Whether anything may be missing.
    pub(super) const fn is_endless(self) -> bool {
        self.most == u64::MAX
    }

    /// Whether so many may be missing.
    pub(super) const fn allows(self, missing: u64) -> bool {
        missing <= self.most
    }

    /// So many are missing: do the gaps say so?
    pub(super) fn settle(&mut self, missing: u64) -> Result<(), String> {
        let Self { least, most } = std::mem::take(self);
        match (missing, least, most) {
            (_, _, u64::MAX) => Ok(()),
            (1.., _, 0) => Err(format!("{missing} were lost without a word")),
            _ if missing > most => Err(format!("{missing} were lost, but gaps tell of {most}")),
            _ if missing < least => Err(format!("gaps tell of {least}, but {missing} were lost")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_must_fit_what_is_told() {
        for (gaps, missing, is_right) in [
            (&[][..], 0, true),
            (&[], 1, false),
            (&[Missed::Known(2)], 2, true),
            (&[Missed::Known(2)], 1, false),
            (&[Missed::Known(2)], 3, false),
            (&[Missed::AtMost(2)], 0, true),
            (&[Missed::AtMost(2)], 3, false),
            (&[Missed::Known(1), Missed::AtMost(2)], 3, true),
            (&[Missed::Known(1), Missed::AtMost(2)], 0, false),
            (&[Missed::Known(1), Missed::Unknown], 9, true),
        ] {
            let mut budget = Budget::default();
            gaps.iter().for_each(|gap| budget.add(*gap));
            assert_eq!(budget.settle(missing).is_ok(), is_right, "{gaps:?} {missing}");
            assert!(budget.is_empty());
        }
    }
}
