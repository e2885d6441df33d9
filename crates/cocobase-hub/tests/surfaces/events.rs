//! Surface S: one collection by server-sent events.

use cocobase_hub::{Entrance, FrameKind, HubConfig, PeerInput};
use cocobase_proto::rest::WatchQuery;

use crate::shell::Shell;

fn shell() -> Shell {
    let mut shell = Shell::new(HubConfig::default());
    for n in 0..3 {
        shell.commit("users", &format!("x{n}"), r#"{"a":1}"#);
    }
    shell
}

fn stream(shell: &mut Shell, query: &str, last_event_id: Option<&str>) -> String {
    let id = shell.stream(query, last_event_id);
    let frames = shell.frames(id);
    assert!(frames.iter().all(|frame| frame.kind() == FrameKind::Block), "{frames:?}");
    shell.input(id, PeerInput::Gone);
    frames.iter().map(|frame| std::str::from_utf8(frame.bytes()).unwrap().to_owned()).collect()
}

#[test]
fn a_stream_says_at_once_where_it_is() {
    let mut shell = shell();
    assert_eq!(stream(&mut shell, "", None), "id: e:3\n\n");
    assert_eq!(
        stream(&mut shell, "greeting=true&filters={\"a\":1}", None),
        concat!(
            "id: e:3\n",
            r#"data: {"type":"subscribed","collection":"users","filters":{"a":1},"epoch":"e","seq":3}"#,
            "\n\n"
        )
    );
}

#[test]
fn each_event_carries_its_position() {
    let mut shell = shell();
    let id = shell.stream("filters={\"a\":1}", None);
    drop(shell.heard(id));
    shell.commit("users", "y", "{\"a\":\n1}");
    shell.commit("users", "z", r#"{"a":2}"#);
    let frames = shell.frames(id);
    assert_eq!(frames.len(), 1);
    assert_eq!(
        std::str::from_utf8(frames[0].bytes()).unwrap(),
        concat!(
            "id: e:4\n",
            r#"data: {"type":"event","collection":"users","event":"created","#,
            r#""document":{"id":"y","data":{"a": 1},"createdAt":"t","updatedAt":"u"},"seq":4}"#,
            "\n\n"
        )
    );
}

#[test]
fn a_stream_goes_on_behind_the_last_event() {
    let mut shell = shell();
    for (last, ids) in [
        (Some("e:1"), &["id: e:1\n", "id: e:2\n", "id: e:3\n"][..]),
        (Some("e:3"), &["id: e:3\n"]),
        (Some("f:1"), &["id: e:3\n"]),
        (Some("another server's"), &["id: e:3\n"]),
        (Some(""), &["id: e:3\n"]),
    ] {
        let text = stream(&mut shell, "", last);
        let told: Vec<_> =
            text.split_inclusive('\n').filter(|line| line.starts_with("id")).collect();
        assert_eq!(told, ids, "{last:?}");
    }
    for (last, answer) in [
        (Some("e:1"), r#""seq":1,"resumed":true}"#),
        (Some("e:4"), r#""seq":3,"resumed":false}"#),
        (Some("another server's"), r#""seq":3,"resumed":false}"#),
        (Some(""), r#""seq":3}"#),
    ] {
        let text = stream(&mut shell, "greeting=true", last);
        let greeting = text.lines().nth(1).unwrap();
        assert!(greeting.ends_with(answer), "{last:?}: {greeting}");
    }
}

#[test]
fn a_stream_can_begin_with_a_snapshot() {
    let text = stream(&mut shell(), "snapshot=true", None);
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("data")).collect();
    assert!(lines[0].starts_with(r#"data: {"type":"snapshot","collection":"users","document":{"#));
    assert!(lines[3].ends_with(r#""seq":3,"snapshot":3}"#), "{lines:?}");
    assert_eq!(text.matches("id: ").count(), 1, "a part of a snapshot is no place to go on from");
}

#[test]
fn who_has_no_key_gets_an_error_and_the_end() {
    for (credentials, error) in [
        (None, r#"{"error":true,"message":"API key is required"}"#),
        (
            Some(cocobase_proto::Credentials::ApiKey("wrong".into())),
            r#"{"error":true,"message":"Invalid API key"}"#,
        ),
    ] {
        let mut shell = shell();
        let id = shell.open(Entrance::Events {
            collection: "users".into(),
            query: WatchQuery::default(),
            written_filter: None,
            credentials,
            last_event_id: None,
        });
        assert!(shell.hub.is_closing(id));
        let frames = shell.frames(id);
        assert_eq!(frames[0].text(), Some(error));
        assert_eq!((frames[1].kind(), frames[1].bytes().len()), (FrameKind::Close(1008), 0));
    }
}

#[test]
fn a_quiet_stream_is_kept_alive_and_an_untouched_one_is_ended() {
    let mut shell = shell();
    let id = shell.stream("", None);
    drop(shell.heard(id));
    for _ in 0..10 {
        shell.wait(15);
        assert_eq!(shell.one(id), r#"": keep-alive\n\n""#);
    }
    shell.commit("users", "y", r#"{"a":1}"#);
    shell.wait(74);
    assert!(!shell.hub.is_closing(id));
    shell.wait(35);
    assert!(shell.hub.is_closing(id));
    assert_eq!(shell.heard(id), ["Close(1008)"]);
}

#[test]
fn nothing_is_heard_on_a_stream() {
    let mut shell = shell();
    let id = shell.stream("", None);
    drop(shell.heard(id));
    for input in [PeerInput::Text("{"), PeerInput::Binary, PeerInput::Alive] {
        shell.input(id, input);
        assert!(shell.heard(id).is_empty());
    }
}
