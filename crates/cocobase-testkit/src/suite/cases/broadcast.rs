//! The messages of the whole project.

use cocobase_proto::{GapCause, Missed, Published};

use crate::suite::adapter::Wish;
use crate::suite::messages::{greeted, has_text};
use crate::suite::stage::{Outcome, Stage, hold, same};
use crate::suite::told::Kind;

pub(crate) const GREETING: &str = r#"{"event":"connected","project_id":"p","user_id":"u1"}"#;

fn message(content: &str) -> String {
    format!(r#"{{"type":"message","user_id":"u2","user_name":"Bob","data":{content}}}"#)
}

pub(crate) fn messages_go_both_ways(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(GREETING).say(message(r#"{"n":1}"#)).hear().say(message("2"));
    let peer = stage.peer([scene])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    let told = all.expect(Kind::Message)?;
    same!((told.id.as_deref(), told.json.as_deref()), (Some("u2"), Some(r#"{"n":1}"#)));
    same!(all.handle().publish("", r#"{"text":"Hi"}"#), Ok(Published::Sent));
    same!(all.expect(Kind::Message)?.json.as_deref(), Some("2"));
    let wanted = r#"{"type":"message","data":{"text":"Hi"}}"#;
    hold!(has_text(&peer.heard(), wanted), "{:?}", peer.texts(0));
    hold!(has_text(&peer.heard(), r#""user_name":"Alice""#), "{:?}", peer.texts(0));
    Ok(())
}

pub(crate) fn messages_may_be_missed_but_not_in_silence(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(GREETING).hang_up(), greeted(GREETING).say(message("1"))])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    all.expect_reconnect()?;
    let gap = all.expect(Kind::Gap)?;
    same!((gap.missed, gap.cause), (Some(Missed::Unknown), Some(GapCause::Reconnected)));
    all.expect(Kind::Message).map(drop)
}
