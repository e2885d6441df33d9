//! Surface D: what each route does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, missing_docs)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use serde_json::{Value, json};
use support::{Running, answer, config, config_in};

#[tokio::test]
async fn a_document_lives_and_dies() {
    let server = Running::start(config()).await;
    let created = server
        .send_text(
            "POST",
            "/collections/documents?collection=users",
            "{ \"data\": {\"name\": \"Ada\",\n \"z\": 1.50, \"a\": {\"b\": [1, 2]} } }",
        )
        .await;
    assert_eq!(created.status, 201);
    let id = created.text("id").to_string();
    let created_at = created.text("created_at").to_string();
    assert_eq!(created_at.len(), "2026-01-15T10:30:00.123456Z".len());
    assert_eq!(
        created.body,
        json!({
            "id": id, "collection_id": "users",
            "data": {"name": "Ada", "z": 1.5, "a": {"b": [1, 2]}},
            "created_at": created_at, "updated_at": created_at,
            "collection": {"id": "users", "name": "users", "created_at": created_at},
        })
    );
    assert_eq!(created.header("x-cocobase-seq"), "1");
    assert_eq!(created.header("x-cocobase-epoch").len(), 32);

    let path = format!("/collections/users/documents/{id}");
    let read = server.get(&path).await;
    assert_eq!((read.status.as_u16(), &read.body), (200, &created.body));

    for (method, patch, data) in [
        ("PATCH", json!({"z": null}), json!({"name": "Ada", "z": null, "a": {"b": [1, 2]}})),
        ("PUT", json!({"a": 1, "n": 2}), json!({"name": "Ada", "z": null, "a": 1, "n": 2})),
    ] {
        let updated = server.send(method, &path, &json!({"data": patch})).await;
        assert_eq!(updated.status, 200);
        assert_eq!(updated.body["data"], data);
        assert_eq!(updated.text("created_at"), created_at);
        assert!(updated.text("updated_at") >= created_at.as_str());
        assert_eq!(server.get(&path).await.body, updated.body);
    }

    let deleted = server.send_text("DELETE", &path, "").await;
    assert_eq!((deleted.status.as_u16(), &deleted.body), (200, &json!({"success": true})));
    assert_eq!(deleted.header("x-cocobase-seq"), "4");
    server.get(&path).await.is_error(404, "Document not found");
    server.send_text("DELETE", &path, "").await.is_error(404, "Document not found");
    server.send("PATCH", &path, &json!({"data": {}})).await.is_error(404, "Document not found");
    server.stop().await;
}

#[tokio::test]
async fn fields_come_back_as_they_were_sent() {
    let server = Running::start(config()).await;
    let fields =
        r#"{"z":1.10,"a":123456789012345678901234567890,"é":"\u00e9 \" \\ \n","o":{"y":1,"b":[]}}"#;
    let created = server.request("POST", "/collections/c").body(fields).send().await.unwrap();
    let text = created.text().await.unwrap();
    assert!(text.contains(&format!(r#""data":{fields},"#)), "{text}");
    let list = server.request("GET", "/collections").send().await.unwrap();
    let collections: Value = serde_json::from_str(&list.text().await.unwrap()).unwrap();
    assert_eq!(collections[0]["name"], "c");
    assert_eq!(collections[0]["id"], "c");
    assert!(collections[0]["created_at"].is_string());
    server.stop().await;
}

#[tokio::test]
async fn batches_happen_whole() {
    let server = Running::start(config()).await;
    let batch = |what: &str| format!("/collections/c/batch/documents/{what}");
    let created =
        server.send("POST", &batch("create"), &json!({"documents": [{"n": 1}, {"n": 2}]})).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("x-cocobase-seq"), "2");
    let ids: Vec<&str> =
        created.body.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(created.body[1]["data"], json!({"n": 2}));
    assert_eq!(created.body[1]["collection"]["name"], "c");
    assert!(ids[0] < ids[1]);

    let updates = json!({"updates": {ids[1]: {"m": 1}, ids[0]: {"n": 0}}});
    let updated = server.send("POST", &batch("update"), &updates).await;
    assert_eq!(updated.status, 200);
    let mut data: Vec<_> =
        updated.body.as_array().unwrap().iter().map(|it| it["data"].to_string()).collect();
    data.sort();
    assert_eq!(data, [r#"{"m":1,"n":2}"#, r#"{"n":0}"#]);

    let mixed = json!({"updates": {ids[0]: {"n": 9}, "nobody": {}}});
    server.send("POST", &batch("update"), &mixed).await.is_error(404, "Document not found");
    let first = server.get(&format!("/collections/c/documents/{}", ids[0])).await;
    assert_eq!(first.body["data"], json!({"n": 0}), "nothing of the refused batch happened");

    let delete = json!({"document_ids": [ids[0], "nobody", ids[0], ids[1]]});
    let deleted = server.send("POST", &batch("delete"), &delete).await;
    assert_eq!(deleted.body["count"], 2);
    assert_eq!(deleted.body["status"], "success");
    assert!(deleted.text("message").contains('2'));
    let none = server.send("POST", "/collections/new/batch/documents/delete", &delete).await;
    assert_eq!(none.body["count"], 0);
    let collections = server.get("/collections").await;
    assert_eq!(collections.body.as_array().unwrap().len(), 1, "deleting makes no collection");
    server.stop().await;
}

#[tokio::test]
async fn names_are_percent_decoded() {
    let server = Running::start(config()).await;
    let id = server.create("a%2Fb%20%3F%C3%A9", json!({})).await;
    let path = format!("/collections/a%2Fb%20%3F%C3%A9/documents/{id}");
    assert_eq!(server.get(&path).await.text("collection_id"), "a/b ?é");
    server.stop().await;
}

#[tokio::test]
async fn a_repeated_idempotency_key_writes_once() {
    let dir = tempfile::tempdir().unwrap();
    let server = Running::start(config_in(dir.path())).await;
    let post = |server: &Running, path: &str, key: &str, body: Value| {
        answer(server.request("POST", path).header("Idempotency-Key", key).json(&body))
    };
    let one = ("/collections/documents?collection=c", json!({"data": {"n": 1}}));
    let many = ("/collections/c/batch/documents/create", json!({"documents": [{}, {"n": 2}]}));
    let bare = ("/collections/c", json!({"n": 3}));
    let mut first = Vec::new();
    for (n, (path, body)) in [&one, &many, &bare].into_iter().enumerate() {
        let answer = post(&server, path, &format!("key-{n}"), body.clone()).await;
        assert_eq!(answer.status, 201);
        first.push(answer);
    }
    server.stop().await;

    let server = Running::start(config_in(dir.path())).await;
    for (n, (path, body)) in [&one, &many, &bare].into_iter().enumerate() {
        let again = post(&server, path, &format!("key-{n}"), body.clone()).await;
        assert_eq!((again.status, &again.body), (first[n].status, &first[n].body));
        assert_eq!(again.header("x-cocobase-seq"), first[n].header("x-cocobase-seq"));
    }
    post(&server, many.0, "key-0", many.1.clone()).await.is_error(422, "number of documents");
    post(&server, "/collections/d", "key-0", json!({})).await.is_error(422, "another collection");
    let long = "k".repeat(256);
    for key in ["", &long] {
        post(&server, bare.0, key, json!({})).await.is_error(400, "idempotency-key");
    }
    assert_eq!(server.send("POST", bare.0, &json!({})).await.header("x-cocobase-seq"), "5");
    server.stop().await;
}

#[tokio::test]
async fn a_restart_keeps_documents_and_the_generated_key() {
    let dir = tempfile::tempdir().unwrap();
    let without_key = || cocobase_server::Config { keys: Vec::new(), ..config_in(dir.path()) };
    let mut seen = Vec::new();
    for _ in 0..2 {
        let server = cocobase_server::Server::bind(without_key()).await.unwrap();
        let key = server.generated_key().unwrap().expose().to_string();
        let url = format!("http://{}", server.local_addr());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let running = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let client = support::client();
        let post = client.post(format!("{url}/collections/c")).header("x-api-key", &key).body("{}");
        let created = answer(post).await;
        assert_eq!(created.status, 201);
        seen.push((key, created.header("x-cocobase-epoch").to_string()));
        assert_eq!(created.header("x-cocobase-seq"), seen.len().to_string());
        drop((client, stop));
        running.await.unwrap();
    }
    assert_eq!(seen[0], seen[1]);
    let server = cocobase_server::Server::bind(config_in(dir.path())).await.unwrap();
    assert_eq!(server.generated_key(), None);
}

#[tokio::test]
async fn a_stop_finishes_requests_and_refuses_new_connections() {
    let server = Running::start(config()).await;
    let address = server.address;
    // Half a request is on its way when the server is told to stop.
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /collections/c HTTP/1.1\r\nhost: x\r\nx-api-key: {}\r\ncontent-length: 7\r\n\
         expect: 100-continue\r\n\r\n",
        support::KEY
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // The interim answer proves that the handler is waiting for the body.
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    let stopped = server.begin_stop();
    // Refused once the listener is gone.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(b"{\"n\":1}").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 Created"), "{answer}");
    stopped.await.unwrap();
}
