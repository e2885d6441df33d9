//! The top of a collection, as it is now: a table that is printed anew whenever it changes.
//!
//! ```console
//! $ cargo run -p cocobase-blocking --example blocking-live-table -- quakes --sort mag --limit 2 --columns mag,place
//! 1. 6.2 | "Nevada"
//! 2. 5.1 | "Alaska"
//! --
//! ```
//!
//! A lost connection costs nothing but time: the view is made good by itself.

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;

use clap::Parser;
use cocobase_blocking::{Client, Filter, Live, LiveEvent, Order};
use serde_json::Value;

/// Shows the top of a collection.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// By which field, the greatest first.
    #[arg(long)]
    sort: String,
    /// How many rows.
    #[arg(long, default_value_t = 10)]
    limit: u64,
    /// Which fields to show.
    #[arg(long, value_delimiter = ',', required = true)]
    columns: Vec<String>,
    /// Which documents, such as `mag >= 4.5`.
    #[arg(long = "where", value_parser = Filter::parse_where)]
    filter: Option<Filter>,
    /// Ends after so many tables.
    #[arg(long)]
    max: Option<u64>,
    /// What to show.
    collection: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let collection = client.collection(args.collection).filter(args.filter.unwrap_or_default());
    let top = collection.sort(args.sort, Order::Descending).limit(args.limit);
    let mut live = top.live::<Value>()?;
    show(&live, &args.columns);
    let mut left = args.max.unwrap_or(u64::MAX).saturating_sub(1);
    while left > 0
        && let Some(event) = live.next()
    {
        match event {
            LiveEvent::Entered { .. }
            | LiveEvent::Changed { .. }
            | LiveEvent::Left { .. }
            | LiveEvent::Reset => {
                show(&live, &args.columns);
                left -= 1;
            }
            LiveEvent::Stale => println!("(may lack changes)"),
            LiveEvent::Current => println!("(is up to date)"),
            LiveEvent::Unread(error) => println!("{error}"),
            _ => {}
        }
    }
    live.close();
    Ok(())
}

fn show(live: &Live<Value>, columns: &[String]) {
    for (place, value) in (1..).zip(live.values()) {
        let row = match &value {
            Ok(value) => columns.iter().map(|name| value[name].to_string()).collect::<Vec<_>>(),
            Err(error) => vec![error.to_string()],
        };
        println!("{place}. {}", row.join(" | "));
    }
    println!("--");
}
