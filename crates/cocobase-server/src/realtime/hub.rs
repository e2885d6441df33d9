//! The task that owns the hub: it hears from everybody, and writes to everybody.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use cocobase_hub::{
    Commit, ConnectionId, Entrance, HistoryPage, Hub, HubAction, HubConfig, PeerInput,
    SnapshotDocument, SnapshotPage, Verdict,
};
use cocobase_proto::query::ListQuery;
use cocobase_proto::{Instant, Text};
use foldhash::fast::FixedState;
use futures_util::future::BoxFuture;
use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio::task::yield_now;
use tokio::time::sleep_until;

use super::clock::Clock;
use super::handover::Wire;
use super::line::{Line, Outlet, Written};
use super::mailbox::{Heard, Letter, Mailbox, Newcomer, WeakMailbox};
use super::messages::DEAF;
use super::reader::Reader;
use crate::keys::Keys;
use crate::log::{Document, History, Listing, Log, LogError, SqliteLog, Tail};

/// So many letters are taken at a time, before anything is written.
const LETTERS: usize = 256;

/// So many bytes of commits are published at a time, before anything is written: what waits goes out
/// in one write per client, and still no queue comes near its bound by our doing.
const ROUND: usize = 256 << 10;

/// How many commits are read from the history at a time at most.
const HISTORY: usize = 256;

/// How long a client may take to read the last frame.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long it may take to say goodbye then.
const FAREWELL: Duration = Duration::from_secs(1);

/// What the task starts with.
pub(crate) struct Setup {
    pub(crate) hub: HubConfig,
    pub(crate) keys: Keys,
    pub(crate) log: SqliteLog,
    pub(crate) tail: Tail,
    /// A client's message has at most so many bytes.
    pub(crate) max_message_bytes: usize,
}

/// Starts the task. It ends when the log is closed, or nobody has its address any more.
pub(crate) fn start(setup: Setup) -> Mailbox {
    let Setup { hub, keys, log, tail, max_message_bytes } = setup;
    let clock = Clock::start();
    let (round, max_snapshot_bytes) = (ROUND.min(hub.queue_bytes / 4), hub.snapshot_bytes);
    let mut hub = Hub::new(hub, clock.now());
    for (collection, seq) in tail.positions() {
        hub.set_position(collection.clone(), *seq);
    }
    let (mailbox, letters) = Mailbox::new();
    let task = Task {
        hub,
        clock,
        lines: HashMap::default(),
        backlog: VecDeque::new(),
        pending: FuturesUnordered::new(),
        farewells: BTreeSet::new(),
        mailbox: mailbox.downgrade(),
        keys,
        log,
        round,
        max_message_bytes,
        max_snapshot_bytes,
    };
    tokio::spawn(task.run(tail, letters));
    mailbox
}

struct Task {
    hub: Hub,
    clock: Clock,
    lines: HashMap<ConnectionId, Line, FixedState>,
    /// What has been committed and is not published yet.
    backlog: VecDeque<Commit>,
    pending: FuturesUnordered<BoxFuture<'static, News>>,
    /// Who ends when, in any case. Who has left by then is no trouble.
    farewells: BTreeSet<(Instant, ConnectionId)>,
    mailbox: WeakMailbox,
    keys: Keys,
    log: SqliteLog,
    round: usize,
    max_message_bytes: usize,
    max_snapshot_bytes: usize,
}

/// What was waited for.
enum News {
    Writable(ConnectionId),
    History { id: ConnectionId, collection: Text, after: u64, history: Result<History, LogError> },
    Snapshot { id: ConnectionId, collection: Text, snapshot: Result<SnapshotPage, LogError> },
}

impl Task {
    async fn run(mut self, mut tail: Tail, mut letters: mpsc::Receiver<Letter>) {
        let mut batch = Vec::new();
        let alarm = sleep_until(tokio::time::Instant::now());
        tokio::pin!(alarm);
        loop {
            let deadline = self.deadline().map(|deadline| self.clock.wake_at(deadline));
            if let Some(deadline) = deadline
                && deadline != alarm.deadline()
            {
                alarm.as_mut().reset(deadline);
            }
            tokio::select! {
                taken = letters.recv_many(&mut batch, LETTERS) => {
                    if taken == 0 {
                        return;
                    }
                    for letter in batch.drain(..) {
                        self.take(letter);
                    }
                }
                commits = tail.next(), if self.backlog.is_empty() => match commits {
                    Some(commits) => {
                        self.backlog = commits.into();
                        self.publish(&mut tail);
                    }
                    None => return,
                },
                // Those who write for us, and those who read, are to keep up.
                () = yield_now(), if !self.backlog.is_empty() => self.publish(&mut tail),
                Some(news) = self.pending.next() => self.hear_of(news),
                () = &mut alarm, if deadline.is_some() => self.wake(),
            }
            self.settle();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let farewell = self.farewells.first().map(|(deadline, _)| *deadline);
        [self.hub.poll_timeout(), farewell].into_iter().flatten().min()
    }

    fn wake(&mut self) {
        let now = self.clock.now();
        self.hub.handle_timeout(now);
        while let Some((deadline, id)) = self.farewells.first().copied()
            && deadline <= now
        {
            self.farewells.pop_first();
            self.forget(id);
        }
    }

    /// Publishes what waits, up to a bound; the rest has its turn when others have had theirs.
    fn publish(&mut self, tail: &mut Tail) {
        let now = self.clock.now();
        let mut bytes = 0;
        while bytes < self.round {
            let Some(commit) = self.backlog.pop_front() else {
                match tail.try_next() {
                    Some(commits) => self.backlog = commits.into(),
                    None => return,
                }
                continue;
            };
            self.hub.publish(&commit, now);
            bytes += commit.data.len() + commit.old.as_ref().map_or(0, |old| old.len());
        }
    }

    fn take(&mut self, letter: Letter) {
        match letter {
            Letter::Open(newcomer) => self.open(*newcomer),
            Letter::Heard(id, heard) => self.hear(id, heard),
            // Whoever asked may have gone.
            Letter::Rooms(reply) => drop(reply.send(self.hub.rooms())),
            Letter::ShutDown => self.hub.shut_down(self.clock.now()),
        }
    }

    fn open(&mut self, newcomer: Newcomer) {
        let Newcomer { entrance, wire, early, place } = newcomer;
        let Some(mailbox) = self.mailbox.upgrade() else { return };
        let limit = match entrance {
            Entrance::Events { .. } => None,
            _ => Some(self.max_message_bytes),
        };
        let id = self.hub.open(entrance, self.clock.now());
        let reader = Reader { id, early, limit, mailbox, place };
        let line = match wire {
            Wire::Tcp(stream) => {
                let (reading, writing) = stream.into_split();
                let reader = tokio::spawn(reader.read(reading));
                Line::new(Outlet::Socket(Arc::new(writing)), reader.abort_handle())
            }
            Wire::Tls(stream) => {
                let (relay, batches) = mpsc::channel(1);
                let reader = tokio::spawn(reader.read_and_write(*stream, batches));
                Line::new(Outlet::Relay(relay), reader.abort_handle())
            }
        };
        self.lines.insert(id, line);
    }

    fn hear(&mut self, id: ConnectionId, heard: Heard) {
        if self.hub.is_closing(id)
            && let Some(line) = self.lines.get_mut(&id)
            && line.ignores(&heard) > DEAF
        {
            return self.forget(id);
        }
        let input = match &heard {
            Heard::Text(text) => PeerInput::Text(text),
            Heard::Binary => PeerInput::Binary,
            Heard::NotUtf8 => PeerInput::NotUtf8,
            Heard::TooLarge => PeerInput::TooLarge(self.max_message_bytes),
            Heard::Ping(payload) => PeerInput::Ping(payload),
            Heard::Alive => PeerInput::Alive,
            Heard::Goodbye(code) => {
                if let Some(line) = self.lines.remove(&id) {
                    line.say_goodbye(*code);
                }
                PeerInput::Gone
            }
            Heard::Gone => return self.forget(id),
        };
        self.hub.handle_input(id, input, self.clock.now());
    }

    fn forget(&mut self, id: ConnectionId) {
        if self.lines.remove(&id).is_some() {
            self.hub.handle_input(id, PeerInput::Gone, self.clock.now());
        }
    }

    fn hear_of(&mut self, news: News) {
        let now = self.clock.now();
        match news {
            News::Writable(id) => {
                if let Some(line) = self.lines.get_mut(&id) {
                    line.unblock();
                    self.write(id);
                }
            }
            News::History { id, collection, after, history: Ok(history) } => {
                let page = HistoryPage {
                    commits: &history.commits,
                    reaches_back: history.reaches_back_to(after),
                };
                self.hub.handle_history(id, &collection, Some(page), now);
            }
            News::History { id, collection, history: Err(error), .. } => {
                tracing::error!(%error, %collection, "the history cannot be read");
                self.hub.handle_history(id, &collection, None, now);
            }
            News::Snapshot { id, collection, snapshot } => {
                if let Err(error) = &snapshot {
                    tracing::warn!(%error, %collection, "there is no snapshot");
                }
                self.hub.handle_snapshot(id, &collection, snapshot.ok(), now);
            }
        }
    }

    /// Finds out what the hub wants to know, and writes what it has to say.
    fn settle(&mut self) {
        loop {
            while let Some(action) = self.hub.poll_action() {
                self.act(action);
            }
            match self.hub.poll_transmit() {
                Some(id) => self.write(id),
                None => return,
            }
        }
    }

    fn act(&mut self, action: HubAction) {
        let log = self.log.clone();
        match action {
            HubAction::Authenticate { id, credentials } => {
                // Keys are checked here, whether a client calls them key or token.
                let verdict = match self.keys.accept(credentials.secret().expose()) {
                    true => Verdict::Accepted,
                    false => Verdict::Refused,
                };
                self.hub.handle_verdict(id, verdict, self.clock.now());
            }
            HubAction::ReadHistory { id, collection, after } => {
                let read = async move {
                    let history = log.read(&collection, after, HISTORY).await;
                    News::History { id, collection, after, history }
                };
                self.pending.push(read.boxed());
            }
            HubAction::ReadSnapshot { id, collection, filter } => {
                let query = ListQuery { filter, ..ListQuery::default() };
                let limit = self.max_snapshot_bytes;
                let read = async move {
                    let listing = log.list(collection.clone(), query, limit).await;
                    News::Snapshot { id, collection, snapshot: listing.map(snapshot) }
                };
                self.pending.push(read.boxed());
            }
        }
    }

    fn write(&mut self, id: ConnectionId) {
        let Some(line) = self.lines.get_mut(&id) else { return };
        let now = self.clock.now();
        match line.write(&mut self.hub, id, now) {
            Written::All => {}
            Written::Blocked(writable) => {
                self.pending.push(writable.map(move |()| News::Writable(id)).boxed());
            }
            Written::Broken => return self.forget(id),
        }
        let patience = match line.is_over() {
            true => FAREWELL,
            false if self.hub.is_closing(id) => PATIENCE,
            false => return,
        };
        self.farewells.insert((now + patience, id));
    }
}

/// The documents of a list, as the hub wants them.
fn snapshot(listing: Listing) -> SnapshotPage {
    let document = |document: Document| SnapshotDocument {
        id: document.id,
        created_at: document.created_at,
        updated_at: document.updated_at,
        fields: document.data,
    };
    SnapshotPage {
        seq: listing.position,
        documents: listing.documents.into_iter().map(document).collect(),
    }
}
