//! What every request can reach.

use cocobase_proto::Shape;

use crate::keys::Keys;
use crate::limits::Limits;
use crate::log::SqliteLog;
use crate::ws::{PeerClock, RouterHandle, Sockets};

/// The state that all surfaces of one server share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) keys: Keys,
    pub(crate) limits: Limits,
    pub(crate) log: SqliteLog,
    /// How events show documents.
    pub(crate) shape: Shape,
    pub(crate) clock: PeerClock,
    pub(crate) router: RouterHandle,
    pub(crate) sockets: Sockets,
}
