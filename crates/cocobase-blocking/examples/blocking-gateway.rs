//! Collections and rooms, any number of them, on one connection, and one thread for all of them.
//!
//! ```console
//! $ cargo run -p cocobase-blocking --example blocking-gateway -- --collection quakes --collection users --room general
//! `quakes`: live
//! `users`: live
//! the room `general`: live
//! `users`: + {"id":"…","name":"Ada"}
//! the room `general`: Ada: Hello!
//! ```

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;

use clap::Parser;
use cocobase_blocking::{Client, Document, Event, Filter, Text, Topic};

/// Follows collections and rooms.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// A collection to watch.
    #[arg(long = "collection", value_name = "COLLECTION")]
    collections: Vec<String>,
    /// A room to be in.
    #[arg(long = "room", value_name = "ROOM")]
    rooms: Vec<String>,
    /// Ends after so many changes and messages.
    #[arg(long)]
    max: Option<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let mut gateway = client.gateway().connect()?;
    // They may come and go at any time; each connection is told what is wanted then.
    for collection in &args.collections {
        gateway.subscribe(collection, Filter::new())?;
    }
    for room in &args.rooms {
        gateway.join(room)?;
    }
    let mut left = args.max.unwrap_or(u64::MAX);
    while left > 0
        && let Some(event) = gateway.next()
    {
        match event {
            Event::Subscribed(greeting) => println!("{}: live", collection(greeting.collection)),
            Event::Joined(joined) => println!("{}: live", room(joined.room.id)),
            Event::Created(new) => left -= change(collection(new.collection), '+', &new.document),
            Event::Updated(new) => left -= change(collection(new.collection), '~', &new.document),
            Event::Deleted(old) => left -= change(collection(old.collection), '-', &old.document),
            Event::Message(message) => {
                let name = message.user_name.as_deref().unwrap_or("?").to_owned();
                // What is no text is shown as it came.
                let text = message.get().unwrap_or_else(|_| message.content.to_string());
                println!("{}: {name}: {text}", room(message.room.id));
                left -= 1;
            }
            Event::TopicRefused { topic, refusal } => println!("{topic}: refused: {refusal}"),
            Event::Gap(gap) => println!("{gap}"),
            Event::Disconnected(disconnected) => println!("{disconnected}"),
            Event::Refused(refusal) => println!("refused: {refusal}"),
            _ => {}
        }
    }
    gateway.close();
    Ok(())
}

fn collection(name: Option<Text>) -> Topic {
    Topic::Collection(name.unwrap_or_default())
}

fn room(id: Option<Text>) -> Topic {
    Topic::Room(id.unwrap_or_default())
}

fn change(topic: Topic, sign: char, document: &Document) -> u64 {
    println!("{topic}: {sign} {}", document.json());
    1
}
