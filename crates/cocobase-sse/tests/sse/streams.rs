//! What is this carrier's own: headers, limits, and what eventsource-client makes of odd streams. All that
//! adapters have in common is in the suite.

use cocobase_sse::{Connections, Event, Filter};
use serde_json::Value;

use crate::peer::{Peer, created, next, soon};

#[tokio::test]
async fn the_request_has_the_filter_the_key_and_the_users_headers() {
    let peer = Peer::start().await;
    let connections =
        Connections::new().header("x-tenant", "seven").header("Authorization", "Basic eDp5");
    assert!(!format!("{connections:?}").contains("seven"));
    let client = peer.builder().connections(connections).build().unwrap();
    let posts = client.collection("posts").filter(Filter::new().eq("status", "new"));
    let (watch, request) = tokio::join!(soon(posts.watch::<Value>()), peer.greeted());
    watch.unwrap();
    let wanted =
        "GET /realtime/sse/posts?filters=%7B%22status%22%3A%22new%22%7D&greeting=true HTTP/1.1";
    assert_eq!(request.line(), wanted);
    for (name, value) in [
        ("authorization", Some("Bearer k")),
        ("accept", Some("text/event-stream")),
        ("x-tenant", Some("seven")),
        ("last-event-id", None),
    ] {
        assert_eq!(request.header(name), value, "{name}");
    }
    assert_eq!(request.head.matches("uthorization").count(), 1, "{}", request.head);

    let (list, ()) = tokio::join!(soon(client.collections()), async {
        let request = peer.request().await;
        assert_eq!(request.header("x-tenant"), Some("seven"), "documents too");
        request.answer("200 OK\r\ncontent-type: application/json", "[]").await;
    });
    assert!(list.unwrap().is_empty());
}

#[tokio::test]
async fn headers_that_cannot_be_are_told_at_once() {
    let peer = Peer::start().await;
    for (name, value) in [("no name", "x"), ("x", "two\nlines")] {
        let connections = Connections::new().header(name, value);
        let error = peer.builder().connections(connections).build().unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[tokio::test]
async fn ids_of_another_server_outlive_a_link_that_says_none() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts");
    let mut watch = posts.stream::<Value>().unwrap();
    let bare = |id: &str| format!("{id}{}", created(1).split_once('\n').unwrap().1);
    for (given, said) in [(None, "id: abc\n"), (Some("abc"), ""), (Some("abc"), "id\n"), (None, "")]
    {
        let (event, request) = tokio::join!(
            async {
                loop {
                    if let Event::Created(change) = next(&mut watch).await {
                        break change;
                    }
                }
            },
            async {
                let mut request = peer.request().await;
                request.stream().await;
                request.write(bare(said)).await;
                request
            }
        );
        assert_eq!(request.header("last-event-id"), given, "{said:?}");
        assert_eq!(event.seq, None);
    }
}

#[tokio::test]
async fn a_message_without_an_end_is_cut_off_and_told() {
    let peer = Peer::start().await;
    for flood in ["x", "data: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", "id: 7\n\n"] {
        let (mut request, mut watch) = peer.watching().await;
        request.write(created(41)).await;
        assert!(matches!(next(&mut watch).await, Event::Created(_)));
        let piece = flood.repeat(65_536 / flood.len()).into_bytes();
        let ((), sent) = tokio::join!(
            async {
                let Event::Malformed(malformed) = next(&mut watch).await else { panic!() };
                let words = malformed.error.to_string();
                assert!(words.contains("the limit is 16777216"), "{words}");
                assert!(matches!(next(&mut watch).await, Event::Disconnected(_)));
            },
            request.flood(&piece)
        );
        // What is beyond the limit has been in the sockets' buffers.
        assert!((16 << 20..32 << 20).contains(&sent), "{sent}");
    }
}

#[tokio::test]
async fn what_eventsource_client_cannot_read_ends_the_link_only() {
    let peer = Peer::start().await;
    for odd in [&b"data: \xff\n\n"[..], b"what: is this\n\n"] {
        let (mut request, mut watch) = peer.watching().await;
        request.write(odd).await;
        let Event::Disconnected(lost) = next(&mut watch).await else { panic!() };
        assert!(lost.to_string().contains("eventsource-client cannot read"), "{lost}");
    }
}
