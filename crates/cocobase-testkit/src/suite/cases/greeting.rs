//! From the hello to the greeting.

use std::time::Duration;

use cocobase_proto::State;
use cocobase_proto::filter::Filter;

use crate::peer::Scene;
use crate::suite::adapter::{Entry, Ready, Wish};
use crate::suite::messages::{
    CONNECTED, change, created, gateway, greeted, greeting, joined, request,
};
use crate::suite::stage::{KEY, Outcome, SOON, Stage, hold, posts, room, same, stream_of_posts};
use crate::suite::told::Kind;

pub(crate) fn the_hello_carries_key_and_filter(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets("an event stream has no hello")?;
    let peer = stage.peer([greeted(CONNECTED)])?;
    let filter = Filter::new().eq("status", "new").gte("n", 3);
    let mut watch = stage.open(peer.url(), Wish::Watch("posts".into(), filter))?;
    watch.expect(Kind::Connected)?;
    let head = request(&peer.heard(), 0);
    hold!(head.starts_with("GET /realtime/collections/posts HTTP/1.1"), "{head}");
    let hello = peer.texts(0).join("");
    let wanted = format!(r#"{{"api_key":"{KEY}","filters":{{"n_gte":3,"status":"new"}}}}"#);
    same!(parsed(&hello), parsed(&wanted));
    Ok(())
}

pub(crate) fn the_key_stands_in_no_address(stage: &mut Stage<'_>) -> Outcome {
    let wishes = [posts(), Wish::Broadcast, room(Entry::Join), Wish::Gateway, stream_of_posts()];
    for wish in stage.offered(wishes, |wish| wish) {
        let peer = stage.peer([Scene::new().request()])?;
        let mut subject = stage.open(peer.url(), wish)?;
        subject.read_until_heard(&peer, |heard| !request(heard, 0).is_empty())?;
        let head = request(&peer.heard(), 0);
        hold!(!head.lines().next().unwrap_or_default().contains(KEY), "{head}");
    }
    Ok(())
}

pub(crate) fn names_are_encoded_in_the_address(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([greeted(CONNECTED)])?;
    let mut watch = stage.open(peer.url(), Wish::Watch("a/b ?".into(), Filter::new()))?;
    watch.expect(Kind::Connected)?;
    let head = request(&peer.heard(), 0);
    same!(path(&head), format!("{}/a%2Fb%20%3F", path_of_watches(stage)));
    Ok(())
}

pub(crate) fn every_scheme_and_path_is_understood(stage: &mut Stage<'_>) -> Outcome {
    for (scheme, base) in [("ws", ""), ("http", "/"), ("ws", "/base/"), ("http", "/base")] {
        let peer = stage.peer([greeted(CONNECTED)])?;
        let url = format!("{scheme}://{}{base}", peer.address());
        let mut watch = stage.open(url, posts())?;
        watch.expect(Kind::Connected)?;
        let head = request(&peer.heard(), 0);
        let base = base.trim_end_matches('/');
        same!(path(&head), format!("{base}{}/posts", path_of_watches(stage)));
    }
    Ok(())
}

/// The path that a request is about, without its query.
fn path(head: &str) -> &str {
    let target = head.split(' ').nth(1).unwrap_or_default();
    target.split_once('?').map_or(target, |(path, _)| path)
}

fn path_of_watches(stage: &Stage<'_>) -> &'static str {
    if stage.is_by_events() { "/realtime/sse" } else { "/realtime/collections" }
}

pub(crate) fn who_is_ready_is_live(stage: &mut Stage<'_>) -> Outcome {
    stage.config.stream_greeting_timeout = SOON;
    let scene = Scene::websocket().hear().wait().say(CONNECTED);
    let (peer, mut watch) = stage.watching([scene])?;
    same!(watch.ready_within(Duration::from_millis(30)), Ready::NotYet);
    same!(watch.state(), State::Connecting);
    peer.go();
    watch.ready()?;
    same!(watch.state(), State::Live);
    // The greeting is still told.
    watch.expect(Kind::Connected).map(drop)
}

pub(crate) fn every_spelling_of_a_greeting_is_one(stage: &mut Stage<'_>) -> Outcome {
    for spelling in [
        r#"{"event":"connected"}"#,
        r#"{"type":"connected","collection_id":"posts"}"#,
        r#"{"action":"authenticated","collection_id":"posts"}"#,
        r#"{"unknown":[1,{"x":null}],"filters":null,"event":"connected"}"#,
    ] {
        let (_peer, mut watch) = stage.watching([greeted(spelling)])?;
        watch.expect(Kind::Connected)?;
        same!(watch.state(), State::Live);
    }
    Ok(())
}

pub(crate) fn a_change_is_as_good_as_a_greeting(stage: &mut Stage<'_>) -> Outcome {
    let (_peer, mut watch) = stage.watching([greeted(&created(1))])?;
    watch.expect_all(&[Kind::Connected, Kind::Created])
}

pub(crate) fn a_second_greeting_changes_nothing(stage: &mut Stage<'_>) -> Outcome {
    let scene = greeted(&greeting("e", 3));
    let scene = scene.say(greeting("e", 3)).say(created(4)).say(greeting("e", 4)).say(created(5));
    let (peer, mut watch) = stage.watching([scene])?;
    watch.expect(Kind::Connected)?;
    watch.expect_seqs([4, 5])?;
    watch.expect_silence()?;
    same!(peer.texts(0).len(), usize::from(!stage.is_by_events()));
    Ok(())
}

pub(crate) fn a_peer_that_does_not_greet_is_given_up(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets("an event stream that does not greet is live")?;
    stage.config.greeting_timeout = Duration::from_millis(60);
    let peer = stage.peer([Scene::websocket().hear(), Scene::websocket().hear()])?;
    let mut watch = stage.watch(&peer)?;
    let lost = watch.expect(Kind::Disconnected)?;
    hold!(lost.words.contains("in time"), "{}", lost.words);
    watch.expect(Kind::Disconnected)?;
    hold!(peer.connections() >= 2, "it did not come back");
    Ok(())
}

pub(crate) fn a_peer_that_wakes_up_is_forgiven(stage: &mut Stage<'_>) -> Outcome {
    let scene = Scene::websocket().hear().say(r#"{"error":"Authentication timeout"}"#);
    let (_peer, mut watch) = stage.watching([scene, greeted(CONNECTED)])?;
    let lost = watch.expect_reconnect()?;
    hold!(lost.words.contains("Authentication timeout"), "{}", lost.words);
    Ok(())
}

pub(crate) fn a_gateway_proves_itself_with_whatever_it_says(stage: &mut Stage<'_>) -> Outcome {
    for proof in [r#"{"type":"pong"}"#, r#"{"type":"authenticated"}"#, r#"{"type":"new to us"}"#] {
        let peer = stage.peer([Scene::websocket().hear().hear().say(proof)])?;
        let mut gate = stage.open(peer.url(), Wish::Gateway)?;
        gate.expect(Kind::Connected)?;
        let hello = peer.texts(0);
        hold!(
            hello.iter().any(|text| text.contains(r#""auth""#) && text.contains(KEY)),
            "{hello:?}"
        );
    }
    Ok(())
}

pub(crate) fn a_connection_has_a_name(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([])?;
    let named = |wish, name| stage.open_named(peer.url(), wish, name);
    let wishes = [(posts(), "posts"), (room(Entry::Join), "general")];
    for (wish, about) in stage.offered(wishes, |(wish, _)| wish) {
        same!(named(wish.clone(), Some("mine"))?.handle().name(), "mine");
        let name = named(wish, None)?.handle().name();
        hold!(name.starts_with(about), "{name}");
    }
    Ok(())
}

pub(crate) fn the_state_follows_the_link(stage: &mut Stage<'_>) -> Outcome {
    stage.config.stream_greeting_timeout = SOON;
    stage.config.backoff_initial = Duration::from_secs(3600);
    stage.config.backoff_max = Duration::from_secs(3600);
    let scene = Scene::websocket().hear().wait().say(CONNECTED).wait().hang_up();
    let (peer, mut watch) = stage.watching([scene])?;
    same!(watch.state(), State::Connecting);
    peer.go();
    watch.expect(Kind::Connected)?;
    same!(watch.state(), State::Live);
    peer.go();
    watch.expect(Kind::Disconnected)?;
    same!(watch.state(), State::Waiting);
    stage.close(&*watch.handle())?;
    watch.expect_end()
}

pub(crate) fn every_surface_greets_in_its_way(stage: &mut Stage<'_>) -> Outcome {
    let peer = stage.peer([
        greeted(r#"{"event":"connected","project_id":"p","user_id":"u1"}"#),
        greeted(&joined(&["u1"])),
        gateway(),
        Scene::events().raw(format!("data: {}\n\n", change("created", "1", 1))),
    ])?;
    let mut all = stage.open(peer.url(), Wish::Broadcast)?;
    all.expect(Kind::Connected)?;
    let mut general = stage.open(peer.url(), room(Entry::Join))?;
    general.expect_all(&[Kind::Connected, Kind::Joined])?;
    let mut gate = stage.open(peer.url(), Wish::Gateway)?;
    gate.expect(Kind::Connected)?;
    let mut events = stage.open(peer.url(), stream_of_posts())?;
    events.expect_all(&[Kind::Connected, Kind::Created])?;
    let heads: Vec<_> = (0..4).map(|number| request(&peer.heard(), number)).collect();
    for (head, path) in heads.iter().zip(["broadcast", "rooms/general", "", "sse/posts"]) {
        let path = format!("/realtime/{path}");
        hold!(head.contains(path.trim_end_matches('/')), "{head}");
    }
    Ok(())
}

fn parsed(json: &str) -> Option<serde_json::Value> {
    serde_json::from_str(json).ok()
}
