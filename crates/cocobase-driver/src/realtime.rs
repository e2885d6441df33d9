//! What is live, in the words of the vendor's SDKs.

use cocobase_proto::Text;
use cocobase_proto::rest::RoomList;

use crate::broadcast::BroadcastBuilder;
use crate::client::Client;
use crate::collection::Collection;
use crate::error::Error;
use crate::gateway::GatewayBuilder;
use crate::room::RoomBuilder;
use crate::runtime::{Runtime, WebSockets};

/// Makes everything that is live. From [`Client::realtime`]; all of it stands on the [`Client`] too.
///
/// ```
/// # fn example<R: cocobase_driver::WebSockets>(client: cocobase_driver::Client<R>) {
/// let realtime = client.realtime();
/// let quakes = realtime.collection("earthquakes");
/// let general = realtime.room("general");
/// # }
/// ```
#[derive(Debug)]
pub struct Realtime<'a, R: Runtime> {
    pub(crate) client: &'a Client<R>,
}

impl<R: Runtime> Realtime<'_, R> {
    /// See [`Client::collection`].
    #[must_use]
    pub fn collection(&self, name: impl Into<String>) -> Collection<R> {
        self.client.collection(name)
    }

    /// See [`Client::rooms`].
    ///
    /// # Errors
    ///
    /// As there.
    pub async fn rooms(&self) -> Result<RoomList, Error> {
        self.client.rooms().await
    }
}

/// # What takes a WebSocket
impl<R: WebSockets> Realtime<'_, R> {
    /// See [`Client::room`].
    #[must_use]
    pub fn room(&self, id: impl Into<Text>) -> RoomBuilder<R> {
        self.client.room(id)
    }

    /// See [`Client::broadcast`].
    #[must_use]
    pub fn broadcast(&self) -> BroadcastBuilder<R> {
        self.client.broadcast()
    }

    /// See [`Client::gateway`].
    pub fn gateway(&self) -> GatewayBuilder<R> {
        self.client.gateway()
    }
}
