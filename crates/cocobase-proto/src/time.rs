//! The core's clock hand: a number that the driver gives.

use core::time::Duration;

/// A point in time: nanoseconds since an epoch that the driver chooses.
///
/// The core never reads a clock. Arithmetic saturates, so a clock that jumps, backwards too, is
/// never more than odd.
///
/// ```
/// use cocobase_proto::Instant;
/// use core::time::Duration;
///
/// let start = Instant::from_nanos(5);
/// let later = start + Duration::from_secs(1);
/// assert_eq!(later.since(start), Duration::from_secs(1));
/// assert_eq!(start.since(later), Duration::ZERO);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(u64);

impl Instant {
    /// The instant `nanos` nanoseconds after the driver's epoch.
    #[must_use]
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the driver's epoch.
    #[must_use]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// The instant `duration` before this one; the epoch if there is none.
    ///
    /// ```
    /// use cocobase_proto::Instant;
    /// use core::time::Duration;
    /// assert_eq!(Instant::from_nanos(5).earlier(Duration::from_nanos(3)).as_nanos(), 2);
    /// assert_eq!(Instant::from_nanos(5).earlier(Duration::MAX).as_nanos(), 0);
    /// ```
    #[must_use]
    pub fn earlier(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(nanos))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(earlier.0))
    }
}

impl core::ops::Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        let nanos = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(nanos))
    }
}
