//! What a seed decides before anything happens: who is there, and what kind of world it is.

use std::time::Duration;

use cocobase_hub::{HubConfig, Overflow};
use cocobase_proto::live::LiveConfig;
use cocobase_proto::query::ListQuery;
use cocobase_proto::wire::Surface;
use cocobase_proto::{Offline, OutboxConfig, RoomMode, SessionConfig, Shape};

use super::query::QUERIES;
use super::store::COLLECTIONS;
use crate::random::Random;

pub(super) const ROOMS: [&str; 2] = ["den", "lobby"];
const USERS: [&str; 4] = ["u1", "u2", "u3", "u4"];

/// The world apart from its clients.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) hub: HubConfig,
    /// How many changes the store reads at once.
    pub(super) page: usize,
    /// How many of the last changes the store never forgets.
    pub(super) kept: u64,
    pub(super) rounds: usize,
    pub(super) clients: usize,
}

#[derive(Debug, Clone)]
pub(super) struct Watch {
    pub(super) collection: &'static str,
    pub(super) query: usize,
    pub(super) snapshot: bool,
    /// Keeps a live view of this kind.
    pub(super) view: Option<ListQuery>,
}

/// How a client comes by its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Right {
    Key,
    WrongKey,
    /// A provider that is slow, sometimes has nothing, and sometimes a key that has expired.
    Provider,
}

/// One client.
#[derive(Debug, Clone)]
pub(super) struct ClientPlan {
    pub(super) surface: Surface,
    pub(super) watches: Vec<Watch>,
    pub(super) rooms: Vec<&'static str>,
    pub(super) mode: RoomMode,
    pub(super) user: Option<&'static str>,
    pub(super) right: Right,
    pub(super) config: SessionConfig,
    /// The user takes events only now and then.
    pub(super) is_slow: bool,
    pub(super) latency: (Duration, Duration),
    pub(super) window: usize,
    pub(super) piece: usize,
    /// How late timers fire.
    pub(super) slack: Duration,
}

impl Plan {
    pub(super) fn random(random: &mut Random) -> Self {
        let choices = [(6, Overflow::Lag), (2, Overflow::Coalesce), (2, Overflow::Disconnect)];
        let mut hub = HubConfig {
            seed: random.bits(),
            overflow: random.weighted(&choices).unwrap_or(Overflow::Lag),
            ..HubConfig::default()
        };
        if random.chance(50) {
            hub.queue_bytes = [1500, 4000, 16_000].get(random.index(3)).copied().unwrap_or(4000);
        }
        if random.chance(30) {
            hub.shape = Shape::Nested;
        }
        if random.chance(40) {
            hub.rooms.history_len = random.index(6);
        }
        if random.chance(40) {
            hub.rooms.grace = Duration::from_secs(random.below(20));
        }
        Self {
            hub,
            page: 1 + random.index(9),
            kept: if random.chance(50) { random.below(12) } else { 1000 },
            rounds: 1 + random.index(3),
            clients: 1 + random.index(4),
        }
    }
}

impl ClientPlan {
    pub(super) fn random(random: &mut Random) -> Self {
        let choices = [
            (25, Surface::Collection),
            (20, Surface::Events),
            (25, Surface::Gateway),
            (20, Surface::Room),
            (10, Surface::Broadcast),
        ];
        let surface = random.weighted(&choices).unwrap_or(Surface::Collection);
        let rights = [(88, Right::Key), (3, Right::WrongKey), (9, Right::Provider)];
        let modes = [(1, RoomMode::Join), (3, RoomMode::Create), (6, RoomMode::JoinOrCreate)];
        let base = random.between(Duration::from_millis(1), Duration::from_millis(300));
        let jitter = random.between(Duration::ZERO, Duration::from_millis(200));
        let mut plan = Self {
            surface,
            watches: Vec::new(),
            rooms: Vec::new(),
            mode: random.weighted(&modes).unwrap_or(RoomMode::Create),
            user: random.chance(70).then(|| random.pick(&USERS).copied()).flatten(),
            right: random.weighted(&rights).unwrap_or(Right::Key),
            config: session_config(random),
            is_slow: random.chance(15),
            latency: (base, base + jitter),
            window: if random.chance(50) { 64 << 10 } else { 200 + random.index(1500) },
            piece: if random.chance(15) { 1 } else { random.index(3) * 40 },
            slack: random.between(Duration::ZERO, Duration::from_millis(40)),
        };
        let first = random.index(2);
        match surface {
            Surface::Room => plan.rooms.extend(ROOMS.get(first)),
            Surface::Gateway => {
                plan.watches.extend(random.chance(80).then(|| watch(first, random)).flatten());
                plan.watches.extend(random.chance(40).then(|| watch(1 - first, random)).flatten());
                plan.rooms.extend(ROOMS.get(first).filter(|_| random.chance(50)));
                plan.rooms.extend(ROOMS.get(1 - first).filter(|_| random.chance(20)));
            }
            Surface::Broadcast => {}
            _ => plan.watches.extend(watch(first, random)),
        }
        plan
    }
}

pub(super) fn watch(collection: usize, random: &mut Random) -> Option<Watch> {
    let collection = COLLECTIONS.get(collection).copied()?;
    let query = random.index(QUERIES.len());
    let filter = (QUERIES.get(query)?.filter)();
    let (sort, limit) = match random.index(4) {
        0 => (Some("n".into()), None),
        1 => (Some("n".into()), Some(1 + random.below(5))),
        _ => (None, None),
    };
    let list = ListQuery { filter, sort, limit, ..ListQuery::default() };
    let view = random.chance(60).then_some(list);
    Some(Watch { collection, query, snapshot: random.chance(40), view })
}

/// The bounds of the views: small, so that they are reached.
pub(super) fn live_config() -> LiveConfig {
    LiveConfig { spare: 2, max_late: 20, max_events: 64, ..LiveConfig::default() }
}

fn session_config(random: &mut Random) -> SessionConfig {
    let mut config = SessionConfig { resume: random.chance(80), ..SessionConfig::default() };
    if random.chance(10) {
        config.max_events = 4 + random.index(12);
    }
    if random.chance(30) {
        config.outbox = OutboxConfig {
            max_messages: 1 + random.index(4),
            offline: if random.chance(50) { Offline::Refuse } else { Offline::Queue },
            expires_after: random.chance(50).then(|| Duration::from_secs(1 + random.below(9))),
            ..OutboxConfig::default()
        };
    }
    config
}
