//! What the index answers with.

/// A filter that may match a document, or surely does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate(u32);

impl Candidate {
    pub(super) const MIN: Self = Self(0);
    pub(super) const MAX: Self = Self(u32::MAX);

    const PROVED: u32 = 1;
    const WAITING: u32 = 2;

    /// A filter at the end of its steps. `slot` is below 2^30.
    pub(super) const fn new(slot: u32, proved: bool) -> Self {
        Self(slot << 2 | if proved { Self::PROVED } else { 0 })
    }

    /// A filter that has steps left.
    pub(super) const fn waiting(slot: u32) -> Self {
        Self(slot << 2 | Self::WAITING)
    }

    /// The filter's number.
    pub(crate) const fn slot(self) -> u32 {
        self.0 >> 2
    }

    /// Whether the way to it has shown every clause to hold.
    pub(crate) const fn is_proved(self) -> bool {
        self.0 & Self::PROVED != 0
    }

    pub(super) const fn is_waiting(self) -> bool {
        self.0 & Self::WAITING != 0
    }

    pub(super) const fn unless(self, doubted: bool) -> Self {
        if doubted { Self(self.0 & !Self::PROVED) } else { self }
    }
}
