//! The documents that match now.

use cocobase_proto::filter::Filter;
use cocobase_proto::query::Order;

use crate::peer::Scene;
use crate::suite::adapter::{Ready, View, Wish};
use crate::suite::messages::{CONNECTED, change, greeted, has_text, request};
use crate::suite::stage::{Actor, Outcome, SOON, Stage, hold, same, view_of_posts};
use crate::suite::told::Kind;

fn shown(id: &str, n: i64) -> String {
    format!(r#"{{"event":"snapshot","collection_id":"posts","data":{{"id":"{id}","n":{n}}}}}"#)
}

/// Why a case with a snapshot is about WebSockets.
const SNAPSHOTS: &str = "an event stream cannot ask for a snapshot";

/// A peer that sends a snapshot of these documents.
fn snapshot(documents: &[(&str, i64)]) -> Scene {
    let count = documents.len();
    let scene = Scene::websocket().hear();
    let scene = documents.iter().fold(scene, |scene, (id, n)| scene.say(shown(id, *n)));
    scene.say(format!(
        r#"{{"event":"connected","collection_id":"posts","epoch":"e","seq":9,"snapshot":{count}}}"#
    ))
}

/// A list of documents, whose second page is empty.
fn list(documents: &str) -> [Scene; 2] {
    let json = [("Content-Type", "application/json")];
    [Scene::new().answer(200, &json, documents), Scene::new().answer(200, &json, "[]")]
}

/// A peer that shows these documents, by the list where a snapshot cannot be asked for, and tells of
/// changes when it is told to go on.
fn with_changes(
    stage: &Stage<'_>,
    documents: &[(&str, i64)],
    changes: impl IntoIterator<Item = String>,
) -> Vec<Scene> {
    if !stage.is_by_events() {
        return vec![snapshot(documents).wait().say_all(changes)];
    }
    let listed: Vec<_> =
        documents.iter().map(|(id, n)| format!(r#"{{"id":"{id}","data":{{"n":{n}}}}}"#)).collect();
    let [page, end] = list(&format!("[{}]", listed.join(",")));
    vec![greeted(CONNECTED).wait().say_all(changes), page, end]
}

fn ids(view: &Actor) -> Vec<String> {
    let id = |json: String| {
        let document: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        document.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_owned()
    };
    view.documents().into_iter().map(id).collect()
}

pub(crate) fn a_snapshot_is_the_view(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets(SNAPSHOTS)?;
    let peer = stage.peer([snapshot(&[("a", 1), ("b", 2)])])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    same!(ids(&view), ["a", "b"]);
    hold!(has_text(&peer.heard(), r#""snapshot":true"#), "{:?}", peer.texts(0));
    Ok(())
}

pub(crate) fn an_empty_snapshot_is_a_view(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets(SNAPSHOTS)?;
    let peer = stage.peer([snapshot(&[])])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    hold!(view.documents().is_empty(), "{:?}", view.documents());
    Ok(())
}

pub(crate) fn changes_keep_the_view_right(stage: &mut Stage<'_>) -> Outcome {
    let changes = [
        change("create", "c", 7),
        change("update", "a", 8),
        change("update", "b", 1),
        change("delete", "c", 0),
    ];
    let peer = stage.peer(with_changes(stage, &[("a", 5), ("b", 6)], changes))?;
    let wish = Wish::Live(View {
        collection: "posts".into(),
        filter: Filter::new().gte("n", 3),
        sort: None,
        limit: None,
    });
    let mut view = stage.open(peer.url(), wish)?;
    view.ready()?;
    same!(ids(&view), ["a", "b"]);
    peer.go();
    for (kind, id) in
        [(Kind::Entered, "c"), (Kind::Changed, "a"), (Kind::Hidden, "b"), (Kind::Hidden, "c")]
    {
        same!(view.expect(kind)?.id.as_deref(), Some(id));
    }
    same!(ids(&view), ["a"]);
    Ok(())
}

pub(crate) fn the_view_is_sorted_and_limited(stage: &mut Stage<'_>) -> Outcome {
    let documents = [("a", 1), ("b", 2), ("c", 3)];
    let peer = stage.peer(with_changes(stage, &documents, [change("create", "d", 4)]))?;
    let wish = Wish::Live(View {
        collection: "posts".into(),
        filter: Filter::new(),
        sort: Some(("n".into(), Order::Descending)),
        limit: Some(2),
    });
    let mut view = stage.open(peer.url(), wish)?;
    view.ready()?;
    same!(ids(&view), ["c", "b"]);
    peer.go();
    same!(view.expect(Kind::Hidden)?.id.as_deref(), Some("b"));
    same!(view.expect(Kind::Entered)?.id.as_deref(), Some("d"));
    same!(ids(&view), ["d", "c"]);
    Ok(())
}

pub(crate) fn without_snapshots_the_list_is_read(stage: &mut Stage<'_>) -> Outcome {
    let [page, end] = list(r#"[{"id":"a","data":{"n":1}},{"id":"b","data":{"n":2}}]"#);
    let peer = stage.peer([greeted(CONNECTED), page, end])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    same!(ids(&view), ["a", "b"]);
    let head = request(&peer.heard(), 1);
    hold!(head.starts_with("GET /collections/posts/documents?"), "{head}");
    Ok(())
}

pub(crate) fn a_list_that_fails_is_read_again(stage: &mut Stage<'_>) -> Outcome {
    let [page, end] = list(r#"[{"id":"a","data":{"n":1}}]"#);
    let busy = || Scene::new().answer(503, &[], "busy");
    let peer = stage.peer([greeted(CONNECTED), busy(), Scene::new().hang_up(), page, end])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    same!(ids(&view), ["a"]);
    Ok(())
}

pub(crate) fn a_list_that_is_refused_ends_the_view(stage: &mut Stage<'_>) -> Outcome {
    let refused = Scene::new().answer(401, &[], r#"{"error":true,"message":"Invalid API key"}"#);
    let peer = stage.peer([greeted(CONNECTED), refused])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    hold!(matches!(view.ready_within(SOON), Ready::Refused(_)), "it is ready");
    view.expect_end()
}

pub(crate) fn a_gap_is_made_good_by_the_list(stage: &mut Stage<'_>) -> Outcome {
    let [page, end] = list(r#"[{"id":"a","data":{"n":1}},{"id":"b","data":{"n":2}}]"#);
    let [again, again_end] = list(r#"[{"id":"b","data":{"n":3}},{"id":"c","data":{"n":4}}]"#);
    let first = greeted(CONNECTED).wait().hang_up();
    let peer = stage.peer([first, page, end, greeted(CONNECTED), again, again_end])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    same!(ids(&view), ["a", "b"]);
    peer.go();
    let (_, before) = view.until(Kind::Current)?;
    same!(ids(&view), ["b", "c"]);
    for kind in [Kind::Disconnected, Kind::Stale, Kind::Gap] {
        hold!(before.iter().any(|told| told.kind == kind), "{kind:?} was not told: {before:?}");
    }
    let of = |kind: Kind, id: &str| {
        before.iter().any(|told| told.kind == kind && told.id.as_deref() == Some(id))
    };
    hold!(of(Kind::Hidden, "a") && of(Kind::Changed, "b") && of(Kind::Entered, "c"), "{before:?}");
    Ok(())
}

pub(crate) fn a_lost_link_is_made_good_by_a_snapshot(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets(SNAPSHOTS)?;
    let first = snapshot(&[("a", 1), ("b", 2)]).wait().hang_up();
    let peer = stage.peer([first, snapshot(&[("b", 2), ("c", 3)])])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    peer.go();
    view.until(Kind::Current)?;
    same!(ids(&view), ["b", "c"]);
    hold!(
        peer.texts(1).join("").contains(r#""resume":{"epoch":"e","seq":9}"#),
        "{:?}",
        peer.texts(1)
    );
    Ok(())
}

pub(crate) fn a_snapshot_that_is_cut_off_is_void(stage: &mut Stage<'_>) -> Outcome {
    stage.needs_websockets(SNAPSHOTS)?;
    let cut = Scene::websocket().hear().say(shown("a", 1)).say(shown("z", 26)).hang_up();
    let peer = stage.peer([cut, snapshot(&[("a", 1), ("b", 2)])])?;
    let mut view = stage.open(peer.url(), view_of_posts())?;
    view.ready()?;
    same!(ids(&view), ["a", "b"]);
    Ok(())
}
