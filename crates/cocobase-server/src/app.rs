//! What every request can reach.

use crate::keys::Keys;
use crate::limits::Limits;
use crate::log::SqliteLog;
use crate::realtime::{Mailbox, Places};

/// The state that all surfaces of one server share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) keys: Keys,
    pub(crate) limits: Limits,
    pub(crate) log: SqliteLog,
    pub(crate) places: Places,
    pub(crate) mailbox: Mailbox,
}
