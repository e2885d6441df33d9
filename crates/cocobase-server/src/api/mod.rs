//! Surface D: documents over HTTP.
//!
//! The crate's documentation lists the paths, and what was decided about them.

mod answer;
mod auth;
mod batch;
mod body;
mod documents;
mod envelope;
mod error;
mod names;
mod query;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::{get, post};

pub(crate) use answer::json;
pub(crate) use auth::{accept_key, check_key, given_key};
pub(crate) use error::ApiError;
pub(crate) use names::{InCollection, InRoom};

use crate::app::App;

/// The routes of this surface, which want a key, and `/healthz`, which does not.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    let document = get(documents::read)
        .patch(documents::update)
        .put(documents::update)
        .delete(documents::delete);
    Router::new()
        .route("/collections", get(query::collections))
        .route("/collections/documents", post(documents::create))
        .route("/collections/{collection}", post(documents::create_bare))
        .route("/collections/{collection}/documents", get(query::list))
        .route("/collections/{collection}/documents/{id}", document)
        .route("/collections/{collection}/batch/documents/create", post(batch::create))
        .route("/collections/{collection}/batch/documents/update", post(batch::update))
        .route("/collections/{collection}/batch/documents/delete", post(batch::delete))
        .route("/collections/{collection}/query/documents/count", get(query::count))
        .route("/collections/{collection}/query/documents/aggregate", get(query::aggregate))
        .route_layer(from_fn_with_state(Arc::clone(app), check_key))
        .route("/healthz", get(healthz))
}

async fn healthz() -> Response {
    answer::json(StatusCode::OK, r#"{"status":"ok"}"#.into())
}

/// The answer to a path that does not exist.
pub(crate) async fn no_such_path(uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(200).collect();
    ApiError::new(
        StatusCode::NOT_FOUND,
        format!(
            "no such path: {path}. There are /healthz, /collections, \
             /collections/documents?collection=C, /collections/C, /collections/C/documents, \
             /collections/C/documents/ID, /collections/C/batch/documents/create (or update, delete), \
             /collections/C/query/documents/count (or aggregate), and, to be told of changes: \
             /realtime, /realtime/collections/C, /realtime/broadcast and /realtime/rooms/R for \
             WebSockets, /realtime/sse/C for event streams, /realtime/rooms for a list of rooms"
        ),
    )
}

/// The answer to a method that a path does not have. Which ones it has stands in `Allow`.
pub(crate) async fn no_such_method(method: Method, uri: Uri) -> ApiError {
    let path: String = uri.path().chars().take(200).collect();
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        format!("{method} is not possible on {path}: the header `Allow` says what is"),
    )
}
