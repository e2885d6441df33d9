//! What the hub writes has every key that the documents show.

use std::collections::BTreeSet;

use cocobase_hub::{Entrance, HubConfig, PeerInput};
use serde_json::Value;

use crate::shell::Shell;
use crate::vectors;

/// A day with everything in it: what was said on each surface.
fn day() -> Vec<(&'static str, Value)> {
    let mut told = Vec::new();
    let mut shell = Shell::new(HubConfig { queue_bytes: 3_000, ..HubConfig::default() });
    let users = shell.watch(r#"{"api_key":"k","filters":{"a_gte":0}}"#);
    let gateway = shell.gateway("u1");
    shell.say(gateway, r#"{"type":"subscribe","collection":"users","filters":{"a_gte":0}}"#);
    let stream = shell.stream("greeting=true&filters={\"a_gte\":0}", None);
    shell.commit("users", "x", r#"{"a":1}"#);
    shell.commit("users", "x", r#"{"a":2}"#);
    let mut deleted = shell.append("users", "x", r#"{"a":2}"#);
    deleted.kind = cocobase_proto::ChangeKind::Deleted;
    shell.hub.publish(&deleted, shell.now);
    shell.commit("users", "y", r#"{"a":1}"#);
    shell.say(users, r#"{"type":"ping"}"#);

    let room = shell.room("general", "u2", "create");
    shell.say(gateway, r#"{"type":"join","room":"general"}"#);
    let guest = shell.room("general", "u3", "join");
    shell.say(guest, r#"{"type":"message","content":"hi"}"#);
    shell.input(guest, PeerInput::Gone);
    shell.say(room, r#"{"type":"ping"}"#);
    let broadcast = shell.open(Entrance::Broadcast);
    shell.say(broadcast, r#"{"api_key":"k","user_id":"u4","user_name":"N"}"#);
    shell.say(broadcast, r#"{"type":"message","data":1}"#);
    shell.say(broadcast, r#"{"type":"ping"}"#);
    for (surface, id) in
        [("C", users), ("G", gateway), ("S", stream), ("R", room), ("B", broadcast)]
    {
        told.extend(shell.heard(id).into_iter().map(|text| (surface, text)));
    }

    // With extensions, and too slowly.
    for text in [
        r#"{"type":"ping"}"#,
        r#"{"type":"leave","room":"general"}"#,
        r#"{"type":"unsubscribe","collection":"users"}"#,
        r#"{"type":"subscribe","collection":"users","snapshot":true}"#,
        r#"{"type":"subscribe","collection":"posts","filters":{"a":1},"resume":{"epoch":"e","seq":0}}"#,
        r#"{"type":"subscribe","collection":"posts","filters":{"a":[1]}}"#,
        r#"{"type":"broadcast","room":"none","message":1}"#,
        r#"{"type":"join","room":"general","resume":{"epoch":"f","seq":1}}"#,
    ] {
        shell.say(gateway, text);
        told.extend(shell.heard(gateway).into_iter().map(|text| ("G", text)));
    }
    for hello in [
        r#"{"api_key":"k","snapshot":true}"#,
        r#"{"api_key":"k","resume":{"epoch":"e","seq":1}}"#,
        r#"{"api_key":"k","resume":{"epoch":"f","seq":1}}"#,
        r#"{"api_key":"k","resume":{"epoch":"f","seq":1},"snapshot":true}"#,
        r#"{"api_key":"k","filters":{"a":[1]}}"#,
        "{}",
    ] {
        let id = shell.watch(hello);
        told.extend(shell.heard(id).into_iter().map(|text| ("C", text)));
    }
    for n in 0..30 {
        shell.commit("users", &format!("z{n}"), r#"{"a":1}"#);
        shell.say(room, r#"{"type":"message","content":"hi"}"#);
        drop(shell.heard(room));
    }
    for (surface, id) in [("C", users), ("G", gateway), ("S", stream)] {
        told.extend(shell.heard(id).into_iter().map(|text| (surface, text)));
    }
    let stream = Entrance::Events {
        collection: "users".into(),
        query: cocobase_proto::rest::WatchQuery::default(),
        written_filter: None,
        credentials: None,
        last_event_id: None,
    };
    for (surface, entrance, key) in [
        ("B", Entrance::Broadcast, "k"),
        ("R", Entrance::Room("none".into()), "k"),
        ("R", Entrance::Room("general".into()), "k"),
        ("G", Entrance::Gateway, "k"),
        ("G", Entrance::Gateway, "wrong"),
        ("S", stream, ""),
    ] {
        let id = shell.open(entrance);
        let resume = r#""resume":{"epoch":"f","seq":1}"#;
        shell.say(id, &format!(r#"{{"type":"auth","token":"{key}",{resume}}}"#));
        told.extend(shell.heard(id).into_iter().map(|text| (surface, text)));
    }
    told.into_iter()
        .filter_map(|(surface, text)| Some((surface, serde_json::from_str(&text).ok()?)))
        .collect()
}

/// What tells the kinds of messages apart.
fn kind(message: &Value) -> String {
    let word = |key: &str| message[key].as_str().unwrap_or_default().to_owned();
    match message.get("error") {
        Some(_) => "error".into(),
        None => format!("{}/{}", word("type"), word("event")),
    }
}

#[test]
fn everything_documented_is_written_with_every_key() {
    let day = day();
    let mut kinds = BTreeSet::new();
    for vector in vectors("server-messages.json") {
        let Some(surface) = vector["written_on"].as_str().filter(|surface| *surface != "D") else {
            continue;
        };
        if vector["means"]["kind"] == "error" {
            // What is wrong is not the same everywhere; the scenes of each surface show the errors.
            continue;
        }
        let expected = &vector["message"]["json"];
        let candidates: Vec<_> = day
            .iter()
            .filter(|(on, told)| *on == surface && kind(told) == kind(expected))
            .map(|(_, told)| told)
            .collect();
        assert!(
            candidates.iter().any(|told| has_keys(told, expected)),
            "{}: {expected}\nis not among {candidates:#?}",
            vector["name"]
        );
        kinds.insert((surface.to_owned(), kind(expected)));
    }
    assert!(kinds.len() > 20, "{kinds:?}");
}

/// Whether all keys are there, with values of the same type; what a document holds is the user's.
fn has_keys(told: &Value, expected: &Value) -> bool {
    let (Value::Object(told), Value::Object(expected)) = (told, expected) else {
        return std::mem::discriminant(told) == std::mem::discriminant(expected);
    };
    let open =
        ["data", "document", "old_data", "filters", "content", "message", "participant_list"];
    expected.iter().all(|(key, value)| {
        told.get(key).is_some_and(|told| open.contains(&&**key) || has_keys(told, value))
    })
}
