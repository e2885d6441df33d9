//! A room: prints what is said in it, and says what is typed. One thread reads the room, another the
//! keyboard; neither waits for the other.
//!
//! ```console
//! $ cargo run -p cocobase-blocking --example blocking-chat -- general --user Ada
//! in general: Ada, Bob
//! Bob: Hello!
//! hello, Bob
//! Ada: hello, Bob
//! Bob left
//! ```

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;
use std::{io, thread};

use clap::Parser;
use cocobase_blocking::{Client, Event, Presence, Sender};

/// Talks in a room.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Who is talking.
    #[arg(long)]
    user: String,
    /// Ends after so many messages.
    #[arg(long)]
    max: Option<u64>,
    /// Which room. It is created if it is missing.
    room: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let user = args.user.as_str();
    let room = client.room(args.room.as_str()).user(user, user);
    let mut room = room.join_or_create(args.room.as_str())?;
    let people: Vec<String> = room.participants().iter().map(|one| one.id.to_string()).collect();
    println!("in {}: {}", room.id(), people.join(", "));

    // Nobody waits for this thread: it may hang on the keyboard when the talk is over.
    let sender = room.sender();
    thread::spawn(move || {
        if let Err(error) = say_what_is_typed(&sender) {
            println!("{error}");
        }
        sender.handle().close();
    });

    let mut left = args.max.unwrap_or(u64::MAX);
    while left > 0
        && let Some(event) = room.next()
    {
        match event {
            Event::Message(message) => {
                let name = message.user_name.as_deref().unwrap_or("?");
                // What is no text is shown as it came.
                let text = message.get().unwrap_or_else(|_| message.content.to_string());
                println!("{name}: {text}");
                left -= 1;
            }
            Event::UserJoined(who) => println!("{} came", name(&who)),
            Event::UserLeft(who) => println!("{} left", name(&who)),
            Event::Gap(gap) => println!("{gap}"),
            Event::Disconnected(disconnected) => println!("{disconnected}"),
            Event::Refused(refusal) => println!("refused: {refusal}"),
            _ => {}
        }
    }
    room.close();
    Ok(())
}

/// Says line after line, and returns once the last one has left.
fn say_what_is_typed(sender: &Sender) -> Result<(), Box<dyn Error>> {
    for line in io::stdin().lines() {
        // While the server is out of reach, it waits for the next connection.
        sender.send(&line?)?;
    }
    Ok(sender.flush()?)
}

fn name(who: &Presence) -> &str {
    who.user_name.as_deref().unwrap_or("?")
}
