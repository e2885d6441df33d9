//! Messages in pieces, at once, in bad shape, and such as no server should send.

use std::time::Duration;

use crate::peer::{Heard, Scene, What, frame};
use crate::suite::messages::{created, greeted, greeting};
use crate::suite::stage::{Outcome, Stage, hold, same};
use crate::suite::told::Kind;

pub(crate) fn text_that_is_no_message_is_told(stage: &mut Stage<'_>) -> Outcome {
    let deep = "[".repeat(100_000);
    let garbage = ["", "nonsense", "{\"event\":", "[1,2]", "null", "{}{}", "\u{0}", &deep];
    let scene = garbage.iter().fold(greeted(&greeting("e", 0)), Scene::say);
    let (peer, mut watch) = stage.watching([scene.say(created(1))])?;
    watch.expect(Kind::Connected)?;
    for text in garbage {
        same!(watch.expect(Kind::Malformed)?.json.as_deref(), Some(text));
    }
    watch.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn binary_messages_are_told(stage: &mut Stage<'_>) -> Outcome {
    let binary = frame::of(frame::BINARY, true, &[0, 159, 146, 150]);
    let scene = greeted(&greeting("e", 0)).raw(binary).say(created(1));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect_all(&[Kind::Connected, Kind::Malformed])?;
    watch.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn garbage_before_the_greeting_ends_nothing(stage: &mut Stage<'_>) -> Outcome {
    let scene = Scene::websocket().hear().say("nonsense").say(greeting("e", 0)).say(created(1));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect_all(&[Kind::Malformed, Kind::Connected])?;
    watch.expect_seqs([1])?;
    same!(peer.connections(), 1);
    Ok(())
}

/// Bytes that break a link, or are told. Either way what follows arrives.
fn survives(stage: &Stage<'_>, bytes: Vec<u8>) -> Outcome {
    let broken = greeted(&greeting("e", 0)).raw(bytes).say(created(1));
    let (_peer, mut watch) =
        stage.watching([broken, greeted(&greeting("e", 0)).say(created(1))])?;
    watch.expect(Kind::Connected)?;
    let (told, before) = watch.until(Kind::Created)?;
    same!(told.seq, Some(1));
    let is_trouble = |kind| matches!(kind, Kind::Disconnected | Kind::Malformed);
    hold!(before.iter().any(|told| is_trouble(told.kind)), "nothing was told: {before:?}");
    Ok(())
}

pub(crate) fn text_that_is_no_utf_8_is_survived(stage: &mut Stage<'_>) -> Outcome {
    survives(stage, frame::of(frame::TEXT, true, &[b'{', 0xff, 0xfe, b'}']))
}

pub(crate) fn a_message_of_a_terabyte_is_survived(stage: &mut Stage<'_>) -> Outcome {
    survives(stage, frame::head(1 << 40))
}

pub(crate) fn a_frame_of_an_unknown_kind_is_survived(stage: &mut Stage<'_>) -> Outcome {
    survives(stage, frame::of(3, true, b"?"))
}

pub(crate) fn a_continuation_of_nothing_is_survived(stage: &mut Stage<'_>) -> Outcome {
    survives(stage, frame::of(frame::CONTINUATION, true, b"{}"))
}

pub(crate) fn a_broken_control_frame_is_survived(stage: &mut Stage<'_>) -> Outcome {
    survives(stage, frame::of(frame::PING, false, &[0; 200]))
}

pub(crate) fn a_message_that_is_cut_off_is_not_told(stage: &mut Stage<'_>) -> Outcome {
    let cut = greeted(&greeting("e", 0)).say(created(1)).half(&created(2)).hang_up();
    let whole = greeted(&greeting("e", 1)).say(created(2));
    let (_peer, mut watch) = stage.watching([cut, whole])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    watch.expect_reconnect()?;
    watch.expect_seqs([2])
}

pub(crate) fn a_message_in_fragments_is_one(stage: &mut Stage<'_>) -> Outcome {
    let text = created(1);
    let (head, tail) = text.split_at(text.len() / 3);
    let (middle, tail) = tail.split_at(tail.len() / 2);
    let scene = greeted(&greeting("e", 0))
        .raw(frame::of(frame::TEXT, false, head.as_bytes()))
        .raw(frame::of(frame::CONTINUATION, false, middle.as_bytes()))
        // Control frames may come between.
        .raw(frame::of(frame::PING, true, b"there?"))
        .raw(frame::of(frame::CONTINUATION, true, tail.as_bytes()));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])?;
    watch.read_until_heard(&peer, has_pong)?;
    Ok(())
}

pub(crate) fn bytes_that_trickle_in_are_messages(stage: &mut Stage<'_>) -> Outcome {
    let texts = [greeting("e", 0), created(1)];
    let scene = Scene::websocket().hear().say_in_pieces(texts, 1, Duration::from_millis(1));
    let (_peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([1])
}

pub(crate) fn messages_in_one_piece_are_several(stage: &mut Stage<'_>) -> Outcome {
    let texts = [greeting("e", 0), created(1), created(2), created(3)];
    let (_peer, mut watch) = stage.watching([Scene::websocket().hear().say_all(texts)])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs(1..=3)
}

pub(crate) fn a_ping_is_answered(stage: &mut Stage<'_>) -> Outcome {
    let ping = frame::of(frame::PING, true, b"there?");
    let (peer, mut watch) = stage.watching([greeted(&greeting("e", 0)).raw(ping)])?;
    watch.expect(Kind::Connected)?;
    watch.read_until_heard(&peer, has_pong)?;
    Ok(())
}

fn has_pong(heard: &[Heard]) -> bool {
    heard.iter().any(|it| it.what == What::Pong)
}
