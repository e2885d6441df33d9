//! The session's numbers.

use core::time::Duration;

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
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            greeting_timeout: Duration::from_secs(10),
            ping_interval: Duration::from_secs(30),
            silence_timeout: Duration::from_secs(60),
            backoff_initial: Duration::from_secs(1),
            backoff_max: Duration::from_secs(30),
            longest_retry_after: Duration::from_secs(3600),
            max_events: 1024,
        }
    }
}
