//! Those who watch, each by its own way and with its own filter.

use std::fmt;
use std::sync::mpsc::Sender;

use cocobase_tokio::{Client, Error, Event, Filter, Greeting, Text, Typed};
use futures_util::stream::{BoxStream, StreamExt};

use super::ByCollection;
use super::history::Told;
use super::things::{COLLECTIONS, RULES, Rule, Thing};

/// What becomes of a watcher.
pub(crate) enum Report {
    /// It is told of changes from now on.
    Live(usize),
    /// It has lost the server.
    Lost(usize),
    /// Something happened that must not.
    Wrong(String),
}

/// How one of them watches, which follows from its number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) number: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    WebSocket,
    Gateway,
    Events,
}

type Things = BoxStream<'static, Event<Typed<Thing>>>;

impl Plan {
    fn by(self) -> By {
        match (self.number % 2, self.number / 2 % 4) {
            (1, _) => By::Events,
            (_, 3) => By::Gateway,
            _ => By::WebSocket,
        }
    }

    pub(crate) fn rule(self) -> &'static Rule {
        &RULES[self.number / 2 % RULES.len()]
    }

    /// The gateway carries all of them, the others one.
    fn collections(self) -> &'static [&'static str] {
        match self.by() {
            By::Gateway => &COLLECTIONS,
            _ => &COLLECTIONS[self.number / 4 % COLLECTIONS.len()..][..1],
        }
    }

    fn open(self, client: &Client) -> Result<Things, Error> {
        let filter: Filter = (self.rule().filter)();
        let collection = || client.collection(self.collections()[0]).filter(filter.clone());
        Ok(match self.by() {
            By::WebSocket => collection().stream()?.boxed(),
            By::Events => collection().events().stream()?.boxed(),
            By::Gateway => {
                let gateway = client.gateway().stream();
                for name in self.collections() {
                    gateway.subscribe(name, filter.clone())?;
                }
                gateway.map(Event::decode).boxed()
            }
        })
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let filter = (self.rule().filter)();
        write!(f, "watcher {} ({:?}, {:?}, {filter:?})", self.number, self.by(), self.collections())
    }
}

/// What one of them was told.
pub(crate) struct Seen {
    pub(crate) plan: Plan,
    pub(crate) epoch: Text,
    /// How often it was back after an outage.
    pub(crate) resumed: u64,
    /// With their numbers.
    pub(crate) changes: ByCollection<Vec<(u64, Told)>>,
    /// The collections that are told of at the moment.
    live: usize,
}

/// Watches until the last thing has come in every collection.
pub(crate) async fn watch(plan: Plan, client: Client, reports: Sender<Report>) -> Seen {
    let mut things = plan.open(&client).unwrap();
    let collections = plan.collections();
    let changes = collections.iter().map(|name| ((*name).to_owned(), Vec::new())).collect();
    let mut seen = Seen { plan, epoch: Text::default(), resumed: 0, changes, live: 0 };
    let mut open = collections.len();
    while open > 0 {
        let event = things.next().await.expect("it goes on");
        let told = match event {
            // There, subscriptions tell.
            Event::Connected(_) if plan.by() == By::Gateway => Ok(()),
            Event::Connected(greeting) | Event::Subscribed(greeting) => {
                let told = seen.greeted(&greeting);
                if seen.live == collections.len() {
                    seen.resumed += u64::from(greeting.resumed.is_some());
                    let _ = reports.send(Report::Live(plan.number));
                }
                told
            }
            Event::Disconnected(_) => {
                seen.live = 0;
                let _ = reports.send(Report::Lost(plan.number));
                Ok(())
            }
            Event::Created(change) => {
                let thing = change.document.value;
                open -= usize::from(thing == Thing::last());
                seen.told(change.collection, change.seq, Told::Created(thing.mark), Some(&thing))
            }
            Event::Updated(change) => {
                let thing = change.document.value;
                seen.told(change.collection, change.seq, Told::Updated(thing.mark), Some(&thing))
            }
            Event::Deleted(deleted) => {
                let id = deleted.id.unwrap_or_default().as_str().to_owned();
                seen.told(deleted.collection, deleted.seq, Told::Deleted(id), None)
            }
            // Above all, a gap: all that happened is in the server's history.
            other => Err(format!("{other:?}")),
        };
        if let Err(what) = told {
            let what = format!("{plan}: {what}");
            let _ = reports.send(Report::Wrong(what.clone()));
            panic!("{what}");
        }
    }
    seen
}

impl Seen {
    /// The first greeting comes before anything was written; the others must go on from where the
    /// watcher was.
    fn greeted(&mut self, greeting: &Greeting) -> Result<(), String> {
        self.live += 1;
        let Some(position) = &greeting.position else { return Err(format!("{greeting:?}")) };
        let is_first = self.epoch.is_empty() || self.epoch == position.epoch && position.seq == 0;
        if self.epoch.is_empty() {
            self.epoch = position.epoch.clone();
        }
        match greeting.resumed {
            None if is_first => Ok(()),
            Some(true) if self.epoch == position.epoch => Ok(()),
            _ => Err(format!("{greeting:?}")),
        }
    }

    fn told(
        &mut self,
        collection: Option<Text>,
        seq: Option<u64>,
        told: Told,
        thing: Option<&Thing>,
    ) -> Result<(), String> {
        let changes = collection.as_deref().and_then(|name| self.changes.get_mut(name));
        let (Some(changes), Some(seq)) = (changes, seq) else {
            return Err(format!("{told:?} in {collection:?} with number {seq:?}"));
        };
        if changes.last().is_some_and(|(last, _)| *last >= seq) {
            return Err(format!("{told:?} has number {seq}, behind {:?}", changes.last()));
        }
        if thing.is_some_and(|thing| *thing != Thing::of(thing.mark)) {
            return Err(format!("the fields of two writes: {thing:?}"));
        }
        changes.push((seq, told));
        Ok(())
    }
}
