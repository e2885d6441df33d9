//! Errors: which end a session, and which pass.

use cocobase_proto::wire::ServerMessage;
use cocobase_proto::{Refusal, Text, rest};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::shapes::{Said, refusal_kind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ErrorVector {
    said: Saying,
    /// `"passing"`, or the kind and the words of the refusal.
    means: Value,
}

/// Where the error is said.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Saying {
    /// In a message.
    Message(Said),
    /// In the answer to an attempt to open a WebSocket.
    Handshake { status: u16, body: String },
    /// In the answer to the request for an event stream.
    Watch { status: u16, body: String },
    /// In the answer to a request about documents or rooms.
    Request { status: u16, body: String },
}

impl Vector for ErrorVector {
    fn check(&self) -> Result<(), String> {
        let refusal = match &self.said {
            Saying::Message(said) => match ServerMessage::decode(&Text::from(said.text())) {
                Ok(ServerMessage::Error(error)) => Refusal::of_message(&error),
                other => return Err(format!("this is no error: {other:?}")),
            },
            Saying::Handshake { status, body } => Refusal::of_status(*status, body),
            Saying::Watch { status, body } => Refusal::of_watch_status(*status, body),
            Saying::Request { status, body } => {
                rest::refusal(*status, &rest::error_message(*status, body))
            }
        };
        let found = refusal.map_or(
            json!("passing"),
            |refusal| json!({"refusal": refusal_kind(refusal.kind), "message": *refusal.message}),
        );
        compare("meaning", &self.means, &found)
    }
}
