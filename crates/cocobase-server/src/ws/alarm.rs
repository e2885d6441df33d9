//! Time for peers.

use std::future::pending;
use std::pin::Pin;
use std::time::Duration;

use cocobase_proto::Instant;
use tokio::time::Sleep;

/// The clock that all peers are told the time by.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PeerClock {
    epoch: tokio::time::Instant,
}

/// One peer's deadline. The timer behind it is set anew only when the deadline moves.
#[derive(Debug)]
pub(crate) struct Alarm {
    clock: PeerClock,
    armed: Option<(Instant, Pin<Box<Sleep>>)>,
}

impl PeerClock {
    pub(crate) fn start() -> Self {
        Self { epoch: tokio::time::Instant::now() }
    }

    pub(crate) fn now(self) -> Instant {
        Instant::from_nanos(u64::try_from(self.epoch.elapsed().as_nanos()).unwrap_or(u64::MAX))
    }

    pub(crate) const fn alarm(self) -> Alarm {
        Alarm { clock: self, armed: None }
    }
}

impl Alarm {
    /// Waits until `deadline`; without one, for ever. Cancel-safe.
    pub(crate) async fn wait(&mut self, deadline: Option<Instant>) {
        let Some(deadline) = deadline else { return pending().await };
        let at = self.clock.epoch + Duration::from_nanos(deadline.as_nanos());
        let (armed, sleep) =
            self.armed.get_or_insert_with(|| (deadline, Box::pin(tokio::time::sleep_until(at))));
        if *armed != deadline {
            sleep.as_mut().reset(at);
            *armed = deadline;
        }
        sleep.as_mut().await;
    }
}
