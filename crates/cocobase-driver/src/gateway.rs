//! Any number of collections and rooms on one connection.

use std::fmt;
use std::future::IntoFuture;
use std::pin::Pin;
use std::task::{Context, Poll};

use cocobase_proto::filter::Filter;
use cocobase_proto::wire::User;
use cocobase_proto::{
    Event, Published, Refusal, RoomView, Subscription, Target, Text, Topic, Unpublished,
};
use futures_core::Stream;
use serde::Serialize;

use crate::client::Client;
use crate::error::Error;
use crate::handle::{Handle, Reader, connection_methods};
use crate::runtime::{BoxFuture, Runtime};
use crate::sender::{self, to_json};

/// How to connect to the gateway. From [`Client::gateway`]. Awaited, it is a [`Gateway`] that is
/// live; a refusal by the server is the error.
///
/// While the server is out of reach it keeps trying; put a time-out around it where that matters, or
/// use [`stream`](Self::stream) to see the attempts.
#[must_use = "nothing is connected before this is awaited"]
pub struct GatewayBuilder<R: Runtime> {
    client: Client<R>,
    user: User,
    name: Option<String>,
}

impl<R: Runtime> GatewayBuilder<R> {
    pub(crate) fn new(client: Client<R>) -> Self {
        Self { client, user: User::default(), name: None }
    }

    /// Who the others see in rooms (ours: other servers take no notice of it).
    pub fn user(mut self, id: impl Into<Text>, name: impl Into<Text>) -> Self {
        self.user = User { id: Some(id.into()), name: Some(name.into()) };
        self
    }

    /// Gives the connection a name, for logs.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The gateway from the first attempt to connect on: its failures come as events.
    #[must_use]
    pub fn stream(self) -> Gateway<R> {
        Gateway { reader: self.client.open(Target::Gateway(self.user), self.name) }
    }
}

impl<R: Runtime> IntoFuture for GatewayBuilder<R> {
    type Output = Result<Gateway<R>, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let mut gateway = self.stream();
        Box::pin(async move {
            gateway.ready().await?;
            Ok(gateway)
        })
    }
}

/// Many subscriptions and rooms on one connection, as one `Stream` of [`Event`]s, each of which
/// names what it is about.
///
/// It is driven, reconnects, tells gaps and ends like a [`Watch`](crate::Watch). Subscriptions and
/// rooms are wishes that outlive a link: after a lost one they are made again. What the server
/// refuses for good comes as [`Event::TopicRefused`], and the others go on.
///
/// ```
/// # use cocobase_driver::{Client, Error, WebSockets};
/// # use cocobase_proto::{Event, filter::Filter};
/// # async fn example<R: WebSockets>(client: Client<R>) -> Result<(), Error> {
/// let mut gate = client.gateway().await?;
/// gate.subscribe("quakes", Filter::new().gte("mag", 4.5))?;
/// gate.join("general")?;
/// gate.publish("general", "Hello!").await?;
/// while let Some(event) = gate.next().await {
///     match event {
///         Event::Created(change) => println!("new in {}", change.collection.unwrap_or_default()),
///         Event::Message(message) => println!("{}", message.content),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct Gateway<R: Runtime> {
    reader: Reader<R>,
}

/// The commanding half of a [`Gateway`]: it can be cloned and taken to other tasks, and a reader
/// that waits for its next event never stops it.
///
/// ```
/// # use cocobase_driver::{Error, Gateway, Runtime};
/// # use cocobase_proto::filter::Filter;
/// # async fn example<R: Runtime>(gate: Gateway<R>) -> Result<(), Error> {
/// let commands = gate.commands();
/// // In another task, perhaps:
/// commands.subscribe("users", Filter::new())?;
/// # Ok(())
/// # }
/// ```
pub struct GatewayCommands<R: Runtime> {
    handle: Handle<R>,
}

/// Without a link, commands wait for the next one. What a link does not take at once leaves while
/// somebody reads, [flushes](Self::flush) or has spawned the connection.
impl<R: Runtime> GatewayCommands<R> {
    /// Asks for the changes of a collection. Doing it again with another filter replaces the filter,
    /// which leaves a gap.
    ///
    /// # Errors
    ///
    /// When the subscription is impossible, the connection is over, or has too many topics.
    pub fn subscribe(&self, collection: &str, filter: Filter) -> Result<(), Error> {
        let subscription = Subscription::new(collection, filter)?;
        self.handle.line.command(|session, now| session.subscribe_to(subscription, now))?;
        Ok(())
    }

    /// Ends a subscription. One that is not there is no trouble.
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub fn unsubscribe(&self, collection: &str) -> Result<(), Error> {
        self.handle.line.command(|session, _| session.unsubscribe_from(collection))?;
        Ok(())
    }

    /// Enters a room.
    ///
    /// # Errors
    ///
    /// When the connection is over, or has too many topics.
    pub fn join(&self, room: &str) -> Result<(), Error> {
        self.handle.line.command(|session, _| session.join(room))?;
        Ok(())
    }

    /// Leaves a room. One that is not there is no trouble. Messages that wait for it come back as
    /// [`Event::Expired`].
    ///
    /// # Errors
    ///
    /// When the connection is over.
    pub fn leave(&self, room: &str) -> Result<(), Error> {
        self.handle.line.command(|session, _| session.leave(room))?;
        Ok(())
    }

    /// Sends a message to a room that was joined. See [`Sender::send`](crate::Sender::send).
    ///
    /// # Errors
    ///
    /// As there, and when the room was not joined.
    pub async fn publish(
        &self,
        room: &str,
        message: &(impl Serialize + ?Sized),
    ) -> Result<Published, Error> {
        Ok(self.publish_json(room, to_json(message)?).await?)
    }

    /// Sends a message that is JSON already to a room that was joined. See
    /// [`Sender::send_json`](crate::Sender::send_json).
    ///
    /// # Errors
    ///
    /// As there, and when the room was not joined.
    pub async fn publish_json(
        &self,
        room: &str,
        message: impl Into<Text>,
    ) -> Result<Published, Unpublished> {
        sender::publish(&self.handle, &Topic::Room(room.into()), message.into()).await
    }

    /// Waits until everything is written. Cancel safe; see
    /// [`Sender::flush`](crate::Sender::flush).
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn flush(&self) -> Result<(), Error> {
        sender::flush(&self.handle).await
    }

    /// A room that was joined, as the session knows it.
    #[must_use]
    pub fn room(&self, room: &str) -> Option<RoomView> {
        self.handle.line.lock().session.room(room).cloned()
    }

    /// A view of the connection.
    #[must_use]
    pub const fn handle(&self) -> &Handle<R> {
        &self.handle
    }
}

impl<R: Runtime> Gateway<R> {
    /// The next event, or `None` when the connection is over. Cancel safe.
    pub async fn next(&mut self) -> Option<Event> {
        self.reader.next().await
    }

    /// Waits until the gateway has answered. Cancel safe; see [`Watch::ready`](crate::Watch::ready).
    ///
    /// # Errors
    ///
    /// The server's refusal, which is then also the last event.
    pub async fn ready(&mut self) -> Result<(), Refusal> {
        self.reader.live().await
    }

    /// The commanding half, for other tasks.
    #[must_use]
    pub fn commands(&self) -> GatewayCommands<R> {
        GatewayCommands { handle: self.reader.handle.clone() }
    }

    /// See [`GatewayCommands::subscribe`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn subscribe(&self, collection: &str, filter: Filter) -> Result<(), Error> {
        self.commands().subscribe(collection, filter)
    }

    /// See [`GatewayCommands::unsubscribe`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn unsubscribe(&self, collection: &str) -> Result<(), Error> {
        self.commands().unsubscribe(collection)
    }

    /// See [`GatewayCommands::join`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn join(&self, room: &str) -> Result<(), Error> {
        self.commands().join(room)
    }

    /// See [`GatewayCommands::leave`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn leave(&self, room: &str) -> Result<(), Error> {
        self.commands().leave(room)
    }

    /// See [`GatewayCommands::publish`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn publish(
        &self,
        room: &str,
        message: &(impl Serialize + ?Sized),
    ) -> Result<Published, Error> {
        self.commands().publish(room, message).await
    }

    connection_methods!();
}

impl<R: Runtime> Stream for Gateway<R> {
    type Item = Event;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.get_mut().reader.poll_event(cx)
    }
}

impl<R: Runtime> Clone for GatewayCommands<R> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone() }
    }
}

impl<R: Runtime> fmt::Debug for Gateway<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("connection", &self.reader).finish()
    }
}

impl<R: Runtime> fmt::Debug for GatewayCommands<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayCommands").field("handle", &self.handle).finish()
    }
}

impl<R: Runtime> fmt::Debug for GatewayBuilder<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayBuilder").field("user", &self.user).finish_non_exhaustive()
    }
}
