//! The world: a store, a server, a network and clients, all in one virtual time.

use std::collections::VecDeque;
use std::time::Duration;

use cocobase_proto::live::ReadId;
use cocobase_proto::{Document, Instant, Position};

use super::agenda::Agenda;
use super::audit::Board;
use super::client::Client;
use super::defect::Injected;
use super::link::Link;
use super::plan::{ClientPlan, Plan};
use super::server::{Answer, Server};
use super::store::Store;
use crate::random::Random;

/// More steps than any seed needs: what takes more is caught in a loop.
const MAX_STEPS: u64 = 60_000;
/// How long the world may take to come to rest once nothing is disturbed any more: dead links have
/// to be noticed, and pauses to end.
const TIME_TO_REST: Duration = Duration::from_secs(400);
/// How many of the last steps a failure keeps.
const TRACE: usize = 5000;

pub(super) type Verdict = Result<(), String>;

/// What is going to happen.
#[derive(Debug)]
pub(super) enum Happening {
    /// Something arrives at the server's end of a link.
    AtServer(usize),
    /// Something arrives at the client's end of a link.
    AtClient(usize),
    /// The store or the key store answers the server.
    Answer { incarnation: u32, answer: Answer },
    /// The server hears of a change in the store.
    Tail { incarnation: u32, collection: &'static str },
    /// The server gives up a client that does not take the end of its connection.
    GiveUp { incarnation: u32, link: usize },
    /// The server runs again.
    Start,
    /// The user of a client takes events.
    Take(usize),
    /// A client is awake again.
    Awake(usize),
    /// A client's provider answers.
    Provide(usize),
    /// A list is read for a view.
    ReadList { client: usize, view: usize, id: ReadId },
    /// A list is there.
    List {
        client: usize,
        view: usize,
        id: ReadId,
        documents: Vec<Document>,
        position: Option<Position>,
    },
}

#[derive(Debug)]
pub(super) struct World {
    pub(super) now: Instant,
    pub(super) random: Random,
    pub(super) plan: Plan,
    pub(super) agenda: Agenda<Happening>,
    pub(super) store: Store,
    pub(super) server: Server,
    pub(super) links: Vec<Link>,
    pub(super) clients: Vec<Client>,
    pub(super) board: Board,
    pub(super) injected: Injected,
    /// The network refuses so many more connections.
    pub(super) refusals: u32,
    /// No more disturbances.
    pub(super) is_calm: bool,
    pub(super) steps: u64,
    trace: Option<VecDeque<String>>,
}

/// Whose turn it is.
enum Turn {
    Agenda,
    Server,
    Client(usize),
}

impl World {
    pub(super) fn new(seed: u64, injected: Injected, traces: bool) -> Self {
        let mut random = Random::new(seed);
        let plan = Plan::random(&mut random);
        // A day in 2025: the hub stamps messages with the time since 1970.
        let now = Instant::default() + Duration::from_secs(1_750_000_000);
        let store = Store::new();
        let server = Server::start(&plan, &store, 1, now);
        Self {
            now,
            random,
            plan,
            agenda: Agenda::new(),
            store,
            server,
            links: Vec::new(),
            clients: Vec::new(),
            board: Board::default(),
            injected,
            refusals: 0,
            is_calm: false,
            steps: 0,
            trace: traces.then(VecDeque::new),
        }
    }

    pub(super) fn populate(&mut self) -> Verdict {
        for _ in 0..self.plan.clients {
            let plan = ClientPlan::random(&mut self.random);
            self.add_client(plan)?;
        }
        Ok(())
    }

    /// Notes a step, if anybody wants to know.
    pub(super) fn say(&mut self, line: impl FnOnce(&Self) -> String) {
        if self.trace.is_none() {
            return;
        }
        let line = line(self);
        let start = Duration::from_secs(1_750_000_000);
        let at = self.now.since(Instant::default()).saturating_sub(start).as_secs_f64();
        if let Some(trace) = &mut self.trace {
            if trace.len() == TRACE {
                trace.pop_front();
            }
            trace.push_back(format!("{at:>10.3}  {line}"));
        }
    }

    pub(super) fn into_trace(self) -> Vec<String> {
        self.trace.map(Vec::from).unwrap_or_default()
    }

    /// Lets time pass, and all that belongs to it happen.
    pub(super) fn run_for(&mut self, time: Duration) -> Verdict {
        let until = self.now + time;
        while self.next().is_some_and(|(at, _)| at <= until) {
            self.step()?;
        }
        self.now = until;
        Ok(())
    }

    /// Lets time pass until nothing is on its way and everyone is where they want to be.
    pub(super) fn run_to_rest(&mut self) -> Verdict {
        let until = self.now + TIME_TO_REST;
        loop {
            let unrest = match self.agenda.is_empty() {
                true => self.unrest(),
                false => Some("things are on their way".into()),
            };
            let Some(unrest) = unrest else { return Ok(()) };
            match self.next() {
                Some((at, _)) if at <= until => self.step()?,
                _ => return Err(format!("the world does not come to rest: {unrest}")),
            }
        }
    }

    fn next(&self) -> Option<(Instant, Turn)> {
        let agenda = self.agenda.next_at().map(|at| (at, Turn::Agenda));
        let server = self.server.next_at().map(|at| (at, Turn::Server));
        let clients = self.clients.iter().enumerate();
        let clients = clients.filter_map(|(at, one)| Some((one.next_at()?, Turn::Client(at))));
        agenda.into_iter().chain(server).chain(clients).min_by_key(|(at, _)| *at)
    }

    fn step(&mut self) -> Verdict {
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(format!("caught in a loop: {MAX_STEPS} steps"));
        }
        let Some((at, turn)) = self.next() else { return Ok(()) };
        self.now = self.now.max(at);
        match turn {
            Turn::Agenda => match self.agenda.pop() {
                Some(happening) => self.happen(happening),
                None => Ok(()),
            },
            Turn::Server => self.wake_server(),
            Turn::Client(client) => self.wake_client(client),
        }
    }

    fn happen(&mut self, happening: Happening) -> Verdict {
        match happening {
            Happening::AtServer(link) => self.at_server(link),
            Happening::AtClient(link) => self.at_client(link),
            Happening::Answer { incarnation, answer } => self.answer(incarnation, answer),
            Happening::Tail { incarnation, collection } => self.tail(incarnation, collection),
            Happening::GiveUp { incarnation, link } => self.give_up(incarnation, link),
            Happening::Start => self.start_server(),
            Happening::Take(client) => self.take_events(client, true),
            Happening::Awake(client) => self.awake(client),
            Happening::Provide(client) => self.provide(client),
            Happening::ReadList { client, view, id } => {
                self.read_list(client, view, id);
                Ok(())
            }
            Happening::List { client, view, id, documents, position } => {
                self.give_list(client, view, id, documents, position)
            }
        }
    }
}
