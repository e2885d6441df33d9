//! What the peers of the cases say.

use crate::peer::{Heard, Scene, What};

/// A greeting without numbers.
pub(crate) const CONNECTED: &str = r#"{"event":"connected","collection_id":"posts"}"#;

/// What a gateway says to prove itself.
pub(crate) const PONG: &str = r#"{"type":"pong"}"#;

/// The greeting of a server that numbers its changes.
pub(crate) fn greeting(epoch: &str, seq: u64) -> String {
    format!(r#"{{"event":"connected","collection_id":"posts","epoch":"{epoch}","seq":{seq}}}"#)
}

/// The greeting of a server that was asked to resume.
pub(crate) fn resumed(epoch: &str, seq: u64, resumed: bool) -> String {
    format!(
        r#"{{"event":"connected","collection_id":"posts","epoch":"{epoch}","seq":{seq},"resumed":{resumed}}}"#
    )
}

/// A new document of the collection `posts`, whose id is the change's number.
pub(crate) fn created(seq: u64) -> String {
    format!(
        r#"{{"event":"create","collection_id":"posts","data":{{"id":"{seq}","n":{seq}}},"seq":{seq}}}"#
    )
}

/// A change of the collection `posts`, without a number.
pub(crate) fn change(event: &str, id: &str, n: i64) -> String {
    format!(r#"{{"event":"{event}","collection_id":"posts","data":{{"id":"{id}","n":{n}}}}}"#)
}

/// A message in the room `general`.
pub(crate) fn message(user: &str, content: &str) -> String {
    format!(
        r#"{{"type":"message","user_id":"{user}","content":{content},"room_info":{{"id":"general"}}}}"#
    )
}

/// The greeting of the room `general`, with these people.
pub(crate) fn joined(people: &[&str]) -> String {
    let list: Vec<_> =
        people.iter().map(|id| format!(r#"{{"id":"{id}","name":"{id}"}}"#)).collect();
    let (count, list) = (people.len(), list.join(","));
    format!(
        r#"{{"event":"joined","room_id":"general","room_title":"General","participants":{count},"user_id":"u1","participant_list":[{list}]}}"#
    )
}

/// Somebody who comes to the room `general`, or leaves it.
pub(crate) fn presence(word: &str, user: &str, participants: u64) -> String {
    format!(
        r#"{{"type":"{word}","user_id":"{user}","user_name":"{user}","room_info":{{"id":"general","participants":{participants}}}}}"#
    )
}

/// A connection that is greeted after its hello.
pub(crate) fn greeted(greeting: &str) -> Scene {
    Scene::websocket().hear().say(greeting)
}

/// A gateway that has proved itself.
pub(crate) fn gateway() -> Scene {
    Scene::websocket().hear().hear().say(PONG)
}

/// Whether the client has left a connection.
pub(crate) fn is_gone(heard: &[Heard], connection: usize) -> bool {
    heard.iter().any(|it| it.connection == connection && it.what == What::Gone)
}

/// Whether the client has said goodbye on a connection.
pub(crate) fn has_said_goodbye(heard: &[Heard], connection: usize) -> bool {
    heard.iter().any(|it| it.connection == connection && it.what == What::Goodbye)
}

/// Whether a text that contains this was heard.
pub(crate) fn has_text(heard: &[Heard], part: &str) -> bool {
    heard.iter().filter_map(Heard::text).any(|text| text.contains(part))
}

/// The head of the request that began a connection.
pub(crate) fn request(heard: &[Heard], connection: usize) -> String {
    let mut heard = heard.iter().rev().filter(|it| it.connection == connection);
    let head = heard.find_map(|it| match &it.what {
        What::Request(head) => Some(head.clone()),
        _ => None,
    });
    head.unwrap_or_default()
}

/// Whether the client has said what it wants, on a connection that is otherwise silent.
pub(crate) fn has_hello(is_by_events: bool, heard: &[Heard]) -> bool {
    heard.iter().any(|it| match it.what {
        What::Request(_) => is_by_events,
        _ => it.text().is_some(),
    })
}
