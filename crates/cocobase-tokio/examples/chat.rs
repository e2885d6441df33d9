//! A room: prints what is said in it, and says what is typed.
//!
//! ```console
//! $ cargo run -p cocobase-tokio --example chat -- general --user Ada
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
use cocobase_tokio::{Client, Event, Presence};
use tokio::sync::mpsc;

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

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let user = args.user.as_str();
    let room = client.room(args.room.as_str()).user(user, user);
    let mut room = room.join_or_create(args.room.as_str()).await?;
    let people: Vec<String> = room.participants().iter().map(|one| one.id.to_string()).collect();
    println!("in {}: {}", room.id(), people.join(", "));

    let mut typed = lines();
    let mut left = args.max.unwrap_or(u64::MAX);
    while left > 0 {
        tokio::select! {
            line = typed.recv() => match line {
                // While the server is out of reach, it waits for the next connection.
                Some(line) => drop(room.send(&line).await?),
                None => break,
            },
            event = room.next() => match event {
                Some(Event::Message(message)) => {
                    let name = message.user_name.as_deref().unwrap_or("?");
                    // What is no text is shown as it came.
                    let text = message.get().unwrap_or_else(|_| message.content.to_string());
                    println!("{name}: {text}");
                    left -= 1;
                }
                Some(Event::UserJoined(who)) => println!("{} came", name(&who)),
                Some(Event::UserLeft(who)) => println!("{} left", name(&who)),
                Some(Event::Gap(gap)) => println!("{gap}"),
                Some(Event::Disconnected(disconnected)) => println!("{disconnected}"),
                Some(Event::Refused(refusal)) => println!("refused: {refusal}"),
                Some(_) => {}
                None => break,
            },
        }
    }
    // Once what was said has left.
    room.leave().await?;
    Ok(())
}

fn name(who: &Presence) -> &str {
    who.user_name.as_deref().unwrap_or("?")
}

/// What is typed, from a thread that nobody waits for: tokio's own standard input would keep the
/// program from ending before the next line.
fn lines() -> mpsc::Receiver<String> {
    let (sender, lines) = mpsc::channel(16);
    thread::spawn(move || {
        let typed = io::stdin().lines().map_while(Result::ok);
        typed.map(|line| sender.blocking_send(line)).find(Result::is_err)
    });
    lines
}
