//! The session's deadlines: a small fixed table whose minimum is the answer.

use crate::time::Instant;

/// Why the session wants to be woken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WakeReason {
    /// The link has not opened in time.
    Connect,
    /// The link is open and the server has not greeted in time.
    Greeting,
    /// It is time to say something, so that both ends know that the link is alive.
    Ping,
    /// The server has been silent for so long that the link counts as dead.
    Silence,
    /// The pause after a fault is over.
    Reconnect,
    /// A message has waited for too long.
    Expiry,
    /// The token is about to expire.
    Refresh,
}

/// A deadline and its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wakeup {
    /// When to call `handle_timeout`.
    pub at: Instant,
    /// What for.
    pub reason: WakeReason,
}

const REASONS: [WakeReason; 7] = [
    WakeReason::Connect,
    WakeReason::Greeting,
    WakeReason::Ping,
    WakeReason::Silence,
    WakeReason::Reconnect,
    WakeReason::Expiry,
    WakeReason::Refresh,
];

#[derive(Debug, Clone, Default)]
pub(super) struct Timers {
    deadlines: [Option<Instant>; REASONS.len()],
}

impl Timers {
    pub(super) fn set(&mut self, reason: WakeReason, at: Instant) {
        if let Some(deadline) = self.deadlines.get_mut(reason as usize) {
            // The end of time is never over, so it is no deadline.
            *deadline = Some(at).filter(|at| at.as_nanos() < u64::MAX);
        }
    }

    pub(super) fn unset(&mut self, reason: WakeReason) {
        if let Some(deadline) = self.deadlines.get_mut(reason as usize) {
            *deadline = None;
        }
    }

    /// Forgets the deadlines of the link. Those that outlive it stay.
    pub(super) fn clear_link(&mut self) {
        for reason in [
            WakeReason::Connect,
            WakeReason::Greeting,
            WakeReason::Ping,
            WakeReason::Silence,
            WakeReason::Reconnect,
        ] {
            self.unset(reason);
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// The earliest deadline.
    pub(super) fn next(&self) -> Option<Wakeup> {
        REASONS
            .into_iter()
            .zip(self.deadlines)
            .filter_map(|(reason, at)| Some(Wakeup { at: at?, reason }))
            .min_by_key(|wakeup| wakeup.at)
    }

    /// Takes the earliest deadline if it is due.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<Wakeup> {
        let due = self.next().filter(|wakeup| wakeup.at <= now)?;
        if let Some(deadline) = self.deadlines.get_mut(due.reason as usize) {
            *deadline = None;
        }
        Some(due)
    }
}
