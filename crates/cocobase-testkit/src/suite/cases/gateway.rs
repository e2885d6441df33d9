//! Any number of collections and rooms on one connection.

use cocobase_proto::filter::Filter;
use cocobase_proto::{GapCause, Published, RefusalKind, UnpublishedReason};

use crate::peer::Scene;
use crate::suite::adapter::{Command, Wish};
use crate::suite::messages::{gateway, has_text};
use crate::suite::stage::{Actor, Outcome, Stage, hold, same};
use crate::suite::told::Kind;

fn subscribe(collection: &str) -> Command {
    Command::Subscribe(collection.into(), Filter::new())
}

fn created(collection: &str, seq: u64) -> String {
    format!(
        r#"{{"type":"event","collection":"{collection}","event":"created","document":{{"id":"{seq}","data":{{}}}},"seq":{seq}}}"#
    )
}

fn subscribed(collection: &str, epoch: &str, seq: u64) -> String {
    format!(r#"{{"type":"subscribed","collection":"{collection}","epoch":"{epoch}","seq":{seq}}}"#)
}

fn joined(room: &str) -> String {
    format!(r#"{{"type":"joined","room":"{room}"}}"#)
}

fn said(room: &str, content: &str) -> String {
    format!(r#"{{"type":"event","event":"broadcast","room":"{room}","message":{content}}}"#)
}

/// Opens a gateway with a peer that plays these scenes, and gives it commands before it is live.
fn open<const N: usize>(
    stage: &Stage<'_>,
    scenes: [Scene; N],
    commands: &[Command],
) -> Outcome<(crate::peer::Peer, Actor)> {
    let peer = stage.peer(scenes)?;
    let gate = stage.open(peer.url(), Wish::Gateway)?;
    for command in commands {
        gate.command(command.clone())?;
    }
    Ok((peer, gate))
}

pub(crate) fn several_collections_are_told_apart(stage: &mut Stage<'_>) -> Outcome {
    let scene = gateway().hear().hear().wait();
    let scene = scene.say(created("a", 1)).say(created("b", 1)).say(created("a", 2));
    let (peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    let filter = Filter::new().gte("n", 3);
    gate.command(Command::Subscribe("a".into(), filter))?;
    gate.command(subscribe("b"))?;
    peer.go();
    for (about, seq) in [("a", 1), ("b", 1), ("a", 2)] {
        let told = gate.expect(Kind::Created)?;
        same!((told.about.as_deref(), told.seq), (Some(about), Some(seq)));
    }
    let wanted = r#"{"type":"subscribe","collection":"a","filters":{"n_gte":3}}"#;
    hold!(has_text(&peer.heard(), wanted), "{:?}", peer.texts(0));
    Ok(())
}

pub(crate) fn wishes_may_come_before_the_link(stage: &mut Stage<'_>) -> Outcome {
    let commands = [subscribe("a"), Command::Join("general".into())];
    let (peer, mut gate) = open(stage, [gateway()], &commands)?;
    gate.expect(Kind::Connected)?;
    gate.read_until_heard(&peer, |heard| {
        has_text(heard, r#"{"type":"subscribe","collection":"a"}"#)
            && has_text(heard, r#"{"type":"join","room":"general"}"#)
    })?;
    Ok(())
}

pub(crate) fn a_confirmed_subscription_is_told(stage: &mut Stage<'_>) -> Outcome {
    let scene = gateway().hear().say(subscribed("a", "e", 4)).say(created("a", 5));
    let (_peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(subscribe("a"))?;
    same!(gate.expect(Kind::Subscribed)?.about.as_deref(), Some("a"));
    same!(gate.expect(Kind::Created)?.seq, Some(5));
    Ok(())
}

pub(crate) fn one_refused_collection_leaves_the_others_alone(stage: &mut Stage<'_>) -> Outcome {
    let refusal = r#"{"type":"error","code":"INVALID_COLLECTION","message":"no","collection":"a"}"#;
    let scene = gateway().hear().hear().say(refusal).say(created("b", 1));
    let (peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(subscribe("a"))?;
    gate.command(subscribe("b"))?;
    let told = gate.expect(Kind::TopicRefused)?;
    same!((told.about.as_deref(), told.refusal), (Some("a"), Some(RefusalKind::Collection)));
    same!(gate.expect(Kind::Created)?.about.as_deref(), Some("b"));
    same!(peer.connections(), 1);
    Ok(())
}

pub(crate) fn a_refusal_without_a_name_is_of_the_open_one(stage: &mut Stage<'_>) -> Outcome {
    let refusal = r#"{"type":"error","code":"INVALID_COLLECTION","message":"no"}"#;
    let scene = gateway().hear().say(subscribed("a", "e", 0)).hear().say(refusal);
    let (_peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(subscribe("a"))?;
    gate.expect(Kind::Subscribed)?;
    gate.command(subscribe("b"))?;
    same!(gate.expect(Kind::TopicRefused)?.about.as_deref(), Some("b"));
    Ok(())
}

pub(crate) fn an_ended_subscription_is_silent(stage: &mut Stage<'_>) -> Outcome {
    let unsubscribed = r#"{"type":"unsubscribed","collection":"a"}"#;
    let scene = gateway().hear().hear().say(created("a", 1)).say(unsubscribed).say(created("a", 2));
    let (peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(subscribe("a"))?;
    gate.command(Command::Unsubscribe("a".into()))?;
    same!(gate.expect(Kind::Unsubscribed)?.about.as_deref(), Some("a"));
    gate.expect_silence()?;
    let wanted = r#"{"type":"unsubscribe","collection":"a"}"#;
    hold!(has_text(&peer.heard(), wanted), "{:?}", peer.texts(0));
    Ok(())
}

pub(crate) fn another_filter_leaves_a_gap(stage: &mut Stage<'_>) -> Outcome {
    let scene =
        gateway().hear().say(subscribed("a", "e", 4)).hear().say(
            r#"{"type":"subscribed","collection":"a","filters":{"n_gte":3},"epoch":"e","seq":9}"#,
        );
    let (_peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(subscribe("a"))?;
    gate.expect(Kind::Subscribed)?;
    gate.command(Command::Subscribe("a".into(), Filter::new().gte("n", 3)))?;
    let (gap, _) = gate.until(Kind::Gap)?;
    same!((gap.about.as_deref(), gap.cause), (Some("a"), Some(GapCause::FilterChanged)));
    Ok(())
}

pub(crate) fn wishes_outlive_a_link(stage: &mut Stage<'_>) -> Outcome {
    let first = gateway().hear().hear().hear().say(subscribed("a", "e", 4)).say(joined("general"));
    let (peer, mut gate) = open(stage, [first.wait().hang_up(), gateway()], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(subscribe("a"))?;
    gate.command(subscribe("b"))?;
    gate.command(Command::Join("general".into()))?;
    gate.command(Command::Unsubscribe("b".into()))?;
    gate.expect_all(&[Kind::Subscribed, Kind::Joined])?;
    peer.go();
    gate.until(Kind::Connected)?;
    gate.read_until(|| peer.texts(1).iter().any(|text| text.contains(r#""join""#)))?;
    let texts = peer.texts(1);
    let resume = r#""resume":{"epoch":"e","seq":4}"#;
    let is_resumed = |text: &String| text.contains(r#""collection":"a""#) && text.contains(resume);
    hold!(texts.iter().any(is_resumed), "{texts:?}");
    hold!(!texts.iter().any(|text| text.contains(r#""b""#)), "{texts:?}");
    Ok(())
}

pub(crate) fn rooms_are_joined_used_and_left(stage: &mut Stage<'_>) -> Outcome {
    let scene = gateway()
        .hear()
        .say(joined("general"))
        .hear()
        .say(said("general", r#""Hi""#))
        .hear()
        .say(r#"{"type":"left","room":"general"}"#);
    let (peer, mut gate) = open(stage, [scene], &[])?;
    gate.expect(Kind::Connected)?;
    gate.command(Command::Join("general".into()))?;
    gate.expect(Kind::Joined)?;
    same!(gate.handle().publish("general", r#""Hello!""#), Ok(Published::Sent));
    let told = gate.expect(Kind::Message)?;
    same!((told.about.as_deref(), told.json.as_deref()), (Some("general"), Some(r#""Hi""#)));
    gate.command(Command::Leave("general".into()))?;
    same!(gate.expect(Kind::Left)?.about.as_deref(), Some("general"));
    let wanted = r#"{"type":"broadcast","room":"general","message":"Hello!"}"#;
    hold!(has_text(&peer.heard(), wanted), "{:?}", peer.texts(0));
    Ok(())
}

pub(crate) fn nothing_is_said_to_rooms_that_were_not_joined(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut gate) = open(stage, [gateway()], &[])?;
    gate.expect(Kind::Connected)?;
    match gate.handle().publish("elsewhere", "1") {
        Err(Some(unpublished)) => same!(unpublished.reason, UnpublishedReason::NotThere),
        other => return Err(format!("{other:?}, and should have been refused").into()),
    }
    Ok(())
}

pub(crate) fn an_ended_gateway_takes_no_command(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut gate) = open(stage, [gateway()], &[])?;
    gate.expect(Kind::Connected)?;
    stage.close(&*gate.handle())?;
    hold!(gate.handle().command(subscribe("a")).is_err(), "it took a subscription");
    hold!(gate.handle().command(Command::Join("b".into())).is_err(), "it took a room");
    gate.expect_end()
}
