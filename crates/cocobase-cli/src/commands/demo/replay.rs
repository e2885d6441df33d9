//! The replay: one task that writes, one for each watcher, and one that keeps the books.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use cocobase_proto::filter::Filter;
use cocobase_proto::{Event, Text, Typed};
use cocobase_tokio::{Client, Collection, Watch};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use super::desk::Desk;
use super::plan::{Kind, Step};
use super::quake::Quake;
use super::report::Report;
use super::screen::Screen;
use super::tally::Tally;
use super::watchers::{Key, WATCHERS};
use crate::connect;
use crate::exit::{End, Exit, Failure};

/// The collection that the demo writes to.
pub(crate) const COLLECTION: &str = "earthquakes";

/// How long the watchers may take to receive what is left when the last write is done.
const PATIENCE: Duration = Duration::from_secs(10);

/// The `event` of a last document that every watcher wants: behind it, nothing is left to come.
const FENCE: &str = "fence";

/// What the keeper of the books is told.
enum Note {
    /// This write is about to be sent.
    Sending { step: Step, at: Instant },
    /// A watcher received an event.
    Arrived { watcher: usize, key: Key, at: Instant },
    /// A watcher received something else.
    Trouble { watcher: usize, text: String },
}

/// Replays `steps` of `quakes` and watches them arrive.
pub(crate) async fn replay(
    client: &Client,
    quakes: &[Quake],
    steps: &[Step],
    screen: &mut Screen,
) -> Result<Report, End> {
    let collection = client.collection(COLLECTION);
    let (notes, inbox) = mpsc::channel(1024);
    let mut watchers = JoinSet::new();
    for (index, watcher) in WATCHERS.iter().enumerate() {
        let filter = match watcher.condition {
            "" => Filter::new(),
            condition => {
                Filter::parse_where(condition).map_err(|error| Failure::new(Exit::Failed, error))?
            }
        };
        let watch = collection.clone().filter(filter).watch::<Quake>().await;
        let watch = watch.map_err(|error| connect::failure(&error).context(watcher.name))?;
        watchers.spawn(listen(index, watch, notes.clone()));
    }
    let mut desk = Desk::open(client).await.map_err(|error| connect::failure(&error))?;
    let started = Instant::now();
    let writer = async {
        let written = write(&collection, quakes, steps, notes, &mut desk).await;
        let took = started.elapsed();
        // What the watchers have not received by now will be missing from the books.
        let patience = if written.is_ok() { PATIENCE } else { Duration::ZERO };
        let everyone = async { while watchers.join_next().await.is_some() {} };
        if timeout(patience, everyone).await.is_err() {
            watchers.shutdown().await;
        }
        written.map(|()| took).map_err(End::from)
    };
    let (took, tallies) = tokio::try_join!(writer, keep_books(inbox, quakes, screen))?;
    let sums = tallies.into_iter().map(Tally::sum).collect();
    let talks = match timeout(PATIENCE, desk.close()).await {
        Ok(talks) => talks.map_err(|error| connect::failure(&error))?,
        Err(_) => {
            let what = "what was said in the room or to everyone was not heard in time";
            return Err(Failure::new(Exit::Failed, what).into());
        }
    };
    Ok(Report { writes: steps.len() as u64, took, sums, talks })
}

/// Sends every write in its turn, and the fence behind them.
async fn write(
    collection: &Collection,
    quakes: &[Quake],
    steps: &[Step],
    notes: Sender<Note>,
    desk: &mut Desk,
) -> Result<(), Failure> {
    let failed = |error| connect::failure(&error).context("a write failed");
    let mut ids: HashMap<usize, Text> = HashMap::new();
    let mut due = tokio::time::Instant::now();
    for &step in steps {
        due += step.pause;
        if !step.pause.is_zero() {
            sleep_until(due).await;
        }
        let Some(quake) = quakes.get(step.quake) else { continue };
        let id = ids.get(&step.quake).cloned().unwrap_or_default();
        if let Ok(place) = notes.reserve().await {
            place.send(Note::Sending { step, at: Instant::now() });
        }
        match step.kind {
            Kind::Created => {
                let document = collection.create(&quake.first_report()).await.map_err(failed)?;
                ids.insert(step.quake, document.id().unwrap_or_default());
                desk.announce(quake).await.map_err(failed)?;
            }
            Kind::Updated => {
                collection.update(&id, &quake.review()).await.map_err(failed)?;
            }
            Kind::Deleted => collection.delete(&id).await.map_err(failed)?,
        }
    }
    let Some(quake) = quakes.first() else { return Ok(()) };
    let place = "Alaska and California".to_owned();
    let fence = Quake { event: FENCE.into(), mag: 9.9, place, ..quake.clone() };
    let fence = collection.create(&fence).await.map_err(failed)?;
    collection.delete(&fence.id().unwrap_or_default()).await.map_err(failed)
}

/// Passes on what a watcher receives, up to the fence.
async fn listen(watcher: usize, mut watch: Watch<Quake>, notes: Sender<Note>) {
    let mut events: HashMap<Text, String> = HashMap::new();
    while let Some(event) = watch.next().await {
        let at = Instant::now();
        let (kind, event) = match event {
            Event::Created(change) if change.document.event == FENCE => break,
            Event::Created(change) => {
                let Typed { value, document } = change.document;
                events.insert(document.id().unwrap_or_default(), value.event.clone());
                (Kind::Created, value.event)
            }
            Event::Updated(change) => (Kind::Updated, change.document.value.event),
            Event::Deleted(deleted) => {
                let id = deleted.id.unwrap_or_default();
                (Kind::Deleted, events.remove(&id).unwrap_or_else(|| id.to_string()))
            }
            Event::Connected(_) => continue,
            other => {
                let text = trouble(&other);
                let _ = notes.send(Note::Trouble { watcher, text }).await;
                continue;
            }
        };
        let note = Note::Arrived { watcher, key: Key { kind, event }, at };
        if notes.send(note).await.is_err() {
            break;
        }
    }
    watch.close().await;
}

fn trouble(event: &Event<Typed<Quake>>) -> String {
    match event {
        Event::Gap(gap) => gap.to_string(),
        Event::Disconnected(fault) => fault.to_string(),
        Event::Refused(refusal) => refusal.to_string(),
        Event::Undecodable(undecodable) => undecodable.error.to_string(),
        other => format!("{other:?}"),
    }
}

/// Writes down what must arrive and what arrives, and shows it, until everyone has gone home.
async fn keep_books(
    mut inbox: Receiver<Note>,
    quakes: &[Quake],
    screen: &mut Screen,
) -> Result<Vec<Tally>, End> {
    let by_event: HashMap<&str, &Quake> =
        quakes.iter().map(|quake| (quake.event.as_str(), quake)).collect();
    let mut tallies: Vec<Tally> = WATCHERS.iter().map(|_| Tally::default()).collect();
    while let Some(note) = inbox.recv().await {
        match note {
            Note::Sending { step, at } => {
                let Some(quake) = quakes.get(step.quake) else { continue };
                let first = quake.first_report();
                let (old, new) = match step.kind {
                    Kind::Created => (None, Some(&first)),
                    Kind::Updated => (Some(&first), Some(quake)),
                    Kind::Deleted => (Some(quake), None),
                };
                for (watcher, tally) in WATCHERS.iter().zip(&mut tallies) {
                    if watcher.is_told(old, new) {
                        tally.expect(Key { kind: step.kind, event: quake.event.clone() }, at);
                    }
                }
                screen.sent()?;
            }
            Note::Arrived { watcher, key, at } => {
                let Some((watcher, tally)) = WATCHERS.iter().zip(&mut tallies).nth(watcher) else {
                    continue;
                };
                let latency = tally.receive(&key, at);
                if let (Some(latency), Some(quake)) = (latency, by_event.get(key.event.as_str())) {
                    screen.event(watcher, key.kind, quake, latency)?;
                }
                let received = tallies.iter().map(Tally::received);
                screen.counts(WATCHERS.iter().map(|watcher| watcher.name).zip(received));
            }
            Note::Trouble { watcher, text } => {
                if let Some(watcher) = WATCHERS.get(watcher) {
                    screen.trouble(watcher, &text);
                }
            }
        }
    }
    screen.end();
    Ok(tallies)
}
