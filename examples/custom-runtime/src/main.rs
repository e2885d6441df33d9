//! The core in a runtime of its own: any number of watches on one thread that waits in `poll(2)`.
//! There is no async, no second thread, and no timer but the time that `poll` may take.
//!
//! ```console
//! $ cargo run -p custom-runtime -- quakes users
//! quakes: live
//! users: live
//! quakes: + {"id":"…","mag":5.1}
//! ```
//!
//! `watch.rs` is the loop that carries bytes and time between a session and its socket, `socket.rs` the
//! socket. For the sake of brevity it speaks `http` addresses alone, and looks up names with a call
//! that blocks.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod socket;
mod watch;

use std::error::Error;

use clap::Parser;
use cocobase_proto::filter::Filter;
use cocobase_proto::{
    Access, BaseUrl, Credentials, Event, Instant, Session, SessionConfig, Subscription,
};
use rustix::event::{PollFd, Timespec};

use watch::Watch;

/// Watches collections.
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
    /// What to watch.
    #[arg(required = true)]
    collections: Vec<String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let base = BaseUrl::parse(&args.url)?;
    if base.is_secure() {
        return Err("this example has no TLS: give it an address with http".into());
    }
    let start = std::time::Instant::now();
    let now = || Instant::default() + start.elapsed();
    let mut watches = Vec::new();
    for (seed, collection) in (u64::from(std::process::id()) << 32..).zip(&args.collections) {
        let target = Subscription::new(collection, Filter::new())?;
        let access = Access::Fixed(Credentials::ApiKey(args.api_key.as_str().into()));
        let session = Session::new(target, access, SessionConfig::default(), seed, now());
        watches.push(Watch::new(session, base.clone()));
    }

    let mut left = args.max.unwrap_or(u64::MAX);
    loop {
        for (watch, collection) in watches.iter_mut().zip(&args.collections) {
            watch.turn(&now, &mut |event| {
                if left > 0 {
                    left -= tell(collection, &event);
                }
            });
        }
        if left == 0 || watches.iter().all(Watch::is_over) {
            break;
        }
        wait(&watches, now())?;
    }
    for watch in &mut watches {
        watch.close(now());
    }
    Ok(())
}

/// Prints an event. Answers how many changes it stands for.
fn tell(collection: &str, event: &Event) -> u64 {
    match event {
        Event::Connected(_) => println!("{collection}: live"),
        Event::Created(new) => println!("{collection}: + {}", new.document.json()),
        Event::Updated(new) => println!("{collection}: ~ {}", new.document.json()),
        Event::Deleted(old) => println!("{collection}: - {}", old.id.as_deref().unwrap_or("?")),
        Event::Gap(gap) => println!("{collection}: {gap}"),
        Event::Disconnected(disconnected) => println!("{collection}: {disconnected}"),
        Event::Refused(refusal) => println!("{collection}: refused: {refusal}"),
        _ => {}
    }
    let is_change = matches!(event, Event::Created(_) | Event::Updated(_) | Event::Deleted(_));
    u64::from(is_change)
}

/// Waits until a socket is ready or a session wants to be woken, whichever comes first.
fn wait(watches: &[Watch], now: Instant) -> Result<(), Box<dyn Error>> {
    let deadline = watches.iter().filter_map(|watch| watch.wakes_at(now)).min();
    let timeout = deadline.map(|at| Timespec::try_from(at.since(now))).transpose()?;
    let mut sockets: Vec<PollFd<'_>> = watches.iter().filter_map(Watch::poll_fd).collect();
    match rustix::event::poll(&mut sockets, timeout.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
