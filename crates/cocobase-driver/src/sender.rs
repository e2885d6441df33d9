//! Saying things to rooms and to the project.

use std::fmt;
use std::future::poll_fn;

use cocobase_proto::{
    CommandError, JsonError, Published, State, Text, Topic, Unpublished, UnpublishedReason,
};
use serde::Serialize;

use crate::error::Error;
use crate::handle::Handle;
use crate::runtime::Runtime;

/// The sending half of a [`Room`](crate::Room) or a [`Broadcast`](crate::Broadcast): it can be
/// cloned and taken to other tasks, and a reader that waits for its next event never stops it.
///
/// ```
/// # use cocobase_driver::{Error, Room, Runtime};
/// # async fn example<R: Runtime>(mut room: Room<R>) -> Result<(), Error> {
/// let sender = room.sender();
/// // In another task, perhaps:
/// sender.send("Hello!").await?;
/// sender.send(&serde_json::json!({"text": "Hello!"})).await?;
/// # Ok(())
/// # }
/// ```
pub struct Sender<R: Runtime> {
    handle: Handle<R>,
    topic: Topic,
}

impl<R: Runtime> Sender<R> {
    pub(crate) const fn new(handle: Handle<R>, topic: Topic) -> Self {
        Self { handle, topic }
    }

    /// Sends a message. See [`send_json`](Self::send_json).
    ///
    /// # Errors
    ///
    /// As there, and when the message has no JSON form.
    pub async fn send(&self, message: &(impl Serialize + ?Sized)) -> Result<Published, Error> {
        Ok(self.send_json(to_json(message)?).await?)
    }

    /// Sends a message that is JSON already.
    ///
    /// [`Published::Sent`]: it is written to the connection. [`Published::Queued`]: there is no
    /// link; it leaves with the next one, once somebody reads, [flushes](Self::flush) or has
    /// spawned the connection. When more messages wait than may, and there is a link, this waits
    /// until there is room.
    ///
    /// Dropped before its end, it may have sent the message or not, but never a part of it.
    ///
    /// # Errors
    ///
    /// When the connection is over, the message is no JSON, or there is no link and either too many
    /// messages wait or none may
    /// ([`OutboxConfig`](cocobase_proto::OutboxConfig)). The message comes back.
    pub async fn send_json(&self, message: impl Into<Text>) -> Result<Published, Unpublished> {
        publish(&self.handle, &self.topic, message.into()).await
    }

    /// Waits until nothing waits for the server any more: all is written, in as many links as that
    /// takes. Cancel safe.
    ///
    /// # Errors
    ///
    /// When the connection ends before.
    pub async fn flush(&self) -> Result<(), Error> {
        flush(&self.handle).await
    }

    /// How many messages wait for a link.
    #[must_use]
    pub fn unsent(&self) -> usize {
        self.handle.line.lock().session.unsent()
    }

    /// A view of the connection.
    #[must_use]
    pub const fn handle(&self) -> &Handle<R> {
        &self.handle
    }
}

impl<R: Runtime> Clone for Sender<R> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), topic: self.topic.clone() }
    }
}

impl<R: Runtime> fmt::Debug for Sender<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("handle", &self.handle).field("topic", &self.topic).finish()
    }
}

pub(crate) fn to_json(message: &(impl Serialize + ?Sized)) -> Result<Text, JsonError> {
    Ok(serde_json::to_string(message)?.into())
}

pub(crate) async fn publish<R: Runtime>(
    handle: &Handle<R>,
    topic: &Topic,
    mut content: Text,
) -> Result<Published, Unpublished> {
    let line = &*handle.line;
    let mut place = line.place();
    loop {
        let (published, may_wait) = line.command(|session, now| {
            // A message that finds no room among none will never find any.
            let may_wait = session.state() == State::Live && session.unsent() > 0;
            (session.publish(topic.clone(), std::mem::take(&mut content), now), may_wait)
        });
        match published {
            Err(Unpublished { content: back, reason: UnpublishedReason::Full }) if may_wait => {
                content = back;
            }
            Ok(Published::Queued) | Err(_) => return published,
            Ok(_) => {
                poll_fn(|cx| line.poll_written(&mut place, cx)).await;
                return published;
            }
        }
        poll_fn(|cx| line.poll_written(&mut place, cx)).await;
    }
}

pub(crate) async fn flush<R: Runtime>(handle: &Handle<R>) -> Result<(), Error> {
    let mut place = handle.line.place();
    match poll_fn(|cx| handle.line.poll_flushed(&mut place, cx)).await {
        true => Ok(()),
        false => Err(CommandError::Closed.into()),
    }
}
