//! Surface L: the list of rooms.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::{self, ApiError};
use crate::app::App;

/// `GET /realtime/rooms`
pub(super) async fn list(State(app): State<Arc<App>>) -> Result<Response, ApiError> {
    let rooms = app.mailbox.rooms().await.ok_or_else(ApiError::stopping)?;
    Ok(api::json(StatusCode::OK, rooms.encode()))
}
