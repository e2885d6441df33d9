//! The cases, by what they are about. Their list stands in `list.rs`.

pub(crate) mod broadcast;
pub(crate) mod changes;
pub(crate) mod closes;
pub(crate) mod connections;
pub(crate) mod credentials;
pub(crate) mod documents;
pub(crate) mod ending;
pub(crate) mod events;
pub(crate) mod fallback;
pub(crate) mod frames;
pub(crate) mod gateway;
pub(crate) mod greeting;
pub(crate) mod listen;
pub(crate) mod live;
pub(crate) mod liveness;
pub(crate) mod outbox;
pub(crate) mod proxy;
pub(crate) mod resume;
pub(crate) mod rooms;
pub(crate) mod server;
pub(crate) mod statistics;
pub(crate) mod threads;
pub(crate) mod upgrade;
