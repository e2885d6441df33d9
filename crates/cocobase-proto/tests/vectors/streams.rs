//! Event streams: bytes to items, blocks to text, and the positions in ids.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use cocobase_proto::Position;
use cocobase_proto::sse::{Block, BlockError, DEFAULT_LIMIT, Decoder, Item};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::shapes::At;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StreamVector {
    pieces: Vec<Piece>,
    limit: Option<usize>,
    items: Value,
    /// What a reconnect sends.
    last_event_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Piece {
    Text(String),
    Base64(String),
    /// The stream ends here, and what follows is another.
    End,
}

impl StreamVector {
    fn decode(&self, split: impl Fn(Vec<u8>) -> Vec<Vec<u8>>) -> Result<Value, String> {
        let mut decoder = Decoder::with_limit(self.limit.unwrap_or(DEFAULT_LIMIT));
        let mut items = Vec::new();
        for piece in &self.pieces {
            let bytes = match piece {
                Piece::Text(text) => text.clone().into_bytes(),
                Piece::Base64(text) => STANDARD.decode(text).map_err(|error| error.to_string())?,
                Piece::End => {
                    decoder.end();
                    continue;
                }
            };
            for part in split(bytes) {
                decoder.push_bytes(Bytes::from(part));
                items.extend(std::iter::from_fn(|| decoder.poll()).map(|item| shown(&item)));
            }
        }
        Ok(json!([items, &**decoder.last_event_id()]))
    }
}

impl Vector for StreamVector {
    fn check(&self) -> Result<(), String> {
        let expected = json!([self.items, self.last_event_id]);
        compare("in these pieces", &expected, &self.decode(|bytes| vec![bytes])?)?;
        let byte_by_byte = self.decode(|bytes| bytes.into_iter().map(|byte| vec![byte]).collect());
        compare("byte by byte", &expected, &byte_by_byte?)
    }
}

fn shown(item: &Item) -> Value {
    match item {
        Item::Message(message) => json!({"message": {
            "name": *message.name, "data": *message.data, "last_event_id": *message.last_event_id,
        }}),
        Item::Comment => json!("comment"),
        Item::Retry(pause) => {
            json!({"retry": u64::try_from(pause.as_millis()).unwrap_or(u64::MAX)})
        }
        Item::Overflow(overflow) => json!({"dropped": overflow.dropped}),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BlockVector {
    block: Written,
    text: Option<String>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    name: String,
    id: Option<String>,
    data: Option<String>,
    retry: Option<u64>,
}

impl Vector for BlockVector {
    fn check(&self) -> Result<(), String> {
        let block = Block {
            name: &self.block.name,
            id: self.block.id.as_deref(),
            data: self.block.data.as_deref(),
            retry: self.block.retry.map(Duration::from_millis),
        };
        let mut text = String::new();
        let error = block.push_to(&mut text).err().map(|error| match error {
            BlockError::Name => "name",
            BlockError::Id => "id",
            _ => "not in this format",
        });
        compare("error", &json!(self.error), &json!(error))?;
        compare("text", &json!(self.text.as_deref().unwrap_or_default()), &json!(text))
    }
}

/// A position in the id of a server-sent event.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PositionVector {
    event_id: String,
    position: Option<At>,
}

impl Vector for PositionVector {
    fn check(&self) -> Result<(), String> {
        let found = Position::from_event_id(&self.event_id);
        let shown = found.as_ref().map(At::from);
        compare("position", &json!(self.position), &json!(shown))?;
        match found {
            Some(found) => compare("id", &json!(self.event_id), &json!(found.to_event_id())),
            None => Ok(()),
        }
    }
}
