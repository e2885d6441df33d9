//! Any number of collections and rooms on one connection.

use std::future::IntoFuture;

use serde::Serialize;

use crate::connection::connection;
use crate::delegate::{build, delegate, make};
use crate::{
    Error, Event, Filter, Handle, Published, Refusal, RoomView, Text, Threads, Unpublished,
};

/// How to connect to the gateway. From [`Client::gateway`](crate::Client::gateway).
#[derive(Debug)]
pub struct GatewayBuilder(pub(crate) cocobase_driver::GatewayBuilder<Threads>);

impl GatewayBuilder {
    build! {
        /// Who the others see in rooms (ours: other servers take no notice of it).
        user(id: impl Into<Text>, name: impl Into<Text>);
        /// Gives the connection a name, for logs.
        named(name: impl Into<String>);
    }

    /// Connects. While the server is out of reach it keeps trying; where that matters, use
    /// [`stream`](Self::stream).
    ///
    /// # Errors
    ///
    /// When the server refuses.
    pub fn connect(self) -> Result<Gateway, Error> {
        cocobase_threads::wait(self.0.into_future()).map(Gateway)
    }

    /// The gateway from the first attempt to connect on: its failures come as events.
    #[must_use]
    pub fn stream(self) -> Gateway {
        Gateway(self.0.stream())
    }
}

connection! {
    /// Many subscriptions and rooms on one connection, as one `Iterator` of [`Event`]s, each of which
    /// names what it is about.
    ///
    /// It is driven, reconnects, tells gaps and ends like a [`Watch`](crate::Watch). Subscriptions
    /// and rooms are wishes that outlive a link: after a lost one they are made again. What the
    /// server refuses for good comes as [`Event::TopicRefused`], and the others go on.
    ///
    /// ```no_run
    /// # fn example(client: cocobase_blocking::Client) -> Result<(), cocobase_blocking::Error> {
    /// use cocobase_blocking::{Event, Filter};
    ///
    /// let gate = client.gateway().connect()?;
    /// gate.subscribe("quakes", Filter::new().gte("mag", 4.5))?;
    /// gate.join("general")?;
    /// gate.publish("general", "Hello!")?;
    /// for event in gate {
    ///     match event {
    ///         Event::Created(change) => println!("new in {}", change.collection.unwrap_or_default()),
    ///         Event::Message(message) => println!("{}", message.content),
    ///         _ => {}
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Gateway of Event, or Refusal
}

impl Gateway {
    delegate! {
        /// See [`GatewayCommands::subscribe`].
        ///
        /// # Errors
        ///
        /// As there.
        call subscribe(&self, collection: &str, filter: Filter) -> Result<(), Error>;
        /// See [`GatewayCommands::unsubscribe`].
        ///
        /// # Errors
        ///
        /// As there.
        call unsubscribe(&self, collection: &str) -> Result<(), Error>;
        /// See [`GatewayCommands::join`].
        ///
        /// # Errors
        ///
        /// As there.
        call join(&self, room: &str) -> Result<(), Error>;
        /// See [`GatewayCommands::leave`].
        ///
        /// # Errors
        ///
        /// As there.
        call leave(&self, room: &str) -> Result<(), Error>;
        /// See [`GatewayCommands::publish`].
        ///
        /// # Errors
        ///
        /// As there.
        wait publish(&self, room: &str, message: &(impl Serialize + ?Sized)) -> Result<Published, Error>;
    }

    make! {
        /// The commanding half, for other threads.
        commands(&self) -> GatewayCommands;
    }
}

/// The commanding half of a [`Gateway`]: it can be cloned and taken to other threads, and one that
/// waits for the next event never stops it.
///
/// Without a link, commands wait for the next one. What a link does not take at once leaves while
/// somebody reads, [flushes](Self::flush) or has spawned the connection. For an example see
/// [`Gateway`], which has the same methods.
#[derive(Debug, Clone)]
pub struct GatewayCommands(cocobase_driver::GatewayCommands<Threads>);

impl GatewayCommands {
    delegate! {
        /// Asks for the changes of a collection. Doing it again with another filter replaces the
        /// filter, which leaves a gap.
        ///
        /// # Errors
        ///
        /// When the subscription is impossible, the connection is over, or has too many topics.
        call subscribe(&self, collection: &str, filter: Filter) -> Result<(), Error>;
        /// Ends a subscription. One that is not there is no trouble.
        ///
        /// # Errors
        ///
        /// When the connection is over.
        call unsubscribe(&self, collection: &str) -> Result<(), Error>;
        /// Enters a room.
        ///
        /// # Errors
        ///
        /// When the connection is over, or has too many topics.
        call join(&self, room: &str) -> Result<(), Error>;
        /// Leaves a room. One that is not there is no trouble. Messages that wait for it come back as
        /// [`Event::Expired`].
        ///
        /// # Errors
        ///
        /// When the connection is over.
        call leave(&self, room: &str) -> Result<(), Error>;
        /// Sends a message to a room that was joined. See [`Sender::send`](crate::Sender::send).
        ///
        /// # Errors
        ///
        /// As there, and when the room was not joined.
        wait publish(&self, room: &str, message: &(impl Serialize + ?Sized)) -> Result<Published, Error>;
        /// Sends a message that is JSON already to a room that was joined. See
        /// [`Sender::send_json`](crate::Sender::send_json).
        ///
        /// # Errors
        ///
        /// As there, and when the room was not joined.
        wait publish_json(&self, room: &str, message: impl Into<Text>) -> Result<Published, Unpublished>;
        /// Waits until everything is written. See [`Sender::flush`](crate::Sender::flush).
        ///
        /// # Errors
        ///
        /// As there.
        wait flush(&self) -> Result<(), Error>;
        /// A room that was joined, as the session knows it.
        call room(&self, room: &str) -> Option<RoomView>;
        /// A call of the connection.
        lent handle(&self) -> Handle;
    }
}
