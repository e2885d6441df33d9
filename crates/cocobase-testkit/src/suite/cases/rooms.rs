//! Rooms: who is in them, and what they say.

use cocobase_proto::{GapCause, Published, RefusalKind};

use crate::peer::Scene;
use crate::suite::adapter::Entry;
use crate::suite::messages::{greeted, has_said_goodbye, has_text, joined, message, presence};
use crate::suite::stage::{Actor, Outcome, Stage, hold, room, same};
use crate::suite::told::Kind;

fn create() -> Entry {
    Entry::Create("General".into())
}

fn expect_entered(room: &mut Actor) -> Outcome {
    room.expect_all(&[Kind::Connected, Kind::Joined])
}

pub(crate) fn a_room_is_created_by_somebody(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(&joined(&["u1"]))])?;
    let mut general = stage.open(peer.url(), room(create()))?;
    expect_entered(&mut general)?;
    let hello = peer.texts(0).join("");
    for part in [
        r#""action":"create""#,
        r#""room_title":"General""#,
        r#""user_id":"u1""#,
        r#""user_name":"Alice""#,
    ] {
        hold!(hello.contains(part), "{hello}");
    }
    Ok(())
}

pub(crate) fn a_room_is_joined(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(&joined(&["u1", "u2"]))])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    general.expect(Kind::Connected)?;
    same!(general.expect(Kind::Joined)?.about.as_deref(), Some("general"));
    same!(general.people(), ["u1", "u2"]);
    hold!(has_text(&peer.heard(), r#""action":"join""#), "{:?}", peer.texts(0));
    Ok(())
}

pub(crate) fn a_missing_room_is_refused(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(r#"{"error":"Room not found","room_id":"general"}"#)])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    general.expect_refusal(RefusalKind::Room)?;
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_foreign_room_is_refused(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(r#"{"error":"Room belongs to different project"}"#)])?;
    let mut general = stage.open(peer.url(), room(create()))?;
    general.expect_refusal(RefusalKind::ForeignRoom).map(drop)
}

pub(crate) fn a_missing_room_is_made_if_wanted(stage: &mut Stage<'_>) -> Outcome {
    let missing = greeted(r#"{"error":"Room not found","room_id":"general"}"#);
    let peer = stage.peer([missing, greeted(&joined(&["u1"]))])?;
    let mut general = stage.open(peer.url(), room(Entry::JoinOrCreate("General".into())))?;
    general.ready()?;
    hold!(peer.texts(0).join("").contains(r#""action":"join""#), "{:?}", peer.texts(0));
    hold!(peer.texts(1).join("").contains(r#""action":"create""#), "{:?}", peer.texts(1));
    Ok(())
}

pub(crate) fn people_come_and_go(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(&joined(&["u1"]))
        .say(presence("user_joined", "u2", 2))
        .say(presence("user_joined", "u3", 3))
        .wait()
        .say(presence("user_left", "u2", 2));
    let peer = stage.peer([scene])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    expect_entered(&mut general)?;
    same!(general.expect(Kind::UserJoined)?.id.as_deref(), Some("u2"));
    same!(general.expect(Kind::UserJoined)?.id.as_deref(), Some("u3"));
    same!(general.people(), ["u1", "u2", "u3"]);
    peer.go();
    same!(general.expect(Kind::UserLeft)?.id.as_deref(), Some("u2"));
    same!(general.people(), ["u1", "u3"]);
    Ok(())
}

pub(crate) fn messages_come_in_order(stage: &mut Stage<'_>) -> Outcome {
    let scene = (0..100)
        .fold(greeted(&joined(&["u1", "u2"])), |scene, n| scene.say(message("u2", &n.to_string())));
    let peer = stage.peer([scene])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    expect_entered(&mut general)?;
    for n in 0..100 {
        let told = general.expect(Kind::Message)?;
        same!((told.id.as_deref(), told.json), (Some("u2"), Some(n.to_string())));
    }
    Ok(())
}

pub(crate) fn any_json_may_be_said_and_comes_back(stage: &mut Stage<'_>) -> Outcome {
    let said = [r#""Hello!""#, r#"{"a":[1,null]}"#, "17", "null", r#""\ud83e\udd80 \" \n""#];
    let mut scene = greeted(&joined(&["u1"]));
    for content in said {
        scene = scene.hear().say(message("u1", content));
    }
    let peer = stage.peer([scene])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    expect_entered(&mut general)?;
    for content in said {
        same!(general.handle().publish("", content), Ok(Published::Sent));
        same!(general.expect(Kind::Message)?.json.as_deref(), Some(content));
        let wanted = format!(r#"{{"type":"message","content":{content}}}"#);
        hold!(has_text(&peer.heard(), &wanted), "{:?}", peer.texts(0));
    }
    Ok(())
}

pub(crate) fn a_room_is_entered_again_after_a_lost_link(stage: &mut Stage<'_>) -> Outcome {
    let first = greeted(&joined(&["u1", "u2"])).hang_up();
    let peer = stage.peer([first, greeted(&joined(&["u1", "u3"])).say(message("u3", "1"))])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    expect_entered(&mut general)?;
    general.expect(Kind::Disconnected)?;
    expect_entered(&mut general)?;
    same!(general.expect(Kind::Gap)?.cause, Some(GapCause::Reconnected));
    same!(general.people(), ["u1", "u3"]);
    general.expect(Kind::Message).map(drop)
}

pub(crate) fn a_room_that_is_gone_meanwhile_is_refused(stage: &mut Stage<'_>) -> Outcome {
    let missing = greeted(r#"{"error":"Room not found","room_id":"general"}"#);
    let peer = stage.peer([greeted(&joined(&["u1"])).hang_up(), missing])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    expect_entered(&mut general)?;
    general.expect(Kind::Disconnected)?;
    general.expect_refusal(RefusalKind::Room).map(drop)
}

pub(crate) fn whoever_leaves_says_goodbye(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([Scene::websocket().hear().say(joined(&["u1"]))])?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    expect_entered(&mut general)?;
    stage.close(&*general.handle())?;
    general.read_until_heard(&peer, |heard| has_said_goodbye(heard, 0))?;
    general.expect_end()
}
