//! Surface C over WebSocket: `/realtime/collections/{name}`.

mod alarm;
mod connection;
mod outbox;
mod router;
mod sockets;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::api::{ApiError, InCollection};
use crate::app::App;

pub(crate) use alarm::PeerClock;
pub(crate) use router::{RouterHandle, start};
pub(crate) use sockets::Sockets;

/// The routes of this surface. The key comes in the first message, so none is asked for here.
pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new().route("/realtime/collections/{collection}", get(upgrade))
}

/// Turns the request into a WebSocket, which lives on in a task of its own.
async fn upgrade(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    mut request: Request,
) -> Result<Response, ApiError> {
    let accept = accept_key(request.headers())?;
    let place = app.sockets.enter().ok_or_else(ApiError::overloaded)?;
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        match upgrade.await {
            Ok(upgraded) => {
                connection::serve(TokioIo::new(upgraded), collection, app, place).await;
            }
            Err(error) => tracing::debug!(%error, "upgrade failed"),
        }
    });
    let headers = [
        (header::CONNECTION, HeaderValue::from_static("upgrade")),
        (header::UPGRADE, HeaderValue::from_static("websocket")),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, headers).into_response())
}

/// The answer to the client's key, if the request is a WebSocket's handshake (RFC 6455, 4.2.1).
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
