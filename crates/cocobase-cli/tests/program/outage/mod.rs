//! Watchers whose server is killed again and again, under load: every one of them comes back, and
//! has been told every change that it asked for, once and in order.
//!
//! | variable | what it sets | without it |
//! |---|---|---|
//! | `OUTAGE_ROUNDS` | how often the server is killed and started again | 3 |
//! | `OUTAGE_WATCHERS` | how many watch, half of them by WebSocket, half by event stream | 40 |
//! | `OUTAGE_SEED` | what is written, and when the server dies | drawn anew |
//!
//! The seed repeats what the test does, not how the system's threads and sockets take turns.

mod history;
mod random;
mod things;
mod watcher;
mod writer;

use std::collections::BTreeSet;
use std::env;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use cocobase_tokio::{Client, SessionConfig};
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::Server;
use history::History;
use random::Random;
use things::{COLLECTIONS, Thing};
use watcher::{Plan, Report, Seen};
use writer::Ledger;

const KEY: &str = "test-key";
const WRITERS: u64 = 8;

/// How long a step may take. Nothing waits for so long unless it fails.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn watchers_of_a_server_that_is_killed_under_load_miss_nothing() {
    let rounds = setting("OUTAGE_ROUNDS").unwrap_or(3);
    let watchers = setting("OUTAGE_WATCHERS").unwrap_or(40) as usize;
    let seed = setting("OUTAGE_SEED").unwrap_or_else(|| getrandom::u64().unwrap());
    eprintln!("OUTAGE_SEED={seed} OUTAGE_ROUNDS={rounds} OUTAGE_WATCHERS={watchers}");

    let began = Instant::now();
    let mut random = Random::new(seed);
    let mut scene = Scene::start(watchers, &mut random);
    let outages: Vec<Duration> = (0..rounds).map(|_| scene.outage(&mut random)).collect();
    let (ledgers, history, seen) = scene.end();

    for collection in COLLECTIONS {
        let ledgers = ledgers.iter().map(|ledger| &ledger[collection]);
        history[collection].agrees_with(&ledgers.collect::<Vec<_>>());
    }
    let mut told = 0;
    for one in &seen {
        assert!(one.resumed >= rounds, "{} came back {} times", one.plan, one.resumed);
        for (collection, changes) in &one.changes {
            let expected = history[collection].told_to(one.plan.rule());
            let differs = (0..changes.len().max(expected.len()))
                .find(|at| changes.get(*at) != expected.get(*at))
                .map(|at| (at, expected.get(at), changes.get(at)));
            assert_eq!(differs, None, "{} in {collection}: at, expected, told", one.plan);
            told += changes.len();
        }
    }
    eprintln!(
        "{} changes ({} acknowledged, {} in doubt), {told} events to {watchers} watchers, each once; \
         {rounds} rounds, {} links resumed; all back after {:?} at most; {:?} altogether",
        history.values().map(|history| history.entries.len()).sum::<usize>(),
        ledgers.iter().flatten().map(|(_, ledger)| ledger.acknowledged.len()).sum::<usize>(),
        ledgers.iter().flatten().map(|(_, ledger)| ledger.in_doubt.len()).sum::<usize>(),
        seen.iter().map(|one| one.resumed).sum::<u64>(),
        outages.iter().max().unwrap_or(&Duration::ZERO),
        began.elapsed(),
    );
}

fn setting(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

type ByCollection<T> = std::collections::BTreeMap<String, T>;

/// The server, those who write and those who watch.
struct Scene {
    // The tasks end before the server does.
    runtime: Runtime,
    server: Server,
    address: String,
    data: tempfile::TempDir,
    client: Client,
    is_up: watch::Sender<bool>,
    is_over: Arc<AtomicBool>,
    writers: Vec<JoinHandle<ByCollection<Ledger>>>,
    watchers: Vec<JoinHandle<Seen>>,
    reports: Receiver<Report>,
    /// The watchers that are told of changes, as far as they have reported.
    live: BTreeSet<usize>,
}

impl Scene {
    /// Starts everything; the load begins when all are watching.
    fn start(watchers: usize, random: &mut Random) -> Self {
        let runtime = Runtime::new().unwrap();
        let (address, data) = (free_address(random), tempfile::tempdir().unwrap());
        let server = serve(&address, &data);
        let config = SessionConfig {
            backoff_initial: Duration::from_millis(50),
            backoff_max: Duration::from_millis(250),
            // For the first link only. The load must not begin before every stream is greeted.
            stream_greeting_timeout: PATIENCE,
            ..SessionConfig::default()
        };
        let builder = Client::builder(&server.url).api_key(KEY).session_config(config);
        let client = builder.build().unwrap();
        let (reporter, reports) = mpsc::channel();
        let watchers = (0..watchers)
            .map(|number| {
                let plan = Plan { number };
                runtime.spawn(watcher::watch(plan, client.clone(), reporter.clone()))
            })
            .collect();
        let mut scene = Self {
            runtime,
            server,
            address,
            data,
            client,
            is_up: watch::Sender::new(true),
            is_over: Arc::default(),
            writers: Vec::new(),
            watchers,
            reports,
            live: BTreeSet::new(),
        };
        scene.wait_for(scene.watchers.len());
        for number in 0..WRITERS {
            let writer = writer::Writer {
                client: scene.client.clone(),
                number,
                random: Random::new(random.next()),
                is_up: scene.is_up.subscribe(),
                is_over: Arc::clone(&scene.is_over),
            };
            scene.writers.push(scene.runtime.spawn(writer.write()));
        }
        scene
    }

    /// Kills the server at some moment and starts it again, at times twice, the second time amid
    /// the watchers' return. Answers with the time from the last death until all are back.
    fn outage(&mut self, random: &mut Random) -> Duration {
        thread::sleep(Duration::from_millis(100 + random.below(500)));
        self.kill();
        if random.below(3) == 0 {
            self.restart();
            thread::sleep(Duration::from_millis(random.below(300)));
            self.kill();
        }
        let died = Instant::now();
        self.restart();
        self.wait_for(self.watchers.len());
        died.elapsed()
    }

    fn kill(&mut self) {
        self.is_up.send_replace(false);
        self.server.process.kill();
        self.wait_for(0);
    }

    fn restart(&mut self) {
        self.server = serve(&self.address, &self.data);
        self.is_up.send_replace(true);
    }

    /// Waits until so many, none or all, are told of changes.
    fn wait_for(&mut self, count: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.live.len() != count {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.reports.recv_timeout(left) {
                Ok(Report::Live(number)) => drop(self.live.insert(number)),
                Ok(Report::Lost(number)) => drop(self.live.remove(&number)),
                Ok(Report::Wrong(what)) => panic!("{what}"),
                Err(_) => panic!("{count} should watch now, and these do: {:?}", self.live),
            }
        }
    }

    /// Ends the load and waits until every watcher has been told of its last change.
    fn end(self) -> (Vec<ByCollection<Ledger>>, ByCollection<History>, Vec<Seen>) {
        self.is_over.store(true, Ordering::Relaxed);
        self.runtime.block_on(async {
            let mut ledgers = Vec::new();
            for writer in self.writers {
                ledgers.push(timeout(PATIENCE, writer).await.expect("a writer goes on").unwrap());
            }
            let mut documents = ByCollection::new();
            for collection in COLLECTIONS {
                let things = self.client.collection(collection);
                things.create(&Thing::last()).await.unwrap();
                documents.insert(collection.to_owned(), history::documents(&things).await);
            }
            let mut seen = Vec::new();
            for (number, watcher) in self.watchers.into_iter().enumerate() {
                let end = timeout(PATIENCE, watcher).await;
                seen.push(end.unwrap_or_else(|_| panic!("{} waits", Plan { number })).unwrap());
            }
            let epoch = seen.first().map_or("", |one| &one.epoch);
            let mut histories = ByCollection::new();
            for (collection, documents) in documents {
                let history = History::read(&self.address, &collection, epoch).await;
                assert_eq!(history.documents(), documents, "the history makes the documents");
                histories.insert(collection, history);
            }
            (ledgers, histories, seen)
        })
    }
}

fn serve(address: &str, data: &tempfile::TempDir) -> Server {
    let data = data.path().to_str().unwrap();
    Server::start_with(&["--listen", address, "--data", data, "--api-key", KEY], KEY)
}

/// An address to come back to. While nobody listens there, hundreds of attempts to connect are
/// made, for which the system picks ports of its own. It must not be able to pick this one: it would
/// connect a client with itself, and the port would be taken when the server comes back. So it is
/// below those (RFC 6335, 6; Linux begins at 32,768).
fn free_address(random: &mut Random) -> String {
    let addresses =
        std::iter::repeat_with(|| format!("127.0.0.1:{}", 20_000 + random.below(12_000)));
    addresses.into_iter().find(|address| TcpListener::bind(address).is_ok()).unwrap()
}
