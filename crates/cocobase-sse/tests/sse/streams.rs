//! What a stream says, and how it is taken up again.

use std::time::{Duration, Instant};

use cocobase_sse::{Connections, Event, Fault, Filter, GapCause, SessionConfig, State};
use serde_json::{Value, json};

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
async fn a_stream_is_followed_in_any_pieces_and_taken_up_where_it_broke_off() {
    let peer = Peer::start().await;
    let (mut request, mut watch) = peer.watching().await;
    for piece in (created(41) + ": still here\n\n" + &created(42)).as_bytes().chunks(7) {
        request.write(piece).await;
    }
    for seq in [41, 42] {
        let Event::Created(change) = next(&mut watch).await else { panic!() };
        assert_eq!((change.document["n"].clone(), change.seq), (json!(seq), Some(seq)));
    }
    drop(request);
    let Event::Disconnected(lost) = next(&mut watch).await else { panic!() };
    assert!(matches!(lost.cause, Fault::Closed { .. } | Fault::Io(_)), "{lost}");
    let (event, request) = tokio::join!(next(&mut watch), async {
        let mut request = peer.request().await;
        assert_eq!(request.header("last-event-id"), Some("e1:42"));
        request.stream().await;
        let resumed =
            r#"{"type":"subscribed","collection":"posts","epoch":"e1","seq":42,"resumed":true}"#;
        request.write(format!("data: {resumed}\n\n{}", created(43))).await;
        request
    });
    assert!(matches!(event, Event::Connected(_)));
    assert!(matches!(next(&mut watch).await, Event::Created(_)), "and no gap");
    assert_eq!(watch.statistics().reconnects, 1);
    drop(watch);
    request.gone().await;
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
async fn comments_keep_a_quiet_stream_open_and_silence_ends_it() {
    let peer = Peer::start().await;
    let silence_timeout = Duration::from_secs(1);
    let config = SessionConfig { silence_timeout, ..SessionConfig::default() };
    let posts = peer.builder().session_config(config).build().unwrap().collection("posts");
    let (watch, mut request) = tokio::join!(soon(posts.watch::<Value>()), peer.greeted());
    let mut watch = watch.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    let (lost, last) = tokio::join!(
        async {
            let event = next(&mut watch).await;
            (event, Instant::now())
        },
        async {
            for _ in 0..20 {
                request.write(": still here\n\n").await;
                tokio::time::sleep(silence_timeout / 10).await;
            }
            Instant::now()
        }
    );
    let (event, lost_at) = lost;
    assert!(lost_at > last, "while comments came");
    let Event::Disconnected(lost) = event else { panic!() };
    assert!(matches!(lost.cause, Fault::Silence(_)), "{lost}");
    request.gone().await;
}

#[tokio::test]
async fn the_pause_that_a_message_asks_for_is_kept() {
    let peer = Peer::start().await;
    let (mut request, mut watch) = peer.watching().await;
    request.write(format!("retry: 7000\n{}", created(41))).await;
    assert!(matches!(next(&mut watch).await, Event::Created(_)));
    drop(request);
    let Event::Disconnected(lost) = next(&mut watch).await else { panic!() };
    assert!(lost.retry_in >= Duration::from_secs(7), "{lost}");
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

#[tokio::test]
async fn a_server_that_does_not_greet_is_live_all_the_same() {
    let peer = Peer::start().await;
    let posts = peer.client().collection("posts");
    let mut watch = posts.stream::<Value>().unwrap();
    let open = async || {
        let mut request = peer.request().await;
        request.stream().await;
        request
    };
    let (event, request) = tokio::join!(next(&mut watch), open());
    assert!(matches!(event, Event::Connected(_)));
    assert_eq!(watch.state(), State::Live);
    drop(request);
    assert!(matches!(next(&mut watch).await, Event::Disconnected(_)));
    let (gap, _request) = tokio::join!(
        async {
            loop {
                if let Event::Gap(gap) = next(&mut watch).await {
                    break gap;
                }
            }
        },
        open()
    );
    assert_eq!(gap.cause, GapCause::Reconnected);
}

#[tokio::test]
async fn closing_and_dropping_close_the_connection() {
    let peer = Peer::start().await;
    let (request, watch) = peer.watching().await;
    drop(watch);
    request.gone().await;

    let (request, watch) = peer.watching().await;
    let begun = Instant::now();
    soon(watch.handle().close()).await;
    request.gone().await;
    assert!(begun.elapsed() < Duration::from_millis(100), "{:?}", begun.elapsed());

    let (request, watch) = peer.watching().await;
    drop(watch.spawn().unwrap());
    request.gone().await;

    // While the answer is awaited.
    let mut watch = peer.client().collection("posts").stream::<Value>().unwrap();
    let request = tokio::select! {
        event = watch.next() => panic!("{event:?}"),
        request = peer.request() => request,
    };
    drop(watch);
    request.gone().await;
}
