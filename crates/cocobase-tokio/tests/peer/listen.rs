//! Functions that are called with what happens.

use std::sync::{Arc, Mutex};

use cocobase_tokio::Trouble;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::{Peer, soon};

#[tokio::test]
async fn functions_are_called_and_may_panic() {
    let peer = Peer::start().await;
    let (told, mut hear) = mpsc::unbounded_channel();
    let tell = |what: &'static str| {
        let told = told.clone();
        move |value: Value| drop(told.send((what, value)))
    };
    let (connected, created, updated) = (tell("connected"), tell("created"), tell("updated"));
    let (deleted, error) = (tell("deleted"), tell("error"));
    let listening = peer
        .client()
        .realtime()
        .collection("users")
        .listen::<Value>()
        .on_connected(move |_| connected(json!(null)))
        .on_created(move |change| {
            let name = &change.document.value["name"];
            assert_ne!(name, "Bob", "not him again");
            created(name.clone());
        })
        .on_updated(move |change| updated(change.document.value["name"].clone()))
        .on_deleted(move |gone| deleted(json!(gone.id.unwrap().as_str())))
        .on_error(move |trouble| error(json!(trouble.to_string())))
        .start()
        .unwrap();

    let mut server = peer.socket().await;
    server.hear().await;
    server.say(json!({"event": "connected"})).await;
    for (event, id, name) in [
        ("create", "1", "Ada"),
        ("create", "2", "Bob"),
        ("create", "3", "Eve"),
        ("update", "1", "Ann"),
        ("delete", "3", "Eve"),
    ] {
        server.say(json!({"event": event, "data": {"id": id, "name": name}})).await;
    }
    let mut heard = Vec::new();
    while heard.len() < 6 {
        heard.push(soon(hear.recv()).await.unwrap());
    }
    let panicked = heard.remove(2);
    assert_eq!(
        heard,
        [
            ("connected", json!(null)),
            ("created", json!("Ada")),
            ("created", json!("Eve")),
            ("updated", json!("Ann")),
            ("deleted", json!("3")),
        ]
    );
    let words = panicked.1.as_str().unwrap();
    assert!(
        words.starts_with("`on_created` panicked") && words.contains("not him again"),
        "{words}"
    );

    drop(listening);
    assert!(server.goodbye().await);
    drop(told);
    assert_eq!(soon(hear.recv()).await, None, "the task and its functions are gone");
}

#[tokio::test]
async fn who_listens_is_told_of_gaps_and_of_the_end() {
    let peer = Peer::start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (over, mut is_over) = mpsc::unbounded_channel();
    let noted = Arc::clone(&seen);
    let listening = peer
        .client()
        .collection("users")
        .listen::<Value>()
        .on_error(move |trouble| {
            noted.lock().unwrap().push(match &trouble {
                Trouble::Disconnected(_) => "disconnected",
                Trouble::Gap(_) => "gap",
                Trouble::Refused(_) => "refused",
                _ => "else",
            });
            if let Trouble::Refused(_) = trouble {
                over.send(()).unwrap();
                panic!("a panic in the last one is caught too");
            }
        })
        .start()
        .unwrap();
    for _ in 0..2 {
        let mut server = peer.socket().await;
        server.hear().await;
        server.say(json!({"event": "connected"})).await;
    }
    let mut server = peer.socket().await;
    server.hear().await;
    server.say(json!({"error": "Invalid API key"})).await;
    soon(is_over.recv()).await.unwrap();
    assert_eq!(seen.lock().unwrap()[..3], ["disconnected", "gap", "disconnected"]);
    assert_eq!(seen.lock().unwrap().last(), Some(&"refused"));
    assert!(listening.handle().is_closed());
}
