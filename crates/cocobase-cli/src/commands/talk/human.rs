//! A conversation for people.

use std::time::Duration;

use cocobase_proto::{Event, Joined, Participant, Presence, RoomMessage, Text};

use crate::commands::link;
use crate::fields::{brief, printable};
use crate::output::{DIM, GOOD, NAME, NOTE, paint};

/// The line that tells of an event; `None` when standard error tells of it.
///
/// `outage` is how long there was no connection, if this event ends that.
pub(crate) fn line(event: &Event, room: Option<&str>, outage: Option<Duration>) -> Option<String> {
    let text = match event {
        Event::Message(message) => said(message),
        Event::UserJoined(presence) => came_or_went(presence, paint(GOOD, "came")),
        Event::UserLeft(presence) => came_or_went(presence, paint(NOTE, "left")),
        Event::Joined(joined) => paint(DIM, entered(joined, room.unwrap_or_default(), outage)),
        // A room is entered with `Joined`.
        Event::Connected(_) if room.is_some() => return None,
        Event::Connected(_) => paint(DIM, format!("connected{}", again(outage))),
        other => link::human(other)?,
    };
    Some(link::stamped(&text))
}

fn said(message: &RoomMessage) -> String {
    let text = match message.get::<String>() {
        Ok(text) => printable(&text),
        Err(_) => brief(&message.content),
    };
    format!("{} {text}", paint(NAME, name(&message.user_name, &message.user_id) + ":"))
}

fn came_or_went(presence: &Presence, what: String) -> String {
    let who = paint(NAME, name(&presence.user_name, &presence.user_id));
    match presence.room.participants {
        Some(count) => format!("{who} {what}; {count} here"),
        None => format!("{who} {what}"),
    }
}

fn entered(joined: &Joined, id: &str, outage: Option<Duration>) -> String {
    let title = joined.room.title.as_deref().filter(|title| !title.is_empty()).unwrap_or(id);
    let here = match (&joined.participants, joined.room.participants) {
        (Some(people), _) => {
            let other = |one: &&Participant| Some(&one.id) != joined.user_id.as_ref();
            let others = people.iter().filter(other);
            let names: Vec<String> =
                others.map(|one| name(&one.name, &Some(one.id.clone()))).collect();
            match names.is_empty() {
                true => "nobody else is here".into(),
                false => format!("with {}", names.join(", ")),
            }
        }
        (None, Some(count)) => format!("{count} here"),
        (None, None) => return format!("in {}{}", printable(title), again(outage)),
    };
    format!("in {}{}; {here}", printable(title), again(outage))
}

fn again(outage: Option<Duration>) -> String {
    outage.map_or_else(String::new, |outage| format!(" again after {:.1} s", outage.as_secs_f64()))
}

fn name(name: &Option<Text>, id: &Option<Text>) -> String {
    let name = name.as_ref().filter(|name| !name.is_empty());
    printable(name.or(id.as_ref()).map_or("?", |name| name))
}

#[cfg(test)]
mod tests {
    use cocobase_proto::wire::ServerMessage;

    use super::*;

    fn told(json: &str, outage: Option<Duration>) -> String {
        let event = match ServerMessage::decode(&json.into()).unwrap() {
            ServerMessage::Joined(joined) => Event::Joined(joined),
            ServerMessage::Message(message) => Event::Message(message),
            ServerMessage::UserJoined(presence) => Event::UserJoined(presence),
            ServerMessage::UserLeft(presence) => Event::UserLeft(presence),
            other => panic!("{other:?}"),
        };
        let line = line(&event, Some("general"), outage).unwrap();
        let plain = anstream::adapter::strip_str(&line).to_string();
        plain.split_once("  ").unwrap().1.to_owned()
    }

    #[test]
    fn a_conversation_reads_like_one() {
        for (json, expected) in [
            (
                r#"{"type":"message","user_id":"u1","user_name":"Ada","content":"Hi\n!"}"#,
                "Ada: Hi\u{fffd}!",
            ),
            (r#"{"type":"message","user_id":"u1","content":{"n": 1}}"#, r#"u1: {"n":1}"#),
            (
                r#"{"type":"user_joined","user_id":"u2","user_name":"Bob","room_info":{"participants":3}}"#,
                "Bob came; 3 here",
            ),
            (r#"{"type":"user_left","user_name":"Bob"}"#, "Bob left"),
            (r#"{"event":"joined","room_id":"general","participants":2}"#, "in general; 2 here"),
            (
                r#"{"event":"joined","room_title":"All","participants":1,"user_id":"a","participant_list":[{"id":"a"}]}"#,
                "in All; nobody else is here",
            ),
        ] {
            assert_eq!(told(json, None), expected);
        }
        let joined = r#"{"event":"joined","user_id":"a","participant_list":[{"id":"a"},{"id":"b","name":"Bob"}]}"#;
        let outage = Some(Duration::from_millis(1500));
        assert_eq!(told(joined, outage), "in general again after 1.5 s; with Bob");
    }
}
