//! Ends: closed, dropped, given up. Nothing is lost before them, and nothing left behind them.

use std::time::Duration;

use cocobase_proto::filter::Filter;
use cocobase_proto::{Published, UnpublishedReason};

use crate::peer::{Peer, Scene};
use crate::suite::adapter::{Entry, Next, Ready, Wish};
use crate::suite::cases::broadcast::GREETING;
use crate::suite::messages::{
    CONNECTED, created, gateway, greeted, greeting, has_hello, has_said_goodbye, is_gone, joined,
};
use crate::suite::stage::{
    Actor, Outcome, SOON, Stage, hold, posts, room, same, stream_of_posts, view_of_posts,
};
use crate::suite::told::Kind;

/// Ends a connection that is in some state, by closing or by dropping it.
type End = fn(&Stage<'_>, Actor) -> Outcome;

fn by_closing(stage: &Stage<'_>, mut actor: Actor) -> Outcome {
    stage.close(&*actor.handle())?;
    // Once more is no trouble.
    stage.close(&*actor.handle())?;
    actor.expect_end()
}

#[expect(clippy::unnecessary_wraps, reason = "it is one of two ends")]
fn by_dropping(_: &Stage<'_>, actor: Actor) -> Outcome {
    drop(actor);
    Ok(())
}

fn expect_gone(peer: &Peer) -> Outcome {
    hold!(peer.wait(SOON, |heard| is_gone(heard, 0)), "the connection was left open");
    same!(peer.connections(), 1);
    Ok(())
}

/// A connection that is being made: the peer does not answer the request.
fn while_connecting(stage: &mut Stage<'_>, end: End) -> Outcome {
    for wish in [posts(), stream_of_posts()] {
        let peer = stage.peer([Scene::new().request()])?;
        let mut actor = stage.open(peer.url(), wish)?;
        actor.read_until_heard(&peer, |heard| heard.len() > 1)?;
        end(stage, actor)?;
        expect_gone(&peer)?;
    }
    Ok(())
}

fn while_greeting(stage: &mut Stage<'_>, end: End) -> Outcome {
    let (peer, mut watch) = stage.watching([Scene::websocket().hear()])?;
    watch.read_until_heard(&peer, |heard| has_hello(stage.is_by_events(), heard))?;
    end(stage, watch)?;
    expect_gone(&peer)
}

/// Every surface, live: a WebSocket hears a goodbye.
fn while_live(stage: &mut Stage<'_>, end: End) -> Outcome {
    let surfaces = [
        (greeted(CONNECTED), posts()),
        (greeted(GREETING), Wish::Broadcast),
        (greeted(&joined(&["u1"])), room(Entry::Join)),
        (gateway(), Wish::Gateway),
        (Scene::events(), stream_of_posts()),
        (greeted(r#"{"event":"connected","epoch":"e","seq":1,"snapshot":0}"#), view_of_posts()),
    ];
    for (scene, wish) in stage.offered(surfaces, |(_, wish)| wish) {
        let has_goodbye = !stage.is_by_events() && !matches!(wish, Wish::Events(..));
        let peer = stage.peer([scene])?;
        let mut actor = stage.open(peer.url(), wish)?;
        actor.ready()?;
        end(stage, actor)?;
        expect_gone(&peer)?;
        hold!(has_said_goodbye(&peer.heard(), 0) == has_goodbye, "{:?}", peer.heard());
    }
    Ok(())
}

fn while_waiting(stage: &mut Stage<'_>, end: End) -> Outcome {
    let busy = Scene::new().answer(503, &[("Retry-After", "3000")], "");
    let (peer, mut watch) = stage.watching([busy])?;
    watch.expect(Kind::Disconnected)?;
    end(stage, watch)?;
    expect_gone(&peer)
}

pub(crate) fn it_is_closed_while_connecting(stage: &mut Stage<'_>) -> Outcome {
    while_connecting(stage, by_closing)
}

pub(crate) fn it_is_closed_while_greeting(stage: &mut Stage<'_>) -> Outcome {
    while_greeting(stage, by_closing)
}

pub(crate) fn it_is_closed_while_live(stage: &mut Stage<'_>) -> Outcome {
    while_live(stage, by_closing)
}

pub(crate) fn it_is_closed_while_waiting(stage: &mut Stage<'_>) -> Outcome {
    while_waiting(stage, by_closing)
}

pub(crate) fn it_is_dropped_while_connecting(stage: &mut Stage<'_>) -> Outcome {
    while_connecting(stage, by_dropping)
}

pub(crate) fn it_is_dropped_while_greeting(stage: &mut Stage<'_>) -> Outcome {
    while_greeting(stage, by_dropping)
}

pub(crate) fn it_is_dropped_while_live(stage: &mut Stage<'_>) -> Outcome {
    while_live(stage, by_dropping)
}

pub(crate) fn it_is_dropped_while_waiting(stage: &mut Stage<'_>) -> Outcome {
    while_waiting(stage, by_dropping)
}

pub(crate) fn it_is_closed_before_it_was_ever_read(stage: &mut Stage<'_>) -> Outcome {
    let wishes = [posts(), stream_of_posts(), view_of_posts(), Wish::Gateway, Wish::Broadcast];
    for wish in stage.offered(wishes, |wish| wish) {
        let peer = stage.peer([])?;
        by_closing(stage, stage.open(peer.url(), wish)?)?;
    }
    Ok(())
}

pub(crate) fn a_peer_that_reads_nothing_holds_no_close_up(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([Scene::websocket().hear().say(GREETING).deaf()])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    let handle = all.handle();
    let large = format!("{:?}", "x".repeat(200_000));
    std::thread::scope(|scope| {
        let sending = scope.spawn(|| {
            loop {
                // More than sockets and outbox hold: sooner or later it waits.
                if let Err(error) = handle.publish("", &large) {
                    break error;
                }
            }
        });
        let mut sent = 0;
        while sent == 0 || sent < handle.seen().bytes_sent {
            sent = handle.seen().bytes_sent;
            // The reader is not held up either.
            all.expect_silence()?;
        }
        stage.close(&*handle)?;
        match sending.join() {
            Ok(Some(unpublished)) => same!(unpublished.reason, UnpublishedReason::Closed),
            other => return Err(format!("{other:?}, and should have been told").into()),
        }
        Ok(())
    })
}

pub(crate) fn what_was_not_taken_ends_with_a_close(stage: &mut Stage<'_>) -> Outcome {
    let scene = (1..=50).fold(greeted(&greeting("e", 0)), |scene, seq| scene.say(created(seq)));
    let (_peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    stage.close(&*watch.handle())?;
    watch.expect_end()?;
    watch.expect_end()
}

pub(crate) fn giving_up_the_next_event_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    const CHANGES: u64 = 200;
    let texts = [greeting("e", 0)].into_iter().chain((1..=CHANGES).map(created));
    let pause = Duration::from_micros(300);
    let scene = Scene::websocket().hear().say_in_pieces(texts, 61, pause);
    let (_peer, mut watch) = stage.watching([scene])?;
    let (mut seqs, end) = (Vec::new(), std::time::Instant::now() + SOON);
    while seqs.len() < CHANGES as usize {
        hold!(std::time::Instant::now() < end, "only {} arrived", seqs.len());
        match watch.touch() {
            Next::Told(told) if told.kind == Kind::Connected => {}
            Next::Told(told) => seqs.extend(told.seq),
            Next::Nothing => std::thread::yield_now(),
            Next::End => return Err("it ended".to_owned().into()),
        }
    }
    same!(seqs, (1..=CHANGES).collect::<Vec<_>>());
    Ok(())
}

pub(crate) fn giving_up_readiness_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    let scene = Scene::websocket().hear().wait().say(greeting("e", 0)).say(created(1));
    let (peer, mut watch) = stage.watching([scene])?;
    for _ in 0..20 {
        same!(watch.ready_within(Duration::from_millis(2)), Ready::NotYet);
    }
    peer.go();
    watch.ready()?;
    same!(watch.ready_within(Duration::ZERO), Ready::Live);
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_handle_outlives_its_connection(stage: &mut Stage<'_>) -> Outcome {
    let (peer, mut watch) = stage.watching([greeted(CONNECTED)])?;
    watch.expect(Kind::Connected)?;
    let handle = watch.handle();
    drop(watch);
    expect_gone(&peer)?;
    same!(handle.state(), cocobase_proto::State::Closed);
    handle.reconnect();
    stage.close(&*handle)?;
    same!(handle.seen().events, 1);
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn what_was_said_is_written_before_the_goodbye(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    for n in 0..20 {
        same!(all.handle().publish("", &n.to_string()), Ok(Published::Sent));
    }
    stage.close(&*all.handle())?;
    expect_gone(&peer)?;
    same!(peer.texts(0).len(), 21);
    hold!(has_said_goodbye(&peer.heard(), 0), "no goodbye was heard");
    Ok(())
}

pub(crate) fn a_hundred_connections_come_and_go(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer((0..100).map(|_| greeted(CONNECTED)))?;
    for number in 0..100 {
        let wish = Wish::Watch(format!("posts-{number}"), Filter::new());
        let mut watch = stage.open(peer.url(), wish)?;
        watch.ready()?;
        if number % 2 == 0 {
            stage.close(&*watch.handle())?;
        }
    }
    hold!(peer.wait(SOON, |heard| (0..100).all(|it| is_gone(heard, it))), "some were left open");
    Ok(())
}
