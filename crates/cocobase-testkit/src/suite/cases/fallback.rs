//! From WebSocket to server-sent events where none gets through, and back, with one cursor.

use cocobase_proto::RefusalKind;

use crate::peer::{Peer, Scene, header};
use crate::suite::cases::server::follow;
use crate::suite::messages::{created, greeted, greeting, request, resumed};
use crate::suite::stage::{Actor, Outcome, SOON, Stage, hold, posts_or_stream, same};
use crate::suite::told::Kind;
use crate::suite::world::World;

fn watching(stage: &Stage<'_>, scenes: impl IntoIterator<Item = Scene>) -> Outcome<(Peer, Actor)> {
    stage.needs_websockets("there is nothing to fall back from")?;
    let peer = stage.peer(scenes)?;
    let watch = stage.open(peer.url(), posts_or_stream())?;
    Ok((peer, watch))
}

/// An event stream that goes on behind this change.
fn stream(seq: u64) -> Scene {
    Scene::events().say(resumed("e", seq, true))
}

/// Whether a connection asked for an event stream, and from where on.
fn stream_from(peer: &Peer, connection: usize) -> Option<Option<String>> {
    let head = request(&peer.heard(), connection);
    let is_stream = header(&head, "accept") == Some("text/event-stream");
    is_stream.then(|| header(&head, "last-event-id").map(str::to_owned))
}

pub(crate) fn where_upgrades_are_refused_events_are_taken(stage: &mut Stage<'_>) -> Outcome {
    for status in [200, 400, 403, 404, 405, 426] {
        let refused = Scene::new().answer(status, &[("Content-Type", "text/html")], "no");
        let stream = Scene::events().say(greeting("e", 7)).say(created(8));
        let (peer, mut watch) = watching(stage, [refused, stream])?;
        let lost = watch.expect_reconnect()?;
        same!((lost.code, lost.retry_in), (Some(status), Some(std::time::Duration::ZERO)));
        watch.expect_seqs([8])?;
        same!(stream_from(&peer, 1), Some(None));
        same!(watch.seen().gaps, 0);
    }
    Ok(())
}

pub(crate) fn it_moves_there_and_back_with_one_cursor(stage: &mut Stage<'_>) -> Outcome {
    let refused = || Scene::new().answer(403, &[], "");
    let (peer, mut watch) = watching(
        stage,
        [
            greeted(&greeting("e", 40)).say(created(41)).hang_up(),
            refused(),
            stream(41).say(created(42)).hang_up(),
            greeted(&resumed("e", 42, true)).say(created(43)).hang_up(),
            refused(),
            stream(43).say(created(44)),
        ],
    )?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([41])?;
    watch.expect_all(&[Kind::Disconnected, Kind::Disconnected, Kind::Connected])?;
    watch.expect_seqs([42])?;
    // A link that lived is followed by a WebSocket.
    watch.expect_reconnect()?;
    watch.expect_seqs([43])?;
    watch.expect_all(&[Kind::Disconnected, Kind::Disconnected, Kind::Connected])?;
    watch.expect_seqs([44])?;
    same!((watch.seen().reconnects, watch.seen().gaps), (3, 0));
    same!(stream_from(&peer, 2), Some(Some("e:41".to_owned())));
    same!(stage.asked_to_resume(&peer, 3).as_deref(), Some("e:42"));
    same!(stream_from(&peer, 5), Some(Some("e:43".to_owned())));
    Ok(())
}

pub(crate) fn what_comes_to_nothing_three_times_is_left(stage: &mut Stage<'_>) -> Outcome {
    for nothing in [
        // Somebody on the way cuts the line as soon as he sees an upgrade.
        Scene::new().request().hang_up(),
        Scene::new().request().raw("HTTP/1.1 101 Switching Pro").hang_up(),
        Scene::new().request().raw("SSH-2.0-OpenSSH_9.6\r\n\r\n").hang_up(),
        Scene::new().answer(501, &[], "Not Implemented"),
        // The upgrade succeeds, and nothing passes.
        Scene::websocket().hear().hang_up(),
        Scene::websocket().hear().close(Some(1006), ""),
    ] {
        let scenes = [nothing.clone(), nothing.clone(), nothing, stream(0).say(created(1))];
        let (peer, mut watch) = watching(stage, scenes)?;
        watch.expect_all(&[Kind::Disconnected; 3])?;
        watch.expect(Kind::Connected)?;
        watch.expect_seqs([1])?;
        hold!((0..3).all(|link| stream_from(&peer, link).is_none()), "it left too early");
        same!(stream_from(&peer, 3), Some(None));
    }
    Ok(())
}

pub(crate) fn a_server_in_trouble_is_no_reason(stage: &mut Stage<'_>) -> Outcome {
    let busy = || Scene::new().answer(503, &[], "");
    let (peer, mut watch) =
        watching(stage, [busy(), busy(), busy(), busy(), greeted(&greeting("e", 0))])?;
    watch.expect_all(&[Kind::Disconnected; 4])?;
    watch.expect(Kind::Connected)?;
    hold!((0..5).all(|link| stream_from(&peer, link).is_none()), "it left the WebSocket");
    Ok(())
}

pub(crate) fn who_is_refused_both_ways_is_refused(stage: &mut Stage<'_>) -> Outcome {
    let refused = || Scene::new().answer(403, &[], "");
    let (peer, mut watch) = watching(stage, [refused(), refused()])?;
    watch.expect(Kind::Disconnected)?;
    watch.expect_refusal(RefusalKind::Credentials)?;
    same!(peer.connections(), 2);
    Ok(())
}

pub(crate) fn it_is_closed_while_it_moves(stage: &mut Stage<'_>) -> Outcome {
    let refused = Scene::new().answer(403, &[], "");
    let (peer, mut watch) = watching(stage, [refused, Scene::new().request()])?;
    watch.expect(Kind::Disconnected)?;
    watch.read_until(|| stream_from(&peer, 1).is_some())?;
    stage.close(&*watch.handle())?;
    watch.expect_end()?;
    let is_gone = |heard: &[_]| crate::suite::messages::is_gone(heard, 1);
    hold!(peer.wait(SOON, is_gone), "the connection was left open");
    Ok(())
}

pub(crate) fn moves_between_kills_lose_nothing(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets("there is nothing to fall back from")?;
    let mut world = World::start()?;
    let mut watch = world.open(stage, posts_or_stream())?;
    watch.ready()?;
    let (mut created, mut told) = (Vec::new(), Vec::new());
    for round in 0..6 {
        match round % 3 {
            0 => world.proxy.refuse_upgrades(),
            1 => world.proxy.restore(),
            _ => {}
        }
        match round % 2 {
            0 => world.proxy.cut(),
            _ => world.kill_and_restart()?,
        }
        for n in 0..3 {
            created.push(world.create(n)?);
        }
        told.extend(follow(&mut watch, 1 + told.len() as u64, 3)?);
    }
    same!(told, created);
    same!((watch.seen().gaps, watch.seen().reconnects), (0, 6));
    Ok(())
}

pub(crate) fn moves_under_load_lose_nothing(stage: &mut Stage<'_>) -> Outcome {
    const CHANGES: usize = 120;
    stage.needs_websockets("there is nothing to fall back from")?;
    let world = World::start()?;
    let mut watch = world.open(stage, posts_or_stream())?;
    watch.ready()?;
    let writer = world.writer();
    let mut told = Vec::new();
    let created = std::thread::scope(|scope| {
        let write = || (0..CHANGES as i64).map(|n| writer.create(n)).collect::<Outcome<Vec<_>>>();
        let writing = scope.spawn(write);
        let mut is_refusing = false;
        while told.len() < CHANGES {
            told.extend(follow(&mut watch, 1 + told.len() as u64, 10)?);
            is_refusing = !is_refusing;
            match is_refusing {
                true => world.proxy.refuse_upgrades(),
                false => world.proxy.restore(),
            }
            world.proxy.cut();
        }
        let died = |_| crate::suite::stage::Failure::from("the writer died".to_owned());
        writing.join().map_err(died)?
    })?;
    same!(told, created);
    same!(watch.seen().gaps, 0);
    Ok(())
}
