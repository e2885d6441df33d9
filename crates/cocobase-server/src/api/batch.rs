//! Several documents of a collection at once: all of a batch happens, or nothing.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cocobase_proto::Text;
use cocobase_proto::rest::answer::deleted_many;

use super::answer;
use super::body::RawBody;
use super::documents::{new_id, written_at};
use super::envelope;
use super::error::ApiError;
use super::names::{InCollection, WriteKey};
use crate::app::App;
use crate::log::{Action, Change, Log, Write, Written};

/// `POST /collections/C/batch/documents/create`
pub(super) async fn create(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    WriteKey(key): WriteKey,
    body: RawBody,
) -> Result<Response, ApiError> {
    let limits = app.limits.clone();
    let documents = body.read(move |json| envelope::documents(json, &limits)).await?;
    let changes = documents.into_iter().map(|fields| Change::create(new_id(), fields)).collect();
    append(&app, StatusCode::CREATED, Write { collection, changes, key }, list).await
}

/// `POST /collections/C/batch/documents/update`
pub(super) async fn update(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    body: RawBody,
) -> Result<Response, ApiError> {
    let limits = app.limits.clone();
    let updates = body.read(move |json| envelope::updates(json, &limits)).await?;
    let changes = updates.into_iter().map(|(id, fields)| Change::merge(id, fields)).collect();
    append(&app, StatusCode::OK, Write::new(collection, changes), list).await
}

/// `POST /collections/C/batch/documents/delete`. Documents that do not exist are passed over: the
/// answer says how many were deleted.
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    body: RawBody,
) -> Result<Response, ApiError> {
    let limits = app.limits.clone();
    let ids = body.read(move |json| envelope::document_ids(json, &limits)).await?;
    let delete = |id: Text| Change { id, action: Action::DeleteIfPresent, expected: None };
    let write = Write::new(collection, ids.into_iter().map(delete).collect());
    append(&app, StatusCode::OK, write, |written| deleted_many(written.commits.len() as u64)).await
}

async fn append(
    app: &App,
    status: StatusCode,
    write: Write,
    body: impl FnOnce(&Written) -> String,
) -> Result<Response, ApiError> {
    if write.changes.is_empty() {
        return Err(ApiError::unprocessable("the batch is empty"));
    }
    let written = app.log.append(write).await?;
    Ok(written_at(app, status, body(&written), &written))
}

fn list(written: &Written) -> String {
    answer::list(Some(&written.collection), &written.commits)
}
