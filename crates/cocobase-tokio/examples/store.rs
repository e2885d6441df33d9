//! A store that follows a collection: the documents as they are now, for any task to look at.
//!
//! It is fed by a live view rather than by changes. So it begins with the documents that are there
//! already, and what a lost connection made it miss is made good.
//!
//! ```console
//! $ cargo run -p cocobase-tokio --example store -- users --get user-123
//! 2 documents; user-123 is {"id":"user-123","name":"Ada"}
//! 3 documents; user-123 is {"id":"user-123","name":"Ada"}
//! ```

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::collections::HashMap;
use std::error::Error;

use clap::Parser;
use cocobase_tokio::{Client, Collection, Document, Live, LiveEvent, Text};
use serde_json::Value;
use tokio::sync::watch;

/// Follows a collection.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Ends when the store has so many documents.
    #[arg(long)]
    until: Option<usize>,
    /// Shows this document as well.
    #[arg(long, value_name = "ID")]
    get: Option<String>,
    /// What to follow.
    collection: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let mut store = Store::open(&client.collection(args.collection)).await?;
    loop {
        // What is shown and what is decided by have to be the same moment.
        let len = store.len();
        let mut line = format!("{len} documents");
        if let Some(id) = &args.get {
            let found = store.get(id).map_or("not there".into(), |document| document.to_string());
            line += &format!("; {id} is {found}");
        }
        println!("{line}");
        if Some(len) == args.until || !store.has_changed().await {
            return Ok(());
        }
    }
}

type Documents = HashMap<Text, Value>;

/// The documents of a collection. Clones show the same ones; with the last one, the connection ends.
#[derive(Clone)]
struct Store {
    documents: watch::Receiver<Documents>,
}

impl Store {
    /// A store that has all documents when this returns, and is kept up to date by a task.
    async fn open(collection: &Collection) -> Result<Self, cocobase_tokio::Error> {
        let live = collection.live::<Value>().await?;
        let (sender, documents) = watch::channel(all(&live));
        tokio::spawn(follow(live, sender));
        Ok(Self { documents })
    }

    fn get(&self, id: &str) -> Option<Value> {
        self.documents.borrow().get(id).cloned()
    }

    fn len(&self) -> usize {
        self.documents.borrow().len()
    }

    /// Waits for the next change, or several. `false` if there are no more.
    async fn has_changed(&mut self) -> bool {
        self.documents.changed().await.is_ok()
    }
}

/// Takes what becomes of the documents into the store, until nobody looks at it any more.
async fn follow(mut live: Live<Value>, store: watch::Sender<Documents>) {
    loop {
        let event = tokio::select! {
            event = live.next() => event,
            () = store.closed() => return,
        };
        match event {
            Some(LiveEvent::Entered { row, .. } | LiveEvent::Changed { row, .. }) => {
                store.send_modify(|documents| documents.extend(entry(&row.document)));
            }
            Some(LiveEvent::Left { old, .. }) => {
                let id = old.document.id().unwrap_or_default();
                store.send_modify(|documents| drop(documents.remove(&id)));
            }
            Some(LiveEvent::Reset) => drop(store.send_replace(all(&live))),
            Some(_) => {}
            None => return,
        }
    }
}

fn all(live: &Live<Value>) -> Documents {
    live.documents().filter_map(entry).collect()
}

fn entry(document: &Document) -> Option<(Text, Value)> {
    Some((document.id()?, document.get().ok()?))
}
