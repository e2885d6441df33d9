//! Messages on their way to the server.

use std::time::Duration;

use cocobase_proto::{Offline, Published, Unpublished, UnpublishedReason};

use crate::peer::{Peer, Scene};
use crate::suite::adapter::Wish;
use crate::suite::cases::broadcast::GREETING;
use crate::suite::messages::{greeted, has_text};
use crate::suite::stage::{Outcome, SOON, Stage, hold, same};
use crate::suite::told::Kind;

/// Waits until these messages were heard on a connection behind its hello, in this order.
fn expect_said(peer: &Peer, connection: usize, contents: &[&str]) -> Outcome {
    let wanted: Vec<_> = contents
        .iter()
        .map(|content| format!(r#"{{"type":"message","data":{content}}}"#))
        .collect();
    let said = || peer.texts(connection).into_iter().skip(1).collect::<Vec<_>>();
    let heard = peer.wait(SOON, |heard| {
        let texts = heard.iter().filter(|it| it.connection == connection);
        texts.filter(|it| it.text().is_some()).count() > wanted.len()
    });
    hold!(heard, "heard {:?}, not {wanted:?}", said());
    same!(said(), wanted);
    Ok(())
}

fn refused(outcome: Result<Published, Option<Unpublished>>) -> Outcome<Unpublished> {
    match outcome {
        Err(Some(unpublished)) => Ok(unpublished),
        other => Err(format!("{other:?}, and should have been refused").into()),
    }
}

pub(crate) fn what_is_said_too_early_waits_for_the_greeting(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([Scene::websocket().hear().wait().say(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    for content in ["1", "2", "3"] {
        same!(all.handle().publish("", content), Ok(Published::Queued));
    }
    all.read_until_heard(&peer, |heard| heard.iter().any(|it| it.text().is_some()))?;
    all.expect_silence()?;
    same!(peer.texts(0).len(), 1);
    peer.go();
    all.expect(Kind::Connected)?;
    same!(all.handle().publish("", "4"), Ok(Published::Sent));
    all.read_until_heard(&peer, |heard| has_text(heard, r#""data":4"#))?;
    expect_said(&peer, 0, &["1", "2", "3", "4"])
}

pub(crate) fn what_is_said_without_a_link_leaves_with_the_next(stage: &mut Stage<'_>) -> Outcome {
    let busy = Scene::new().answer(503, &[("Retry-After", "3000")], "");
    let peer = stage.peer([greeted(GREETING).hang_up(), busy, greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect_all(&[Kind::Connected, Kind::Disconnected, Kind::Disconnected])?;
    same!(all.handle().publish("", "1"), Ok(Published::Queued));
    same!(all.handle().publish("", "2"), Ok(Published::Queued));
    all.handle().reconnect();
    all.until(Kind::Connected)?;
    all.read_until_heard(&peer, |heard| has_text(heard, r#""data":2"#))?;
    expect_said(&peer, 2, &["1", "2"])
}

pub(crate) fn flushing_needs_no_reader(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([Scene::websocket().hear().wait().say(GREETING)])?;
    let all = stage.open(peer.url(), Wish::Broadcast)?;
    same!(all.handle().publish("", "1"), Ok(Published::Queued));
    peer.go();
    hold!(all.handle().flush(SOON), "it was not flushed");
    expect_said(&peer, 0, &["1"])
}

pub(crate) fn flushing_takes_as_many_links_as_it_needs(stage: &mut Stage<'_>) -> Outcome {
    let busy = || Scene::new().answer(503, &[], "");
    let last = Scene::websocket().hear().wait().say(GREETING);
    let peer = stage.peer([busy(), Scene::new().hang_up(), busy(), last])?;
    let all = stage.open(peer.url(), Wish::Broadcast)?;
    same!(all.handle().publish("", "1"), Ok(Published::Queued));
    peer.go();
    hold!(all.handle().flush(SOON), "it was not flushed");
    expect_said(&peer, 3, &["1"])
}

pub(crate) fn nothing_is_queued_where_it_is_not_wanted(stage: &mut Stage<'_>) -> Outcome {
    stage.config.outbox.offline = Offline::Refuse;
    let peer = stage.peer([Scene::websocket().hear()])?;
    let all = stage.open(peer.url(), Wish::Broadcast)?;
    let unpublished = refused(all.handle().publish("", "[1]"))?;
    same!(unpublished.content, "[1]");
    same!(unpublished.reason, UnpublishedReason::Offline);
    Ok(())
}

pub(crate) fn a_full_outbox_says_so(stage: &mut Stage<'_>) -> Outcome {
    stage.config.outbox.max_messages = 2;
    let peer = stage.peer([Scene::websocket().hear()])?;
    let all = stage.open(peer.url(), Wish::Broadcast)?;
    for content in ["1", "2"] {
        same!(all.handle().publish("", content), Ok(Published::Queued));
    }
    let unpublished = refused(all.handle().publish("", "3"))?;
    same!((unpublished.content.as_str(), unpublished.reason), ("3", UnpublishedReason::Full));
    Ok(())
}

pub(crate) fn what_waits_too_long_is_given_back(stage: &mut Stage<'_>) -> Outcome {
    stage.config.outbox.expires_after = Some(Duration::from_millis(50));
    let peer = stage.peer([Scene::websocket().hear()])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    same!(all.handle().publish("", r#"{"n":1}"#), Ok(Published::Queued));
    same!(all.expect(Kind::Expired)?.json.as_deref(), Some(r#"{"n":1}"#));
    Ok(())
}

pub(crate) fn what_is_no_json_is_not_sent(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    for content in ["", "Hello!", "{}{}", "{\"a\":1},\"type\":\"ping\""] {
        let unpublished = refused(all.handle().publish("", content))?;
        same!(unpublished.content, content);
        hold!(matches!(unpublished.reason, UnpublishedReason::Json(_)), "{unpublished}");
    }
    same!(peer.texts(0).len(), 1);
    Ok(())
}

pub(crate) fn a_closed_connection_takes_no_message(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    stage.close(&*all.handle())?;
    let unpublished = refused(all.handle().publish("", "1"))?;
    same!((unpublished.content.as_str(), unpublished.reason), ("1", UnpublishedReason::Closed));
    hold!(!all.handle().flush(SOON), "nothing can be flushed any more");
    Ok(())
}

pub(crate) fn a_thousand_messages_arrive_in_order(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    let contents: Vec<_> = (0..1000).map(|n| n.to_string()).collect();
    for content in &contents {
        same!(all.handle().publish("", content), Ok(Published::Sent));
    }
    expect_said(&peer, 0, &contents.iter().map(String::as_str).collect::<Vec<_>>())
}
