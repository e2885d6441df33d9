//! What the hub knows of one connection.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use cocobase_proto::wire::Surface;
use cocobase_proto::{Instant, Participant, Text};

use crate::catch_up::CatchUp;
use crate::peer::Phase;
use crate::queue::Queue;

/// One client. What most clients need stands here, the rest in boxes.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) queue: Queue,
    pub(crate) surface: Surface,
    /// The shell knows that something waits.
    pub(crate) is_announced: bool,
    /// A ping went out that is not answered yet.
    pub(crate) is_pinged: bool,
    /// Each of the ties can simply be handed its events.
    pub(crate) is_steady: bool,
    /// What the connection is told of, in order.
    ties: Vec<Tie>,
    pub(crate) phase: Phase,
    pub(crate) last_heard: Instant,
    /// When it is woken next.
    pub(crate) alarm: Option<Instant>,
    /// Who the client is to the others (B, G, R).
    pub(crate) user: Option<Arc<Participant>>,
    /// The collections of which an answer is outstanding that nobody waits for any more.
    pub(crate) stale: Vec<Text>,
}

/// Something of which a connection is told.
#[derive(Debug)]
pub(crate) struct Tie {
    pub(crate) subject: Subject,
    pub(crate) state: TieState,
}

/// What events are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Subject {
    Collection(Text),
    Room(Text),
    Broadcast,
}

#[derive(Debug)]
pub(crate) enum TieState {
    /// Events are handed on.
    Live,
    /// Events are handed on once their number is larger than this.
    After(u64),
    /// Events are left out for a while.
    Lagging(Lag),
    /// What came before is told first (collections).
    CatchingUp(Box<CatchUp>),
}

/// What was left out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lag {
    pub(crate) missed: u64,
    /// The number of the last event that was left out.
    pub(crate) seq: u64,
}

impl Connection {
    pub(crate) fn new(surface: Surface, phase: Phase, now: Instant) -> Self {
        Self {
            queue: Queue::default(),
            surface,
            is_announced: false,
            is_pinged: false,
            is_steady: false,
            ties: Vec::new(),
            phase,
            last_heard: now,
            alarm: None,
            user: None,
            stale: Vec::new(),
        }
    }

    pub(crate) fn ties(&self) -> &[Tie] {
        &self.ties
    }

    pub(crate) fn tie(&mut self, subject: Subject, state: TieState) {
        let tie = Tie { subject, state };
        match self.place(&tie.subject) {
            Ok(at) => {
                if let Some(place) = self.ties.get_mut(at) {
                    *place = tie;
                }
            }
            Err(at) => {
                // Most connections have one.
                self.ties.reserve_exact(usize::from(self.ties.is_empty()));
                self.ties.insert(at, tie);
            }
        }
        self.recount();
    }

    pub(crate) fn untie(&mut self, subject: &Subject) -> Option<Tie> {
        let tie = self.place(subject).ok().map(|at| self.ties.remove(at));
        self.recount();
        tie
    }

    pub(crate) fn untie_last(&mut self) -> Option<Tie> {
        let tie = self.ties.pop();
        self.recount();
        tie
    }

    pub(crate) fn state(&mut self, subject: &Subject) -> Option<&mut TieState> {
        let at = self.place(subject).ok()?;
        self.ties.get_mut(at).map(|tie| &mut tie.state)
    }

    pub(crate) fn set_state(&mut self, subject: &Subject, state: TieState) {
        if let Some(place) = self.state(subject) {
            *place = state;
        }
        self.recount();
    }

    /// What is told of a collection's past.
    pub(crate) fn catch_up(&mut self, collection: &Subject) -> Option<&mut CatchUp> {
        match self.state(collection) {
            Some(TieState::CatchingUp(catch_up)) => Some(catch_up),
            _ => None,
        }
    }

    pub(crate) fn unsteady_subjects(&self) -> Vec<Subject> {
        let unsteady = self.ties.iter().filter(|tie| !matches!(tie.state, TieState::Live));
        unsteady.map(|tie| tie.subject.clone()).collect()
    }

    pub(crate) fn is_tied_to(&self, subject: &Subject) -> bool {
        self.place(subject).is_ok()
    }

    /// How many subjects the connection takes places for.
    pub(crate) const fn load(&self) -> usize {
        self.ties.len() + self.stale.len()
    }

    fn place(&self, subject: &Subject) -> Result<usize, usize> {
        self.ties.binary_search_by(|tie| tie.subject.cmp(subject))
    }

    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.phase, Phase::Closing)
    }

    pub(crate) fn recount(&mut self) {
        let is_inside = matches!(self.phase, Phase::Inside);
        self.is_steady =
            is_inside && self.ties.iter().all(|tie| matches!(tie.state, TieState::Live));
    }
}
