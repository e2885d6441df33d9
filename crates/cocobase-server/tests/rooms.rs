//! Surfaces R and L as clients see them: who is in a room, what is said there, and the list of rooms.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use std::time::Duration;

use cocobase_server::{Config, Limits, PeerConfig, RoomsConfig};
use serde_json::{Value, json};

use support::socket::Socket;
use support::{KEY, Running, answer, config};

/// The list of rooms, which must be readable.
async fn rooms(server: &Running) -> Value {
    let list = server.get("/realtime/rooms").await;
    assert_eq!(list.status, 200, "{list:?}");
    list.body
}

#[tokio::test]
async fn a_room_is_made_entered_talked_in_and_left() {
    let server = Running::start(config()).await;
    let hello = json!({
        "api_key": KEY, "user_id": "user_123", "user_name": "John Doe", "action": "create",
        "room_title": "General Chat",
    });
    let (mut john, joined) = Socket::greeted(&server, "/realtime/rooms/general", hello).await;
    assert_eq!(joined["event"], "joined");
    assert_eq!(joined["room_id"], "general");
    assert_eq!(joined["room_title"], "General Chat");
    assert_eq!(joined["participants"], 1);
    assert_eq!(joined["user_id"], "user_123");

    let (mut jane, joined) = Socket::in_room(&server, "general", "jane", "join").await;
    assert_eq!(joined["room_title"], "General Chat");
    assert_eq!(joined["participants"], 2);
    let ids = |list: &Value| -> Vec<String> {
        let list = list["participant_list"].as_array().unwrap().iter();
        list.map(|one| one["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(&joined), ["jane", "user_123"]);
    let came = john.hear().await;
    assert_eq!((&came["type"], &came["user_id"]), (&json!("user_joined"), &json!("jane")));
    assert_eq!(came["user_name"], "JANE");
    assert_eq!(
        came["room_info"],
        json!({"id": "general", "title": "General Chat", "participants": 2}),
    );

    john.say(&json!({"type": "message", "content": "Hello everyone!"})).await;
    for client in [&mut john, &mut jane] {
        let said = client.hear().await;
        assert_eq!(said["type"], "message");
        assert_eq!(said["user_id"], "user_123");
        assert_eq!(said["user_name"], "John Doe");
        assert_eq!(said["content"], "Hello everyone!");
        assert_eq!(said["room_info"], json!({"id": "general", "title": "General Chat"}));
        assert!(said["timestamp"].as_str().unwrap().starts_with("20"), "{said}");
    }

    let list = rooms(&server).await;
    assert_eq!(list["total"], 1);
    let room = &list["rooms"][0];
    assert_eq!((&room["id"], &room["title"]), (&json!("general"), &json!("General Chat")));
    assert_eq!((&room["created_by"], &room["participants"]), (&json!("user_123"), &json!(2)));
    assert_eq!(ids(room), ["jane", "user_123"]);
    assert!(room["created_at"].as_u64().unwrap() > 1_700_000_000);

    jane.0.close(None).await.unwrap();
    let left = john.hear().await;
    assert_eq!((&left["type"], &left["user_id"]), (&json!("user_left"), &json!("jane")));
    assert_eq!(left["room_info"]["participants"], 1);
    server.stop().await;
}

#[tokio::test]
async fn a_room_that_is_not_there_cannot_be_joined() {
    let server = Running::start(config()).await;
    let mut client = Socket::connect(&server, "/realtime/rooms/nowhere").await;
    client.say(&json!({"api_key": KEY, "action": "join"})).await;
    let (error, code) = client.hear_end().await;
    assert_eq!(error["error"], "Room not found");
    assert_eq!(error["room_id"], "nowhere");
    assert_eq!(code, 1008);
    for (hello, message) in [
        (json!({"user_id": "u"}), "API key is required"),
        (json!({"api_key": "wrong", "action": "create"}), "Invalid API key"),
    ] {
        let mut client = Socket::connect(&server, "/realtime/rooms/r").await;
        client.say(&hello).await;
        let (error, code) = client.hear_end().await;
        assert_eq!((&error["error"], code), (&json!(message), 1008), "{hello}");
    }
    assert_eq!(rooms(&server).await, json!({"rooms": [], "total": 0}));
    server.stop().await;
}

#[tokio::test]
async fn a_room_may_be_called_anything() {
    let server = Running::start(config()).await;
    let (mut one, joined) = Socket::in_room(&server, "a%2Fb%20%3F%C3%BC", "u1", "create").await;
    assert_eq!(joined["room_id"], "a/b ?ü");
    assert_eq!(rooms(&server).await["rooms"][0]["id"], "a/b ?ü");
    one.say(&json!({"type": "message", "content": {"any": ["JSON", 1, null]}})).await;
    assert_eq!(one.hear().await["content"], json!({"any": ["JSON", 1, null]}));
    let long = format!("/realtime/rooms/{}", "x".repeat(256));
    server.get(&long).await.is_error(400, "room id is 256 bytes long");
    server.get("/realtime/rooms/r").await.is_error(426, "speaks WebSocket");
    server.stop().await;
}

#[tokio::test]
async fn one_who_is_dead_leaves_the_room() {
    let peer = PeerConfig {
        ping_after: Duration::from_millis(50),
        dead_after: Duration::from_millis(200),
        ..PeerConfig::default()
    };
    let limits = Limits { peer, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let (mut alive, _) = Socket::in_room(&server, "r", "alive", "create").await;
    // Its client answers pings only while it is read.
    let (_dead, _) = Socket::in_room(&server, "r", "dead", "join").await;
    assert_eq!(alive.hear().await["type"], "user_joined");
    let left = alive.hear().await;
    assert_eq!((&left["type"], &left["user_id"]), (&json!("user_left"), &json!("dead")));
    server.stop().await;
}

#[tokio::test]
async fn an_empty_room_is_kept_for_a_while() {
    let room_config = RoomsConfig { grace: Duration::from_millis(100), ..RoomsConfig::default() };
    let limits = Limits { rooms: room_config, ..Limits::default() };
    let server = Running::start(Config { limits, ..config() }).await;
    let (mut one, _) = Socket::in_room(&server, "r", "u1", "create").await;
    one.0.close(None).await.unwrap();
    assert!(one.message().await.unwrap().is_close());
    let (again, joined) = Socket::in_room(&server, "r", "u1", "join").await;
    assert_eq!(joined["event"], "joined", "{joined}");
    drop(again);
    while rooms(&server).await["total"] != 0 {
        tokio::task::yield_now().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn a_room_goes_on_where_a_client_was() {
    let server = Running::start(config()).await;
    let (mut one, joined) = Socket::in_room(&server, "r", "u1", "create").await;
    for n in 1..=3 {
        one.say(&json!({"type": "message", "content": n})).await;
        assert_eq!(one.hear().await["seq"], n);
    }
    let hello = json!({
        "api_key": KEY, "user_id": "u2", "action": "join",
        "resume": {"epoch": joined["epoch"], "seq": 1},
    });
    let (mut two, joined) = Socket::greeted(&server, "/realtime/rooms/r", hello).await;
    assert_eq!(joined["resumed"], true, "{joined}");
    assert_eq!(two.hear().await["content"], 2);
    assert_eq!(two.hear().await["content"], 3);
    two.hears_nothing().await;
    server.stop().await;
}

#[tokio::test]
async fn the_list_wants_a_key() {
    let server = Running::start(config()).await;
    let path = "/realtime/rooms";
    answer(server.bare_request("GET", path)).await.is_error(401, "API key is required");
    let wrong = server.bare_request("GET", path).header("x-api-key", "wrong");
    answer(wrong).await.is_error(401, "Invalid API key");
    let bearer = answer(server.bare_request("GET", path).bearer_auth(KEY)).await;
    assert_eq!(bearer.body, json!({"rooms": [], "total": 0}));
    answer(server.request("POST", path)).await.is_error(405, "POST");
    server.stop().await;
}
