//! Which of its two ways a watch takes where a network may let no WebSockets through.

use crate::rest;
use crate::wire::Surface;

use super::{Disconnected, Event, Fault, Phase, Session};
use crate::text::Text;
use crate::time::Instant;
use core::time::Duration;

/// The way of the next link. Every pause ends with a WebSocket again once a link has lived.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fallback {
    next: Surface,
    /// Attempts in a row that got through to something, and came to nothing.
    failures: u8,
}

/// So many attempts must come to nothing before the other way is tried, where nobody says that this
/// one is closed: a proxy that takes a handshake and then lets nothing pass looks like a server in
/// trouble.
const ENOUGH: u8 = 3;

impl Fallback {
    pub(super) const fn new() -> Self {
        Self { next: Surface::Collection, failures: 0 }
    }
}

impl Session {
    /// A link is about to be made.
    pub(super) fn choose_way(&mut self) {
        let Some(Fallback { next, .. }) = self.fallback else { return };
        if core::mem::replace(&mut self.surface, next) != next {
            // That the server greets on the one way says little about the other.
            self.topics.forget_confirmations();
        }
    }

    /// A link lives.
    pub(super) fn praise_way(&mut self) {
        if let Some(fallback) = &mut self.fallback {
            *fallback = Fallback::new();
            if self.surface == Surface::Collection {
                // It is older than what the WebSocket will have told.
                self.last_event_id = Text::default();
            }
        }
    }

    /// An attempt has failed, or a link that had lived is lost.
    pub(super) fn blame_way(&mut self, fault: &Fault) {
        let is_live = matches!(self.phase, Phase::Live(_));
        // A server that cannot be reached is out of reach either way.
        let is_elsewhere = matches!(
            fault,
            Fault::Connect(_) | Fault::ConnectTimeout | Fault::Credentials(_) | Fault::Requested
        );
        // One that is in trouble says so either way; one that has not implemented something does not.
        let may_pass = self.surface == Surface::Collection
            && matches!(fault, Fault::Status(status) if rest::may_pass(*status));
        let Some(fallback) = &mut self.fallback else { return };
        if is_live || is_elsewhere || may_pass {
            return;
        }
        fallback.failures += 1;
        if fallback.failures >= ENOUGH {
            *fallback = Fallback { next: other(self.surface), failures: 0 };
        }
    }

    /// HTTP refuses the WebSocket for good, whoever said so on the way: then the watch goes on by
    /// server-sent events, at once. `false` if that is no way out.
    pub(super) fn goes_another_way(&mut self, status: u16, now: Instant) -> bool {
        let Some(fallback) = &mut self.fallback else { return false };
        if self.surface != Surface::Collection {
            return false;
        }
        *fallback = Fallback { next: Surface::Events, failures: 0 };
        self.drop_link();
        let attempt = self.backoff.attempts();
        let (cause, retry_in) = (Fault::Status(status), Duration::ZERO);
        self.tell(Event::Disconnected(Disconnected { cause, retry_in, attempt }), now);
        self.connect(now);
        true
    }
}

const fn other(surface: Surface) -> Surface {
    match surface {
        Surface::Collection => Surface::Events,
        _ => Surface::Collection,
    }
}
