//! What happens to documents.

use cocobase_proto::filter::Filter;
use cocobase_proto::{GapCause, Missed};

use crate::suite::adapter::Wish;
use crate::suite::messages::{CONNECTED, change, created, greeted, greeting};
use crate::suite::stage::{Outcome, Stage, hold, same};
use crate::suite::told::Kind;

pub(crate) fn changes_come_in_order_with_all_they_say(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(&greeting("e", 0))
        .say(created(1))
        .say(r#"{"event":"update","collection_id":"posts","data":{"id":"1","n":2},"old_data":{"n":1},"seq":2}"#)
        .say(r#"{"event":"delete","collection_id":"posts","data":{"id":"1"},"seq":3}"#);
    let (_peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    for (kind, seq) in [(Kind::Created, 1), (Kind::Updated, 2), (Kind::Deleted, 3)] {
        let told = watch.expect(kind)?;
        same!((told.id.as_deref(), told.seq), (Some("1"), Some(seq)));
        same!(told.about.as_deref(), Some("posts"));
    }
    Ok(())
}

pub(crate) fn every_spelling_of_a_change_is_one(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(CONNECTED)
        .say(r#"{"event":"created","data":{"id":"a","n":1}}"#)
        .say(r#"{"type":"event","collection":"posts","event":"created","document":{"id":"a","data":{"n":1}}}"#)
        .say(r#"{"action":"created","collection_id":"posts","document_id":"a","document":{"id":"a","n":1},"timestamp":null}"#)
        .say(r#"{"seq":null,"data":{"n":1,"id":"a"},"collection_id":"posts","event":"create","more":{}}"#);
    let (_peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    for _ in 0..4 {
        same!(watch.expect(Kind::Created)?.id.as_deref(), Some("a"));
    }
    Ok(())
}

pub(crate) fn letters_of_all_scripts_arrive_as_they_left(stage: &mut Stage<'_>) -> Outcome {
    let words = "Grüße, Ωmega, 你好, 🦀, \\u00e9\\n\\\"";
    let text = format!(r#"{{"event":"create","data":{{"id":"a","words":"{words}"}}}}"#);
    let (_peer, mut watch) = stage.watching([greeted(CONNECTED).say(text)])?;
    watch.expect(Kind::Connected)?;
    let json = watch.expect(Kind::Created)?.json.unwrap_or_default();
    hold!(json.contains(words), "{json}");
    Ok(())
}

pub(crate) fn a_large_document_arrives_whole(stage: &mut Stage<'_>) -> Outcome {
    let large = "0123456789abcdef".repeat(64 << 10);
    let text = format!(r#"{{"event":"create","data":{{"id":"a","text":"{large}"}}}}"#);
    let (_peer, mut watch) = stage.watching([greeted(CONNECTED).say(text)])?;
    watch.expect(Kind::Connected)?;
    let json = watch.expect(Kind::Created)?.json.unwrap_or_default();
    hold!(json.contains(&large), "{} bytes arrived", json.len());
    Ok(())
}

pub(crate) fn a_thousand_changes_at_once_come_in_order(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(&greeting("e", 0)).say_all((1..=1000).map(created));
    let (_peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs(1..=1000)
}

pub(crate) fn a_change_that_comes_twice_is_told_once(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(&greeting("e", 1));
    let scene = [1, 2, 2, 3, 1, 3, 4].into_iter().fold(scene, |scene, seq| scene.say(created(seq)));
    let (_peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([2, 3, 4])?;
    watch.expect_silence()
}

pub(crate) fn a_hole_in_the_numbers_is_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut watch) = stage.watching([greeted(&greeting("e", 7)).say(created(10))])?;
    watch.expect(Kind::Connected)?;
    let gap = watch.expect(Kind::Gap)?;
    same!((gap.missed, gap.cause), (Some(Missed::Known(2)), Some(GapCause::Skipped)));
    same!(gap.about.as_deref(), Some("posts"));
    watch.expect_seqs([10])?;
    same!(watch.seen().gaps, 1);
    Ok(())
}

pub(crate) fn a_filter_leaves_holes_that_are_no_gaps(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(&greeting("e", 7)).say(created(10)).say(created(25))])?;
    let filter = Filter::new().gte("n", 10);
    let mut watch = stage.open(peer.url(), Wish::Watch("posts".into(), filter))?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([10, 25])
}

pub(crate) fn what_is_not_known_is_told_and_ends_nothing(stage: &mut Stage<'_>) -> Outcome {
    let unknown = r#"{"type":"weather","sunny":true}"#;
    let scene = greeted(CONNECTED).say(unknown).say(change("create", "a", 1));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    same!(watch.expect(Kind::Unknown)?.json.as_deref(), Some(unknown));
    watch.expect(Kind::Created)?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn an_error_that_passes_ends_nothing(stage: &mut Stage<'_>) -> Outcome {
    let error = r#"{"error":"Rate limit exceeded","error_detail":"100 a second"}"#;
    let scene = greeted(CONNECTED).say(error).say(change("create", "a", 1));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    let told = watch.expect(Kind::ServerError)?;
    hold!(told.words.contains("100 a second"), "{}", told.words);
    watch.expect(Kind::Created)?;
    same!(peer.connections(), 1);
    Ok(())
}
