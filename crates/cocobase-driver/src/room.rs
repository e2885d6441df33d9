//! One room: who is in it, and what they say.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::wire::Participant;
use cocobase_proto::{Event, Published, Refusal, RoomEntry, RoomView, Text, Topic, Unpublished};
use futures_core::Stream;
use serde::Serialize;

use crate::client::Client;
use crate::error::Error;
use crate::handle::{Reader, connection_methods};
use crate::runtime::{BoxFuture, Runtime};
use crate::sender::{self, Sender};

/// How to enter a room. From [`Client::room`].
pub struct RoomBuilder<R: Runtime> {
    client: Client<R>,
    room: Text,
    user: Option<(Text, Text)>,
    name: Option<String>,
}

impl<R: Runtime> RoomBuilder<R> {
    pub(crate) fn new(client: Client<R>, room: Text) -> Self {
        Self { client, room, user: None, name: None }
    }

    /// Who the others see. Without it the server makes an id up.
    #[must_use]
    pub fn user(mut self, id: impl Into<Text>, name: impl Into<Text>) -> Self {
        self.user = Some((id.into(), name.into()));
        self
    }

    /// Gives the connection a name, for logs.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Enters a room that is there; a missing one is a refusal.
    pub fn join(self) -> Entering<R> {
        let entry = RoomEntry::join(self.room.clone());
        self.enter(entry)
    }

    /// Creates the room. One that is there is entered, as a creator does who comes back.
    pub fn create(self, title: impl Into<Text>) -> Entering<R> {
        let entry = RoomEntry::create(self.room.clone(), title);
        self.enter(entry)
    }

    /// Enters the room, and creates it if it is missing.
    pub fn join_or_create(self, title: impl Into<Text>) -> Entering<R> {
        let entry = RoomEntry::join_or_create(self.room.clone(), title);
        self.enter(entry)
    }

    fn enter(self, entry: RoomEntry) -> Entering<R> {
        let entry = match self.user {
            Some((id, name)) => entry.by(id, name),
            None => entry,
        };
        Entering { client: self.client, entry, name: self.name }
    }
}

/// A room about to be entered. Awaited, it is a [`Room`] that is entered: messages arrive.
///
/// While the server is out of reach it keeps trying; put a time-out around it where that matters, or
/// use [`stream`](Self::stream) to see the attempts. A refusal by the server is the error.
#[must_use = "nothing is entered before this is awaited"]
pub struct Entering<R: Runtime> {
    client: Client<R>,
    entry: RoomEntry,
    name: Option<String>,
}

impl<R: Runtime> Entering<R> {
    /// The room from the first attempt to connect on: its failures come as events.
    #[must_use]
    pub fn stream(self) -> Room<R> {
        let id = self.entry.room().clone();
        Room { reader: self.client.open(self.entry, self.name), id }
    }
}

impl<R: Runtime> IntoFuture for Entering<R> {
    type Output = Result<Room<R>, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let mut room = self.stream();
        Box::pin(async move {
            room.ready().await?;
            Ok(room)
        })
    }
}

/// A room that is entered, as a `Stream` of [`Event`]s: messages, and who comes and goes.
///
/// It is driven, reconnects, tells gaps and ends like a [`Watch`](crate::Watch); after a lost link
/// the room is entered again. A message of one's own comes back like everybody's, from our server.
///
/// ```
/// # use cocobase_driver::{Client, Error, WebSockets};
/// # use cocobase_proto::Event;
/// # async fn example<R: WebSockets>(client: Client<R>) -> Result<(), Error> {
/// let mut room = client.room("general").user("u1", "Alice").create("General Chat").await?;
/// room.send("Hello!").await?;
/// while let Some(event) = room.next().await {
///     match event {
///         Event::Message(message) => println!("{}", message.content),
///         Event::UserJoined(_) | Event::UserLeft(_) => println!("{} here", room.participants().len()),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Room<R: Runtime> {
    reader: Reader<R>,
    id: Text,
}

impl<R: Runtime> Room<R> {
    /// The room's id.
    #[must_use]
    pub const fn id(&self) -> &Text {
        &self.id
    }

    /// The next event, or `None` when the connection is over. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        self.reader.next().await
    }

    /// Waits until the room is entered. Cancel safe; see [`Watch::ready`](crate::Watch::ready).
    ///
    /// # Errors
    ///
    /// The server's refusal, which is then also the last event.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        self.reader.live().await
    }

    /// Sends a message to everyone in the room. See [`Sender::send`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn send(&self, message: &(impl Serialize + ?Sized)) -> Result<Published, Error> {
        self.sender().send(message).await
    }

    /// Sends a message that is JSON already. See [`Sender::send_json`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn send_json(&self, message: impl Into<Text>) -> Result<Published, Unpublished> {
        self.sender().send_json(message).await
    }

    /// Waits until everything is written. Cancel safe; see [`Sender::flush`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn flush(&self) -> Result<(), Error> {
        sender::flush(&self.reader.handle).await
    }

    /// The sending half, for other tasks.
    #[must_use]
    pub fn sender(&self) -> Sender<R> {
        Sender::new(self.reader.handle.clone(), Topic::Room(self.id.clone()))
    }

    /// Those in the room of whom the session knows, by id; [`view`](Self::view) tells whether that
    /// is all.
    #[must_use]
    pub fn participants(&self) -> Vec<Participant> {
        let view = self.view();
        let people = view.participants();
        people.map(|(id, name)| Participant { id: id.clone(), name: name.cloned() }).collect()
    }

    /// The room as the session knows it, at the events that have come in so far: some of them may
    /// not have been taken yet.
    #[must_use]
    pub fn view(&self) -> RoomView {
        self.reader.line().lock().session.room(&self.id).cloned().unwrap_or_default()
    }

    /// Leaves once everything is written.
    ///
    /// # Errors
    ///
    /// When the connection ended before.
    pub async fn leave(self) -> Result<(), Error> {
        let flushed = self.flush().await;
        self.close().await;
        flushed
    }

    connection_methods!();
}

impl<R: Runtime> Stream for Room<R> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().reader.poll_event(cx)
    }
}

impl<R: Runtime> fmt::Debug for Room<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("id", &self.id).field("connection", &self.reader).finish()
    }
}

impl<R: Runtime> fmt::Debug for RoomBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RoomBuilder")
            .field("room", &self.room)
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

impl<R: Runtime> fmt::Debug for Entering<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entering").field("entry", &self.entry).finish_non_exhaustive()
    }
}
