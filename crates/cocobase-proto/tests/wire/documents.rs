//! Surface D: what one end writes the other reads.

use cocobase_proto::query::ListQuery;
use cocobase_proto::rest::answer::{self, StoredCollection};
use cocobase_proto::rest::{self, Method, Request, body};
use cocobase_proto::wire::encode::StoredDocument;
use cocobase_proto::{Document, Shape, Text};
use serde_json::json;

#[test]
fn every_body_that_a_client_writes_a_server_reads() {
    let fields = json!({"a": 1, "b": [null]});
    let text = fields.to_string();
    let create = Request::create("c", &fields).unwrap();
    assert_eq!(body::data(&create.body.unwrap()).unwrap(), text);
    let update = Request::update("c", "1", &fields).unwrap();
    assert_eq!(update.method, Method::Patch);
    assert_eq!(body::data(&update.body.unwrap()).unwrap(), text);
    let many = Request::create_many("c", &[&fields, &json!({})]).unwrap();
    assert_eq!(body::documents(&many.body.unwrap()).unwrap(), [&*text, "{}"]);
    let updates = Request::update_many("c", &json!({"1\n": fields})).unwrap();
    assert_eq!(body::updates(&updates.body.unwrap()).unwrap(), [("1\n".into(), &*text)]);
    let delete = Request::delete_many("c", &["1", "\u{e9}\""]).unwrap();
    assert_eq!(body::document_ids(&delete.body.unwrap()).unwrap(), ["1", "\u{e9}\""]);
}

#[test]
fn every_answer_that_a_server_writes_a_client_reads() {
    let of = StoredCollection { name: "a\"b", created_at: "t0" };
    let stored = StoredDocument {
        collection: "a\"b",
        id: "1",
        created_at: "t1",
        updated_at: "t2",
        fields: r#"{"n":1.50}"#,
    };
    let one = Document::new(answer::document(of, stored).into());
    assert_eq!(one.shape(), Shape::Nested);
    assert_eq!(one.id().unwrap(), "1");
    assert_eq!(one.created_at().unwrap(), "t1");
    assert_eq!(one.to_map().unwrap()["n"], json!(1.5));
    // A number is passed on digit by digit.
    assert!(one.json().contains("1.50"));

    let list = rest::documents(&answer::documents(of, [stored, stored]).into()).unwrap();
    assert_eq!(list, [one.clone(), one]);
    assert_eq!(rest::documents(&answer::documents(of, []).into()).unwrap(), []);

    let collections = rest::collections(&answer::collections([of])).unwrap();
    assert_eq!(collections[0].name, "a\"b");
    assert_eq!(collections[0].created_at.as_deref(), Some("t0"));

    assert_eq!(rest::count(&answer::count(7)).unwrap(), 7);
    assert_eq!(rest::count(&answer::deleted_many(3)).unwrap(), 3);
    for result in ["36.5", "null", "\"zebra\""] {
        let text = Text::from(answer::aggregate("c", "age", "max", result));
        assert_eq!(rest::aggregate(&text).unwrap(), result);
    }
    assert_eq!(answer::deleted(), r#"{"success":true}"#);
}

#[test]
fn the_paths_of_the_vendors_sdk() {
    let query = ListQuery { limit: Some(5), ..ListQuery::default() };
    for (request, method, path) in [
        (Request::create("c", &()).unwrap(), "POST", "/collections/documents?collection=c"),
        (Request::get("c", "1"), "GET", "/collections/c/documents/1"),
        (Request::list("c", &query).unwrap(), "GET", "/collections/c/documents?limit=5"),
        (Request::list("c", &ListQuery::default()).unwrap(), "GET", "/collections/c/documents"),
        (Request::update("c", "1", &()).unwrap(), "PATCH", "/collections/c/documents/1"),
        (Request::delete("c", "1"), "DELETE", "/collections/c/documents/1"),
        (
            Request::create_many("c", &[()]).unwrap(),
            "POST",
            "/collections/c/batch/documents/create",
        ),
        (Request::update_many("c", &()).unwrap(), "POST", "/collections/c/batch/documents/update"),
        (
            Request::delete_many("c", &["1"]).unwrap(),
            "POST",
            "/collections/c/batch/documents/delete",
        ),
        (
            Request::count("c", &query).unwrap(),
            "GET",
            "/collections/c/query/documents/count?limit=5",
        ),
        (Request::collections(), "GET", "/collections"),
    ] {
        assert_eq!((request.method.as_str(), &*request.path), (method, path));
        assert_eq!(request.headers, []);
    }
}
