//! Answers: the protocol's JSON with a status, and where in the history it stands.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cocobase_hub::Commit;
use cocobase_proto::Text;
use cocobase_proto::rest;
use cocobase_proto::rest::answer::{self, StoredCollection};
use cocobase_proto::wire::encode::StoredDocument;

use crate::log::{Collection, Document};

const SEQ: HeaderName = HeaderName::from_static(rest::header::SEQ);
const EPOCH: HeaderName = HeaderName::from_static(rest::header::EPOCH);

pub(crate) fn json(status: StatusCode, body: String) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// An answer that says where in the history it stands.
pub(super) fn json_at(status: StatusCode, body: String, seq: u64, epoch: &Text) -> Response {
    let mut response = json(status, body);
    response.headers_mut().insert(SEQ, seq.into());
    if let Ok(epoch) = HeaderValue::from_str(epoch) {
        response.headers_mut().insert(EPOCH, epoch);
    }
    response
}

pub(super) fn collections(collections: &[Collection]) -> String {
    answer::collections(collections.iter().map(stored))
}

/// The documents of a list.
pub(super) fn list<'a, D: Shown + 'a>(
    of: Option<&Collection>,
    documents: impl IntoIterator<Item = &'a D>,
) -> String {
    match of {
        Some(of) => {
            let documents = documents.into_iter().map(|document| document.shown_in(&of.name));
            answer::documents(stored(of), documents)
        }
        None => answer::collections([]),
    }
}

pub(super) fn one(of: &Collection, document: &impl Shown) -> String {
    answer::document(stored(of), document.shown_in(&of.name))
}

fn stored(collection: &Collection) -> StoredCollection<'_> {
    StoredCollection { name: &collection.name, created_at: &collection.created_at }
}

/// What can be shown as a document of a collection.
pub(super) trait Shown {
    fn shown_in<'a>(&'a self, collection: &'a str) -> StoredDocument<'a>;
}

impl Shown for Commit {
    fn shown_in<'a>(&'a self, collection: &'a str) -> StoredDocument<'a> {
        StoredDocument {
            collection,
            id: &self.id,
            created_at: &self.created_at,
            updated_at: &self.updated_at,
            fields: &self.data,
        }
    }
}

impl Shown for Document {
    fn shown_in<'a>(&'a self, collection: &'a str) -> StoredDocument<'a> {
        StoredDocument {
            collection,
            id: &self.id,
            created_at: &self.created_at,
            updated_at: &self.updated_at,
            fields: &self.data,
        }
    }
}
