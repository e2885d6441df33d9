//! The example `watch` of `cocobase-tokio` by server-sent events: what differs is the crate's name.
//!
//! ```console
//! $ cargo run -p cocobase-sse --example sse-watch -- quakes --where 'mag >= 4.5'
//! live
//! + {"id":"…","mag":5.1,"place":"Alaska"}
//! ```

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;

use clap::Parser;
use cocobase_sse::{Client, Event, Filter};
use serde_json::Value;

/// Watches a collection.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Ends after so many changes.
    #[arg(long)]
    max: Option<u64>,
    /// Which documents, such as `mag >= 4.5 and place contains "Alaska"`.
    #[arg(long = "where", value_parser = Filter::parse_where)]
    filter: Option<Filter>,
    /// What to watch.
    collection: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let collection = client.collection(args.collection).filter(args.filter.unwrap_or_default());
    // `watch()` would wait until it is live; this tells of failed attempts as well.
    let mut watch = collection.stream::<Value>()?;
    let mut left = args.max.unwrap_or(u64::MAX);
    while left > 0
        && let Some(event) = watch.next().await
    {
        match &event {
            Event::Connected(_) => println!("live"),
            Event::Created(new) => println!("+ {}", new.document.value),
            Event::Updated(new) => println!("~ {}", new.document.value),
            Event::Deleted(old) => println!("- {}", old.id.as_deref().unwrap_or("?")),
            Event::Gap(gap) => println!("{gap}"),
            Event::Disconnected(disconnected) => println!("{disconnected}"),
            Event::Refused(refusal) => println!("refused: {refusal}"),
            _ => {}
        }
        let is_change = matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_));
        left -= u64::from(is_change);
    }
    watch.close().await;
    Ok(())
}
