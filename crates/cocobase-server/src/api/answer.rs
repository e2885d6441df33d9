//! The JSON of answers.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use cocobase_hub::Commit;
use cocobase_proto::Text;
use serde_json::{Value, json};

use crate::log::{Collection, Document};

/// Header (ours): the collection's last change that the answer knows of.
const SEQ: HeaderName = HeaderName::from_static("x-cocobase-seq");

/// Header (ours): which history that number belongs to.
const EPOCH: HeaderName = HeaderName::from_static("x-cocobase-epoch");

pub(super) fn json(status: StatusCode, body: String) -> Response {
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

pub(super) fn error(message: &str) -> String {
    json!({"error": true, "message": message}).to_string()
}

pub(super) fn collections(collections: &[Collection]) -> String {
    Value::from_iter(collections.iter().map(collection)).to_string()
}

pub(super) fn deleted() -> String {
    json!({"success": true}).to_string()
}

pub(super) fn deleted_many(count: usize) -> String {
    let message = format!("{count} documents deleted");
    json!({"status": "success", "message": message, "count": count}).to_string()
}

pub(super) fn count(count: u64) -> String {
    json!({"count": count}).to_string()
}

pub(super) fn aggregate(collection: &str, field: &str, operation: &str, result: Value) -> String {
    let of = json!({
        "field": field, "operation": operation, "result": result, "collection": collection,
    });
    of.to_string()
}

pub(super) fn healthy() -> String {
    json!({"status": "ok"}).to_string()
}

fn collection(collection: &Collection) -> Value {
    let (name, created_at) = (collection.name.as_str(), collection.created_at.as_str());
    json!({"id": name, "name": name, "created_at": created_at})
}

/// The documents of a list.
pub(super) fn list<'a>(
    of: Option<&Collection>,
    documents: impl IntoIterator<Item = Shown<'a>>,
) -> String {
    let mut out = String::from("[");
    if let Some(of) = of {
        let tail = tail(of);
        for document in documents {
            if out.len() > 1 {
                out.push(',');
            }
            document.push(&mut out, &of.name, &tail);
        }
    }
    out.push(']');
    out
}

pub(super) fn one(of: &Collection, document: Shown<'_>) -> String {
    let mut out = String::new();
    document.push(&mut out, &of.name, &tail(of));
    out
}

/// The end of every document of a collection.
fn tail(of: &Collection) -> String {
    format!(r#","collection":{}}}"#, collection(of))
}

/// What an answer shows of a document. Its fields are JSON already and are passed on as they are.
#[derive(Clone, Copy)]
pub(super) struct Shown<'a> {
    id: &'a str,
    data: &'a str,
    created_at: &'a str,
    updated_at: &'a str,
}

impl Shown<'_> {
    fn push(self, out: &mut String, collection: &str, tail: &str) {
        let Self { id, data, created_at, updated_at } = self;
        let [id, collection, created_at, updated_at] =
            [id, collection, created_at, updated_at].map(Value::from);
        out.push_str(&format!(r#"{{"id":{id},"collection_id":{collection},"data":{data},"#));
        out.push_str(&format!(r#""created_at":{created_at},"updated_at":{updated_at}{tail}"#));
    }
}

impl<'a> From<&'a Commit> for Shown<'a> {
    fn from(commit: &'a Commit) -> Self {
        Self {
            id: &commit.id,
            data: &commit.data,
            created_at: &commit.created_at,
            updated_at: &commit.updated_at,
        }
    }
}

impl<'a> From<&'a Document> for Shown<'a> {
    fn from(document: &'a Document) -> Self {
        Self {
            id: &document.id,
            data: &document.data,
            created_at: &document.created_at,
            updated_at: &document.updated_at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_shown_nested_with_its_collection() {
        let of = Collection { name: "a\"b".into(), created_at: "t0".into() };
        let document = Document {
            id: "1".into(),
            version: 7,
            created_at: "t1".into(),
            updated_at: "t2".into(),
            data: r#"{"n":1.50}"#.into(),
        };
        let one = one(&of, (&document).into());
        assert_eq!(
            one,
            concat!(
                r#"{"id":"1","collection_id":"a\"b","data":{"n":1.50},"created_at":"t1","#,
                r#""updated_at":"t2","collection":{"created_at":"t0","id":"a\"b","name":"a\"b"}}"#,
            )
        );
        let list = list(Some(&of), [&document, &document].map(Shown::from));
        assert_eq!(list, format!("[{one},{one}]"));
    }
}
