//! The list of rooms, and live views over a server that knows no snapshots.

use cocobase_tokio::{Error, Event, LeftCause, Live, LiveEvent, Order, SessionConfig};
use serde_json::{Value, json};

use crate::support::{Peer, Socket, soon};

#[tokio::test]
async fn rooms_are_listed() {
    let peer = Peer::start().await;
    let client = peer.client();
    let (rooms, ()) = tokio::join!(client.rooms(), async {
        let request = peer.request().await;
        assert_eq!(request.line(), "GET /realtime/rooms HTTP/1.1");
        assert_eq!(request.header("x-api-key"), Some("k"));
        let body = r#"{"rooms":[{"id":"general","title":"General","participants":1,
            "participant_list":[{"id":"u1","name":"Alice"}],"created_at":1705315800}],"total":1}"#;
        request.answer("200 OK", body).await;
    });
    let rooms = rooms.unwrap();
    assert_eq!((rooms.total, rooms.rooms[0].id.as_str()), (1, "general"));
}

const GREETING: &str = r#"{"event":"connected","collection_id":"quakes"}"#;

async fn greeted(peer: &Peer) -> Socket {
    let mut socket = peer.socket().await;
    assert_eq!(socket.hear().await["snapshot"], true);
    socket.say(serde_json::from_str(GREETING).unwrap()).await;
    socket
}

fn change(event: &str, id: &str, mag: f64) -> Value {
    json!({"event": event, "collection_id": "quakes", "data": {"id": id, "mag": mag}})
}

/// Answers the requests for the two pages that a list of two documents takes.
async fn list(peer: &Peer, body: &str) {
    let request = peer.request().await;
    assert!(request.line().contains("sort=mag&order=desc&limit=18 "), "{}", request.line());
    request.answer("200 OK", body).await;
    let request = peer.request().await;
    assert!(request.line().contains("&limit=16&offset=2 "), "{}", request.line());
    request.answer("200 OK", "[]").await;
}

async fn next(live: &mut Live<Value>) -> LiveEvent<Value> {
    soon(live.next()).await.expect("the view goes on")
}

fn ids(live: &Live<Value>) -> Vec<String> {
    live.documents().map(|document| document.id().unwrap().to_string()).collect()
}

#[tokio::test]
async fn a_view_reads_lists_where_there_are_no_snapshots() {
    let peer = Peer::start().await;
    let config = SessionConfig {
        backoff_initial: std::time::Duration::from_millis(20),
        ..SessionConfig::default()
    };
    let client = peer.builder().api_key("k").session_config(config).build().unwrap();
    let top = client.collection("quakes").sort("mag", Order::Descending).limit(1);
    let (live, mut socket) = tokio::join!(soon(top.live::<Value>()), async {
        let socket = greeted(&peer).await;
        peer.request().await.answer("503 Busy", "").await;
        list(&peer, r#"[{"id":"a","data":{"mag":5.0}},{"id":"b","data":{"mag":4.0}}]"#).await;
        socket
    });
    let mut live = live.unwrap();
    assert_eq!(ids(&live), ["a"]);
    assert_eq!(live.values().next().unwrap().unwrap()["mag"], 5.0);

    socket.say(change("create", "c", 6.0)).await;
    let LiveEvent::Left { old, cause, .. } = next(&mut live).await else { panic!() };
    assert_eq!((old.document.id().unwrap().as_str(), cause), ("a", LeftCause::Displaced));
    let LiveEvent::Entered { row, at } = next(&mut live).await else { panic!() };
    assert_eq!((row.value.unwrap()["mag"].as_f64(), at), (Some(6.0), 0));

    // After a lost link it reads the list again, and tells what was missed.
    drop(socket);
    let (seen, _socket) = tokio::join!(
        async {
            let mut seen = Vec::new();
            while !matches!(seen.last(), Some(LiveEvent::Current)) {
                seen.push(next(&mut live).await);
            }
            seen
        },
        async {
            let socket = greeted(&peer).await;
            list(&peer, r#"[{"id":"b","data":{"mag":7.0}},{"id":"a","data":{"mag":5.0}}]"#).await;
            socket
        }
    );
    let told =
        |wanted: &dyn Fn(&LiveEvent<Value>) -> bool| seen.iter().filter(|e| wanted(e)).count();
    assert_eq!(told(&|event| matches!(event, LiveEvent::Stale)), 1);
    let lost =
        |event: &LiveEvent<Value>| matches!(event, LiveEvent::Connection(Event::Disconnected(_)));
    assert_eq!(told(&lost), 1);
    assert_eq!(told(&|event| matches!(event, LiveEvent::Entered { .. })), 1);
    assert_eq!(ids(&live), ["b"]);
    soon(live.close()).await;
}

#[tokio::test]
async fn a_list_that_is_refused_ends_the_view() {
    let peer = Peer::start().await;
    let quakes = peer.client().collection("quakes");
    let (live, mut socket) = tokio::join!(soon(quakes.live::<Value>()), async {
        let socket = greeted(&peer).await;
        let body = r#"{"error":true,"message":"Invalid API key"}"#;
        peer.request().await.answer("401 Unauthorized", body).await;
        socket
    });
    assert!(matches!(live.unwrap_err(), Error::Refused(_)));
    socket.goodbye().await;
}
