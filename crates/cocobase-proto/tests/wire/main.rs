//! The messages of the protocol, a table per surface: every sample of the vendor's documents, and
//! every line of the protocol's tables.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod broadcast;
mod collection;
mod documents;
mod errors;
mod events;
mod gateway;
mod odd;
mod room;
mod rooms;
mod round_trip;
mod self_hosted;

use cocobase_proto::Text;
use cocobase_proto::wire::ServerMessage;
use serde_json::Value;

/// What a client makes of a server's message.
fn read(json: &str) -> ServerMessage {
    ServerMessage::decode(&Text::from(json)).expect(json)
}

/// The variant that is expected, taken apart.
macro_rules! take {
    ($message:expr, $pattern:pat => $value:expr) => {
        match $message {
            $pattern => $value,
            other => panic!("{other:?}"),
        }
    };
}
use take;

fn value(json: &str) -> Value {
    serde_json::from_str(json).expect(json)
}

/// What our server writes is the documented sample, but for white space and the order of keys.
fn assert_same(written: &str, sample: &str) {
    assert_eq!(value(written), value(sample));
}

/// What our server writes is the documented sample with more keys: ours.
fn assert_extends(written: &str, sample: &str, ours: &[&str]) {
    let mut written = value(written);
    for key in ours {
        let found = written.as_object_mut().and_then(|object| object.remove(*key));
        assert!(found.is_some(), "{key} in {written}");
    }
    assert_eq!(written, value(sample));
}
