//! What passes between the session and its driver.

use alloc::string::String;
use core::fmt;
use core::time::Duration;

use crate::text::Text;

/// The number of one attempt at a connection. Late news of an old link are told apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(super) u64);

/// What the driver must do, in the order in which the session says it.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Open a WebSocket to this path of the server, and report [`Input::Opened`],
    /// [`Input::Refused`] or [`Input::Closed`].
    Open {
        /// The new link. Any older one is history.
        link: LinkId,
        /// Percent-encoded path, to be put behind the base address.
        path: String,
    },
    /// Send this text.
    Send {
        /// The link to send it on.
        link: LinkId,
        /// One message. It may hold credentials: do not log it.
        text: Text,
    },
    /// Close the link, open or opening; nothing more is to be reported of it.
    Close {
        /// The link to close.
        link: LinkId,
    },
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { link, path } => {
                f.debug_struct("Open").field("link", link).field("path", path).finish()
            }
            // The text may hold credentials.
            Self::Send { link, text } => {
                f.debug_struct("Send").field("link", link).field("bytes", &text.len()).finish()
            }
            Self::Close { link } => f.debug_struct("Close").field("link", link).finish(),
        }
    }
}

/// What the driver reports of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// The link is open.
    Opened,
    /// A text message.
    Text(Text),
    /// A message that is no text.
    Binary,
    /// A sign of life below the protocol's messages, such as a WebSocket ping or pong.
    Alive,
    /// The attempt was answered with an HTTP status instead of a WebSocket.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The header `Retry-After`, if it was there.
        retry_after: Option<Duration>,
        /// The start of the body, for the message to the user.
        body: Text,
    },
    /// The link is over, or could not be made.
    Closed(CloseCause),
}

/// Why a link is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CloseCause {
    /// The connection could not be made.
    Connect(Text),
    /// The server closed it.
    Closed {
        /// The close code, if there was one.
        code: Option<u16>,
        /// The reason, empty if there was none.
        reason: Text,
    },
    /// The connection broke.
    Io(Text),
}
