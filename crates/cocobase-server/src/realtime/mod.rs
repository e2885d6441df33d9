//! The surfaces that tell what happens: G, C, B and R over WebSocket, S as an event stream, and L, the
//! list of rooms.
//!
//! One task owns the [`Hub`](cocobase_hub::Hub) and writes to all connections; a connection's own task
//! only reads. So an event reaches a thousand clients without waking a thousand tasks, and what waits
//! for a client goes out in one write.

mod clock;
mod events;
mod handover;
mod handshake;
mod hub;
mod line;
mod mailbox;
mod messages;
mod places;
mod reader;
mod rooms;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;

pub(crate) use handover::{Arrival, Handover, Wire};
pub(crate) use hub::{Setup, start};
pub(crate) use mailbox::Mailbox;
pub(crate) use places::Places;

use crate::api;
use crate::app::App;

/// The routes of these surfaces. Only L checks the key before its handler: on WebSockets it comes in
/// the first message, and S takes it from the query string as well.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let check = from_fn_with_state(Arc::clone(app), api::check_key);
    Router::new()
        .route("/realtime/rooms", get(rooms::list).route_layer(check))
        .route("/realtime", get(handshake::gateway))
        .route("/realtime/collections/{collection}", get(handshake::collection))
        .route("/realtime/broadcast", get(handshake::broadcast))
        .route("/realtime/rooms/{room}", get(handshake::room))
        .route("/realtime/sse/{collection}", get(events::stream))
}
