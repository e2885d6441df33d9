//! What a hub asks of its shell, and the answers.

use cocobase_proto::filter::Filter;
use cocobase_proto::{Credentials, Text};

use crate::commit::Commit;
use crate::connections::ConnectionId;

/// What the shell must find out for a [`Hub`](crate::Hub). Each is answered once, in any order and
/// whenever it suits; until then the client waits.
#[derive(Debug, Clone, PartialEq)]
pub enum HubAction {
    /// Check these credentials and answer with [`Hub::handle_verdict`](crate::Hub::handle_verdict).
    Authenticate {
        /// Who asks.
        id: ConnectionId,
        /// What they prove themselves with.
        credentials: Credentials,
    },
    /// Read the collection's history after this number and answer with
    /// [`Hub::handle_history`](crate::Hub::handle_history). What is not asked for now will be asked
    /// for later, once the client has taken what it got.
    ReadHistory {
        /// Who asks.
        id: ConnectionId,
        /// The collection's name.
        collection: Text,
        /// The last number that the client has.
        after: u64,
    },
    /// Read the collection's documents that fit a filter, all at the same number, and answer with
    /// [`Hub::handle_snapshot`](crate::Hub::handle_snapshot).
    ReadSnapshot {
        /// Who asks.
        id: ConnectionId,
        /// The collection's name.
        collection: Text,
        /// Which documents.
        filter: Filter,
    },
}

/// The answer to [`HubAction::Authenticate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The client may enter.
    Accepted,
    /// The credentials are wrong.
    Refused,
}

/// The answer to [`HubAction::ReadHistory`]: a stretch of a collection's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryPage<'a> {
    /// The commits that follow the number asked for, in order and without a hole; some of them at
    /// least, if there are any.
    pub commits: &'a [Commit],
    /// Whether everything that followed that number is still kept.
    pub reaches_back: bool,
}

/// The answer to [`HubAction::ReadSnapshot`]: the documents that match, as they were at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotPage {
    /// The number of the collection's last change at that moment.
    pub seq: u64,
    /// All documents that match.
    pub documents: alloc::vec::Vec<SnapshotDocument>,
}

/// A document of a [`SnapshotPage`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SnapshotDocument {
    /// Its id.
    pub id: Text,
    /// When it was created, RFC 3339 in UTC.
    pub created_at: Text,
    /// When it was last changed, RFC 3339 in UTC.
    pub updated_at: Text,
    /// Its fields, a JSON object.
    pub fields: Text,
}

impl HubAction {
    /// The connection that it is asked for.
    #[must_use]
    pub const fn id(&self) -> ConnectionId {
        match self {
            Self::Authenticate { id, .. }
            | Self::ReadHistory { id, .. }
            | Self::ReadSnapshot { id, .. } => *id,
        }
    }
}
