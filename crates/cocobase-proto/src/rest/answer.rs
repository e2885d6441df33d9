//! The JSON of a server's answers about documents (surface D).
//!
//! Errors are [`ErrorMessage`](crate::wire::ErrorMessage)s, which spell themselves.
//!
//! ```
//! use cocobase_proto::rest::answer::{self, StoredCollection};
//! use cocobase_proto::wire::encode::StoredDocument;
//!
//! let users = StoredCollection { name: "users", created_at: "2024-01-01T00:00:00Z" };
//! let ada = StoredDocument {
//!     collection: "users",
//!     id: "doc_1",
//!     created_at: "2024-01-15T10:30:00Z",
//!     updated_at: "2024-01-16T08:00:00Z",
//!     fields: r#"{"name":"Ada"}"#,
//! };
//! let one = answer::document(users, ada);
//! assert_eq!(
//!     one,
//!     concat!(
//!         r#"{"id":"doc_1","collection_id":"users","data":{"name":"Ada"},"#,
//!         r#""created_at":"2024-01-15T10:30:00Z","updated_at":"2024-01-16T08:00:00Z","#,
//!         r#""collection":{"id":"users","name":"users","created_at":"2024-01-01T00:00:00Z"}}"#,
//!     ),
//! );
//! assert_eq!(answer::documents(users, [ada, ada]), format!("[{one},{one}]"));
//! assert_eq!(answer::count(2), r#"{"count":2}"#);
//! ```

use alloc::format;
use alloc::string::String;

use crate::wire::encode::StoredDocument;
use crate::wire::keys;
use crate::wire::write::ObjectWriter;

/// A collection as a server keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoredCollection<'a> {
    /// Its name, which is its id too.
    pub name: &'a str,
    /// When it was made, RFC 3339.
    pub created_at: &'a str,
}

/// One document.
#[must_use]
pub fn document(of: StoredCollection<'_>, document: StoredDocument<'_>) -> String {
    let mut out = String::new();
    push_document(&mut out, document, &collection(of));
    out
}

/// A list of documents of one collection.
#[must_use]
pub fn documents<'a>(
    of: StoredCollection<'_>,
    documents: impl IntoIterator<Item = StoredDocument<'a>>,
) -> String {
    let of = collection(of);
    list(documents, |out, document| push_document(out, document, &of))
}

/// A list of collections. A list of nothing at all is the same for documents.
#[must_use]
pub fn collections<'a>(collections: impl IntoIterator<Item = StoredCollection<'a>>) -> String {
    list(collections, |out, of| out.push_str(&collection(of)))
}

/// A document is deleted.
#[must_use]
pub fn deleted() -> String {
    object(|object| {
        object.boolean("success", true);
    })
}

/// So many documents are deleted.
#[must_use]
pub fn deleted_many(count: u64) -> String {
    object(|object| {
        object
            .string("status", "success")
            .string(keys::MESSAGE, &format!("{count} documents deleted"))
            .number("count", count);
    })
}

/// So many documents match.
#[must_use]
pub fn count(count: u64) -> String {
    object(|object| {
        object.number("count", count);
    })
}

/// A number made of a field of many documents. `result` is JSON.
#[must_use]
pub fn aggregate(collection: &str, field: &str, operation: &str, result: &str) -> String {
    object(|object| {
        object
            .string("field", field)
            .string("operation", operation)
            .json("result", result)
            .string(keys::COLLECTION, collection);
    })
}

fn push_document(out: &mut String, document: StoredDocument<'_>, collection: &str) {
    ObjectWriter::new(out)
        .string(keys::ID, document.id)
        .string(keys::COLLECTION_ID, document.collection)
        .json(keys::DATA, document.fields)
        .string(keys::CREATED_AT, document.created_at)
        .string(keys::UPDATED_AT, document.updated_at)
        .json(keys::COLLECTION, collection)
        .end();
}

fn collection(of: StoredCollection<'_>) -> String {
    object(|object| {
        object
            .string(keys::ID, of.name)
            .string(keys::NAME, of.name)
            .string(keys::CREATED_AT, of.created_at);
    })
}

fn object(fill: impl FnOnce(&mut ObjectWriter<'_>)) -> String {
    let mut out = String::new();
    let mut object = ObjectWriter::new(&mut out);
    fill(&mut object);
    object.end();
    out
}

fn list<T>(items: impl IntoIterator<Item = T>, push: impl Fn(&mut String, T)) -> String {
    let mut out = String::from("[");
    for item in items {
        if out.len() > 1 {
            out.push(',');
        }
        push(&mut out, item);
    }
    out.push(']');
    out
}
