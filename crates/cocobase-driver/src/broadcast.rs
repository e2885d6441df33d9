//! The messages of a whole project.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::wire::User;
use cocobase_proto::{Event, Published, Refusal, Target, Text, Topic, Unpublished};
use futures_core::Stream;
use serde::Serialize;

use crate::client::Client;
use crate::error::Error;
use crate::handle::{Reader, connection_methods};
use crate::runtime::Runtime;
use crate::sender::{self, Sender};

/// How to connect to the messages of the project. From [`Client::broadcast`].
pub struct BroadcastBuilder<R: Runtime> {
    client: Client<R>,
    user: User,
    name: Option<String>,
}

impl<R: Runtime> BroadcastBuilder<R> {
    pub(crate) fn new(client: Client<R>) -> Self {
        Self { client, user: User::default(), name: None }
    }

    /// Who the others see. Without it the server makes an id up.
    #[must_use]
    pub fn user(mut self, id: impl Into<Text>, name: impl Into<Text>) -> Self {
        self.user = User { id: Some(id.into()), name: Some(name.into()) };
        self
    }

    /// Gives the connection a name, for logs.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Connects. When this returns, messages arrive.
    ///
    /// While the server is out of reach it keeps trying; put a time-out around it where that
    /// matters, or use [`stream`](Self::stream) to see the attempts.
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub async fn connect(self) -> Result<Broadcast<R>, Error> {
        let mut broadcast = self.stream();
        broadcast.ready().await?;
        Ok(broadcast)
    }

    /// Connects, starting with the first attempt: its failures come as events.
    #[must_use]
    pub fn stream(self) -> Broadcast<R> {
        Broadcast { reader: self.client.open(Target::Broadcast(self.user), self.name) }
    }
}

/// The messages of the project, as a `Stream` of [`Event`]s, and the way to send some.
///
/// It is driven, reconnects, tells gaps and ends like a [`Watch`](crate::Watch).
///
/// ```
/// # use cocobase_driver::{Client, Error, WebSockets};
/// # use cocobase_proto::Event;
/// # async fn example<R: WebSockets>(client: Client<R>) -> Result<(), Error> {
/// let mut all = client.broadcast().user("u1", "Alice").connect().await?;
/// all.send("Hello, everyone!").await?;
/// while let Some(event) = all.next().await {
///     if let Event::Message(message) = event {
///         println!("{}: {}", message.user_name.unwrap_or_default(), message.content);
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Broadcast<R: Runtime> {
    reader: Reader<R>,
}

impl<R: Runtime> Broadcast<R> {
    /// The next event, or `None` when the connection is over. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        self.reader.next().await
    }

    /// Waits until messages arrive. Cancel safe; see [`Watch::ready`](crate::Watch::ready).
    ///
    /// # Errors
    ///
    /// The server's refusal, which is then also the last event.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        self.reader.live().await
    }

    /// Sends a message to everyone in the project. See [`Sender::send`].
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
        Sender::new(self.reader.handle.clone(), Topic::Broadcast)
    }

    connection_methods!();
}

impl<R: Runtime> Stream for Broadcast<R> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().reader.poll_event(cx)
    }
}

impl<R: Runtime> fmt::Debug for Broadcast<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Broadcast").field("connection", &self.reader).finish()
    }
}

impl<R: Runtime> fmt::Debug for BroadcastBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BroadcastBuilder").field("user", &self.user).finish_non_exhaustive()
    }
}
