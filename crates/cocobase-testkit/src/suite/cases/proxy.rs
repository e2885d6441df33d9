//! The real server behind a line with faults.

use std::thread;
use std::time::Duration;

use cocobase_proto::Published;

use super::server::{expect_list, follow};
use crate::proxy::Way;
use crate::suite::adapter::{Entry, Wish};
use crate::suite::stage::{
    Actor, Failure, Outcome, Stage, hold, posts, room, same, stream_of_posts, view_of_posts,
};
use crate::suite::told::Kind;
use crate::suite::world::World;

/// A watch that is live, of a server whose line is whole so far.
fn watching(stage: &Stage<'_>, wish: Wish) -> Outcome<(World, Actor)> {
    let world = World::start()?;
    let mut watch = world.open(stage, wish)?;
    watch.ready()?;
    Ok((world, watch))
}

pub(crate) fn a_line_that_is_cut_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    for wish in [posts(), stream_of_posts()] {
        let (world, mut watch) = watching(stage, wish)?;
        for round in 0..5 {
            let before = world.create(round)?;
            same!(follow(&mut watch, 1 + 2 * round as u64, 1)?, [before]);
            world.proxy.cut();
            let after = world.create(round)?;
            same!(follow(&mut watch, 2 + 2 * round as u64, 1)?, [after]);
        }
        same!(watch.seen().gaps, 0);
    }
    Ok(())
}

/// The line is cut after so many more bytes, which may be anywhere in a message or an upgrade.
pub(crate) fn cut_anywhere(
    stage: &Stage<'_>,
    world: &World,
    wish: Wish,
    lengths: &[usize],
) -> Outcome {
    let mut watch = world.open(stage, wish)?;
    watch.ready()?;
    let (mut created, mut told) = (Vec::new(), Vec::new());
    for length in lengths {
        world.proxy.cut_after(Way::Down, *length);
        for n in 0..4 {
            created.push(world.create(n)?);
        }
        told.extend(follow(&mut watch, 1 + told.len() as u64, 4)?);
    }
    same!(told, created);
    same!(watch.seen().gaps, 0);
    hold!(world.proxy.connections() > lengths.len() / 2, "the line was hardly ever cut");
    Ok(())
}

pub(crate) fn a_line_that_is_cut_anywhere_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    let lengths = [1, 2, 3, 50, 100, 130, 131, 200, 300, 400, 500];
    cut_anywhere(stage, &World::start()?, posts(), &lengths)
}

pub(crate) fn a_stream_that_is_cut_anywhere_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    let lengths = [1, 2, 50, 100, 150, 200, 300, 400, 500];
    cut_anywhere(stage, &World::start()?, stream_of_posts(), &lengths)
}

pub(crate) fn a_hello_that_is_cut_anywhere_is_said_again(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    for length in [1, 20, 100, 150, 200, 210, 250, 270] {
        world.proxy.cut_after(Way::Up, length);
        let mut watch = world.open(stage, posts())?;
        watch.ready()?;
    }
    Ok(())
}

/// Lets the subjects to come find out soon that nobody answers.
fn lose_patience_early(stage: &mut Stage<'_>) {
    stage.config.ping_interval = Duration::from_millis(200);
    stage.config.silence_timeout = Duration::from_millis(800);
    stage.config.connect_timeout = Duration::from_secs(2);
    stage.config.greeting_timeout = Duration::from_secs(2);
}

/// A line that swallows what goes one way is found out, and what was missed is told.
fn half_open(stage: &mut Stage<'_>, wish: Wish, way: Way) -> Outcome {
    lose_patience_early(stage);
    let (world, mut watch) = watching(stage, wish)?;
    let first = world.create(1)?;
    same!(follow(&mut watch, 1, 1)?, [first]);
    world.proxy.swallow(way);
    let second = world.create(2)?;
    let ids = match way {
        // What the server says still arrives.
        Way::Up => follow(&mut watch, 2, 1)?,
        Way::Down => Vec::new(),
    };
    // On a busy machine a link may be given up, and the next one be swallowed while it is made.
    let (lost, before) = watch.until(Kind::Disconnected)?;
    hold!(before.iter().all(|told| told.kind == Kind::Connected), "{before:?}");
    let reasons = ["nothing heard", "timed out", "in time"];
    hold!(reasons.iter().any(|reason| lost.words.contains(reason)), "{}", lost.words);
    world.proxy.restore();
    let third = world.create(3)?;
    let count = 2 - ids.len();
    let rest = follow(&mut watch, 2 + ids.len() as u64, count)?;
    same!([ids, rest].concat(), [second, third]);
    same!(watch.seen().gaps, 0);
    Ok(())
}

pub(crate) fn a_line_that_swallows_what_comes_is_found_out(stage: &mut Stage<'_>) -> Outcome {
    half_open(stage, posts(), Way::Down)
}

pub(crate) fn a_line_that_swallows_what_goes_is_found_out(stage: &mut Stage<'_>) -> Outcome {
    half_open(stage, posts(), Way::Up)
}

pub(crate) fn a_stream_that_is_swallowed_is_found_out(stage: &mut Stage<'_>) -> Outcome {
    half_open(stage, stream_of_posts(), Way::Down)
}

pub(crate) fn a_slow_line_is_no_fault(stage: &mut Stage<'_>) -> Outcome {
    let (world, mut watch) = watching(stage, posts())?;
    watch.expect(Kind::Connected)?;
    world.proxy.hold(Way::Down);
    let created = (0..10).map(|n| world.create(n)).collect::<Outcome<Vec<_>>>()?;
    watch.expect_silence()?;
    world.proxy.restore();
    same!(follow(&mut watch, 1, 10)?, created);
    same!(watch.seen().reconnects, 0);
    Ok(())
}

pub(crate) fn a_line_that_is_down_for_a_while_loses_nothing(stage: &mut Stage<'_>) -> Outcome {
    let (world, mut watch) = watching(stage, posts())?;
    world.proxy.refuse();
    world.proxy.cut();
    let created = (0..3).map(|n| world.create(n)).collect::<Outcome<Vec<_>>>()?;
    watch.read_until(|| world.proxy.connections() > 4)?;
    world.proxy.restore();
    same!(follow(&mut watch, 1, 3)?, created);
    Ok(())
}

pub(crate) fn a_server_behind_a_line_moves(stage: &mut Stage<'_>) -> Outcome {
    let (mut world, mut watch) = watching(stage, posts())?;
    for n in 0..3 {
        // The line stays open, and nobody is behind it.
        world.proxy.hold(Way::Down);
        world.kill_and_restart()?;
        world.proxy.restore();
        let id = world.create(n)?;
        same!(follow(&mut watch, 1 + n as u64, 1)?, [id]);
    }
    Ok(())
}

pub(crate) fn cuts_under_load_lose_nothing(stage: &mut Stage<'_>) -> Outcome {
    const CHANGES: i64 = 150;
    for wish in [posts(), stream_of_posts()] {
        let (world, mut watch) = watching(stage, wish)?;
        let (writer, mut told) = (world.writer(), Vec::new());
        let created = thread::scope(|scope| {
            let writing =
                scope.spawn(|| (0..CHANGES).map(|n| writer.create(n)).collect::<Outcome<Vec<_>>>());
            while told.len() < CHANGES as usize {
                told.extend(follow(&mut watch, 1 + told.len() as u64, 10)?);
                world.proxy.cut();
            }
            writing.join().map_err(|_| Failure::from("the writer died".to_owned()))?
        })?;
        same!(told, created);
        hold!(watch.seen().reconnects > 3, "{:?}", watch.seen());
    }
    Ok(())
}

pub(crate) fn a_view_is_right_after_every_fault(stage: &mut Stage<'_>) -> Outcome {
    lose_patience_early(stage);
    let (world, mut view) = watching(stage, view_of_posts())?;
    let mut ids = Vec::new();
    for (round, fault) in ["cut", "cut after", "swallow", "refuse"].into_iter().enumerate() {
        ids.push(world.create(round as i64)?);
        match fault {
            "cut" => world.proxy.cut(),
            "cut after" => world.proxy.cut_after(Way::Down, 77),
            "swallow" => world.proxy.swallow(Way::Down),
            _ => world.proxy.refuse(),
        }
        ids.push(world.create(round as i64)?);
        world.delete(&ids.remove(0))?;
        if fault == "swallow" {
            view.until(Kind::Disconnected)?;
        }
        world.proxy.restore();
        expect_list(&world, &mut view)?;
        same!(world.list()?, ids);
    }
    Ok(())
}

pub(crate) fn no_message_of_a_room_is_lost_in_silence(stage: &mut Stage<'_>) -> Outcome {
    const MESSAGES: u32 = 60;
    let world = World::start()?;
    let mut host = world.open_beside(stage, room(Entry::Create("General".into())))?;
    host.ready()?;
    let mut guest = world.open(stage, room(Entry::Join))?;
    guest.ready()?;
    let handle = host.handle();
    let say = |n: u32| {
        same!(handle.publish("", &n.to_string()), Ok(Published::Sent));
        Ok(())
    };
    for n in 1..=MESSAGES {
        say(n)?;
        if n % 20 == 0 {
            world.proxy.cut();
        }
    }
    let (mut said, mut heard, mut has_gap) = (MESSAGES, 0, false);
    while heard <= MESSAGES {
        let Some(told) = guest.next_if_any()? else {
            // The last word may have been lost: one more.
            said += 1;
            say(said)?;
            continue;
        };
        match told.kind {
            Kind::Gap => has_gap = true,
            Kind::Message => {
                let number = told.json.and_then(|json| json.parse().ok()).unwrap_or(0);
                hold!(number > heard, "{number} after {heard}");
                hold!(number == heard + 1 || has_gap, "{number} after {heard}, without a gap");
                (heard, has_gap) = (number, false);
            }
            _ => {}
        }
    }
    Ok(())
}
