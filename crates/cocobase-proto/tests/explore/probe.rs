//! Ways to ask a state for what it does not show.

use cocobase_proto::{Action, CloseCause, Credentials, Input, LinkId, Session};

use super::alphabet::SECRET;
use super::laws::Run;

const CHANGE: &str = r#"{"event":"create","collection_id":"A","data":{"id":"0","mag":5}}"#;

/// Each changes its copy of a session.
pub(crate) const ALL: [fn(&mut Session, &Run); 4] = [another_link, this_link, refusal, old_links];

/// What it says on another link, and how it goes on there.
fn another_link(session: &mut Session, run: &Run) {
    session.reconnect(run.now);
    session.set_credentials(Credentials::ApiKey(SECRET.into()), run.now);
    let mut opened = None;
    while let Some(action) = session.poll_action() {
        if let Action::Open { link, .. } = action {
            opened = Some(link);
        }
    }
    let Some(link) = opened else { return };
    session.handle_input(link, Input::Opened, run.now);
    say(session, link, r#"{"event":"connected"}"#, run);
    say(session, link, r#"{"event":"joined","room_id":"A"}"#, run);
    say(session, link, CHANGE, run);
}

/// What it thinks of the present link.
fn this_link(session: &mut Session, run: &Run) {
    let Some(link) = run.link else { return };
    session.handle_input(link, Input::Bytes("\n\n".into()), run.now);
    say(session, link, CHANGE, run);
    say(session, link, r#"{"type":"message","room":"A","content":1}"#, run);
}

/// Whether it takes no for an answer.
fn refusal(session: &mut Session, run: &Run) {
    let Some(link) = run.link else { return };
    say(session, link, r#"{"error":"Room not found","room":"A"}"#, run);
    say(session, link, r#"{"error":"Invalid API key"}"#, run);
}

/// Law 6: nothing happens.
fn old_links(session: &mut Session, run: &Run) {
    let before = super::laws::View::of(session);
    for link in &run.old {
        session.handle_input(*link, Input::Opened, run.now);
        say(session, *link, CHANGE, run);
        session.handle_input(*link, Input::Closed(CloseCause::Io("old".into())), run.now);
    }
    assert_eq!(super::laws::View::of(session), before, "law 6");
}

fn say(session: &mut Session, link: LinkId, text: &'static str, run: &Run) {
    session.handle_input(link, Input::Text(text.into()), run.now);
    session.handle_input(link, Input::Bytes(format!("data: {text}\n\n").into()), run.now);
}
