//! Everyone in the project: prints what is said to all, and may say something itself. On a plain
//! thread.
//!
//! ```console
//! $ cargo run -p cocobase-blocking --example blocking-broadcast -- --user Ada --say 'Coffee is ready'
//! listening
//! Ada: Coffee is ready
//! ```

#![allow(clippy::print_stdout, reason = "its output is its purpose")]

use std::error::Error;

use clap::Parser;
use cocobase_blocking::{Client, Event};

/// Listens to what is said to all.
#[derive(Parser)]
struct Args {
    /// Where the server is.
    #[arg(long, env = "COCOBASE_URL", default_value = "http://127.0.0.1:4200")]
    url: String,
    /// The project's key.
    #[arg(long, env = "COCOBASE_API_KEY", hide_env_values = true)]
    api_key: String,
    /// Who is there.
    #[arg(long)]
    user: String,
    /// What to say to all.
    #[arg(long)]
    say: Option<String>,
    /// Ends after so many messages.
    #[arg(long)]
    max: Option<u64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let client = Client::builder(args.url).api_key(args.api_key).build()?;
    let user = args.user.as_str();
    let mut all = client.broadcast().user(user, user).connect()?;
    println!("listening");
    if let Some(say) = args.say {
        all.send(&say)?;
    }
    let mut left = args.max.unwrap_or(u64::MAX);
    while left > 0
        && let Some(event) = all.next()
    {
        match event {
            Event::Message(message) => {
                let name = message.user_name.as_deref().unwrap_or("?");
                // What is no text is shown as it came.
                let text = message.get().unwrap_or_else(|_| message.content.to_string());
                println!("{name}: {text}");
                left -= 1;
            }
            Event::Gap(gap) => println!("{gap}"),
            Event::Disconnected(disconnected) => println!("{disconnected}"),
            Event::Refused(refusal) => println!("refused: {refusal}"),
            _ => {}
        }
    }
    all.close();
    Ok(())
}
