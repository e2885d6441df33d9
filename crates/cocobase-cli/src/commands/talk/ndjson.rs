//! A conversation for programs, with the keys that `cocobase chat --help` lists.

use std::time::Duration;

use cocobase_proto::{Event, Participant};
use serde_json::{Value, json};

use crate::commands::link;

/// The line of an event; `None` where another event tells more.
pub(crate) fn line(event: &Event, room: Option<&str>, outage: Option<Duration>) -> Option<String> {
    let subject = room.map(|room| ("room", room));
    let outage = outage.map(link::millis);
    let object = match event {
        Event::Connected(_) if room.is_some() => return None,
        Event::Connected(_) => link::start("connected", subject, json!({"outage_ms": outage})),
        Event::Joined(joined) => {
            let person =
                |one: &Participant| json!({"id": one.id.as_str(), "name": one.name.as_deref()});
            let people = joined.participants.as_ref();
            let people = people.map(|people| people.iter().map(person).collect::<Vec<_>>());
            let rest = json!({
                "title": joined.room.title.as_deref(),
                "participants": joined.room.participants,
                "people": people,
                "user_id": joined.user_id.as_deref(),
                "outage_ms": outage,
            });
            link::start("joined", subject, rest)
        }
        Event::Message(message) => {
            let content = message.get::<Value>().unwrap_or_default();
            let rest = json!({
                "user_id": message.user_id.as_deref(),
                "user_name": message.user_name.as_deref(),
                "content": content,
                "sent_at": message.timestamp.as_deref(),
                "seq": message.seq,
            });
            link::start("message", subject, rest)
        }
        Event::UserJoined(presence) | Event::UserLeft(presence) => {
            let has_come = matches!(event, Event::UserJoined(_));
            let rest = json!({
                "user_id": presence.user_id.as_deref(),
                "user_name": presence.user_name.as_deref(),
                "participants": presence.room.participants,
            });
            link::start(if has_come { "user_joined" } else { "user_left" }, subject, rest)
        }
        other => link::object(other, subject),
    };
    Some(Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use cocobase_proto::wire::ServerMessage;

    use super::*;

    fn told(json: &str) -> Value {
        let event = match ServerMessage::decode(&json.into()).unwrap() {
            ServerMessage::Joined(joined) => Event::Joined(joined),
            ServerMessage::Message(message) => Event::Message(message),
            ServerMessage::UserLeft(presence) => Event::UserLeft(presence),
            other => panic!("{other:?}"),
        };
        let line = line(&event, Some("general"), None).unwrap();
        let mut value: Value = serde_json::from_str(&line).unwrap();
        assert!(value.as_object_mut().unwrap().remove("time").is_some());
        value
    }

    #[test]
    fn a_conversation_has_the_documented_keys() {
        assert_eq!(
            told(r#"{"type":"message","user_id":"u","content":[1,"a"],"timestamp":"t","seq":3}"#),
            json!({"event":"message","room":"general","user_id":"u","user_name":null,
                "content":[1,"a"],"sent_at":"t","seq":3})
        );
        assert_eq!(
            told(r#"{"type":"user_left","user_id":"u","room_info":{"participants":1}}"#),
            json!({"event":"user_left","room":"general","user_id":"u","user_name":null,
                "participants":1})
        );
        assert_eq!(
            told(
                r#"{"event":"joined","room_title":"All","participants":1,"user_id":"a",
                "participant_list":[{"id":"a"}]}"#
            ),
            json!({"event":"joined","room":"general","title":"All","participants":1,"user_id":"a",
                "people":[{"id":"a","name":null}],"outage_ms":null})
        );
    }
}
