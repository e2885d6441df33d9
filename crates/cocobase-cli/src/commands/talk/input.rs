//! What is sent: one message, or the lines of standard input.

use std::io::IsTerminal;

use cocobase_proto::{OutboxConfig, Text, Unpublished, UnpublishedReason};
use cocobase_tokio::Sender;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader, stdin};

use crate::exit::{End, Exit, Failure};
use crate::json::compact;

/// Where messages come from.
pub(crate) enum Input {
    /// None are sent; the sending never ends.
    Nothing,
    /// This one; `goes_on` says that something else is to be waited for then.
    One { message: String, goes_on: bool },
    /// Every line of standard input.
    Lines,
}

impl Input {
    /// Sends all of it, and ends when it is written.
    pub(crate) async fn send(self, sender: &Sender, raw: bool) -> Result<(), End> {
        let goes_on = match self {
            Self::Nothing => true,
            Self::One { message, goes_on } => {
                send(sender, "the message", &message, raw).await?;
                flush(sender).await;
                goes_on
            }
            Self::Lines => {
                let mut lines = BufReader::new(stdin()).lines();
                let mut number = 0_u64;
                while let Some(line) = lines.next_line().await.map_err(unreadable)? {
                    number += 1;
                    if !line.trim().is_empty() {
                        send(sender, &format!("line {number}"), &line, raw).await?;
                    }
                }
                flush(sender).await;
                false
            }
        };
        if goes_on {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// Whether standard input is a person's.
pub(crate) fn from_terminal() -> bool {
    std::io::stdin().is_terminal()
}

async fn send(sender: &Sender, what: &str, text: &str, raw: bool) -> Result<(), Failure> {
    let content = if raw { json(what, text)? } else { Value::from(text).to_string() };
    let mut content = Text::from(content);
    let most = OutboxConfig::default().max_bytes;
    if content.len() > most {
        let what = format!("{what} is longer than {most} bytes, the most that a message may have");
        return Err(Failure::new(Exit::BadData, what));
    }
    loop {
        match sender.send_json(content).await {
            // There is no link, and too much waits for it already.
            Err(Unpublished { content: back, reason: UnpublishedReason::Full }) => {
                content = back;
                flush(sender).await;
            }
            Ok(_) => return Ok(()),
            // A connection that is over has said why among its events.
            Err(Unpublished { reason: UnpublishedReason::Closed, .. }) => return ended().await,
            Err(error) => return Err(Failure::new(Exit::Failed, error)),
        }
    }
}

fn json(what: &str, text: &str) -> Result<String, Failure> {
    match serde_json::from_str::<Value>(text) {
        Ok(_) => Ok(compact(text).into_owned()),
        Err(error) => Err(Failure::new(Exit::BadData, format_args!("{what} is no JSON: {error}"))
            .next("leave --raw out to send texts")),
    }
}

async fn flush(sender: &Sender) {
    if sender.flush().await.is_err() {
        ended::<()>().await;
    }
}

/// Leaves the last word to the events.
async fn ended<T>() -> T {
    std::future::pending().await
}

fn unreadable(error: std::io::Error) -> Failure {
    Failure::new(Exit::BadData, format_args!("cannot read standard input: {error}"))
        .next("an input of text, in UTF-8, is expected")
}
