//! Time for the hub.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use cocobase_proto::Instant;
use tokio::time;

/// A clock that counts from the UNIX epoch and never goes back: the system's time when it started,
/// and what has passed since.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    began: time::Instant,
    began_at: u64,
}

impl Clock {
    pub(super) fn start() -> Self {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { began: time::Instant::now(), began_at: nanos(since_epoch) }
    }

    pub(super) fn now(self) -> Instant {
        Instant::from_nanos(self.began_at.saturating_add(nanos(self.began.elapsed())))
    }

    /// When the runtime's clock will show what this one calls `deadline`.
    pub(super) fn wake_at(self, deadline: Instant) -> time::Instant {
        let wait = deadline.since(Instant::from_nanos(self.began_at));
        // A deadline beyond what the system can tell is as good as none: look again in a day.
        let far = || time::Instant::now() + Duration::from_secs(86_400);
        self.began.checked_add(wait).unwrap_or_else(far)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_tells_the_time_of_day_and_finds_back() {
        let clock = Clock::start();
        let now = clock.now();
        assert!(now.as_nanos() > 1_700_000_000_000_000_000);
        let soon = now + Duration::from_secs(5);
        let wait = clock.wake_at(soon) - clock.began;
        assert_eq!(Instant::from_nanos(clock.began_at) + wait, soon);
        assert!(clock.wake_at(Instant::from_nanos(u64::MAX)) > time::Instant::now());
    }
}
