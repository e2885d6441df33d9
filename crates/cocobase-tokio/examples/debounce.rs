//! One refresh after a burst of changes: nothing happens until it has been quiet for a while.
//!
//! ```console
//! $ cargo run -p cocobase-tokio --example debounce -- users --quiet 500
//! live
//! refresh after 12 changes, the last of them {"id":"…","name":"Ada"}
//! ```
//!
//! [`Debounce`] is pure: it is told of events and of the time, and says when to come back.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::time::Duration;

use clap::Parser;
use cocobase_tokio::combine::{Debounce, DebounceConfig};
use cocobase_tokio::{Client, Event, Instant, Typed};
use serde_json::Value;

/// Refreshes something once a collection is quiet.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// How many milliseconds without a change are quiet.
    #[arg(long, default_value_t = 500)]
    quiet: u64,
    /// After how many milliseconds to refresh even if it never gets quiet.
    #[arg(long)]
    max_wait: Option<u64>,
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

    let quiet = Duration::from_millis(args.quiet);
    let max_wait = args.max_wait.map(Duration::from_millis);
    let mut debounce = Debounce::new(DebounceConfig { quiet, max_wait });
    let start = std::time::Instant::now();
    let now = || Instant::default() + start.elapsed();
    let mut left = args.max.unwrap_or(u64::MAX);
    loop {
        tokio::select! {
            event = watch.next() => match event {
                Some(event) => {
                    left -= u64::from(is_change(&event));
                    debounce.push(event, now());
                }
                None => left = 0,
            },
            () = until(debounce.poll_timeout(), now()) => debounce.handle_timeout(now()),
        }
        if left == 0 {
            debounce.flush();
        }
        while let Some(debounced) = debounce.poll() {
            let changes = debounced.superseded + 1;
            match debounced.event {
                Event::Created(last) | Event::Updated(last) => {
                    let last = last.document.value;
                    println!("refresh after {changes} changes, the last of them {last}");
                }
                Event::Deleted(_) => println!("refresh after {changes} changes"),
                // These are never held back.
                Event::Gap(gap) => println!("refresh: {gap}"),
                Event::Refused(refusal) => println!("refused: {refusal}"),
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
