//! What passes between the session and its driver.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use bytes::Bytes;

use crate::sse::Item;
use crate::text::Text;

/// The number of one attempt at a connection. Late news of an old link are told apart by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkId(pub(crate) u64);

/// What the driver must do, in the order in which the session says it.
#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    /// Connect to this path of the server, and report [`Input::Opened`], [`Input::Refused`] or
    /// [`Input::Closed`].
    Open {
        /// The new link. Any older one is history.
        link: LinkId,
        /// Percent-encoded path, to be put behind the base address.
        path: String,
        /// What to speak there.
        carrier: Carrier,
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

/// What carries a link's messages.
#[derive(Clone, PartialEq, Eq)]
pub enum Carrier {
    /// A WebSocket: [`Input::Text`] is one message.
    WebSocket,
    /// A `GET` whose answer is an event stream: [`Input::Bytes`] are pieces of its body, cut
    /// anywhere, or [`Input::Item`] what another has read in it. [`Input::Opened`] is an answer with status 200 and the content type
    /// `text/event-stream`; anything else is [`Input::Refused`].
    EventStream {
        /// Headers, names in lower case. They hold credentials: do not log them.
        headers: Vec<(&'static str, String)>,
    },
}

impl fmt::Debug for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WebSocket => f.write_str("WebSocket"),
            Self::EventStream { .. } => f.write_str("EventStream { .. }"),
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open { link, path, carrier } => f
                .debug_struct("Open")
                .field("link", link)
                .field("path", path)
                .field("carrier", carrier)
                .finish(),
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
    /// A piece of an event stream, cut anywhere.
    Bytes(Bytes),
    /// An item of an event stream that the carrier itself has parsed, as a browser's `EventSource` or
    /// a library for event streams does.
    ///
    /// A message's `last_event_id` is what the carrier would resume from, so it has to outlive a link:
    /// where a carrier begins with none on each, put the one that the last link ended with in the
    /// place of an empty one. How large an item may be is the carrier's to bound.
    ///
    /// ```
    /// use cocobase_proto::filter::Filter;
    /// use cocobase_proto::sse::{Item, Message};
    /// use cocobase_proto::{
    ///     Access, Action, Credentials, Event, Input, Instant, Session, SessionConfig, Subscription,
    ///     Target,
    /// };
    ///
    /// let now = Instant::from_nanos(0);
    /// let target = Target::Events(Subscription::new("users", Filter::new())?);
    /// let access = Access::Fixed(Credentials::ApiKey("coco_1234".into()));
    /// let mut session = Session::new(target, access, SessionConfig::default(), 42, now);
    /// let Some(Action::Open { link, .. }) = session.poll_action() else { panic!() };
    /// session.handle_input(link, Input::Opened, now);
    ///
    /// // In a browser: `event.data` and `event.lastEventId`.
    /// let data = r#"{"type":"subscribed","collection":"users"}"#.into();
    /// let greeting = Message { data, last_event_id: "e:7".into(), ..Message::default() };
    /// session.handle_input(link, Input::Item(Item::Message(greeting)), now);
    /// assert!(matches!(session.poll_event(), Some(Event::Connected(_))));
    /// # Ok::<(), cocobase_proto::SubscriptionError>(())
    /// ```
    Item(Item),
    /// A sign of life below the protocol's messages, such as a WebSocket ping or pong, or a comment in
    /// an event stream.
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
