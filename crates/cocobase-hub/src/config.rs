//! What a hub may be told when it starts.

use core::time::Duration;

use cocobase_proto::{Shape, Text};

use crate::rooms::RoomsConfig;

/// How a [`Hub`](crate::Hub) behaves. The defaults are what `cocobase serve` uses.
///
/// ```
/// use cocobase_hub::{HubConfig, Overflow};
///
/// let config = HubConfig { epoch: "e1".into(), overflow: Overflow::Coalesce, ..HubConfig::default() };
/// assert_eq!(config.queue_bytes, 4 << 20);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubConfig {
    /// The name of the log's history. It changes whenever the history was replaced by another.
    pub epoch: Text,
    /// The project, as the greeting of surface B says it.
    pub project_id: Text,
    /// How events on surface C show documents.
    pub shape: Shape,
    /// Where made-up user ids and the rooms' epoch come from, together with the time of the start.
    /// It should be a random number: the rooms' history ends with the hub, and whoever comes back
    /// must see by the epoch that it is another.
    pub seed: u64,
    /// The time limits of a connection.
    pub peer: PeerConfig,
    /// How much may wait for one client, in bytes: 4 MiB. A single event of any size always may.
    pub queue_bytes: usize,
    /// How much may wait for all clients together, in bytes: 1 GiB. What several wait for counts
    /// several times. Each client has [`FAIR_SHARE`](Self::FAIR_SHARE) in any case.
    pub total_queue_bytes: usize,
    /// The largest snapshot that one connection is sent, in bytes: 64 MiB. Who asks for more is
    /// greeted without one, as if this server knew no snapshots.
    pub snapshot_bytes: usize,
    /// What happens to a client that takes its events too slowly.
    pub overflow: Overflow,
    /// How many collections and rooms one gateway connection may have: 1,000.
    pub max_subscriptions: usize,
    /// The bounds of rooms, and of the broadcast's history.
    pub rooms: RoomsConfig,
}

impl HubConfig {
    /// How much may wait for a client, in bytes, however much waits for others.
    pub const FAIR_SHARE: usize = 64 << 10;
}

impl Default for HubConfig {
    fn default() -> Self {
        Self {
            epoch: Text::from_static("0"),
            project_id: Text::from_static("default"),
            shape: Shape::Flat,
            seed: 0,
            peer: PeerConfig::default(),
            queue_bytes: 4 << 20,
            total_queue_bytes: 1 << 30,
            snapshot_bytes: 64 << 20,
            overflow: Overflow::default(),
            max_subscriptions: 1_000,
            rooms: RoomsConfig::default(),
        }
    }
}

/// The time limits of a connection.
///
/// ```
/// let config = cocobase_hub::PeerConfig::default();
/// assert_eq!(config.hello_timeout.as_secs(), 10);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeerConfig {
    /// How long a client may take to say hello: 10 s (the vendor's server).
    pub hello_timeout: Duration,
    /// How long a client may be silent before it is pinged: 30 s (our decision).
    pub ping_after: Duration,
    /// How long a client may be silent before it counts as dead: 75 s (our decision): clients ping
    /// every 30 s, so two pings and an answer to ours have been missed by then. On surface S, where
    /// clients are always silent, it is how long one may leave what waits for it untouched.
    pub dead_after: Duration,
    /// The pause between the comments that keep an event stream alive: 15 s (our decision).
    pub keep_alive: Duration,
}

impl Default for PeerConfig {
    fn default() -> Self {
        Self {
            hello_timeout: Duration::from_secs(10),
            ping_after: Duration::from_secs(30),
            dead_after: Duration::from_secs(75),
            keep_alive: Duration::from_secs(15),
        }
    }
}

/// What happens to a client for which more waits than [may](HubConfig::queue_bytes).
///
/// ```
/// assert_eq!(cocobase_hub::Overflow::default(), cocobase_hub::Overflow::Lag);
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// Events are left out until half the queue has drained. Then the client is told how many and
    /// up to where, and may resume.
    #[default]
    Lag,
    /// Of several waiting events of one document only the last stays. If that is not enough, as
    /// with [`Lag`](Self::Lag). Only who watches without a filter can tell by `seq` that an event
    /// was left out.
    Coalesce,
    /// The connection is closed with code 1013; what waits is dropped. The client may come back and
    /// resume.
    Disconnect,
}
