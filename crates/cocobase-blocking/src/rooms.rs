//! One room, or the whole project: who is there, and what they say.

use serde::Serialize;

use crate::connection::connection;
use crate::delegate::{build, delegate, make, open};
use crate::{
    Error, Event, Handle, Participant, Published, Refusal, RoomView, Text, Threads, Unpublished,
};

/// How to enter a room. From [`Client::room`](crate::Client::room). While the server is out of reach
/// these keep trying; where that matters, use [`stream`](Self::stream).
#[derive(Debug)]
pub struct RoomBuilder(pub(crate) cocobase_driver::RoomBuilder<Threads>);

impl RoomBuilder {
    build! {
        /// Who the others see. Without it the server makes an id up.
        user(id: impl Into<Text>, name: impl Into<Text>);
        /// Gives the connection a name, for logs.
        named(name: impl Into<String>);
    }

    open! {
        /// Enters a room that is there; a missing one is a refusal.
        ///
        /// # Errors
        ///
        /// When the server refuses.
        join(self) -> Room;
        /// Creates the room. One that is there is entered, as a creator does who comes back.
        ///
        /// # Errors
        ///
        /// When the server refuses.
        create(self, title: impl Into<Text>) -> Room;
        /// Enters the room, and creates it if it is missing.
        ///
        /// # Errors
        ///
        /// When the server refuses.
        join_or_create(self, title: impl Into<Text>) -> Room;
    }

    /// Enters the room from the first attempt to connect on, so that failures come as events. With a
    /// title, it is created if it is missing.
    #[must_use]
    pub fn stream(self, title: Option<Text>) -> Room {
        Room(match title {
            Some(title) => self.0.join_or_create(title).stream(),
            None => self.0.join().stream(),
        })
    }
}

connection! {
    /// A room that is entered, as an `Iterator` of [`Event`]s: messages, and who comes and goes.
    ///
    /// It is driven, reconnects, tells gaps and ends like a [`Watch`](crate::Watch); after a lost
    /// link the room is entered again. A message of one's own comes back like everybody's, from our
    /// server.
    ///
    /// ```no_run
    /// # fn example(client: cocobase_blocking::Client) -> Result<(), cocobase_blocking::Error> {
    /// use cocobase_blocking::Event;
    ///
    /// let room = client.room("general").user("u1", "Alice").create("General Chat")?;
    /// room.send("Hello!")?;
    /// for event in room {
    ///     if let Event::Message(message) = event {
    ///         println!("{}", message.content);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    Room of Event, or Refusal
}

impl Room {
    delegate! {
        /// The room's id.
        call id(&self) -> &Text;
        /// Those in the room of whom the session knows, by id; [`view`](Self::view) tells whether
        /// that is all.
        call participants(&self) -> Vec<Participant>;
        /// The room as the session knows it, at the events that have come in so far: some of them may
        /// not have been taken yet.
        call view(&self) -> RoomView;
        /// Sends a message to everyone in the room. See [`Sender::send`].
        ///
        /// # Errors
        ///
        /// As there.
        wait send(&self, message: &(impl Serialize + ?Sized)) -> Result<Published, Error>;
        /// Sends a message that is JSON already. See [`Sender::send_json`].
        ///
        /// # Errors
        ///
        /// As there.
        wait send_json(&self, message: impl Into<Text>) -> Result<Published, Unpublished>;
        /// Waits until everything is written. See [`Sender::flush`].
        ///
        /// # Errors
        ///
        /// As there.
        wait flush(&self) -> Result<(), Error>;
    }

    make! {
        /// The sending half, for other threads.
        sender(&self) -> Sender;
    }

    /// Leaves once everything is written.
    ///
    /// # Errors
    ///
    /// When the connection ended before.
    pub fn leave(self) -> Result<(), Error> {
        cocobase_threads::wait(self.0.leave())
    }
}

/// How to connect to the messages of the project. From
/// [`Client::broadcast`](crate::Client::broadcast).
#[derive(Debug)]
pub struct BroadcastBuilder(pub(crate) cocobase_driver::BroadcastBuilder<Threads>);

impl BroadcastBuilder {
    build! {
        /// Who the others see. Without it the server makes an id up.
        user(id: impl Into<Text>, name: impl Into<Text>);
        /// Gives the connection a name, for logs.
        named(name: impl Into<String>);
    }

    open! {
        /// Connects. When this returns, messages arrive. While the server is out of reach it keeps
        /// trying; where that matters, use [`stream`](Self::stream).
        ///
        /// # Errors
        ///
        /// When the server refuses.
        connect(self) -> Broadcast;
    }

    /// Connects, starting with the first attempt: its failures come as events.
    #[must_use]
    pub fn stream(self) -> Broadcast {
        Broadcast(self.0.stream())
    }
}

connection! {
    /// The messages of the project, as an `Iterator` of [`Event`]s, and the way to send some.
    ///
    /// It is driven, reconnects, tells gaps and ends like a [`Watch`](crate::Watch). For an example
    /// see [`Room`].
    Broadcast of Event, or Refusal
}

impl Broadcast {
    delegate! {
        /// Sends a message to everyone in the project. See [`Sender::send`].
        ///
        /// # Errors
        ///
        /// As there.
        wait send(&self, message: &(impl Serialize + ?Sized)) -> Result<Published, Error>;
        /// Sends a message that is JSON already. See [`Sender::send_json`].
        ///
        /// # Errors
        ///
        /// As there.
        wait send_json(&self, message: impl Into<Text>) -> Result<Published, Unpublished>;
        /// Waits until everything is written. See [`Sender::flush`].
        ///
        /// # Errors
        ///
        /// As there.
        wait flush(&self) -> Result<(), Error>;
    }

    make! {
        /// The sending half, for other threads.
        sender(&self) -> Sender;
    }
}

/// The sending half of a [`Room`] or a [`Broadcast`]: it can be cloned and taken to other threads. A
/// thread that waits for the next event never stops it: the message is written by the thread that
/// sends it.
///
/// ```no_run
/// # fn example(room: cocobase_blocking::Room) -> Result<(), cocobase_blocking::Error> {
/// let sender = room.sender();
/// std::thread::scope(|threads| {
///     threads.spawn(move || sender.send("Hello!"));
///     room.for_each(|event| println!("{event:?}"));
/// });
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Sender(pub(crate) cocobase_driver::Sender<Threads>);

impl Sender {
    delegate! {
        /// Sends a message. See [`send_json`](Self::send_json).
        ///
        /// # Errors
        ///
        /// As there, and when the message has no JSON form.
        wait send(&self, message: &(impl Serialize + ?Sized)) -> Result<Published, Error>;
        /// Sends a message that is JSON already.
        ///
        /// [`Published::Sent`]: it is written to the connection. [`Published::Queued`]: there is no
        /// link; it leaves with the next one, once somebody reads, [flushes](Self::flush) or has
        /// spawned the connection. When more messages wait than may, and there is a link, this waits
        /// until there is room.
        ///
        /// # Errors
        ///
        /// When the connection is over, the message is no JSON, or there is no link and either too
        /// many messages wait or none may ([`OutboxConfig`](crate::OutboxConfig)). The message comes
        /// back.
        wait send_json(&self, message: impl Into<Text>) -> Result<Published, Unpublished>;
        /// Waits until nothing waits for the server any more: all is written, in as many links as
        /// that takes.
        ///
        /// # Errors
        ///
        /// When the connection ends before.
        wait flush(&self) -> Result<(), Error>;
        /// How many messages wait for a link.
        call unsent(&self) -> usize;
        /// A call of the connection.
        lent handle(&self) -> Handle;
    }
}
