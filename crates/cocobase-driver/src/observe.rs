//! What programs and their operators are told of connections beside the events: `tracing`, and with
//! the feature `metrics` counters. Never what a message says, and no credentials; so not a server's
//! own words either, which may repeat what it was told.

use std::fmt;

use cocobase_proto::{Action, CloseCause, Event, Fault, Input, LinkId};
use tracing::Span;

/// Watches over one connection.
pub(crate) struct Observer {
    span: Span,
    #[cfg(feature = "metrics")]
    counters: counters::Counters,
}

impl Observer {
    pub(crate) fn new(name: &str) -> Self {
        // Of the highest level, so that it is there whenever any of its events is. It outlives the
        // span that it was begun in, and does not keep that one open.
        let span = tracing::error_span!(parent: None, "connection", name);
        span.follows_from(Span::current());
        Self {
            span,
            #[cfg(feature = "metrics")]
            counters: counters::Counters::new(),
        }
    }

    /// The session wants something.
    pub(crate) fn action(&self, action: &Action) {
        let span = &self.span;
        match action {
            Action::Open { link, .. } => tracing::debug!(parent: span, ?link, "connecting"),
            Action::Send { text, .. } => {
                tracing::trace!(parent: span, bytes = text.len(), "sending");
                #[cfg(feature = "metrics")]
                self.counters.bytes_sent.increment(text.len() as u64);
            }
            Action::Close { link, .. } => tracing::debug!(parent: span, ?link, "closing"),
        }
    }

    /// A link reports something.
    pub(crate) fn input(&self, link: LinkId, input: &Input) {
        let span = &self.span;
        match input {
            Input::Refused { status, .. } => {
                tracing::debug!(parent: span, ?link, status, "refused by HTTP");
            }
            Input::Closed(CloseCause::Closed { code, .. }) => {
                tracing::debug!(parent: span, ?link, code, "closed by the server");
            }
            Input::Closed(CloseCause::Connect(cause) | CloseCause::Io(cause)) => {
                tracing::debug!(parent: span, ?link, %cause, "link lost");
            }
            #[cfg(feature = "metrics")]
            Input::Text(text) => self.counters.bytes_received.increment(text.len() as u64),
            #[cfg(feature = "metrics")]
            Input::Bytes(bytes) => self.counters.bytes_received.increment(bytes.len() as u64),
            #[cfg(feature = "metrics")]
            Input::Item(cocobase_proto::sse::Item::Message(message)) => {
                self.counters.bytes_received.increment(message.data.len() as u64);
            }
            _ => {}
        }
    }

    /// The connection is live, for the first time or again.
    pub(crate) fn live(&self, again: bool) {
        tracing::debug!(parent: &self.span, again, "live");
        #[cfg(feature = "metrics")]
        self.counters.reconnects.increment(u64::from(again));
    }

    /// The session tells its user something.
    pub(crate) fn event<D>(&self, event: &Event<D>) {
        #[cfg(feature = "metrics")]
        self.counters.events.increment(1);
        let span = &self.span;
        match event {
            Event::Disconnected(disconnected) => tracing::info!(
                parent: span,
                cause = %InOurWords(&disconnected.cause),
                attempt = disconnected.attempt,
                retry_in = ?disconnected.retry_in,
                "disconnected"
            ),
            Event::Gap(gap) => {
                tracing::warn!(parent: span, topic = %gap.topic, cause = ?gap.cause, missed = ?gap.missed, "gap");
                #[cfg(feature = "metrics")]
                self.counters.gaps.increment(1);
            }
            Event::Refused(refusal) => {
                tracing::error!(parent: span, what = ?refusal.kind, "refused");
            }
            Event::TopicRefused { topic, refusal } => {
                tracing::error!(parent: span, %topic, what = ?refusal.kind, "refused");
            }
            _ => {}
        }
    }
}

/// A fault without what others said of it.
struct InOurWords<'a>(&'a Fault);

impl fmt::Display for InOurWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Fault::Closed { code, .. } => Fault::Closed { code: *code, reason: "".into() }.fmt(f),
            Fault::Server(_) => f.write_str("the server reported an error"),
            Fault::Credentials(_) => f.write_str("no credentials"),
            ours => ours.fmt(f),
        }
    }
}

#[cfg(feature = "metrics")]
mod counters {
    use metrics::{Counter, counter};

    /// Over all connections of the program: a name each would be one time series each.
    pub(super) struct Counters {
        pub(super) events: Counter,
        pub(super) bytes_received: Counter,
        pub(super) bytes_sent: Counter,
        pub(super) reconnects: Counter,
        pub(super) gaps: Counter,
    }

    impl Counters {
        pub(super) fn new() -> Self {
            Self {
                events: counter!("cocobase_client_events_total"),
                bytes_received: counter!("cocobase_client_received_bytes_total"),
                bytes_sent: counter!("cocobase_client_sent_bytes_total"),
                reconnects: counter!("cocobase_client_reconnects_total"),
                gaps: counter!("cocobase_client_gaps_total"),
            }
        }
    }
}
