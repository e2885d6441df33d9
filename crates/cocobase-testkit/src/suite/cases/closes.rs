//! Links that end, in every way in which they can.

use crate::peer::Scene;
use crate::suite::messages::{created, greeted, greeting, has_said_goodbye};
use crate::suite::stage::{Outcome, Stage, hold, same};
use crate::suite::told::Kind;

/// A link ends with this close frame: it is told, and what was missed is not lost.
fn closed(stage: &Stage<'_>, code: Option<u16>, reason: &str) -> Outcome {
    let first = greeted(&greeting("e", 0)).say(created(1)).close(code, reason);
    let second = greeted(&greeting("e", 1)).say(created(2));
    let (peer, mut watch) = stage.watching([first, second])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    let lost = watch.expect_reconnect()?;
    same!(lost.code, code);
    hold!(lost.words.contains(reason), "{}", lost.words);
    watch.expect_seqs([2])?;
    same!(peer.connections(), 2);
    Ok(())
}

pub(crate) fn code_1000_is_told_and_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(1000), "goodbye")
}

pub(crate) fn code_1001_is_told_and_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(1001), "the server is stopping")
}

pub(crate) fn codes_1002_1003_1007_1009_are_told_and_pass(stage: &mut Stage<'_>) -> Outcome {
    [1002, 1003, 1007, 1009].into_iter().try_for_each(|code| closed(stage, Some(code), "why"))
}

pub(crate) fn code_1008_is_told_and_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(1008), "policy")
}

pub(crate) fn code_1011_is_told_and_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(1011), "a bug")
}

pub(crate) fn code_1012_is_told_and_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(1012), "restarting")
}

pub(crate) fn code_1013_is_told_and_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(1013), "try again later")
}

pub(crate) fn codes_of_programs_are_told_and_pass(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, Some(3000), "")?;
    closed(stage, Some(4000), "ours")?;
    closed(stage, Some(4999), "Grüße")
}

pub(crate) fn a_goodbye_without_a_code_passes(stage: &mut Stage<'_>) -> Outcome {
    closed(stage, None, "")
}

/// A link ends without a close frame, which is what code 1006 stands for.
fn broken(stage: &Stage<'_>, first: Scene) -> Outcome {
    let second = greeted(&greeting("e", 0)).say(created(1));
    let (_peer, mut watch) = stage.watching([first, second])?;
    watch.expect(Kind::Connected)?;
    let lost = watch.expect_reconnect()?;
    hold!(lost.code.is_none_or(|code| code == 1006), "{:?}", lost.code);
    watch.expect_seqs([1])
}

pub(crate) fn an_end_without_a_goodbye_passes(stage: &mut Stage<'_>) -> Outcome {
    broken(stage, greeted(&greeting("e", 0)).hang_up())
}

pub(crate) fn a_reset_passes(stage: &mut Stage<'_>) -> Outcome {
    // It does not hear the hello.
    broken(stage, Scene::websocket().say(greeting("e", 0)).reset())
}

pub(crate) fn a_goodbye_in_place_of_a_greeting_passes(stage: &mut Stage<'_>) -> Outcome {
    let scenes = [
        Scene::websocket().hear().close(Some(1013), ""),
        Scene::websocket().close(Some(1000), ""),
        Scene::websocket().hang_up(),
        greeted(&greeting("e", 0)),
    ];
    let (_peer, mut watch) = stage.watching(scenes)?;
    watch.expect_all(&[Kind::Disconnected; 3])?;
    watch.expect(Kind::Connected).map(drop)
}

pub(crate) fn a_goodbye_is_answered(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&greeting("e", 0)).close(Some(1001), "");
    let (peer, mut watch) = stage.watching([first, greeted(&greeting("e", 0))])?;
    watch.expect(Kind::Connected)?;
    watch.expect_reconnect()?;
    watch.read_until_heard(&peer, |heard| has_said_goodbye(heard, 0))?;
    Ok(())
}
