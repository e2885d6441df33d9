//! What the hub makes of everything that clients say.

use cocobase_hub::{ConnectionId, Entrance, HubAction, HubConfig, PeerInput, Verdict};
use cocobase_proto::Credentials;
use serde_json::Value;

use crate::shell::Shell;
use crate::vectors;

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn entrance(surface: &str) -> Option<Entrance> {
    Some(match surface {
        "C" => Entrance::Collection("users".into()),
        "B" => Entrance::Broadcast,
        "R" => Entrance::Room("general".into()),
        "G" => Entrance::Gateway,
        // The vendor's self-hosted server is no surface of ours.
        "C'" => return None,
        other => panic!("{other:?}"),
    })
}

#[test]
fn every_message_of_every_client_is_answered() {
    let (mut read, mut foreign) = (0, 0);
    for vector in vectors("client-messages.json") {
        let name = vector["name"].as_str().unwrap();
        let Some(entrance) = entrance(vector["surface"].as_str().unwrap()) else {
            foreign += 1;
            continue;
        };
        if vector["direction"] == "write" {
            continue;
        }
        let text = match vector["message"]["text"].as_str() {
            Some(text) => text.to_owned(),
            None => vector["message"]["json"].to_string(),
        };
        println!("{name}: {text}");
        check(&vector, entrance, &text);
        read += 1;
    }
    assert!(read > 90 && foreign > 5, "{read} {foreign}");
}

fn check(vector: &Value, entrance: Entrance, text: &str) {
    let mut shell = Shell::new(HubConfig { epoch: "e1".into(), ..HubConfig::default() });
    let host = shell.room("general", "host", "create");
    shell.commit("users", "x", r#"{"status":"active"}"#);
    let surface = vector["surface"].as_str().unwrap();
    let kind = vector["means"]["kind"].as_str();
    let is_hello = vector["hello"] == true || kind == Some("auth");
    let is_first = is_hello || vector["error"]["of"] == "auth";

    let id = shell.hub.open(entrance, shell.now);
    if !is_first {
        let hello = r#"{"type":"auth","token":"k","api_key":"k","user_id":"me"}"#;
        shell.say(id, hello);
        drop(shell.heard(id));
    }
    // A room to talk in and to leave, if it is about one.
    if let Some(room) = vector["means"]["room"].as_str().filter(|_| kind != Some("join")) {
        shell.say(id, &format!(r#"{{"type":"join","room":"{room}"}}"#));
        drop(shell.heard(id));
    }
    drop(shell.heard(host));
    shell.hub.handle_input(id, PeerInput::Text(text), shell.now);
    if is_hello && vector.get("error").is_none() {
        admit(&mut shell, id, &vector["means"]);
    }
    shell.act();
    let heard = shell.heard(id);
    if vector.get("error").is_some() {
        let is_in_filter = text.contains("filters") && serde_json::from_str::<Value>(text).is_ok();
        return refused(&vector["error"], surface, is_first, is_in_filter, &heard);
    }
    answered(&vector["means"], surface, &heard);
    assert!(!shell.hub.is_closing(id));
}

/// The credentials are those that were meant.
fn admit(shell: &mut Shell, id: ConnectionId, means: &Value) {
    let Some(HubAction::Authenticate { credentials, .. }) = shell.hub.poll_action() else {
        panic!("nothing was asked")
    };
    match (&credentials, means["api_key"].as_str(), means["token"].as_str()) {
        (Credentials::ApiKey(key), Some(meant), _) => assert_eq!(key.expose(), meant),
        (Credentials::Token(token), None, Some(meant)) => assert_eq!(token.expose(), meant),
        other => panic!("{other:?}"),
    }
    shell.hub.handle_verdict(id, Verdict::Accepted, shell.now);
}

fn answered(means: &Value, surface: &str, heard: &[String]) {
    let last = read(heard.last().unwrap());
    let kind = means["kind"].as_str().unwrap();
    match (kind, surface) {
        ("hello", "C") => {
            assert_eq!(last["event"], "connected");
            same_filters(means, &last);
            assert_eq!(last.get("resumed").is_some(), means.get("resume").is_some());
            assert_eq!(last.get("snapshot").is_some(), means["snapshot"] == true);
        }
        ("hello", "B") => {
            assert_eq!(last["event"], "connected");
            same_user(means, &last);
            assert_eq!(last.get("resumed").is_some(), means.get("resume").is_some());
        }
        ("hello", "R") => {
            assert_eq!(last["event"], "joined");
            same_user(means, &last);
            assert_eq!(last["participants"], 2);
            assert_eq!(last.get("resumed").is_some(), means.get("resume").is_some());
        }
        ("auth", _) => assert_eq!(last["type"], "authenticated"),
        ("subscribe", _) => {
            assert_eq!(last["type"], "subscribed");
            assert_eq!(last["collection"], means["collection"]);
            same_filters(means, &last);
            assert_eq!(last.get("resumed").is_some(), means.get("resume").is_some());
            assert_eq!(last.get("snapshot").is_some(), means["snapshot"] == true);
        }
        ("unsubscribe", _) => {
            assert_eq!(last["type"], "unsubscribed");
            assert_eq!(last["collection"], means["collection"]);
        }
        ("join", _) => {
            assert_eq!((&last["type"], &last["room"]), (&"joined".into(), &means["room"]));
        }
        ("leave", _) => {
            assert_eq!((&last["type"], &last["room"]), (&"left".into(), &means["room"]));
        }
        ("broadcast", _) => assert_eq!(last["message"], means["content"]),
        ("message", "B") => assert_eq!(last["data"], means["content"]),
        ("message", "R") => assert_eq!(last["content"], means["content"]),
        ("ping", _) => assert_eq!(last["type"], "pong"),
        ("unknown", _) => assert_eq!(last["code"], "UNKNOWN_MESSAGE"),
        other => panic!("{other:?}"),
    }
}

fn same_filters(means: &Value, greeting: &Value) {
    let said = greeting.get("filters").filter(|filters| !filters.as_object().unwrap().is_empty());
    assert_eq!(said, means.get("filters"));
}

fn same_user(means: &Value, greeting: &Value) {
    match means.get("user_id") {
        Some(user) => assert_eq!(&greeting["user_id"], user),
        None => assert!(greeting["user_id"].as_str().unwrap().starts_with("user_")),
    }
}

fn refused(error: &Value, surface: &str, is_first: bool, is_in_filter: bool, heard: &[String]) {
    let said = read(&heard[0]);
    let (message, code) = match error["kind"].as_str().unwrap() {
        "missing" if error["of"] == "auth" => {
            ("Invalid or missing authentication token", "UNAUTHORIZED")
        }
        "no_credentials" => ("API key is required", "UNAUTHORIZED"),
        // The message is read, and then the filter in it.
        "malformed" if is_in_filter => ("Invalid filters", "INVALID_FILTERS"),
        "filter" | "nested_value" => ("Invalid filters", "INVALID_FILTERS"),
        "malformed" | "missing" | "action" => ("Invalid message", "INVALID_MESSAGE"),
        other => panic!("{other}"),
    };
    let ends = match surface {
        "G" => {
            assert_eq!((&said["message"], &said["code"]), (&message.into(), &code.into()));
            assert_eq!(said.get("collection"), error.get("collection"));
            is_first
        }
        _ => {
            assert_eq!(said["error"], message);
            is_first
        }
    };
    let detail = said["error_detail"].as_str().unwrap_or_default();
    for key in ["key", "line"] {
        if let Some(part) = error.get(key) {
            let part = part.as_str().map_or_else(|| part.to_string(), str::to_owned);
            let is_token = error["of"] == "auth";
            assert!(is_token || detail.contains(&part), "{said} does not name {part}");
        }
    }
    assert_eq!(heard[1..].len(), usize::from(ends), "{heard:?}");
}
