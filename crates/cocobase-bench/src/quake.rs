//! What is sent, and what it is decoded into.

use std::fmt::Write as _;

use serde::Deserialize;

/// A document of 300 bytes, most of which a program wants.
#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "decoding it is the point")]
pub(crate) struct Quake {
    pub(crate) mag: f64,
    place: String,
    time: i64,
    depth: f64,
    tsunami: bool,
    status: String,
    net: String,
}

/// An event as a program without a client library would have it.
#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "decoding it is the point")]
pub(crate) struct Bare {
    event: String,
    pub(crate) data: Quake,
    seq: u64,
}

/// Appends the event with this number as a WebSocket frame.
pub(crate) fn write_frame(seq: u64, scratch: &mut String, frames: &mut Vec<u8>) {
    scratch.clear();
    let _ = write!(
        scratch,
        r#"{{"event":"create","collection_id":"quakes","data":{{"id":"us1000{seq:08}","mag":{}.{},"place":"{} km NE of Ridgecrest, California","time":15174{seq:08},"depth":10.5,"tsunami":false,"status":"reviewed","net":"us","created_at":"2018-01-31T12:00:00Z","updated_at":"2018-01-31T12:00:00Z"}},"seq":{seq}}}"#,
        seq % 7,
        seq % 10,
        seq % 90 + 10,
    );
    text_frame(scratch, frames);
}

/// Appends a text as a server's WebSocket frame.
pub(crate) fn text_frame(text: &str, frames: &mut Vec<u8>) {
    frames.push(0x81);
    match u16::try_from(text.len()) {
        Ok(short) if short < 126 => frames.push(text.len() as u8),
        Ok(long) => {
            frames.push(126);
            frames.extend_from_slice(&long.to_be_bytes());
        }
        Err(_) => {
            frames.push(127);
            frames.extend_from_slice(&(text.len() as u64).to_be_bytes());
        }
    }
    frames.extend_from_slice(text.as_bytes());
}
