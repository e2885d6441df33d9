//! `cocobase watch`: a collection's changes as they happen.

mod human;
mod ndjson;

use cocobase_proto::{Event, Typed};
use cocobase_tokio::Handle;
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, sleep_until};

use crate::args::Watch;
use crate::commands::link::trouble;
use crate::connect;
use crate::exit::{End, Exit, Failure};
use crate::fields::Fields;
use crate::output::{line, remark};
use crate::signals::Signals;

/// An event, its document's fields in their order.
type Seen = Event<Typed<Fields>>;

/// Watches until the user, `--max`, `--timeout` or a refusal ends it.
pub(crate) async fn run(args: Watch) -> Result<(), End> {
    let mut signals = Signals::listen()?;
    let filter = args.select.filter()?;
    let client = connect::client(&args.connection)?;
    let failure = |error| connect::failure(&error);
    if args.gateway {
        let gate = client.gateway().stream();
        gate.subscribe(&args.collection, filter).map_err(failure)?;
        let handle = gate.handle().clone();
        return until_told(gate.map(Event::decode), &handle, &args, &mut signals).await;
    }
    let mut collection = client.collection(&args.collection).filter(filter);
    if args.sse {
        collection = collection.events();
    }
    let events = collection.stream().map_err(failure)?;
    let handle = events.handle().clone();
    until_told(events, &handle, &args, &mut signals).await
}

async fn until_told(
    mut events: impl Stream<Item = Seen> + Unpin,
    handle: &Handle,
    args: &Watch,
    signals: &mut Signals,
) -> Result<(), End> {
    let result = tokio::select! {
        result = follow(&mut events, args) => result,
        () = signals.next() => Ok(()),
    };
    handle.close().await;
    result
}

async fn follow(events: &mut (impl Stream<Item = Seen> + Unpin), args: &Watch) -> Result<(), End> {
    // A time-out beyond the clock's range is none.
    let end = args.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
    let mut changes = 0;
    let mut lost_at = None;
    let mut was_connected = false;
    loop {
        let event = tokio::select! {
            event = events.next() => event,
            () = sleep_until(end.unwrap_or_else(Instant::now)), if end.is_some() => {
                return timed_out(was_connected, changes, args);
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
            Event::Connected(_) => was_connected = true,
            Event::Disconnected(lost) => {
                lost_at.get_or_insert_with(Instant::now);
                remark(trouble(&lost));
            }
            Event::Refused(refusal) | Event::TopicRefused { refusal, .. } => {
                return Err(connect::refused(&refusal).into());
            }
            _ => {}
        }
        if args.max.is_some_and(|max| changes >= max) {
            return Ok(());
        }
    }
}

fn timed_out(was_connected: bool, changes: u64, args: &Watch) -> Result<(), End> {
    if !was_connected {
        let what = "no connection came about in the time that --timeout gives";
        let failure = Failure::new(Exit::Unreachable, what);
        return Err(failure.next("check --url, and that the server runs").into());
    }
    match args.max {
        None => Ok(()),
        Some(max) => Err(Failure::new(
            Exit::Failed,
            format_args!("{changes} of {max} changes came in the time that --timeout gives"),
        )
        .into()),
    }
}
