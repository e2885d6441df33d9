//! Watching by server-sent events.

use std::time::{Duration, Instant};

use cocobase_tokio::{
    Error, Event, Fault, Filter, GapCause, RefusalKind, SessionConfig, State, Typed, Watch,
};
use serde_json::{Value, json};

use crate::support::{Peer, Request, soon};

const GREETING: &str =
    concat!(r#"data: {"type":"subscribed","collection":"posts","epoch":"e1","seq":40}"#, "\n\n");

fn created(seq: u32) -> String {
    let event = json!({"type": "event", "collection": "posts", "event": "created",
        "document": {"id": seq.to_string(), "data": {"n": seq}}});
    format!("id: e1:{seq}\ndata: {event}\n\n")
}

async fn next(watch: &mut Watch<Value>) -> Event<Typed<Value>> {
    soon(watch.next()).await.expect("the watch goes on")
}

async fn watching(peer: &Peer) -> (Request, Watch<Value>) {
    let config =
        SessionConfig { backoff_initial: Duration::from_millis(20), ..SessionConfig::default() };
    let client = peer.builder().api_key("k").session_config(config).build().unwrap();
    let posts = client.collection("posts").filter(Filter::new().eq("status", "new")).events();
    let (watch, request) = tokio::join!(soon(posts.watch::<Value>()), async {
        let mut request = peer.request().await;
        let wanted = "GET /realtime/sse/posts?filters=%7B%22status%22%3A%22new%22%7D&greeting=true \
                      HTTP/1.1";
        assert_eq!(request.line(), wanted);
        assert_eq!(request.header("authorization"), Some("Bearer k"));
        assert_eq!(request.header("accept"), Some("text/event-stream"));
        assert_eq!(request.header("last-event-id"), None);
        request.stream().await;
        request.write(GREETING).await;
        request
    });
    (request, watch.unwrap())
}

#[tokio::test]
async fn a_stream_is_followed_in_any_pieces_and_taken_up_where_it_broke_off() {
    let peer = Peer::start().await;
    let (mut request, mut watch) = watching(&peer).await;
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    for piece in (created(41) + ": still here\n\n" + &created(42)).as_bytes().chunks(7) {
        request.write(std::str::from_utf8(piece).unwrap()).await;
    }
    for seq in [41, 42] {
        let Event::Created(change) = next(&mut watch).await else { panic!() };
        assert_eq!((change.document["n"].clone(), change.seq), (json!(seq), Some(seq)));
    }
    drop(request);
    let Event::Disconnected(lost) = next(&mut watch).await else { panic!() };
    assert!(matches!(lost.cause, Fault::Closed { .. } | Fault::Io(_)), "{lost}");

    // A server that is busy says when to come back.
    let (lost, ()) = tokio::join!(next(&mut watch), async {
        let request = peer.request().await;
        assert_eq!(request.header("last-event-id"), Some("e1:42"));
        request.answer("503 Busy\r\nretry-after: 1", "").await;
    });
    let Event::Disconnected(lost) = lost else { panic!() };
    assert_eq!(lost.cause, Fault::Status(503));
    let begun = Instant::now();
    let (event, request) = tokio::join!(next(&mut watch), async {
        let mut request = peer.request().await;
        request.stream().await;
        let resumed =
            r#"{"type":"subscribed","collection":"posts","epoch":"e1","seq":42,"resumed":true}"#;
        request.write(&format!("data: {resumed}\n\n{}", created(43))).await;
        request
    });
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    assert!(matches!(event, Event::Connected(_)));
    assert!(matches!(next(&mut watch).await, Event::Created(_)), "and no gap");
    assert_eq!(watch.statistics().reconnects, 1);
    drop(watch);
    request.gone().await;
}

#[tokio::test]
async fn a_server_that_does_not_greet_is_live_all_the_same() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts").events();
    let mut watch = posts.stream::<Value>().unwrap();
    let (event, request) = tokio::join!(next(&mut watch), async {
        let mut request = peer.request().await;
        request.stream().await;
        request
    });
    assert!(matches!(event, Event::Connected(_)));
    assert_eq!(watch.state(), State::Live);
    drop(request);
    assert!(matches!(next(&mut watch).await, Event::Disconnected(_)));
    let (event, _request) = tokio::join!(
        async {
            loop {
                if let Event::Gap(gap) = next(&mut watch).await {
                    break gap;
                }
            }
        },
        async {
            let mut request = peer.request().await;
            request.stream().await;
            request
        }
    );
    assert_eq!(event.cause, GapCause::Reconnected);
}

#[tokio::test]
async fn what_is_no_event_stream_is_refused() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts").events();
    for (head, body, kind, words) in [
        ("401 Unauthorized", r#"{"error":"Invalid API key"}"#, RefusalKind::Credentials, "Invalid"),
        ("404 Not Found", "nothing here", RefusalKind::Collection, "nothing here"),
        ("200 OK\r\ncontent-type: text/html", "<html>", RefusalKind::Request, "<html>"),
    ] {
        let (watch, ()) = tokio::join!(soon(posts.watch::<Value>()), async {
            peer.request().await.answer(head, body).await;
        });
        let Error::Refused(refusal) = watch.unwrap_err() else { panic!("{head}") };
        assert_eq!(refusal.kind, kind, "{head}");
        assert!(refusal.message.contains(words), "{refusal}");
    }
}

#[tokio::test]
async fn a_watch_goes_around_a_proxy_that_refuses_websockets() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts").websocket_or_events();
    let (watch, mut request) = tokio::join!(soon(posts.watch::<Value>()), async {
        let upgrade = peer.request().await;
        assert_eq!(upgrade.line(), "GET /realtime/collections/posts HTTP/1.1");
        upgrade.answer("403 Forbidden", "no WebSockets here").await;
        let mut request = peer.request().await;
        assert_eq!(request.line(), "GET /realtime/sse/posts?greeting=true HTTP/1.1");
        request.stream().await;
        request.write(GREETING).await;
        request
    });
    let mut watch = watch.unwrap();
    request.write(&created(41)).await;
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    assert!(matches!(next(&mut watch).await, Event::Created(change) if change.seq == Some(41)));
}
