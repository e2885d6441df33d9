//! One connection, many subscribers: each part of a program hears every change, and a slow one holds
//! up nobody. What it could not keep up with, it is told as a number.
//!
//! ```console
//! $ cargo run -p cocobase-tokio --example notifier -- users --slow 1000
//! quick: created 0195…
//! slow: created 0195…
//! quick: created 0196…
//! slow: missed 3
//! ```

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use cocobase_tokio::{Client, Event, Typed, Watch};
use serde_json::Value;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

/// Hears the changes of a collection in two places.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// How many milliseconds the slow subscriber takes for each change.
    #[arg(long, default_value_t = 100)]
    slow: u64,
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
    let watch = client.collection(args.collection).watch::<Value>().await?;
    println!("live");

    let notifier = Notifier::new(10);
    let work = Duration::from_millis(args.slow);
    let quick = tokio::spawn(hear("quick", notifier.subscribe(), Duration::ZERO));
    let slow = tokio::spawn(hear("slow", notifier.subscribe(), work));
    notifier.run(watch, args.max.unwrap_or(u64::MAX)).await;
    quick.await?;
    slow.await?;
    Ok(())
}

type News = Arc<Event<Typed<Value>>>;

/// Hands the changes of one watch to any number of subscribers.
struct Notifier {
    subscribers: broadcast::Sender<News>,
}

impl Notifier {
    /// A subscriber may lag by `capacity` changes before it misses any.
    fn new(capacity: usize) -> Self {
        Self { subscribers: broadcast::Sender::new(capacity) }
    }

    fn subscribe(&self) -> broadcast::Receiver<News> {
        self.subscribers.subscribe()
    }

    async fn run(self, mut watch: Watch<Value>, mut left: u64) {
        while left > 0
            && let Some(event) = watch.next().await
        {
            if matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_)) {
                left -= 1;
            }
            // Without a subscriber there is nobody to tell.
            let _ = self.subscribers.send(Arc::new(event));
        }
        watch.close().await;
    }
}

async fn hear(name: &str, mut news: broadcast::Receiver<News>, work: Duration) {
    loop {
        match news.recv().await.as_deref() {
            Ok(Event::Created(new)) => println!("{name}: created {}", id(new.document.id())),
            Ok(Event::Updated(new)) => println!("{name}: updated {}", id(new.document.id())),
            Ok(Event::Deleted(old)) => println!("{name}: deleted {}", id(old.id.clone())),
            Ok(Event::Gap(gap)) => println!("{name}: {gap}"),
            Ok(_) => continue,
            Err(RecvError::Lagged(missed)) => println!("{name}: missed {missed}"),
            Err(RecvError::Closed) => return,
        }
        tokio::time::sleep(work).await;
    }
}

fn id(id: Option<cocobase_tokio::Text>) -> String {
    id.map_or("?".into(), |id| id.to_string())
}
