//! What a lost link has cost.

use cocobase_proto::filter::Filter;
use cocobase_proto::{GapCause, Missed};

use crate::peer::Scene;
use crate::suite::adapter::Wish;
use crate::suite::messages::{CONNECTED, change, created, greeted, greeting, resumed};
use crate::suite::stage::{Actor, Outcome, Stage, hold, same};
use crate::suite::told::Kind;

pub(crate) fn it_asks_for_what_it_missed_and_gets_it(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&greeting("e1", 40)).say(created(41)).hang_up();
    let second = greeted(&resumed("e1", 41, true)).say(created(42)).say(created(43));
    let (peer, mut watch) = stage.watching([first, second])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([41])?;
    watch.expect_reconnect()?;
    watch.expect_seqs([42, 43])?;
    same!(watch.seen().gaps, 0);
    same!(stage.asked_to_resume(&peer, 1).as_deref(), Some("e1:41"));
    Ok(())
}

pub(crate) fn who_has_heard_nothing_yet_resumes_too(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&greeting("e1", 40)).hang_up();
    let (peer, mut watch) =
        stage.watching([first, greeted(&resumed("e1", 40, true)).say(created(41))])?;
    watch.expect(Kind::Connected)?;
    watch.expect_reconnect()?;
    watch.expect_seqs([41])?;
    same!(stage.asked_to_resume(&peer, 1).as_deref(), Some("e1:40"));
    Ok(())
}

/// A link that is lost at change 41 of the epoch `e1`, and what the next greeting makes of it.
fn gap_after(watch: &mut Actor) -> Outcome<(Option<Missed>, Option<GapCause>)> {
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([41])?;
    watch.expect_reconnect()?;
    let gap = watch.expect(Kind::Gap)?;
    same!(gap.about.as_deref(), Some("posts"));
    Ok((gap.missed, gap.cause))
}

fn lost_at_41() -> Scene {
    greeted(&greeting("e1", 40)).say(created(41)).hang_up()
}

pub(crate) fn a_history_that_is_too_short_leaves_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let next = greeted(&resumed("e1", 46, false)).say(created(47));
    let (_peer, mut watch) = stage.watching([lost_at_41(), next])?;
    let gap = gap_after(&mut watch)?;
    same!(gap, (Some(Missed::Known(5)), Some(GapCause::HistoryTooShort)));
    watch.expect_seqs([47])
}

pub(crate) fn another_history_leaves_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let next = greeted(&resumed("e2", 3, false)).say(created(4));
    let (_peer, mut watch) = stage.watching([lost_at_41(), next])?;
    let gap = gap_after(&mut watch)?;
    same!(gap, (Some(Missed::Unknown), Some(GapCause::EpochChanged)));
    watch.expect_seqs([4])
}

pub(crate) fn a_server_that_cannot_resume_leaves_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut watch) = stage.watching([lost_at_41(), greeted(&greeting("e1", 43))])?;
    let gap = gap_after(&mut watch)?;
    same!(gap, (Some(Missed::Known(2)), Some(GapCause::Reconnected)));
    Ok(())
}

pub(crate) fn a_server_without_numbers_leaves_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let lost = greeted(CONNECTED).say(change("create", "a", 1)).hang_up();
    let (peer, mut watch) = stage.watching([lost, greeted(CONNECTED)])?;
    watch.expect_all(&[Kind::Connected, Kind::Created])?;
    watch.expect_reconnect()?;
    let gap = watch.expect(Kind::Gap)?;
    same!((gap.missed, gap.cause), (Some(Missed::Unknown), Some(GapCause::Reconnected)));
    same!(stage.asked_to_resume(&peer, 1), None);
    Ok(())
}

pub(crate) fn where_nothing_was_missed_there_is_no_gap(stage: &mut Stage<'_>) -> Outcome {
    let next = greeted(&greeting("e1", 41)).say(created(42));
    let (_peer, mut watch) = stage.watching([lost_at_41(), next])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([41])?;
    watch.expect_reconnect()?;
    watch.expect_seqs([42])
}

pub(crate) fn a_filter_makes_a_gap_an_upper_bound(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([lost_at_41(), greeted(&resumed("e1", 51, false))])?;
    let filter = Filter::new().gte("n", 1);
    let mut watch = stage.open(peer.url(), Wish::Watch("posts".into(), filter))?;
    same!(gap_after(&mut watch)?.0, Some(Missed::AtMost(10)));
    Ok(())
}

pub(crate) fn who_does_not_want_to_resume_does_not_ask(stage: &mut Stage<'_>) -> Outcome {
    stage.config.resume = false;
    let (peer, mut watch) = stage.watching([lost_at_41(), greeted(&greeting("e1", 43))])?;
    same!(gap_after(&mut watch)?.0, Some(Missed::Known(2)));
    same!(stage.asked_to_resume(&peer, 1), None);
    Ok(())
}

pub(crate) fn who_lagged_resumes(stage: &mut Stage<'_>) -> Outcome {
    let lagged = r#"{"type":"lagged","missed":2,"epoch":"e1","seq":43}"#;
    let first = greeted(&greeting("e1", 40)).say(created(41)).say(lagged);
    let second = [42, 43, 44]
        .into_iter()
        .fold(greeted(&resumed("e1", 41, true)), |scene, seq| scene.say(created(seq)));
    let (_peer, mut watch) = stage.watching([first, second])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([41])?;
    watch.expect_reconnect()?;
    watch.expect_seqs([42, 43, 44])?;
    same!(watch.seen().gaps, 0);
    Ok(())
}

pub(crate) fn who_lagged_and_cannot_resume_is_told(stage: &mut Stage<'_>) -> Outcome {
    let lagged = r#"{"type":"lagged","missed":7}"#;
    let scene = greeted(CONNECTED).say(lagged).say(change("create", "a", 1));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    let gap = watch.expect(Kind::Gap)?;
    same!((gap.missed, gap.cause), (Some(Missed::Known(7)), Some(GapCause::Lagged)));
    watch.expect(Kind::Created)?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn twenty_lost_links_lose_nothing(stage: &mut Stage<'_>) -> Outcome {
    const LINKS: u64 = 20;
    let scenes = std::array::from_fn::<_, { LINKS as usize }, _>(|link| {
        let before = link as u64;
        greeted(&resumed("e1", before, true)).say(created(before + 1)).hang_up()
    });
    let (peer, mut watch) = stage.watching(scenes)?;
    watch.expect(Kind::Connected)?;
    for seq in 1..=LINKS {
        watch.expect_seqs([seq])?;
        if seq < LINKS {
            watch.expect_reconnect()?;
        }
    }
    let seen = watch.seen();
    same!((seen.reconnects, seen.gaps), (LINKS - 1, 0));
    hold!(peer.connections() >= 20, "{} connections", peer.connections());
    Ok(())
}
