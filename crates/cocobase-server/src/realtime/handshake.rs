//! From an HTTP request to a WebSocket.

use std::sync::Arc;

use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cocobase_hub::Entrance;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::handover::Handover;
use crate::api::{ApiError, InCollection, InRoom};
use crate::app::App;

/// `WS /realtime`
pub(super) async fn gateway(app: State<Arc<App>>, upgrade: Upgrade) -> Result<Response, ApiError> {
    upgrade.accept(&app, Entrance::Gateway)
}

/// `WS /realtime/collections/C`
pub(super) async fn collection(
    app: State<Arc<App>>,
    InCollection(collection): InCollection,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    upgrade.accept(&app, Entrance::Collection(collection))
}

/// `WS /realtime/broadcast`
pub(super) async fn broadcast(
    app: State<Arc<App>>,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    upgrade.accept(&app, Entrance::Broadcast)
}

/// `WS /realtime/rooms/R`
pub(super) async fn room(
    app: State<Arc<App>>,
    InRoom(room): InRoom,
    upgrade: Upgrade,
) -> Result<Response, ApiError> {
    upgrade.accept(&app, Entrance::Room(room))
}

/// A request that is a WebSocket's handshake (RFC 6455, 4.2.1).
pub(super) struct Upgrade {
    accept: HeaderValue,
    handover: Handover,
}

impl Upgrade {
    fn accept(self, app: &App, entrance: Entrance) -> Result<Response, ApiError> {
        self.handover.offer(app, entrance)?;
        let headers = [
            (header::CONNECTION, HeaderValue::from_static("upgrade")),
            (header::UPGRADE, HeaderValue::from_static("websocket")),
            (header::SEC_WEBSOCKET_ACCEPT, self.accept),
        ];
        Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Upgrade {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let accept = accept_key(&parts.headers)?;
        let Ok(handover) = Handover::from_request_parts(parts, state).await;
        Ok(Self { accept, handover })
    }
}

/// The answer to the client's key.
fn accept_key(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    let has_token = |name: HeaderName, token: &str| {
        headers
            .get_all(name)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .any(|value| value.split(',').any(|item| item.trim().eq_ignore_ascii_case(token)))
    };
    if !has_token(header::CONNECTION, "upgrade") || !has_token(header::UPGRADE, "websocket") {
        return Err(ApiError::upgrade_required(
            "this address speaks WebSocket: connect with ws:// or wss://",
        ));
    }
    if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
        return Err(ApiError::upgrade_required("the WebSocket version must be 13"));
    }
    headers
        .get(header::SEC_WEBSOCKET_KEY)
        .and_then(|key| HeaderValue::try_from(derive_accept_key(key.as_bytes())).ok())
        .ok_or_else(|| ApiError::bad_request("the header `Sec-WebSocket-Key` is missing"))
}
