//! Surface B: everyone in the project.

use cocobase_hub::{ConnectionId, Entrance, HubConfig, PeerInput};

use crate::shell::Shell;

fn shell() -> Shell {
    Shell::new(HubConfig { project_id: "p".into(), seed: 7, ..HubConfig::default() })
}

fn enter(shell: &mut Shell, hello: &str) -> ConnectionId {
    let id = shell.open(Entrance::Broadcast);
    shell.say(id, hello);
    id
}

#[test]
fn everyone_hears_everyone_the_sender_too() {
    let mut shell = shell();
    let one = enter(&mut shell, r#"{"api_key":"k","user_id":"u1","user_name":"Ada"}"#);
    let greeting = shell.one(one);
    assert!(
        greeting.starts_with(r#"{"event":"connected","project_id":"p","user_id":"u1","epoch":""#),
        "{greeting}"
    );
    let two = enter(&mut shell, r#"{"api_key":"k"}"#);
    let greeting = shell.one(two);
    assert!(greeting.contains(r#""user_id":"user_"#), "{greeting}");
    shell.wait(1);
    shell.say(one, r#"{"type":"message","data":{"text":"hi"}}"#);
    shell.say(one, r#"{"type":"message","content":"hi"}"#);
    let (heard, same) = (shell.heard(one), shell.heard(two));
    assert_eq!(
        heard[0],
        concat!(
            r#"{"type":"message","user_id":"u1","user_name":"Ada","#,
            r#""timestamp":"2024-01-15T10:50:01.000Z","data":{"text":"hi"},"seq":1}"#
        )
    );
    assert!(heard[1].contains(r#""data":"hi","seq":2}"#), "{heard:?}");
    assert_eq!(heard, same);
    shell.say(two, r#"{"type":"message"}"#);
    assert!(shell.one(two).starts_with(r#"{"error":"Invalid message""#));
    shell.say(two, r#"{"type":"subscribe","collection":"a"}"#);
    assert!(shell.one(two).starts_with(r#"{"error":"Unknown message""#));
    shell.say(two, r#"{"type":"ping"}"#);
    assert_eq!(shell.one(two), r#"{"type":"pong"}"#);
    shell.input(one, PeerInput::Gone);
    shell.say(two, r#"{"type":"message","data":1}"#);
    assert_eq!((shell.heard(one).len(), shell.heard(two).len()), (0, 1));
}

#[test]
fn what_was_missed_is_told_if_all_of_it_is_known() {
    let mut config = HubConfig::default();
    config.rooms.history_len = 3;
    let mut shell = Shell::new(config);
    let one = enter(&mut shell, r#"{"api_key":"k","user_id":"u1"}"#);
    let greeting: serde_json::Value = serde_json::from_str(&shell.one(one)).unwrap();
    let epoch = greeting["epoch"].as_str().unwrap().to_owned();
    for n in 1..=5 {
        shell.say(one, &format!(r#"{{"type":"message","data":{n}}}"#));
    }
    for (epoch, seq, answer, told) in [
        (&*epoch, 2, r#""seq":2,"resumed":true}"#, &[3, 4, 5][..]),
        (&*epoch, 5, r#""seq":5,"resumed":true}"#, &[]),
        (&*epoch, 1, r#""seq":5,"resumed":false}"#, &[]),
        (&*epoch, 6, r#""seq":5,"resumed":false}"#, &[]),
        ("other", 2, r#""seq":5,"resumed":false}"#, &[]),
    ] {
        let hello = format!(r#"{{"api_key":"k","resume":{{"epoch":"{epoch}","seq":{seq}}}}}"#);
        let id = enter(&mut shell, &hello);
        let heard = shell.heard(id);
        assert!(heard[0].ends_with(answer), "{heard:?}");
        let data: Vec<_> = heard[1..]
            .iter()
            .map(|text| serde_json::from_str::<serde_json::Value>(text).unwrap()["data"].as_u64())
            .collect();
        assert_eq!(data, told.iter().copied().map(Some).collect::<Vec<_>>());
    }
}

#[test]
fn a_bad_hello_is_refused() {
    let long = format!(r#"{{"api_key":"k","user_id":"{}"}}"#, "x".repeat(256));
    for (hello, start) in [
        ("{}", r#"{"error":"API key is required"}"#),
        (r#"{"api_key":"wrong"}"#, r#"{"error":"Invalid API key"}"#),
        (&long, r#"{"error":"Invalid message","error_detail":"the user's id takes 256 bytes"#),
    ] {
        let mut shell = shell();
        let id = enter(&mut shell, hello);
        let heard = shell.heard(id);
        assert!(heard[0].starts_with(start), "{heard:?}");
        assert_eq!(heard[1], "Close(1008)");
    }
}

#[test]
fn a_message_behind_the_hello_is_not_lost() {
    let mut shell = shell();
    let id = shell.hub.open(Entrance::Broadcast, shell.now);
    for text in [r#"{"api_key":"k","user_id":"u"}"#, r#"{"type":"message","data":1}"#] {
        shell.hub.handle_input(id, PeerInput::Text(text), shell.now);
    }
    shell.act();
    assert_eq!(shell.heard(id).len(), 2);
}

#[test]
fn made_up_users_differ_and_follow_from_the_seed() {
    let users = |seed| {
        let mut shell = Shell::new(HubConfig { seed, ..HubConfig::default() });
        [0, 1].map(|_| {
            let id = enter(&mut shell, r#"{"api_key":"k"}"#);
            shell.one(id)
        })
    };
    assert_eq!(users(1), users(1));
    assert_ne!(users(1), users(2));
    let [one, two] = users(1);
    assert_ne!(one, two);
}
