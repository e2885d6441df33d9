//! Answers that are no event stream.

use cocobase_sse::{Error, Event, Fault, RefusalKind};
use serde_json::Value;

use crate::peer::{Peer, next, soon};

#[tokio::test]
async fn what_trying_again_cannot_mend_is_refused() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts");
    for (head, body, kind, words) in [
        ("401 Unauthorized", r#"{"error":"Invalid API key"}"#, RefusalKind::Credentials, "Invalid"),
        ("404 Not Found", "nothing here", RefusalKind::Collection, "nothing here"),
        ("200 OK\r\ncontent-type: text/html", "<html>", RefusalKind::Request, "<html>"),
        ("200 OK", "data: x\n\n", RefusalKind::Request, "data: x"),
        ("204 No Content", "", RefusalKind::Request, ""),
        ("302 Found\r\nlocation: http://127.0.0.1:1/", "", RefusalKind::Request, ""),
        ("307 Moved\r\nlocation: http://127.0.0.1:1/", "", RefusalKind::Request, ""),
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
async fn what_may_pass_is_tried_again_when_the_server_says() {
    let peer = Peer::start().await;
    let mut watch = peer.client().collection("posts").stream::<Value>().unwrap();
    for (head, status, pause) in [
        ("503 Busy\r\nretry-after: 9", 503, 9.0..10.0),
        ("429 Too Many\r\nretry-after: 3", 429, 3.0..4.0),
    ] {
        let (lost, ()) = tokio::join!(next(&mut watch), async {
            peer.request().await.answer(head, "").await;
        });
        let Event::Disconnected(lost) = lost else { panic!() };
        assert_eq!(lost.cause, Fault::Status(status));
        assert!(pause.contains(&lost.retry_in.as_secs_f64()), "{lost}");
        watch = peer.client().collection("posts").stream::<Value>().unwrap();
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_fault() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts");
    drop(peer);
    let mut watch = posts.stream::<Value>().unwrap();
    let Event::Disconnected(lost) = next(&mut watch).await else { panic!() };
    let Fault::Connect(words) = &lost.cause else { panic!("{lost}") };
    assert!(words.contains("refused"), "{words}");
}
