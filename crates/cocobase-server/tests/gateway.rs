//! Surface G as a client sees it: many collections and rooms on one socket.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use cocobase_server::{Config, Limits};
use serde_json::{Value, json};

use support::socket::Socket;
use support::{KEY, Running, config, config_in};

async fn gateway(server: &Running) -> Socket {
    let auth = json!({"type": "auth", "token": KEY});
    let (socket, greeting) = Socket::greeted(server, "/realtime", auth).await;
    assert_eq!(greeting["type"], "authenticated", "{greeting}");
    socket
}

/// Says it, and gives the answer.
async fn ask(socket: &mut Socket, message: Value) -> Value {
    socket.say(&message).await;
    socket.hear().await
}

#[tokio::test]
async fn several_collections_are_told_on_one_socket() {
    let server = Running::start(config()).await;
    let mut client = gateway(&server).await;
    let greeting = ask(&mut client, json!({"type": "subscribe", "collection": "posts"})).await;
    assert_eq!(
        (&greeting["type"], &greeting["collection"]),
        (&json!("subscribed"), &json!("posts"))
    );
    assert_eq!(greeting["seq"], 0);
    let adults = json!({"type": "subscribe", "collection": "users", "filters": {"age_gte": 18}});
    assert_eq!(ask(&mut client, adults).await["filters"], json!({"age_gte": 18}));

    let post = server.create("posts", json!({"title": "Hello"})).await;
    server.create("users", json!({"name": "Bob", "age": 17})).await;
    let ada = server.create("users", json!({"name": "Ada", "age": 36})).await;
    server.send("DELETE", &format!("/collections/posts/documents/{post}"), &json!({})).await;

    let event = client.hear().await;
    assert_eq!(event["type"], "event");
    assert_eq!((&event["collection"], &event["event"]), (&json!("posts"), &json!("created")));
    assert_eq!((&event["document"]["id"], &event["seq"]), (&json!(post), &json!(1)));
    assert_eq!(event["document"]["data"], json!({"title": "Hello"}));
    assert!(event["document"]["createdAt"].is_string());
    let event = client.hear().await;
    assert_eq!((&event["collection"], &event["document"]["id"]), (&json!("users"), &json!(ada)));
    let event = client.hear().await;
    assert_eq!((&event["event"], &event["document"]), (&json!("deleted"), &json!({"id": post})));

    let answer = ask(&mut client, json!({"type": "unsubscribe", "collection": "posts"})).await;
    assert_eq!(answer, json!({"type": "unsubscribed", "collection": "posts"}));
    server.create("posts", json!({})).await;
    client.hears_nothing().await;
    server.stop().await;
}

#[tokio::test]
async fn who_does_not_prove_itself_is_shut_out() {
    let server = Running::start(config()).await;
    for hello in [
        json!({"type": "auth", "token": "wrong"}),
        json!({"type": "auth"}),
        json!({"type": "subscribe", "collection": "posts"}),
    ] {
        let mut client = Socket::connect(&server, "/realtime").await;
        client.say(&hello).await;
        let (error, code) = client.hear_end().await;
        assert_eq!(error["type"], "error");
        assert_eq!(error["code"], "UNAUTHORIZED", "{hello}: {error}");
        assert_eq!(error["message"], "Invalid or missing authentication token");
        assert_eq!(code, 1008);
    }
    server.stop().await;
}

#[tokio::test]
async fn what_is_said_right_behind_the_key_is_heard() {
    let server = Running::start(config()).await;
    let mut client = Socket::connect(&server, "/realtime").await;
    client.say(&json!({"type": "auth", "token": KEY})).await;
    client.say(&json!({"type": "subscribe", "collection": "posts"})).await;
    client.say(&json!({"type": "join", "room": "r"})).await;
    let heard = [client.hear().await, client.hear().await, client.hear().await];
    let types = heard.each_ref().map(|message| message["type"].as_str().unwrap());
    assert_eq!(types, ["authenticated", "subscribed", "joined"]);
    server.stop().await;
}

#[tokio::test]
async fn a_mistake_costs_no_more_than_itself() {
    let limits = Limits { max_subscriptions: 2, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let mut client = gateway(&server).await;
    ask(&mut client, json!({"type": "subscribe", "collection": "posts"})).await;
    let bad = json!({"type": "subscribe", "collection": "users", "filters": {"a": [1]}});
    let error = ask(&mut client, bad).await;
    assert_eq!(
        (&error["code"], &error["collection"]),
        (&json!("INVALID_FILTERS"), &json!("users"))
    );
    let error = ask(&mut client, json!({"type": "wave"})).await;
    assert_eq!((&error["type"], &error["code"]), (&json!("error"), &json!("UNKNOWN_MESSAGE")));
    client.say_text("{").await;
    assert_eq!(client.hear().await["code"], "INVALID_MESSAGE");
    ask(&mut client, json!({"type": "join", "room": "r"})).await;
    let error = ask(&mut client, json!({"type": "subscribe", "collection": "many"})).await;
    assert_eq!((&error["type"], &error["collection"]), (&json!("error"), &json!("many")));
    server.create("posts", json!({})).await;
    assert_eq!(client.hear().await["event"], "created");
    server.stop().await;
}

#[tokio::test]
async fn rooms_of_the_gateway_are_the_rooms_of_all() {
    let server = Running::start(config()).await;
    let mut gate = gateway(&server).await;
    let joined = ask(&mut gate, json!({"type": "join", "room": "r"})).await;
    assert_eq!((&joined["type"], &joined["room"]), (&json!("joined"), &json!("r")));
    let (mut member, joined) = Socket::in_room(&server, "r", "u1", "join").await;
    assert_eq!(joined["participants"], 2);

    let message =
        ask(&mut gate, json!({"type": "broadcast", "room": "r", "message": {"a": 1}})).await;
    assert_eq!((&message["event"], &message["room"]), (&json!("broadcast"), &json!("r")));
    assert_eq!(message["message"], json!({"a": 1}));
    assert_eq!(member.hear().await["content"], json!({"a": 1}));
    member.say(&json!({"type": "message", "content": "Hi"})).await;
    assert_eq!(member.hear().await["content"], "Hi");
    assert_eq!(gate.hear().await["message"], "Hi");

    let left = ask(&mut gate, json!({"type": "leave", "room": "r"})).await;
    assert_eq!(left, json!({"type": "left", "room": "r"}));
    assert_eq!(member.hear().await["type"], "user_left");
    server.stop().await;
}

#[tokio::test]
async fn a_subscription_goes_on_behind_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let server = Running::start(config_in(folder.path())).await;
    let mut client = gateway(&server).await;
    let subscribe = json!({"type": "subscribe", "collection": "posts"});
    let greeting = ask(&mut client, subscribe.clone()).await;
    server.create("posts", json!({"n": 1})).await;
    assert_eq!(client.hear().await["seq"], 1);
    drop(client);
    for n in 2..=600 {
        server.create("posts", json!({"n": n})).await;
    }
    server.stop().await;

    let server = Running::start(config_in(folder.path())).await;
    let mut client = gateway(&server).await;
    let mut resume = subscribe;
    resume["resume"] = json!({"epoch": greeting["epoch"], "seq": 1});
    let greeting = ask(&mut client, resume.clone()).await;
    assert_eq!((&greeting["resumed"], &greeting["seq"]), (&json!(true), &json!(1)));
    for n in 2..=600 {
        let event = client.hear().await;
        assert_eq!((&event["seq"], &event["document"]["data"]["n"]), (&json!(n), &json!(n)));
    }
    server.create("posts", json!({"n": 601})).await;
    assert_eq!(client.hear().await["seq"], 601);

    let mut client = gateway(&server).await;
    resume["resume"]["epoch"] = json!("another");
    let greeting = ask(&mut client, resume).await;
    assert_eq!((&greeting["resumed"], &greeting["seq"]), (&json!(false), &json!(601)));
    server.stop().await;
}

#[tokio::test]
async fn a_snapshot_meets_what_follows() {
    let server = Running::start(config()).await;
    for n in 1..=50 {
        server.create("posts", json!({"n": n})).await;
    }
    let mut client = gateway(&server).await;
    let subscribe = json!({
        "type": "subscribe", "collection": "posts", "snapshot": true, "filters": {"n_gt": 40},
    });
    client.say(&subscribe).await;
    for n in 41..=50 {
        let part = client.hear().await;
        assert_eq!(
            (&part["type"], &part["document"]["data"]["n"]),
            (&json!("snapshot"), &json!(n))
        );
    }
    let greeting = client.hear().await;
    assert_eq!((&greeting["snapshot"], &greeting["seq"]), (&json!(10), &json!(50)));
    server.create("posts", json!({"n": 51})).await;
    assert_eq!(client.hear().await["seq"], 51);
    server.stop().await;
}
