//! Traces that are not in order, and sinks that fail.

use std::fmt;

use cocobase_proto::filter::Filter;
use cocobase_proto::trace::{Recorder, Trace};
use cocobase_proto::{
    Access, Action, Credentials, Input, Instant, SessionConfig, State, Subscription, Target,
};

const NOW: Instant = Instant::from_nanos(0);

fn start<W: fmt::Write>(target: impl Into<Target>, access: Access, sink: W) -> Recorder<W> {
    Recorder::new(target, access, SessionConfig::default(), 7, NOW, sink)
}

fn users() -> Subscription {
    Subscription::new("users", Filter::new().eq("status", "active")).unwrap()
}

fn key() -> Access {
    Access::Fixed(Credentials::ApiKey("coco_live_1234".into()))
}

fn short_trace() -> String {
    let mut session = start(users(), key(), String::new());
    let Some(Action::Open { link, .. }) = session.poll_action() else { panic!() };
    session.handle_input(link, Input::Opened, NOW);
    session.poll_action();
    session.into_parts().1
}

#[test]
fn a_bad_trace_says_which_line_is_wrong() {
    let good = short_trace();
    let lines: Vec<&str> = good.lines().collect();
    let with = |place: usize, line: &str| {
        let mut lines = lines.clone();
        lines[place] = line;
        lines.join("\n")
    };
    let header = |from: &str, to: &str| {
        assert!(lines[0].contains(from), "{}", lines[0]);
        with(0, &lines[0].replacen(from, to, 1))
    };
    for (text, expected) in [
        (String::new(), "line 1: the trace is empty"),
        ("\n".into(), "line 1: EOF while parsing a value"),
        ("not JSON".into(), "line 1: expected ident"),
        ("[]".into(), "line 1: expected a JSON object"),
        (r#"{"trace":"x"}"#.into(), "line 1: this is no trace of a session"),
        (header(r#""version":1"#, r#""version":2"#), "line 1: the trace has version 2"),
        (header(r#""seed":7"#, r#""seed":-7"#), "line 1: invalid value: integer `-7`"),
        (header(r#""resume":true,"#, ""), "line 1: missing field `resume`"),
        (header(r#""users""#, r#""""#), "line 1: the collection's name is empty"),
        (header(r#"{\"status\":\"active\"}"#, "{"), "line 1: "),
        (with(1, "{"), "line 2: EOF while parsing an object"),
        (with(2, r#"{"call":"dance"}"#), "line 3: unknown variant `dance`"),
        (with(2, ""), "line 3: EOF while parsing a value"),
        (
            with(2, r#"{"at":0,"call":{"input":{"link":1,"input":{"base64":"?"}}}}"#),
            "line 3: the piece of the event stream is not Base64",
        ),
        (with(2, r#"{"call":"timeout"}"#), "line 3: the call does not say its time"),
        (
            with(2, r#"{"at":0,"call":{"set_credentials":"ask"}}"#),
            "line 3: the call gives no credentials",
        ),
        (
            with(
                2,
                r#"{"at":0,"call":{"subscribe":{"collection":"a","filters":"[]","snapshot":false}}}"#,
            ),
            "line 3: ",
        ),
    ] {
        let error = Trace::parse(&text).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\n{expected}\n{text}");
    }
}

#[test]
fn the_first_difference_is_told_with_its_line() {
    let good = short_trace();
    assert_eq!(Trace::parse(&good).unwrap().replay().unwrap().calls, 3);
    for (from, to, line) in [
        ("/realtime/collections/users", "/realtime/collections/posts", 2),
        (r#""why":"greeting""#, r#""why":"ping""#, 3),
        (r#"\"status\":\"active\"}}"#, r#"\"status\":\"passive\"}}"#, 4),
        (r#""wake":{"at":10000000000,"why":"connect"}"#, r#""wake":null"#, 1),
    ] {
        assert!(good.contains(from), "{good}");
        let changed = good.replacen(from, to, 1);
        let difference = Trace::parse(&changed).unwrap().replay().unwrap_err();
        assert_eq!(difference.line, line, "{difference}");
        assert_ne!(difference.recorded, difference.replayed);
    }
}

#[test]
fn a_trace_that_is_cut_off_between_lines_plays_as_far_as_it_goes() {
    let good = short_trace();
    let lines: Vec<&str> = good.lines().collect();
    for count in 1..=lines.len() {
        let replayed = Trace::parse(&lines[..count].join("\n")).unwrap().replay().unwrap();
        assert_eq!(replayed.calls, count - 1);
        assert_eq!(replayed.session.state(), State::Connecting);
    }
}

/// Fails after some bytes.
struct Full(usize);

impl fmt::Write for Full {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.checked_sub(text.len()).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[test]
fn a_sink_that_fails_does_not_stop_the_session() {
    let mut session = start(users(), key(), Full(2000));
    assert!(!session.has_failed());
    let Some(Action::Open { link, .. }) = session.poll_action() else { panic!() };
    for _ in 0..100 {
        session.handle_input(link, Input::Opened, NOW);
    }
    assert!(session.has_failed());
    assert!(matches!(session.poll_action(), Some(Action::Send { .. })));
}

#[test]
fn credentials_in_headers_are_hidden() {
    let mut session = start(Target::Events(users()), key(), String::new());
    let action = session.poll_action();
    assert!(matches!(action, Some(Action::Open { .. })));
    let (_, trace) = session.into_parts();
    assert!(trace.contains("Bearer hidden1-------") && !trace.contains("coco_live"), "{trace}");
    Trace::parse(&trace).unwrap().replay().unwrap();
}

#[test]
fn neither_debug_tells_a_secret() {
    let session = start(users(), key(), String::new());
    assert!(!format!("{session:?}").contains("coco_live"));
    let trace = Trace::parse(&session.into_parts().1).unwrap();
    assert!(!format!("{trace:?}").contains("coco_live"));
}
