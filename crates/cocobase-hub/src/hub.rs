//! The one machine that all connections share.

use alloc::collections::{BTreeMap, VecDeque};
use alloc::vec::Vec;

use cocobase_proto::rest::RoomList;
use cocobase_proto::{Instant, Text};

use crate::action::{HistoryPage, HubAction, SnapshotPage, Verdict};
use crate::close::GOING_AWAY;
use crate::commit::Commit;
use crate::config::HubConfig;
use crate::connection::Connection;
use crate::connections::{ConnectionId, Connections};
use crate::delivery::Topic;
use crate::frame::Frame;
use crate::outlet::Outlet;
use crate::peer::{Entrance, PeerInput, Phase};
use crate::rooms::{Channel, Rooms};
use crate::timers::Timers;

/// Everything that a server says and to whom, without a socket, a clock or a thread.
///
/// A shell tells it what it hears from clients, what the log has committed, and the time; it carries
/// out the hub's [actions](HubAction) and writes what waits in the queues. See the
/// [crate's documentation](crate) for a shell.
///
/// Instants count from the UNIX epoch here, as messages carry the time of day.
#[derive(Debug)]
pub struct Hub {
    pub(crate) config: HubConfig,
    pub(crate) connections: Connections<Connection>,
    pub(crate) topics: BTreeMap<Text, Topic>,
    pub(crate) rooms: Rooms<ConnectionId>,
    pub(crate) broadcast: Channel<ConnectionId>,
    pub(crate) outlet: Outlet,
    pub(crate) timers: Timers,
    pub(crate) actions: VecDeque<HubAction>,
    /// Who has left which room; the others are still to be told.
    pub(crate) leaving: VecDeque<(ConnectionId, Text)>,
    pub(crate) random: u64,
    is_shut_down: bool,
    /// The receivers of an event, and those of them who need care: kept for their capacity.
    pub(crate) receivers: Vec<ConnectionId>,
    pub(crate) unsteady: Vec<ConnectionId>,
}

/// # Commands
impl Hub {
    /// A hub without connections, which starts `now`.
    #[must_use]
    pub fn new(config: HubConfig, now: Instant) -> Self {
        let mut random = config.seed ^ now.as_nanos();
        let epoch = Text::from(alloc::format!("{:016x}", draw(&mut random)));
        Self {
            connections: Connections::new(),
            topics: BTreeMap::new(),
            rooms: Rooms::new(config.rooms.clone(), epoch.clone()),
            broadcast: Channel::new(epoch, &config.rooms),
            outlet: Outlet::new(&config),
            timers: Timers::default(),
            actions: VecDeque::new(),
            leaving: VecDeque::new(),
            random,
            is_shut_down: false,
            receivers: Vec::new(),
            unsteady: Vec::new(),
            config,
        }
    }

    /// Tells the hub how far a collection's history reaches, before anyone watches it.
    pub fn set_position(&mut self, collection: Text, seq: u64) {
        let topic = self.topics.entry(collection).or_default();
        topic.seq = topic.seq.max(seq);
    }

    /// Tells everyone concerned of a commit. Commits of one collection must come in the order of
    /// their numbers; one that has been published before is left aside.
    pub fn publish(&mut self, commit: &Commit, now: Instant) {
        self.deliver_commit(commit);
        self.settle(now);
    }

    /// Closes every connection with code 1001, and every one that comes later.
    pub fn shut_down(&mut self, now: Instant) {
        self.is_shut_down = true;
        for id in self.connections.ids() {
            self.close(id, GOING_AWAY, SHUTTING_DOWN);
        }
        self.settle(now);
    }

    /// The rooms there are (surface L).
    #[must_use]
    pub fn rooms(&self) -> RoomList {
        self.rooms.list()
    }

    /// How many connections there are, those that are being closed too.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.connections.len()
    }

    /// How many bytes wait for clients, what each frame takes beside them included.
    #[must_use]
    pub fn waiting_bytes(&self) -> usize {
        self.outlet.waiting()
    }
}

const SHUTTING_DOWN: &str = "the server is shutting down";

/// # Inputs
impl Hub {
    /// A client has connected.
    pub fn open(&mut self, entrance: Entrance, now: Instant) -> ConnectionId {
        let id = self.enter(entrance, now);
        if self.is_shut_down {
            self.close(id, GOING_AWAY, SHUTTING_DOWN);
        }
        self.settle(now);
        id
    }

    /// Something came from a client. Of a connection that is over, or is being closed, only its end
    /// means anything.
    pub fn handle_input(&mut self, id: ConnectionId, input: PeerInput<'_>, now: Instant) {
        match input {
            PeerInput::Gone => self.forget(id),
            input => self.hear(id, input, now),
        }
        self.settle(now);
    }

    /// The answer to [`HubAction::Authenticate`].
    pub fn handle_verdict(&mut self, id: ConnectionId, verdict: Verdict, now: Instant) {
        self.judge(id, verdict, now);
        self.settle(now);
    }

    /// The answer to [`HubAction::ReadHistory`]; `None` if the history cannot be read. The client is
    /// then disconnected, with code 1011, and may come back.
    pub fn handle_history(
        &mut self,
        id: ConnectionId,
        collection: &str,
        page: Option<HistoryPage<'_>>,
        now: Instant,
    ) {
        self.take_history(id, collection, page);
        self.settle(now);
    }

    /// The answer to [`HubAction::ReadSnapshot`]; `None` if it cannot be read, or is too large. The
    /// client is then greeted without one.
    pub fn handle_snapshot(
        &mut self,
        id: ConnectionId,
        collection: &str,
        page: Option<SnapshotPage>,
        now: Instant,
    ) {
        self.take_snapshot(id, collection, page);
        self.settle(now);
    }

    /// The first so many [frames](Self::frames) of a connection have been written.
    pub fn handle_sent(&mut self, id: ConnectionId, frames: usize, now: Instant) {
        self.sent(id, frames, now);
        self.settle(now);
    }

    /// Does what is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(index) = self.timers.pop(now) {
            if let Some(id) = self.connections.at(index)
                && let Some(connection) = self.connections.get_mut(id)
            {
                connection.alarm = None;
                self.wake(id, now);
            }
        }
        // Who has died has left its rooms, of which some may vanish at once.
        self.settle(now);
        self.rooms.handle_timeout(now);
    }

    /// Brings to an end what a call has begun: who was closed has left its rooms, which may be more
    /// than another slow client can take.
    fn settle(&mut self, now: Instant) {
        while let Some((id, room)) = self.leaving.pop_front() {
            self.tell_departure(id, &room, now);
        }
    }
}

/// # Outputs
impl Hub {
    /// The next thing to find out. After `None` it stays `None` until another `&mut` call.
    pub fn poll_action(&mut self) -> Option<HubAction> {
        self.actions.pop_front()
    }

    /// The next connection that has something to write. It is not named again until its queue has
    /// been empty, so whoever writes goes on until there are no [frames](Self::frames) left; but one
    /// that [is being closed](Self::is_closing) is, so that nobody waits for it for ever.
    pub fn poll_transmit(&mut self) -> Option<ConnectionId> {
        while let Some(index) = self.outlet.next_news() {
            if let Some(id) = self.connections.at(index)
                && self.connections.get(id).is_some_and(|connection| !connection.queue.is_empty())
            {
                return Some(id);
            }
        }
        None
    }

    /// The first frames that wait for a connection, at most so many. They may be being written from
    /// now on, so they stay where they are until [`handle_sent`](Self::handle_sent).
    pub fn frames(&mut self, id: ConnectionId, at_most: usize) -> impl Iterator<Item = &Frame> {
        let connection = self.connections.get_mut(id);
        connection.into_iter().flat_map(move |connection| connection.queue.hand_out(at_most))
    }

    /// Whether the last frame that waits is the end. After writing it the shell closes the socket
    /// and says [`PeerInput::Gone`]; it does so, too, if the client does not take it in due time.
    #[must_use]
    pub fn is_closing(&self, id: ConnectionId) -> bool {
        self.connections.get(id).is_some_and(|it| matches!(it.phase, Phase::Closing))
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) next; `None` if never.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Instant> {
        let rooms = self.rooms.poll_timeout();
        [self.timers.first(), rooms].into_iter().flatten().min()
    }
}

impl Hub {
    /// A number that differs from the others.
    pub(crate) fn draw(&mut self) -> u64 {
        draw(&mut self.random)
    }
}

/// The next number of a sequence (SplitMix64).
const fn draw(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bits = *state;
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
