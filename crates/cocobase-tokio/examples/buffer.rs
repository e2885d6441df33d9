//! Changes in batches, by count or by time, whichever comes first: for writing to a database.
//!
//! ```console
//! $ cargo run -p cocobase-tokio --example buffer -- users --window 1000 --size 100
//! live
//! a batch of 100
//! a batch of 37
//! ```
//!
//! [`Batch`] is pure: it is told of events and of the time, and says when to come back.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use cocobase_tokio::combine::{Batch, BatchConfig};
use cocobase_tokio::{Client, Event, Instant, Typed};
use serde_json::Value;

/// Takes the changes of a collection in batches.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// How many milliseconds a batch stays open after its first change.
    #[arg(long, default_value_t = 1000)]
    window: u64,
    /// How many changes fill a batch.
    #[arg(long, default_value_t = 100)]
    size: usize,
    /// Ends after so many changes.
    #[arg(long)]
    max: Option<u64>,
    /// What to watch.
    collection: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let mut watch = client.collection(args.collection).watch::<Value>().await?;
    println!("live");

    let window = Duration::from_millis(args.window);
    let mut batches = Batch::new(BatchConfig { window, max_events: args.size });
    let start = std::time::Instant::now();
    let now = || Instant::default() + start.elapsed();
    let mut left = args.max.unwrap_or(u64::MAX);
    loop {
        tokio::select! {
            event = watch.next() => match event {
                Some(event) => {
                    left -= u64::from(is_change(&event));
                    batches.push(event, now());
                }
                None => left = 0,
            },
            () = until(batches.poll_timeout(), now()) => batches.handle_timeout(now()),
        }
        if left == 0 {
            batches.flush();
        }
        while let Some(batch) = batches.poll() {
            match &batch[..] {
                [Event::Gap(gap)] => println!("{gap}"),
                [Event::Refused(refusal)] => println!("refused: {refusal}"),
                // A batch holds changes only, or one event that is none.
                [first, ..] if is_change(first) => println!("a batch of {}", batch.len()),
                _ => {}
            }
        }
        if left == 0 {
            watch.close().await;
            return Ok(());
        }
    }
}

fn is_change(event: &Event<Typed<Value>>) -> bool {
    matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_))
}

async fn until(deadline: Option<Instant>, now: Instant) {
    match deadline {
        Some(deadline) => tokio::time::sleep(deadline.since(now)).await,
        None => std::future::pending().await,
    }
}
