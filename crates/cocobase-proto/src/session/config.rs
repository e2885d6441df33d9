//! The session's numbers.

use core::time::Duration;

use super::outbox::OutboxConfig;

/// Time-outs and bounds of a session. The defaults are the protocol's.
///
/// ```
/// use cocobase_proto::SessionConfig;
/// use core::time::Duration;
///
/// let patient = SessionConfig { backoff_max: Duration::from_secs(120), ..SessionConfig::default() };
/// assert_eq!(patient.ping_interval, Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionConfig {
    /// How long opening a link may take: 10 s (our decision).
    pub connect_timeout: Duration,
    /// How long the server may take to greet after the hello: 10 s (our decision).
    pub greeting_timeout: Duration,
    /// How long an event stream that has begun may take to greet before it counts as live without a
    /// greeting: 1 s (our decision; only our server greets there). One that has greeted before has
    /// [`greeting_timeout`](Self::greeting_timeout).
    pub stream_greeting_timeout: Duration,
    /// How long we stay silent before a ping: 30 s (document 003).
    pub ping_interval: Duration,
    /// How long the server may be silent before the link counts as dead: 60 s, twice the ping
    /// interval (our decision).
    pub silence_timeout: Duration,
    /// The most that the first pause after a fault lasts: 1 s (document 003).
    pub backoff_initial: Duration,
    /// The most that any pause lasts: 30 s (document 003).
    pub backoff_max: Duration,
    /// The longest `Retry-After` that is honoured: 1 hour (our decision).
    pub longest_retry_after: Duration,
    /// How many events may wait for the user: 1,024 (our decision). What comes on top is dropped and
    /// told as a gap.
    pub max_events: usize,
    /// How many collections and rooms a gateway session may have: 1,000 (our decision).
    pub max_topics: usize,
    /// How many people a room's list may hold: 10,000 (our decision). Those on top are counted.
    pub max_participants: usize,
    /// The largest message of an event stream: 16 MiB (our decision).
    pub max_stream_message: usize,
    /// Messages on their way to the server.
    pub outbox: OutboxConfig,
    /// Whether to ask the server, after a lost link, for what was missed (ours). Servers that do not
    /// know the question take no notice of it.
    pub resume: bool,
    /// The Unix time at the driver's epoch, if the driver knows it: with it, a token's expiry is
    /// foreseen, and a provider asked for another one in time.
    pub unix_epoch: Option<Duration>,
    /// How long before a token expires another one is asked for: 60 s (our decision).
    pub refresh_ahead: Duration,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            greeting_timeout: Duration::from_secs(10),
            stream_greeting_timeout: Duration::from_secs(1),
            ping_interval: Duration::from_secs(30),
            silence_timeout: Duration::from_secs(60),
            backoff_initial: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(3600),
            max_events: 1024,
            max_topics: 1000,
            max_participants: 10_000,
            max_stream_message: 16 << 20,
            outbox: OutboxConfig::default(),
            resume: true,
            unix_epoch: None,
            refresh_ahead: Duration::from_secs(60),
        }
    }
}
