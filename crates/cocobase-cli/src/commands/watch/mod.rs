//! `cocobase watch`: a collection's changes as they happen.

mod human;
mod ndjson;

use std::time::Duration;

use cocobase_proto::{Disconnected, Event, Typed};
use cocobase_tokio::Watch as Events;
use tokio::time::{Instant, sleep_until};

use crate::args::Watch;
use crate::connect;
use crate::exit::{End, Exit, Failure};
use crate::fields::Fields;
use crate::output::{NOTE, line, paint, remark};
use crate::signals::Signals;

/// An event, its document's fields in their order.
type Seen = Event<Typed<Fields>>;

/// Watches until the user, `--max`, `--timeout` or a refusal ends it.
pub(crate) async fn run(args: Watch) -> Result<(), End> {
    let mut signals = Signals::listen()?;
    let filter = args.select.filter()?;
    let client = connect::client(&args.connection)?;
    let collection = client.collection(&args.collection).filter(filter);
    let mut events = collection.stream().map_err(|error| connect::failure(&error))?;
    let result = tokio::select! {
        result = follow(&mut events, &args) => result,
        () = signals.next() => Ok(()),
    };
    events.close().await;
    result
}

async fn follow(events: &mut Events<Fields>, args: &Watch) -> Result<(), End> {
    // A time-out beyond the clock's range is none.
    let end = args.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut changes = 0;
    let mut lost_at = None;
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                return timed_out(changes, args);
            }
        };
        let Some(event) = event else {
            return Err(Failure::new(Exit::Failed, "the watch ended by itself").into());
        };
        let outage = match event {
            Event::Connected(_) => lost_at.take().map(|at: Instant| at.elapsed()),
            _ => None,
        };
        if args.json {
            line(ndjson::line(&event, &args.collection, outage))?;
        } else if let Some(text) = human::line(&event, outage) {
            line(text)?;
        }
        match event {
            Event::Created(_) | Event::Updated(_) | Event::Deleted(_) => changes += 1,
            Event::Undecodable(_) => changes += 1,
            Event::Disconnected(lost) => {
                lost_at.get_or_insert_with(Instant::now);
                remark(trouble(&lost));
            }
            Event::Refused(refusal) => return Err(connect::refused(&refusal).into()),
            _ => {}
        }
        if args.max.is_some_and(|max| changes >= max) {
            return Ok(());
        }
    }
}

fn timed_out(changes: u64, args: &Watch) -> Result<(), End> {
    match args.max {
        None => Ok(()),
        Some(max) => Err(Failure::new(
            Exit::Failed,
            format_args!("{changes} of {max} changes came in the time that --timeout gives"),
        )
        .into()),
    }
}

fn trouble(lost: &Disconnected) -> String {
    let wait = Duration::as_secs_f64(&lost.retry_in);
    paint(NOTE, format_args!("{}; trying again in {wait:.1} s", lost.cause))
}
