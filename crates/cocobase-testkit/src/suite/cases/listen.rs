//! Functions that are called with changes.

use cocobase_proto::filter::Filter;
use cocobase_proto::{GapCause, RefusalKind};

use crate::peer::Scene;
use crate::suite::adapter::Wish;
use crate::suite::cases::proxy::cut_anywhere;
use crate::suite::cases::server::survives_kills;
use crate::suite::messages::{
    CONNECTED, change, created, greeted, greeting, has_hello, is_gone, resumed,
};
use crate::suite::stage::{Actor, Outcome, SOON, Stage, hold, listening_to_posts, same};
use crate::suite::told::Kind;
use crate::suite::world::World;

fn listening(
    stage: &Stage<'_>,
    scenes: impl IntoIterator<Item = Scene>,
) -> Outcome<(crate::peer::Peer, Actor)> {
    let peer = stage.peer(scenes)?;
    let listener = stage.open(peer.url(), listening_to_posts())?;
    Ok((peer, listener))
}

pub(crate) fn functions_are_called_with_what_happens(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(CONNECTED)
        .say(change("create", "a", 1))
        .say(change("update", "a", 2))
        .say(change("delete", "a", 2))
        .say(change("create", "b", 3));
    let (_peer, mut listener) = listening(stage, [scene])?;
    listener.expect(Kind::Connected)?;
    for (kind, id) in
        [(Kind::Created, "a"), (Kind::Updated, "a"), (Kind::Deleted, "a"), (Kind::Created, "b")]
    {
        same!(listener.expect(kind)?.id.as_deref(), Some(id));
    }
    Ok(())
}

pub(crate) fn a_function_that_panics_is_reported_and_called_again(
    stage: &mut Stage<'_>,
) -> Outcome {
    let scene = greeted(CONNECTED)
        .say(change("create", "panic", 1))
        .say(change("update", "a", 2))
        .say(change("create", "panic", 3))
        .say(change("create", "b", 4));
    let (peer, mut listener) = listening(stage, [scene])?;
    listener.expect(Kind::Connected)?;
    for kind in [Kind::Updated, Kind::Created] {
        let told = listener.expect(Kind::Panicked)?;
        hold!(told.words.contains("on_created"), "{}", told.words);
        hold!(told.words.contains("as the case wants"), "{}", told.words);
        listener.expect(kind)?;
    }
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_panic_over_an_error_ends_nothing(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(CONNECTED)
        .say(r#"{"error":"Rate limit exceeded","error_detail":"panic"}"#)
        .say(r#"{"error":"Rate limit exceeded","error_detail":"keep calm"}"#)
        .say(change("create", "a", 1));
    let (_peer, mut listener) = listening(stage, [scene])?;
    listener.expect_all(&[Kind::Connected, Kind::ServerError, Kind::Created])
}

pub(crate) fn whatever_is_wrong_is_reported(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&greeting("e", 7))
        .say("nonsense")
        .say(r#"{"error":"Rate limit exceeded"}"#)
        .say(created(10))
        .hang_up();
    let second = greeted(&resumed("e", 10, true)).say(r#"{"error":"Invalid API key"}"#);
    let (_peer, mut listener) = listening(stage, [first, second])?;
    listener.expect_all(&[Kind::Connected, Kind::Malformed, Kind::ServerError])?;
    same!(listener.expect(Kind::Gap)?.cause, Some(GapCause::Skipped));
    listener.expect_seqs([10])?;
    listener.expect_reconnect()?;
    listener.expect_refusal(RefusalKind::Credentials).map(drop)
}

pub(crate) fn a_filter_goes_with_it(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let wish = Wish::Listen("posts".into(), Filter::new().gte("n", 5));
    let mut listener = world.open(stage, wish)?;
    listener.ready()?;
    world.create(4)?;
    let id = world.create(5)?;
    listener.expect(Kind::Connected)?;
    same!(listener.expect(Kind::Created)?.id, Some(id));
    listener.expect_silence()
}

pub(crate) fn no_function_is_called_after_its_end(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(CONNECTED).wait().say(change("create", "a", 1));
    let (peer, mut listener) = listening(stage, [scene])?;
    listener.expect(Kind::Connected)?;
    stage.close(&*listener.handle())?;
    peer.go();
    listener.expect_end()?;
    hold!(peer.wait(SOON, |heard| stage.has_left(heard, 0)), "no goodbye was heard");
    // Dropped, in each of the states on the way.
    let (peer, listener) = listening(stage, [greeted(CONNECTED)])?;
    drop(listener);
    hold!(peer.connections() == 0 || peer.wait(SOON, |it| is_gone(it, 0)), "it was left open");
    let (peer, mut listener) = listening(stage, [Scene::websocket().hear()])?;
    listener.read_until_heard(&peer, |heard| has_hello(stage.is_by_events(), heard))?;
    drop(listener);
    hold!(peer.wait(SOON, |heard| is_gone(heard, 0)), "it was left open");
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn statistics_are_kept(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&greeting("e", 0)).say(created(1)).hang_up();
    let (_peer, mut listener) = listening(stage, [first, greeted(&greeting("e", 5))])?;
    listener.expect(Kind::Connected)?;
    listener.expect_seqs([1])?;
    listener.expect_reconnect()?;
    listener.expect(Kind::Gap)?;
    let seen = listener.seen();
    same!((seen.events, seen.reconnects, seen.gaps), (5, 1, 1));
    Ok(())
}

pub(crate) fn it_outlives_its_server(stage: &mut Stage<'_>) -> Outcome {
    survives_kills(stage, World::start()?, listening_to_posts())
}

pub(crate) fn a_line_that_is_cut_anywhere_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    let lengths = [1, 50, 130, 200, 300, 400, 500];
    cut_anywhere(stage, &World::start()?, listening_to_posts(), &lengths)
}
