//! What a connection has seen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use cocobase_proto::{Published, State};

use crate::peer::Scene;
use crate::suite::adapter::{Entry, Seen, Wish};
use crate::suite::cases::broadcast::GREETING;
use crate::suite::messages::{CONNECTED, created, gateway, greeted, greeting, joined};
use crate::suite::stage::{
    Failure, Outcome, SOON, Stage, hold, listening_to_posts, posts, posts_or_stream, room, same,
    stream_of_posts,
};
use crate::suite::told::Kind;

pub(crate) fn every_surface_counts(stage: &mut Stage<'_>) -> Outcome {
    let surfaces = [
        (greeted(CONNECTED), posts()),
        (greeted(CONNECTED), posts_or_stream()),
        (greeted(CONNECTED), listening_to_posts()),
        (Scene::events().say(CONNECTED), stream_of_posts()),
        (greeted(GREETING), Wish::Broadcast),
        (greeted(&joined(&["u1"])), room(Entry::Join)),
        (gateway(), Wish::Gateway),
    ];
    for (scene, wish) in stage.offered(surfaces, |(_, wish)| wish) {
        let peer = stage.peer([scene])?;
        let mut subject = stage.open(peer.url(), wish)?;
        // Who listens has perhaps taken the first one.
        hold!(subject.seen().events <= 1, "{:?}", subject.seen());
        subject.expect(Kind::Connected)?;
        let seen = subject.seen();
        hold!(seen.events >= 1 && seen.bytes_received > 0, "{seen:?}");
        same!((seen.reconnects, seen.gaps), (0, 0));
        let said: usize = peer.texts(0).iter().map(String::len).sum();
        same!(seen.bytes_sent, said as u64);
    }
    Ok(())
}

pub(crate) fn what_is_said_is_counted(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(GREETING)])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    for content in ["1", r#""Grüße""#, r#"{"a":[1,2,3]}"#] {
        same!(all.handle().publish("", content), Ok(Published::Sent));
    }
    hold!(all.handle().flush(SOON), "it was not flushed");
    let is_all =
        |heard: &[crate::peer::Heard]| heard.iter().filter(|it| it.text().is_some()).count() == 4;
    hold!(peer.wait(SOON, is_all), "only {:?} was heard", peer.texts(0));
    let said: usize = peer.texts(0).iter().map(String::len).sum();
    same!(all.seen().bytes_sent, said as u64);
    Ok(())
}

pub(crate) fn other_threads_see_them_grow(stage: &mut Stage<'_>) -> Outcome {
    const CHANGES: u64 = 2000;
    let scene = greeted(&greeting("e", 0)).say_all((1..=CHANGES).map(created));
    let (_peer, mut watch) = stage.watching([scene])?;
    let (handle, is_over) = (watch.handle(), AtomicBool::new(false));
    thread::scope(|scope| {
        let looking = scope.spawn(|| {
            let mut last = Seen::default();
            while !is_over.load(Ordering::SeqCst) {
                let seen = handle.seen();
                hold!(seen.events >= last.events, "{seen:?} after {last:?}");
                hold!(seen.bytes_received >= last.bytes_received, "{seen:?} after {last:?}");
                last = seen;
            }
            Ok::<_, Failure>(())
        });
        let read = watch.expect(Kind::Connected).and_then(|_| watch.expect_seqs(1..=CHANGES));
        is_over.store(true, Ordering::SeqCst);
        looking.join().map_err(|_| "a thread died".to_owned())??;
        read
    })?;
    same!((watch.seen().events, handle.seen().events), (1 + CHANGES, 1 + CHANGES));
    Ok(())
}

pub(crate) fn they_outlive_the_connection(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&greeting("e", 0)).say(created(1)).hang_up();
    let (_peer, mut watch) = stage.watching([first, greeted(&greeting("e", 5))])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    watch.expect_reconnect()?;
    watch.expect(Kind::Gap)?;
    let (handle, before) = (watch.handle(), watch.seen());
    stage.close(&*handle)?;
    same!(handle.seen(), before);
    drop(watch);
    same!(handle.seen(), before);
    same!(handle.state(), State::Closed);
    Ok(())
}
