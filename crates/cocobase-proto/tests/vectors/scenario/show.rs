//! What a session says, as the vectors write it.

use cocobase_proto::{
    Action, Carrier, CommandError, Event, Fault, Gap, GapCause, Instant, LinkId, Missed, Published,
    Refusal, RoomView, State, Topic, Unpublished, UnpublishedReason, WakeReason, Wakeup,
};
use serde_json::{Map, Value, json};

use super::seconds;
use crate::server::{ServerMeaning, value};
use crate::shapes::{json, refusal_kind, string};

pub(super) fn show_action(action: &Action, links: &mut Vec<LinkId>) -> Value {
    let number =
        |links: &[LinkId], link| links.iter().position(|known| known == link).map(|at| at + 1);
    match action {
        Action::Open { link, path, carrier } => {
            links.push(*link);
            let mut shown = json!({"open": links.len(), "path": path});
            if let Carrier::EventStream { headers } = carrier {
                let header = |(name, value): &(&str, String)| ((*name).to_owned(), json!(value));
                shown["headers"] = headers.iter().map(header).collect::<Map<_, _>>().into();
            }
            shown
        }
        Action::Send { link, text } => json!({"send": number(links, link), "message": json(text)}),
        Action::Close { link } => json!({"close": number(links, link)}),
    }
}

pub(super) fn show_wakeup(wakeup: Option<Wakeup>, now: Instant) -> Value {
    let Some(Wakeup { at, reason }) = wakeup else { return json!("never") };
    let why = match reason {
        WakeReason::Connect => "connect",
        WakeReason::Greeting => "greeting",
        WakeReason::Ping => "ping",
        WakeReason::Silence => "silence",
        WakeReason::Reconnect => "reconnect",
        WakeReason::Expiry => "expiry",
        WakeReason::Refresh => "refresh",
    };
    json!({"in": at.since(now).as_secs_f64(), "why": why})
}

pub(crate) fn show_state(state: State) -> &'static str {
    match state {
        State::Connecting => "connecting",
        State::Live => "live",
        State::Waiting => "waiting",
        State::Closed => "closed",
    }
}

pub(super) fn show_room(room: &RoomView) -> Value {
    let person = |(id, name): (&_, Option<&_>)| json!([id_of(id), name.map(id_of)]);
    json!({
        "title": room.title().map(id_of),
        "count": room.count(),
        "people": room.participants().map(person).collect::<Vec<_>>(),
        "me": room.me().map(id_of),
        "complete": room.is_complete(),
        "current": room.is_current(),
    })
}

fn id_of(text: &cocobase_proto::Text) -> String {
    text.to_string()
}

pub(super) fn show_result(result: Result<(), CommandError>) -> Value {
    result.err().map_or(Value::Null, |error| match error {
        CommandError::Closed => json!("closed"),
        CommandError::NotGateway => json!("not_gateway"),
        CommandError::TooMany(_) => json!("too_many"),
        _ => json!("not in this format"),
    })
}

pub(super) fn show_published(published: &Result<Published, Unpublished>) -> Value {
    match published {
        Ok(Published::Sent) => json!("sent"),
        Ok(Published::Queued) => json!("queued"),
        Err(Unpublished { reason, .. }) => json!({"refused": match reason {
            UnpublishedReason::Closed => "closed",
            UnpublishedReason::NotThere => "not_there",
            UnpublishedReason::Offline => "offline",
            UnpublishedReason::Full => "full",
            UnpublishedReason::Json(_) => "no_json",
            _ => "not in this format",
        }}),
    }
}

pub(crate) fn show_event(event: &Event) -> Value {
    use Event as E;
    value(&match event {
        E::Connected(greeting) => ServerMeaning::of_greeting("connected", greeting),
        E::Subscribed(greeting) => ServerMeaning::of_greeting("subscribed", greeting),
        E::Unsubscribed { collection } => ServerMeaning::of_unsubscribed(collection),
        E::Snapshot(part) => ServerMeaning::of_snapshot(&part.collection, &part.document),
        E::Created(change) => ServerMeaning::of_change("created", change),
        E::Updated(change) => ServerMeaning::of_change("updated", change),
        E::Deleted(deleted) => ServerMeaning::of_deleted(deleted),
        E::Joined(joined) => ServerMeaning::of_joined(joined),
        E::Left { room } => ServerMeaning::of_left(room),
        E::Message(message) => ServerMeaning::of_room_message(message),
        E::UserJoined(presence) => ServerMeaning::of_presence("user_joined", presence),
        E::UserLeft(presence) => ServerMeaning::of_presence("user_left", presence),
        E::ServerError(error) => ServerMeaning::of_error("server_error", error),
        other => return show_own_event(other),
    })
}

/// Events that no message spells.
fn show_own_event(event: &Event) -> Value {
    match event {
        Event::Expired(expired) => json!({
            "kind": "expired", "topic": show_topic(&expired.topic), "content": json(&expired.content),
        }),
        Event::Gap(gap) => show_gap(gap),
        Event::Disconnected(lost) => json!({
            "kind": "disconnected", "fault": show_fault(&lost.cause),
            "retry_in": lost.retry_in.as_secs_f64(), "attempt": lost.attempt,
        }),
        Event::Refused(refusal) => show_refusal("refused", refusal),
        Event::TopicRefused { topic, refusal } => {
            let mut shown = show_refusal("topic_refused", refusal);
            shown["topic"] = show_topic(topic);
            shown
        }
        Event::CredentialsNeeded { refused } => {
            json!({"kind": "credentials_needed", "refused": refused})
        }
        Event::Malformed(malformed) => json!({
            "kind": "malformed", "text": *malformed.text,
            "line": malformed.error.line, "column": malformed.error.column,
        }),
        Event::Unknown(text) => json!({"kind": "unknown", "message": json(text)}),
        other => json!(format!("not in this format: {other:?}")),
    }
}

fn show_refusal(kind: &str, refusal: &Refusal) -> Value {
    json!({"kind": kind, "refusal": refusal_kind(refusal.kind), "message": *refusal.message})
}

fn show_topic(topic: &Topic) -> Value {
    match topic {
        Topic::Collection(name) => json!({"collection": **name}),
        Topic::Room(id) => json!({"room": **id}),
        Topic::Broadcast => json!("broadcast"),
        Topic::Everything => json!("everything"),
    }
}

fn show_gap(gap: &Gap) -> Value {
    let missed = match gap.missed {
        Missed::Known(missed) => json!(missed),
        Missed::AtMost(missed) => json!({"at_most": missed}),
        Missed::Unknown => json!("unknown"),
    };
    let cause = match gap.cause {
        GapCause::Reconnected => "reconnected",
        GapCause::HistoryTooShort => "history_too_short",
        GapCause::EpochChanged => "epoch_changed",
        GapCause::Lagged => "lagged",
        GapCause::FilterChanged => "filter_changed",
        GapCause::Skipped => "skipped",
        GapCause::Overflow => "overflow",
        _ => "not in this format",
    };
    json!({
        "kind": "gap", "topic": show_topic(&gap.topic), "since": seconds(gap.since),
        "lasted": gap.lasted.as_secs_f64(), "missed": missed, "cause": cause,
    })
}

fn show_fault(fault: &Fault) -> Value {
    match fault {
        Fault::Connect(reason) => json!({"unreachable": **reason}),
        Fault::ConnectTimeout => json!("connect_timeout"),
        Fault::Status(status) => json!({"status": status}),
        Fault::GreetingTimeout => json!("greeting_timeout"),
        Fault::Silence(lasted) => json!({"silence": lasted.as_secs_f64()}),
        Fault::Closed { code, reason } => {
            json!({"closed": value(&json!({"code": code, "reason": **reason}))})
        }
        Fault::Io(reason) => json!({"io": **reason}),
        Fault::Server(error) => {
            let said = json!({"code": string(&error.code), "message": *error.message});
            json!({"server": value(&said)})
        }
        Fault::Credentials(reason) => json!({"no_credentials": **reason}),
        Fault::Lagged => json!("lagged"),
        Fault::Requested => json!("requested"),
        other => json!(format!("not in this format: {other}")),
    }
}
