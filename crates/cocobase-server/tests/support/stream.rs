//! An event-stream client that knows nothing of the protocol: blocks of lines.
#![allow(clippy::expect_used, clippy::panic)]

use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use tokio::time::timeout;

pub struct Stream {
    pub response: Response,
    text: String,
}

impl Stream {
    /// Sends the request, which must be answered with a stream.
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{response:?}");
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The next block, without the blank line at its end; `None` when the stream has ended.
    pub async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let (block, rest) = (block.to_owned(), rest.to_owned());
                self.text = rest;
                return Some(block);
            }
            let chunk = timeout(Duration::from_secs(30), self.response.chunk()).await;
            let bytes = chunk.expect("nothing was heard").unwrap()?;
            self.text.push_str(std::str::from_utf8(&bytes).unwrap());
        }
    }

    /// The next event's id, if it has one, and its data. Comments are passed over, and blocks that only
    /// tell an id.
    pub async fn event(&mut self) -> (Option<String>, Value) {
        loop {
            let block = self.block().await.expect("the stream has ended");
            let (mut id, mut data) = (None, None);
            for line in block.lines() {
                match line.split_once(": ").expect(&block) {
                    ("id", value) => id = Some(value.to_owned()),
                    ("data", value) => data = Some(serde_json::from_str(value).unwrap()),
                    ("", _) => {}
                    _ => panic!("{block}"),
                }
            }
            if let Some(data) = data {
                return (id, data);
            }
        }
    }
}
