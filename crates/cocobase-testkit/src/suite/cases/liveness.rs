//! Links that fall silent.

use std::time::Duration;

use crate::peer::{Scene, frame};
use crate::suite::messages::{CONNECTED, created, greeted, greeting, has_text};
use crate::suite::stage::{Outcome, Stage, hold, same};
use crate::suite::told::Kind;

const PING: &str = r#"{"type":"ping"}"#;

pub(crate) fn a_ping_is_said_and_its_answer_measured(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets("there are no pings on an event stream")?;
    stage.config.ping_interval = Duration::from_millis(30);
    let (peer, mut watch) = stage.watching([greeted(CONNECTED).answering()])?;
    watch.expect(Kind::Connected)?;
    let handle = watch.handle();
    let told = watch.read_until(|| handle.seen().round_trip.is_some())?;
    hold!(told.is_empty(), "pings are nothing to be told: {told:?}");
    hold!(has_text(&peer.heard(), PING), "no ping was heard");
    Ok(())
}

pub(crate) fn a_half_open_link_is_found_out(stage: &mut Stage<'_>) -> Outcome {
    stage.config.ping_interval = Duration::from_millis(50);
    stage.config.silence_timeout = Duration::from_millis(150);
    // So long is the second chance of a peer whose silence was noticed late.
    stage.config.greeting_timeout = Duration::from_secs(2);
    let half_open = greeted(&greeting("e", 0)).say(created(1)).deaf();
    let (_peer, mut watch) = stage.watching([half_open, greeted(&greeting("e", 2)).answering()])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    let lost = watch.expect_reconnect()?;
    hold!(lost.words.contains("nothing heard"), "{}", lost.words);
    watch.expect(Kind::Gap).map(drop)
}

pub(crate) fn whoever_says_anything_is_alive(stage: &mut Stage<'_>) -> Outcome {
    stage.config.ping_interval = Duration::from_millis(100);
    stage.config.silence_timeout = Duration::from_secs(1);
    // For two seconds nothing but WebSocket pings, in a trickle.
    let pings = frame::of(frame::PING, true, b"").repeat(40);
    let scene = greeted(&greeting("e", 0)).slowly(pings, Duration::from_millis(25)).say(created(1));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_new_link_is_made_when_asked_for(stage: &mut Stage<'_>) -> Outcome {
    let (peer, mut watch) =
        stage.watching([greeted(&greeting("e", 3)), greeted(&greeting("e", 3))])?;
    watch.expect(Kind::Connected)?;
    watch.handle().reconnect();
    let lost = watch.expect_reconnect()?;
    hold!(lost.words.contains("as asked"), "{}", lost.words);
    same!(watch.seen().reconnects, 1);
    watch.read_until_heard(&peer, |heard| crate::suite::messages::is_gone(heard, 0))?;
    Ok(())
}

pub(crate) fn a_pause_is_cut_short_when_asked_for(stage: &mut Stage<'_>) -> Outcome {
    let busy = Scene::new().answer(503, &[("Retry-After", "3000")], "");
    let (_peer, mut watch) = stage.watching([busy, greeted(CONNECTED)])?;
    let lost = watch.expect(Kind::Disconnected)?;
    hold!(lost.retry_in >= Some(Duration::from_secs(3000)), "{:?}", lost.retry_in);
    watch.handle().reconnect();
    watch.until(Kind::Connected).map(drop)
}
