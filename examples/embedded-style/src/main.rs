//! A board with a modem, played by two threads and a serial line in memory that takes 16 bytes at once.
//!
//! ```console
//! $ cargo run -p embedded-style -- quakes --noise 2000
//! live
//! + {"id":"…","mag":5.1}
//! the connection broke: the serial line was disturbed; trying again in 0.4 s
//! live
//! + {"id":"…","mag":4.7}
//! ```
//!
//! The firmware is the library beside this program. With `--noise N` a bit of every Nth byte from the
//! modem is flipped. Nothing is lost by it: the next link goes on from the last event that was whole.

#![forbid(unsafe_code)]
#![allow(clippy::print_stdout, reason = "its output is its purpose")]

mod board;
mod modem;

use std::error::Error;
use std::thread;

use clap::Parser;
use cocobase_proto::filter::Filter;
use cocobase_proto::{Access, BaseUrl, Credentials, Instant, Session, SessionConfig, Subscription};
use embedded_style::run;
use tokio::sync::mpsc;

use board::Desk;
use modem::{Line, Modem};

/// How many bytes the serial line takes at once, each way.
const FIFO: usize = 16;

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
    /// Flips a bit of every Nth byte from the modem.
    #[arg(long, value_name = "N")]
    noise: Option<u64>,
    /// What to watch.
    collection: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    let base = BaseUrl::parse(&args.url)?;
    if base.is_secure() {
        return Err("this modem has no TLS: give it an address with http".into());
    }
    let (to_modem, from_device) = mpsc::channel(FIFO);
    let (to_device, from_modem) = mpsc::channel(FIFO);
    let device = thread::current();
    let line = Line { to_device, from_device, device, noise: args.noise, written: 0 };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let modem = thread::spawn(move || runtime.block_on(Modem::new(base, line).run()));

    // From here on, what a microcontroller would do.
    let target = Subscription::new(&args.collection, Filter::new())?;
    let access = Access::Fixed(Credentials::ApiKey(args.api_key.into()));
    let config = SessionConfig { max_events: 16, ..SessionConfig::default() };
    let seed = std::process::id().into();
    let mut desk = Desk::new(to_modem, from_modem, args.max.unwrap_or(u64::MAX));
    run(&mut desk, Session::new(target, access, config, seed, Instant::default()));

    // Without a device the modem is done.
    drop(desk);
    modem.join().map_err(|_| "the modem panicked")?;
    Ok(())
}
