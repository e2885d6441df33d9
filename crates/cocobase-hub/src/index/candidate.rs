//! What the index answers with.

/// A filter that may match a document, or surely does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate(u32);

impl Candidate {
    pub(super) const MIN: Self = Self(0);
    pub(super) const MAX: Self = Self(u32::MAX);

    /// `slot` is below 2^31.
    pub(super) const fn new(slot: u32, proved: bool) -> Self {
        Self(slot << 1 | proved as u32)
    }

    /// The filter's number.
    pub(crate) const fn slot(self) -> u32 {
        self.0 >> 1
    }

    /// Whether the way to it has shown every clause to hold.
    pub(crate) const fn is_proved(self) -> bool {
        self.0 & 1 == 1
    }

    pub(super) const fn unless(self, doubted: bool) -> Self {
        Self(self.0 & !(doubted as u32))
    }
}
