//! How to reach the task that owns the hub.

use axum::body::Bytes;
use cocobase_hub::{ConnectionId, Entrance};
use cocobase_proto::rest::RoomList;
use tokio::sync::{mpsc, oneshot};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::handover::Wire;
use super::places::Place;

/// So many letters may wait; who writes then waits. Each may hold a message of
/// [`max_message_bytes`](crate::Limits::max_message_bytes).
const LETTERS: usize = 256;

/// Where the hub's task gets its letters. Cloning it is cheap; the task ends when the last is gone.
#[derive(Debug, Clone)]
pub(crate) struct Mailbox(mpsc::Sender<Letter>);

/// What the hub's task is told.
#[derive(Debug)]
pub(super) enum Letter {
    /// Somebody has connected.
    Open(Box<Newcomer>),
    /// A client was heard.
    Heard(ConnectionId, Heard),
    /// Somebody wants to know the rooms.
    Rooms(oneshot::Sender<RoomList>),
    /// The server stops.
    ShutDown,
}

/// One who has connected.
#[derive(Debug)]
pub(super) struct Newcomer {
    pub(super) entrance: Entrance,
    pub(super) wire: Wire,
    /// What the client has sent already.
    pub(super) early: Bytes,
    pub(super) place: Place,
}

/// What a client said, or that it is gone.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    Text(Utf8Bytes),
    Binary,
    NotUtf8,
    TooLarge,
    Ping(Bytes),
    /// A sign of life that says nothing.
    Alive,
    /// The client has said goodbye, with this code.
    Goodbye(u16),
    /// The connection is over.
    Gone,
}

impl Heard {
    /// How many bytes of the socket it takes, about.
    pub(super) fn bytes(&self) -> usize {
        const FRAME: usize = 8;
        match self {
            Self::Text(text) => FRAME + text.len(),
            Self::Ping(payload) => FRAME + payload.len(),
            _ => FRAME,
        }
    }
}

impl Mailbox {
    pub(super) fn new() -> (Self, mpsc::Receiver<Letter>) {
        let (sender, letters) = mpsc::channel(LETTERS);
        (Self(sender), letters)
    }

    /// Waits until there is room for the letter; `false` if nobody reads it any more. Not
    /// cancel-safe: a letter may be lost, but never half of it.
    pub(super) async fn post(&self, letter: Letter) -> bool {
        self.0.send(letter).await.is_ok()
    }

    /// The rooms as they are now; `None` when the server stops.
    pub(super) async fn rooms(&self) -> Option<RoomList> {
        let (reply, rooms) = oneshot::channel();
        self.post(Letter::Rooms(reply)).await;
        rooms.await.ok()
    }

    /// Tells everybody that the server stops.
    pub(crate) async fn shut_down(&self) {
        self.post(Letter::ShutDown).await;
    }

    /// The same mailbox, without keeping the task alive.
    pub(super) fn downgrade(&self) -> WeakMailbox {
        WeakMailbox(self.0.downgrade())
    }
}

/// See [`Mailbox::downgrade`].
#[derive(Debug)]
pub(super) struct WeakMailbox(mpsc::WeakSender<Letter>);

impl WeakMailbox {
    /// The mailbox, as long as anybody else holds it.
    pub(super) fn upgrade(&self) -> Option<Mailbox> {
        self.0.upgrade().map(Mailbox)
    }
}
