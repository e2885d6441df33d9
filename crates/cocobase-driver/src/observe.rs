//! What programs and their operators are told of connections beside the events: `tracing`, and with
//! the feature `metrics` counters. Never what a message says, and no credentials.

use std::sync::Arc;

use cocobase_proto::{Action, Event, Input, LinkId};

/// Watches over one connection.
pub(crate) struct Observer {
    name: Arc<str>,
    #[cfg(feature = "metrics")]
    counters: counters::Counters,
}

impl Observer {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            #[cfg(feature = "metrics")]
            counters: counters::Counters::new(),
        }
    }

    /// The session wants something.
    pub(crate) fn action(&self, action: &Action) {
        let connection = &*self.name;
        match action {
            Action::Open { link, .. } => tracing::debug!(connection, ?link, "connecting"),
            Action::Send { text, .. } => {
                tracing::trace!(connection, bytes = text.len(), "sending");
                #[cfg(feature = "metrics")]
                self.counters.bytes_sent.increment(text.len() as u64);
            }
            Action::Close { link, .. } => tracing::debug!(connection, ?link, "closing"),
        }
    }

    /// A link reports something.
    pub(crate) fn input(&self, link: LinkId, input: &Input) {
        let connection = &*self.name;
        match input {
            Input::Refused { status, .. } => {
                tracing::debug!(connection, ?link, status, "refused by HTTP");
            }
            Input::Closed(cause) => tracing::debug!(connection, ?link, ?cause, "link lost"),
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
        tracing::debug!(connection = &*self.name, again, "live");
        #[cfg(feature = "metrics")]
        self.counters.reconnects.increment(u64::from(again));
    }

    /// The session tells its user something.
    pub(crate) fn event<D>(&self, event: &Event<D>) {
        #[cfg(feature = "metrics")]
        self.counters.events.increment(1);
        let connection = &*self.name;
        match event {
            Event::Disconnected(disconnected) => tracing::info!(
                connection,
                cause = %disconnected.cause,
                attempt = disconnected.attempt,
                retry_in = ?disconnected.retry_in,
                "disconnected"
            ),
            Event::Gap(gap) => {
                tracing::warn!(connection, topic = %gap.topic, cause = ?gap.cause, missed = ?gap.missed, "gap");
                #[cfg(feature = "metrics")]
                self.counters.gaps.increment(1);
            }
            Event::Refused(refusal) => tracing::error!(connection, %refusal, "refused"),
            Event::TopicRefused { topic, refusal } => {
                tracing::error!(connection, %topic, %refusal, "refused");
            }
            _ => {}
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
