//! The vendor's self-hosted server: what it cannot filter is evaluated here.

use super::*;

const GREETING: &str = r#"{"action":"authenticated","collection_id":"quakes"}"#;

fn change(action: &str, id: &str, fields: &str) -> String {
    alloc::format!(
        r#"{{"action":"{action}","collection_id":"quakes","document_id":"{id}","document":{{"id":"{id}",{fields}}}}}"#
    )
}

#[test]
fn the_hello_asks_for_everything() {
    let filter = Filter::new().eq("network", "us").gte("mag", 4.5);
    let mut scene = Scene::of(Target::SelfHosted(quakes(filter)));
    let Some(Action::Open { link, path, .. }) = scene.session.poll_action() else { panic!() };
    assert_eq!(path, "/collections/quakes/realtime");
    scene.input(link, Input::Opened);
    assert_eq!(scene.sent(), [r#"{"api_key":"k"}"#]);
}

#[test]
fn the_filter_is_evaluated_here() {
    let mut scene = Scene::of(Target::SelfHosted(quakes(Filter::new().gte("mag", 4.5))));
    let (link, _) = scene.hello();
    scene.text(link, GREETING);
    scene.text(link, &change("created", "weak", r#""mag":1"#));
    scene.text(link, &change("created", "strong", r#""mag":5"#));
    scene.text(link, &change("updated", "weak", r#""mag":2"#));
    scene.text(link, &change("updated", "strong", r#""mag":3"#));
    scene.text(link, &change("updated", "strong", r#""mag":2"#));
    scene.text(link, &change("deleted", "weak", r#""mag":2"#));
    let events = scene.events();
    assert!(
        matches!(
            &events[..],
            [Event::Connected(_), Event::Created(_), Event::Updated(left), Event::Deleted(_)]
                if left.document.json().contains(r#""mag":3"#)
        ),
        "{events:?}"
    );
}
