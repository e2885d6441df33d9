//! One document at a time.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use cocobase_proto::Text;
use cocobase_proto::rest::answer::deleted;
use uuid::Uuid;

use super::answer;
use super::body::RawBody;
use super::envelope;
use super::error::ApiError;
use super::names::{DocumentPath, InCollection, QueryCollection, WriteKey};
use crate::app::App;
use crate::log::{Change, Log, LogError, Write, Written};

/// A new document's id: a UUID of version 7, so that ids order like creation.
pub(super) fn new_id() -> String {
    Uuid::now_v7().to_string()
}

/// `POST /collections/documents?collection=C`
pub(super) async fn create(
    State(app): State<Arc<App>>,
    QueryCollection(collection): QueryCollection,
    WriteKey(key): WriteKey,
    body: RawBody,
) -> Result<Response, ApiError> {
    let limits = app.limits.clone();
    let fields = body.read(move |json| envelope::data(json, &limits)).await?;
    create_from(&app, collection, key, fields).await
}

/// `POST /collections/C`, the body being the fields themselves.
pub(super) async fn create_bare(
    State(app): State<Arc<App>>,
    InCollection(collection): InCollection,
    WriteKey(key): WriteKey,
    body: RawBody,
) -> Result<Response, ApiError> {
    let limits = app.limits.clone();
    let fields = body.read(move |json| envelope::bare(json, &limits)).await?;
    create_from(&app, collection, key, fields).await
}

async fn create_from(
    app: &App,
    collection: Text,
    key: Option<Text>,
    fields: Text,
) -> Result<Response, ApiError> {
    let changes = vec![Change::create(new_id(), fields)];
    let written = app.log.append(Write { collection, changes, key }).await?;
    Ok(written_one(app, StatusCode::CREATED, &written))
}

/// `GET /collections/C/documents/ID`
pub(super) async fn read(
    State(app): State<Arc<App>>,
    DocumentPath { collection, id }: DocumentPath,
) -> Result<Response, ApiError> {
    match app.log.document(collection, id.clone()).await? {
        Some((collection, document)) => {
            let body = answer::one(&collection, &document);
            Ok(answer::json_at(StatusCode::OK, body, document.version, app.log.epoch()))
        }
        None => Err(LogError::NotFound { id }.into()),
    }
}

/// `PATCH` and `PUT /collections/C/documents/ID`
pub(super) async fn update(
    State(app): State<Arc<App>>,
    DocumentPath { collection, id }: DocumentPath,
    body: RawBody,
) -> Result<Response, ApiError> {
    let limits = app.limits.clone();
    let fields = body.read(move |json| envelope::data(json, &limits)).await?;
    let written = app.log.append(Write::new(collection, vec![Change::merge(id, fields)])).await?;
    Ok(written_one(&app, StatusCode::OK, &written))
}

/// `DELETE /collections/C/documents/ID`
pub(super) async fn delete(
    State(app): State<Arc<App>>,
    DocumentPath { collection, id }: DocumentPath,
) -> Result<Response, ApiError> {
    let written = app.log.append(Write::new(collection, vec![Change::delete(id)])).await?;
    Ok(written_at(&app, StatusCode::OK, deleted(), &written))
}

fn written_one(app: &App, status: StatusCode, written: &Written) -> Response {
    let one = |commit| answer::one(&written.collection, commit);
    let body = written.commits.first().map(one).unwrap_or_default();
    written_at(app, status, body, written)
}

/// An answer to a write, which says the number of its last change.
pub(super) fn written_at(
    app: &App,
    status: StatusCode,
    body: String,
    written: &Written,
) -> Response {
    match written.commits.last() {
        Some(last) => answer::json_at(status, body, last.seq, app.log.epoch()),
        None => answer::json(status, body),
    }
}
