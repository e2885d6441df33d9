//! Watching by server-sent events.

use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::{GapCause, RefusalKind};

use crate::peer::{Peer, Scene, header};
use crate::suite::adapter::Wish;
use crate::suite::messages::{is_gone, request};
use crate::suite::stage::{Actor, KEY, Outcome, SOON, Stage, hold, same, stream_of_posts};
use crate::suite::told::Kind;

fn greeting(seq: u64) -> String {
    format!(
        "event: subscribed\nid: e:{seq}\ndata: {{\"type\":\"subscribed\",\"collection\":\"posts\",\"epoch\":\"e\",\"seq\":{seq}}}\n\n"
    )
}

fn resumed(seq: u64) -> String {
    greeting(seq).replace("}\n\n", ",\"resumed\":true}\n\n")
}

fn created(seq: u64) -> String {
    format!(
        "id: e:{seq}\ndata: {{\"type\":\"event\",\"collection\":\"posts\",\"event\":\"created\",\"document\":{{\"id\":\"{seq}\",\"data\":{{}}}}}}\n\n"
    )
}

fn following<const N: usize>(stage: &Stage<'_>, scenes: [Scene; N]) -> Outcome<(Peer, Actor)> {
    let peer = stage.peer(scenes)?;
    let events = stage.open(peer.url(), stream_of_posts())?;
    Ok((peer, events))
}

pub(crate) fn the_request_carries_key_and_filter(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([Scene::events().raw(greeting(0))])?;
    let filter = Filter::new().eq("status", "new");
    let mut events = stage.open(peer.url(), Wish::Events("posts".into(), filter))?;
    events.expect(Kind::Connected)?;
    let head = request(&peer.heard(), 0);
    let wanted = "GET /realtime/sse/posts?filters=%7B%22status%22%3A%22new%22%7D";
    hold!(head.starts_with(wanted), "{head}");
    same!(header(&head, "authorization"), Some(format!("Bearer {KEY}").as_str()));
    same!(header(&head, "accept"), Some("text/event-stream"));
    same!(header(&head, "last-event-id"), None);
    Ok(())
}

pub(crate) fn a_stream_without_a_greeting_is_live(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut events) = following(stage, [Scene::events().wait()])?;
    events.expect(Kind::Connected).map(drop)
}

pub(crate) fn bytes_that_trickle_in_are_events(stage: &mut Stage<'_>) -> Outcome {
    let text = [greeting(0), ": still here\n\n".into(), created(1), created(2)].concat();
    let scene = Scene::events().slowly(text, Duration::from_micros(200));
    let (_peer, mut events) = following(stage, [scene])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1, 2])
}

pub(crate) fn every_end_of_a_line_will_do(stage: &mut Stage<'_>) -> Outcome {
    let text = format!(
        "\u{feff}{}{}{}",
        greeting(0).replace('\n', "\r\n"),
        created(1).replace('\n', "\r"),
        created(2)
    );
    let (_peer, mut events) = following(stage, [Scene::events().raw(text)])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1, 2])
}

pub(crate) fn data_may_stand_in_several_lines(stage: &mut Stage<'_>) -> Outcome {
    let spread = created(1).replace(",\"document\"", ",\ndata: \"document\"");
    let (_peer, mut events) = following(stage, [Scene::events().raw(greeting(0) + &spread)])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1])
}

pub(crate) fn a_chunked_answer_is_a_stream(stage: &mut Stage<'_>) -> Outcome {
    let text = [greeting(0), created(1), created(2)].concat();
    let chunks = text.as_bytes().chunks(17).fold(Vec::new(), |mut chunks, chunk| {
        chunks.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        chunks.extend_from_slice(chunk);
        chunks.extend_from_slice(b"\r\n");
        chunks
    });
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                transfer-encoding: chunked\r\nconnection: close\r\n\r\n";
    let scene = Scene::new().request().raw(head).raw(chunks).wait().raw("0\r\n\r\n");
    let (peer, mut events) = following(stage, [scene, Scene::events().raw(resumed(2))])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1, 2])?;
    peer.go();
    events.expect_reconnect().map(drop)
}

pub(crate) fn it_goes_on_from_the_last_id(stage: &mut Stage<'_>) -> Outcome {
    let first = Scene::events().raw(greeting(40) + &created(41)).hang_up();
    let second = Scene::events().raw(resumed(41) + &created(42));
    let (peer, mut events) = following(stage, [first, second])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([41])?;
    events.expect_reconnect()?;
    events.expect_seqs([42])?;
    same!(events.seen().gaps, 0);
    same!(header(&request(&peer.heard(), 1), "last-event-id"), Some("e:41"));
    Ok(())
}

pub(crate) fn a_server_without_ids_leaves_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let (peer, mut events) = following(stage, [Scene::events().wait().hang_up(), Scene::events()])?;
    events.expect(Kind::Connected)?;
    peer.go();
    events.expect_reconnect()?;
    same!(events.expect(Kind::Gap)?.cause, Some(GapCause::Reconnected));
    Ok(())
}

pub(crate) fn an_event_that_is_cut_off_is_not_told(stage: &mut Stage<'_>) -> Outcome {
    let cut = created(2).trim_end().to_owned();
    let first = Scene::events().raw(greeting(0) + &created(1) + &cut).hang_up();
    let (peer, mut events) =
        following(stage, [first, Scene::events().raw(resumed(1) + &created(2))])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1])?;
    events.expect_reconnect()?;
    events.expect_seqs([2])?;
    same!(header(&request(&peer.heard(), 1), "last-event-id"), Some("e:1"));
    Ok(())
}

pub(crate) fn the_servers_pause_is_kept(stage: &mut Stage<'_>) -> Outcome {
    let text = format!("{}retry: 300\n{}", greeting(0), created(1));
    let first = Scene::events().raw(text).hang_up();
    let (_peer, mut events) = following(stage, [first, Scene::events().raw(resumed(1))])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1])?;
    let lost = events.expect(Kind::Disconnected)?;
    hold!(lost.retry_in >= Some(Duration::from_millis(300)), "{:?}", lost.retry_in);
    events.expect(Kind::Connected).map(drop)
}

pub(crate) fn comments_are_signs_of_life(stage: &mut Stage<'_>) -> Outcome {
    stage.config.silence_timeout = Duration::from_secs(1);
    // Two seconds of nothing but comments.
    let comments = ":\n".repeat(40);
    let scene = Scene::events()
        .raw(greeting(0))
        .slowly(comments, Duration::from_millis(25))
        .raw(created(1));
    let (peer, mut events) = following(stage, [scene])?;
    events.expect(Kind::Connected)?;
    events.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_silent_stream_is_found_out(stage: &mut Stage<'_>) -> Outcome {
    stage.config.silence_timeout = Duration::from_millis(150);
    // So long is the second chance of a peer whose silence was noticed late.
    stage.config.greeting_timeout = Duration::from_secs(2);
    stage.config.ping_interval = Duration::from_secs(30);
    let (peer, mut events) =
        following(stage, [Scene::events().raw(greeting(0)), Scene::events().raw(resumed(0))])?;
    events.expect(Kind::Connected)?;
    let lost = events.expect_reconnect()?;
    hold!(lost.words.contains("nothing heard"), "{}", lost.words);
    hold!(peer.wait(SOON, |heard| is_gone(heard, 0)), "the old stream was left open");
    Ok(())
}

pub(crate) fn a_message_that_is_too_large_is_left_out(stage: &mut Stage<'_>) -> Outcome {
    stage.config.max_stream_message = 1000;
    let large = format!("data: {}\n\n", "x".repeat(100_000));
    let scene = Scene::events().raw(greeting(0) + &large + &created(1));
    let (peer, mut events) = following(stage, [scene])?;
    events.expect_all(&[Kind::Connected, Kind::Malformed])?;
    events.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

/// Bytes that break a link, are told, or are left out. Whichever it is, what follows arrives.
pub(crate) fn garbage_in_a_stream_is_survived(stage: &mut Stage<'_>) -> Outcome {
    let garbage: [&[u8]; 6] = [
        b"data: {\"event\":\"\xff\xfe\"}\n\n",
        b"\0\0\0\0\n\n",
        b"nothing: of all this\nis: known\n\n",
        b"event: weather\ndata: sunny\n\n",
        b"id\nid: \0\nretry: soon\ndata\n\n",
        b":::\n\n\n\ndata:\ndata:\n\n",
    ];
    for bytes in garbage {
        let first = Scene::events().raw(greeting(0)).wait().raw(bytes).raw(created(1));
        let (peer, mut events) =
            following(stage, [first, Scene::events().raw(resumed(0) + &created(1))])?;
        events.expect(Kind::Connected)?;
        peer.go();
        let (told, before) = events.until(Kind::Created)?;
        same!(told.seq, Some(1));
        let may_be = |kind| {
            let trouble = [Kind::Malformed, Kind::Unknown, Kind::Disconnected, Kind::Connected];
            trouble.contains(&kind)
        };
        hold!(before.iter().all(|told| may_be(told.kind)), "{before:?}");
    }
    Ok(())
}

pub(crate) fn answers_that_refuse_end_a_watch(stage: &mut Stage<'_>) -> Outcome {
    for (status, kind) in [
        (204, RefusalKind::Request),
        (301, RefusalKind::Request),
        (401, RefusalKind::Credentials),
        (403, RefusalKind::Credentials),
        (404, RefusalKind::Collection),
        (200, RefusalKind::Request),
    ] {
        let headers = [("Content-Type", "text/html"), ("Location", "http://127.0.0.1:1/")];
        let body = if status == 204 { "" } else { "not here, said the server" };
        let (peer, mut events) = following(stage, [Scene::new().answer(status, &headers, body)])?;
        let told = events.expect_refusal(kind)?;
        hold!(told.words.contains(body), "its words are not told: {}", told.words);
        same!(peer.connections(), 1);
    }
    Ok(())
}

pub(crate) fn answers_that_pass_are_tried_again(stage: &mut Stage<'_>) -> Outcome {
    for status in [408, 429, 500, 502, 503, 504] {
        let busy = Scene::new().answer(status, &[], "busy");
        let (_peer, mut events) = following(stage, [busy, Scene::events().raw(greeting(0))])?;
        same!(events.expect_reconnect()?.code, Some(status));
    }
    Ok(())
}

pub(crate) fn a_busy_servers_pause_is_kept(stage: &mut Stage<'_>) -> Outcome {
    let busy = Scene::new().answer(429, &[("Retry-After", "1")], "busy");
    let (_peer, mut events) = following(stage, [busy, Scene::events().raw(greeting(0))])?;
    let lost = events.expect_reconnect()?;
    hold!(lost.retry_in >= Some(Duration::from_secs(1)), "{:?}", lost.retry_in);
    Ok(())
}

pub(crate) fn an_answer_that_never_comes_is_given_up(stage: &mut Stage<'_>) -> Outcome {
    stage.config.connect_timeout = Duration::from_millis(60);
    let (peer, mut events) = following(stage, [Scene::new().request(), Scene::new().request()])?;
    events.expect_all(&[Kind::Disconnected, Kind::Disconnected])?;
    hold!(peer.wait(SOON, |heard| is_gone(heard, 0)), "the old connection was left open");
    Ok(())
}
