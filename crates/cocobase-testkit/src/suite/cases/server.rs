//! The real server: what it tells, and what is left of that when it is killed.

use std::thread;

use cocobase_proto::filter::Filter;
use cocobase_proto::{Credentials, GapCause, Published, RefusalKind};

use crate::suite::adapter::{Access, Command, Entry, Wish};
use crate::suite::stage::{
    Actor, Outcome, Stage, hold, posts, room, same, stream_of_posts, view_of_posts,
};
use crate::suite::told::{Kind, Told};
use crate::suite::world::{World, id};

/// Reads until so many documents were created, and gives their ids: every number must be there, in
/// order, and no gap.
pub(crate) fn follow(watch: &mut Actor, from: u64, count: usize) -> Outcome<Vec<String>> {
    let mut ids = Vec::new();
    while ids.len() < count {
        let told = watch.next()?;
        match told.kind {
            Kind::Connected | Kind::Disconnected => {}
            Kind::Created => {
                same!(told.seq, Some(from + ids.len() as u64));
                ids.extend(told.id);
            }
            _ => return Err(format!("told {told:?} after {} changes", ids.len()).into()),
        }
    }
    Ok(ids)
}

/// The ids of the documents that a live view shows.
pub(crate) fn shown(view: &Actor) -> Vec<String> {
    let parse = |json: String| serde_json::from_str(&json).unwrap_or_default();
    view.documents().into_iter().map(|json| id(&parse(json))).collect()
}

/// Reads until a live view shows what the server's list has.
pub(crate) fn expect_list(world: &World, view: &mut Actor) -> Outcome {
    let list = world.list()?;
    let end = std::time::Instant::now() + crate::suite::stage::SOON;
    while shown(view) != list {
        hold!(std::time::Instant::now() < end, "shows {:?}, not {list:?}", shown(view));
        view.next_if_any()?;
    }
    Ok(())
}

pub(crate) fn changes_are_told_as_they_happen(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    for wish in [posts(), stream_of_posts()] {
        let mut watch = world.open(stage, wish)?;
        watch.ready()?;
        let id = world.create(1)?;
        world.update(&id, 2)?;
        world.delete(&id)?;
        watch.expect(Kind::Connected)?;
        for kind in [Kind::Created, Kind::Updated, Kind::Deleted] {
            same!(watch.expect(kind)?.id.as_deref(), Some(id.as_str()));
        }
    }
    Ok(())
}

pub(crate) fn a_filter_hides_what_does_not_match(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let filter = Filter::new().gte("n", 5);
    let mut watch = world.open(stage, Wish::Watch("posts".into(), filter.clone()))?;
    let mut events = world.open(stage, Wish::Events("posts".into(), filter))?;
    for watch in [&mut watch, &mut events] {
        watch.ready()?;
        watch.expect(Kind::Connected)?;
    }
    world.create(4)?;
    let id = world.create(5)?;
    world.update(&id, 3)?;
    for watch in [&mut watch, &mut events] {
        same!(watch.expect(Kind::Created)?.id.as_deref(), Some(id.as_str()));
        // What leaves the filter is told.
        same!(watch.expect(Kind::Updated)?.id.as_deref(), Some(id.as_str()));
        watch.expect_silence()?;
    }
    Ok(())
}

pub(crate) fn a_view_is_what_the_list_is(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let ids = (0..5).map(|n| world.create(n)).collect::<Outcome<Vec<_>>>()?;
    let mut view = world.open(stage, view_of_posts())?;
    view.ready()?;
    same!(shown(&view), ids);
    world.delete(&ids[1])?;
    world.update(&ids[3], 33)?;
    world.create(6)?;
    expect_list(&world, &mut view)
}

pub(crate) fn a_wrong_key_is_refused(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    stage.access = Access::Given(Credentials::ApiKey("a wrong key".into()));
    let wishes = [posts(), stream_of_posts(), room(Entry::Join), Wish::Broadcast, Wish::Gateway];
    for wish in stage.offered(wishes, |wish| wish) {
        let mut subject = world.open(stage, wish)?;
        let told = subject.expect_refusal(RefusalKind::Credentials)?;
        hold!(!told.words.contains("a wrong key"), "the key is shown: {}", told.words);
    }
    Ok(())
}

pub(crate) fn two_meet_in_a_room(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let mut host = world.open(stage, room(Entry::Create("General".into())))?;
    host.ready()?;
    host.expect_all(&[Kind::Connected, Kind::Joined])?;
    let mut guest = world.open(stage, room(Entry::Join))?;
    guest.ready()?;
    guest.expect_all(&[Kind::Connected, Kind::Joined])?;
    same!(guest.handle().publish("", r#""Hello!""#), Ok(Published::Sent));
    // One's own words come back.
    for room in [&mut host, &mut guest] {
        let (told, _) = room.until(Kind::Message)?;
        same!(told.json.as_deref(), Some(r#""Hello!""#));
    }
    Ok(())
}

pub(crate) fn a_missing_room_is_refused(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let mut general = world.open(stage, room(Entry::Join))?;
    general.expect_refusal(RefusalKind::Room)?;
    let mut general = world.open(stage, room(Entry::JoinOrCreate("General".into())))?;
    general.ready()
}

pub(crate) fn a_broadcast_reaches_everybody(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let mut everybody = Vec::new();
    for _ in 0..3 {
        let mut all = world.open(stage, Wish::Broadcast)?;
        all.ready()?;
        everybody.push(all);
    }
    let speaker = everybody.first().map(Actor::handle);
    let said = speaker.map(|handle| handle.publish("", "[1,2,3]"));
    same!(said, Some(Ok(Published::Sent)));
    for all in &mut everybody {
        same!(all.until(Kind::Message)?.0.json.as_deref(), Some("[1,2,3]"));
    }
    Ok(())
}

pub(crate) fn a_gateway_carries_all_of_it(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let mut host = world.open(stage, room(Entry::Create("General".into())))?;
    host.ready()?;
    let mut gate = gateway(&world, stage)?;
    let id = world.create(1)?;
    same!(gate.until(Kind::Created)?.0.id, Some(id));
    same!(host.handle().publish("", "17"), Ok(Published::Sent));
    same!(gate.until(Kind::Message)?.0.json.as_deref(), Some("17"));
    same!(gate.handle().publish("general", "18"), Ok(Published::Sent));
    same!(host.until(Kind::Message)?.0.json.as_deref(), Some("17"));
    same!(host.expect(Kind::Message)?.json.as_deref(), Some("18"));
    Ok(())
}

/// A gateway that follows `posts` and is in the room `general`.
fn gateway(world: &World, stage: &Stage<'_>) -> Outcome<Actor> {
    let mut gate = world.open(stage, Wish::Gateway)?;
    gate.ready()?;
    gate.command(Command::Subscribe("posts".into(), Filter::new()))?;
    gate.command(Command::Join("general".into()))?;
    let mut open = 2;
    while open > 0 {
        open -= i32::from(matches!(gate.next()?.kind, Kind::Subscribed | Kind::Joined));
    }
    Ok(gate)
}

/// A watch whose server is killed between changes loses none of them.
pub(crate) fn survives_kills(stage: &Stage<'_>, mut world: World, wish: Wish) -> Outcome {
    let mut watch = world.open(stage, wish)?;
    watch.ready()?;
    let mut created = vec![world.create(0)?];
    let mut told = follow(&mut watch, 1, 1)?;
    for n in 1..4 {
        world.kill_and_restart()?;
        created.extend([world.create(n)?, world.create(n)?]);
        told.extend(follow(&mut watch, 1 + told.len() as u64, 2)?);
    }
    same!(told, created);
    same!(watch.seen().reconnects, 3);
    same!(watch.seen().gaps, 0);
    Ok(())
}

pub(crate) fn a_watch_outlives_its_server(stage: &mut Stage<'_>) -> Outcome {
    survives_kills(stage, World::start()?, posts())
}

pub(crate) fn an_event_stream_outlives_its_server(stage: &mut Stage<'_>) -> Outcome {
    survives_kills(stage, World::start()?, stream_of_posts())
}

pub(crate) fn a_server_that_dies_in_the_midst_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let mut watch = world.open(stage, posts())?;
    watch.ready()?;
    let mut told = Vec::new();
    for round in 0..3 {
        let writer = world.writer();
        // Writes until nobody answers any more, and tells what was acknowledged.
        let writing = thread::spawn(move || {
            (0..200).map_while(|n| writer.create(n).ok()).collect::<Vec<_>>()
        });
        // Some changes have come; the server dies under the rest.
        told.extend(follow(&mut watch, 1 + told.len() as u64, 20)?);
        world.server.kill();
        let acknowledged = writing.join().map_err(|_| "the writer died".to_owned())?;
        world.restart()?;
        let list = world.list()?;
        let is_there = acknowledged.iter().all(|id| list.contains(id));
        hold!(is_there, "what was acknowledged is gone in round {round}");
    }
    let last = world.create(-1)?;
    while told.last() != Some(&last) {
        told.extend(follow(&mut watch, 1 + told.len() as u64, 1)?);
    }
    same!(told, world.list()?);
    Ok(())
}

pub(crate) fn a_server_that_stops_says_goodbye(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let mut watch = world.open(stage, posts())?;
    watch.ready()?;
    watch.expect(Kind::Connected)?;
    // It waits for those who are still there: somebody has to read the goodbye.
    let lost = thread::scope(|scope| {
        let server = &mut world.server;
        scope.spawn(|| server.stop());
        watch.expect(Kind::Disconnected)
    })?;
    hold!(lost.code.is_some() || stage.is_by_events(), "{lost:?}");
    world.restart()?;
    let id = world.create(1)?;
    same!(follow(&mut watch, 1, 1)?, [id]);
    Ok(())
}

pub(crate) fn a_server_without_its_data_is_another_history(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let mut watch = world.open(stage, posts())?;
    watch.ready()?;
    world.create(1)?;
    follow(&mut watch, 1, 1)?;
    world.restart_empty()?;
    let (gap, _) = watch.until(Kind::Gap)?;
    same!(gap.cause, Some(GapCause::EpochChanged));
    let id = world.create(2)?;
    same!(watch.expect(Kind::Created)?.id, Some(id));
    Ok(())
}

pub(crate) fn a_view_outlives_its_server(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let ids = (0..4).map(|n| world.create(n)).collect::<Outcome<Vec<_>>>()?;
    let mut view = world.open(stage, view_of_posts())?;
    view.ready()?;
    world.kill_and_restart()?;
    world.delete(&ids[0])?;
    world.create(5)?;
    expect_list(&world, &mut view)?;
    world.restart_empty()?;
    world.create(6)?;
    expect_list(&world, &mut view)
}

pub(crate) fn a_room_outlives_its_server(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let mut general = world.open(stage, room(Entry::Create("General".into())))?;
    general.ready()?;
    general.expect_all(&[Kind::Connected, Kind::Joined])?;
    world.kill_and_restart()?;
    let (_, before) = general.until(Kind::Joined)?;
    hold!(before.iter().any(|told| told.kind == Kind::Disconnected), "{before:?}");
    // What others have said meanwhile is lost, and that is told.
    general.expect(Kind::Gap)?;
    same!(general.handle().publish("", "1"), Ok(Published::Sent));
    same!(general.expect(Kind::Message)?.json.as_deref(), Some("1"));
    Ok(())
}

pub(crate) fn a_gateway_outlives_its_server(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let mut host = world.open(stage, room(Entry::Create("General".into())))?;
    host.ready()?;
    let mut gate = gateway(&world, stage)?;
    world.create(1)?;
    gate.until(Kind::Created)?;
    world.server.kill();
    gate.until(Kind::Disconnected)?;
    world.restart()?;
    let id = world.create(2)?;
    let (told, before) = gate.until(Kind::Created)?;
    same!(told.id, Some(id));
    let of_posts = |told: &&Told| told.kind == Kind::Gap && told.about.as_deref() == Some("posts");
    hold!(!before.iter().any(|told| of_posts(&told)), "{before:?}");
    Ok(())
}

pub(crate) fn a_message_waits_for_the_server_to_return(stage: &mut Stage<'_>) -> Outcome {
    let mut world = World::start()?;
    let mut all = world.open(stage, Wish::Broadcast)?;
    all.ready()?;
    world.server.kill();
    all.until(Kind::Disconnected)?;
    same!(all.handle().publish("", r#""still here""#), Ok(Published::Queued));
    world.restart()?;
    same!(all.until(Kind::Message)?.0.json.as_deref(), Some(r#""still here""#));
    Ok(())
}
