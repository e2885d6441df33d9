//! What a subscriber is told before it goes live: the past of a collection, as far as it asked for it.
//!
//! While a subscription catches up it is not live, so nothing has to be held back for it. It goes live
//! in the call in which everything up to the topic's last number was queued: there is no seam.

use alloc::boxed::Box;
use alloc::vec;

use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::wire::encode::{self, StoredDocument};
use cocobase_proto::wire::{Lagged, Surface};
use cocobase_proto::{Position, Shape, Text};

use crate::action::{HistoryPage, HubAction, SnapshotDocument, SnapshotPage};
use crate::close::INTERNAL;
use crate::connection::{Connection, Subject, TieState};
use crate::connections::ConnectionId;
use crate::event::{concerns, encode as encode_commit};
use crate::frame::{Frame, Weight};
use crate::hub::Hub;

/// A subscription that is not live yet.
#[derive(Debug)]
pub(crate) struct CatchUp {
    pub(crate) filter: Filter,
    pub(crate) matcher: Option<Box<Matcher>>,
    /// The filter as the client wrote it.
    pub(crate) written_filter: Option<Text>,
    pub(crate) wants_greeting: bool,
    pub(crate) wants_snapshot: bool,
    /// The answer to a client that asked to resume.
    pub(crate) resumed: Option<bool>,
    pub(crate) is_greeted: bool,
    /// Everything up to this number was told, or need not be.
    pub(crate) cursor: u64,
    pub(crate) stage: Stage,
}

#[derive(Debug)]
pub(crate) enum Stage {
    /// What follows the cursor is to be read, if anything does, and was not asked for. When the next
    /// event has found no place, the queue must be empty before.
    Behind { when_empty: bool },
    /// The history was asked for.
    ReadingHistory,
    /// The snapshot is to be read and was not asked for.
    BeforeSnapshot,
    /// The snapshot was asked for.
    ReadingSnapshot,
    /// These documents are still to be told.
    Telling(Snapshot),
}

#[derive(Debug)]
pub(crate) struct Snapshot {
    seq: u64,
    count: u64,
    documents: vec::IntoIter<SnapshotDocument>,
    /// How much the documents are.
    bytes: usize,
}

const BEHIND: Stage = Stage::Behind { when_empty: false };

impl CatchUp {
    /// How many bytes wait here to be told.
    pub(crate) const fn bytes(&self) -> usize {
        match &self.stage {
            Stage::Telling(snapshot) => snapshot.bytes,
            _ => 0,
        }
    }

    /// Whether an answer is outstanding.
    pub(crate) const fn is_reading(&self) -> bool {
        matches!(self.stage, Stage::ReadingHistory | Stage::ReadingSnapshot)
    }

    const fn is_at_snapshot(&self) -> bool {
        matches!(self.stage, Stage::ReadingSnapshot | Stage::Telling(_))
    }
}

impl Hub {
    /// Tells the client as much of the past as its queue has place for.
    pub(crate) fn go_on(&mut self, id: ConnectionId, collection: &Text) {
        let subject = Subject::Collection(collection.clone());
        let Some(seq) = self.topics.get(collection).map(|topic| topic.seq) else { return };
        if let Some(connection) = self.connections.get_mut(id)
            && let Some(catch_up) = connection.catch_up(&subject)
            && let Stage::Telling(_) = catch_up.stage
            && !self.tell_documents(id, &subject)
        {
            return;
        }
        let Some(connection) = self.connections.get_mut(id) else { return };
        let is_free = !connection.stale.contains(collection);
        let is_empty = connection.queue.is_empty();
        let is_low = self.outlet.is_low(&connection.queue);
        let has_snapshot = connection.has_snapshot();
        let Some(catch_up) = connection.catch_up(&subject) else { return };
        let collection = collection.clone();
        match catch_up.stage {
            Stage::Behind { .. } if catch_up.cursor >= seq => self.go_live(id, &subject),
            Stage::Behind { when_empty } if is_free && (is_empty || is_low && !when_empty) => {
                let after = catch_up.cursor;
                catch_up.stage = Stage::ReadingHistory;
                self.actions.push_back(HubAction::ReadHistory { id, collection, after });
            }
            // A snapshot may be large, so there is one at a time.
            Stage::BeforeSnapshot if is_free && !has_snapshot => {
                let filter = catch_up.filter.clone();
                catch_up.stage = Stage::ReadingSnapshot;
                self.actions.push_back(HubAction::ReadSnapshot { id, collection, filter });
            }
            _ => {}
        }
    }

    pub(crate) fn take_history(
        &mut self,
        id: ConnectionId,
        collection: &str,
        page: Option<HistoryPage<'_>>,
    ) {
        let Some((subject, collection)) = self.expected(id, collection, Stage::is_history) else {
            return;
        };
        let Some(page) = page else {
            return self.close(id, INTERNAL, "the history cannot be read");
        };
        let (Some(topic), Some(connection)) =
            (self.topics.get(&collection), self.connections.get_mut(id))
        else {
            return;
        };
        let Some(catch_up) = connection.catch_up(&subject) else { return };
        let (from, until) = (catch_up.cursor, topic.seq);
        let missing = page.commits.iter().skip_while(|commit| commit.seq <= from);
        let missing = missing.take_while(|commit| commit.seq <= until);
        let is_whole = page.reaches_back
            && missing.clone().zip(1..).all(|(commit, n)| commit.seq.checked_sub(from) == Some(n))
            && (from >= until || missing.clone().next().is_some());
        if !is_whole {
            self.break_off(id, &subject, until);
            return self.go_on(id, &collection);
        }
        self.greet(id, &subject, from, None);
        for commit in missing {
            if !self.tell_commit(id, &subject, commit) {
                break;
            }
        }
        self.go_on(id, &collection);
    }

    pub(crate) fn take_snapshot(
        &mut self,
        id: ConnectionId,
        collection: &str,
        page: Option<SnapshotPage>,
    ) {
        let Some((subject, collection)) = self.expected(id, collection, Stage::is_snapshot) else {
            return;
        };
        let page = page.and_then(|page| {
            let bytes = page.documents.iter().map(SnapshotDocument::bytes).sum();
            let fits = bytes <= self.config.snapshot_bytes && self.outlet.reserve(bytes);
            fits.then_some((page, bytes))
        });
        let seq = self.topics.get(&collection).map_or(0, |topic| topic.seq);
        let Some(connection) = self.connections.get_mut(id) else { return };
        let Some(catch_up) = connection.catch_up(&subject) else { return };
        match page {
            Some((SnapshotPage { seq, documents }, bytes)) => {
                let (count, documents) = (documents.len() as u64, documents.into_iter());
                catch_up.stage = Stage::Telling(Snapshot { seq, count, documents, bytes });
            }
            None => catch_up.cursor = seq,
        }
        self.go_on(id, &collection);
    }

    /// Finds the subscription that waits for this answer, if there is one; it waits no longer.
    fn expected(
        &mut self,
        id: ConnectionId,
        collection: &str,
        is_reading: fn(&Stage) -> bool,
    ) -> Option<(Subject, Text)> {
        let connection = self.connections.get_mut(id)?;
        if let Some(at) = connection.stale.iter().position(|stale| *stale == *collection) {
            let collection = connection.stale.swap_remove(at);
            self.go_on(id, &collection);
            return None;
        }
        let (collection, _) = self.topics.get_key_value(collection)?;
        let (subject, collection) = (Subject::Collection(collection.clone()), collection.clone());
        let catch_up = connection.catch_up(&subject)?;
        if !is_reading(&catch_up.stage) {
            return None;
        }
        catch_up.stage = BEHIND;
        Some((subject, collection))
    }

    /// Continuity cannot be proved any more: goes on from `seq`.
    fn break_off(&mut self, id: ConnectionId, subject: &Subject, seq: u64) {
        let Some(connection) = self.connections.get_mut(id) else { return };
        let Some(catch_up) = connection.catch_up(subject) else { return };
        let from = core::mem::replace(&mut catch_up.cursor, seq);
        if catch_up.is_greeted {
            // With a filter nobody knows how many of them it would have been.
            let missed = catch_up.filter.is_empty().then(|| seq.saturating_sub(from));
            return self.tell_lag(id, subject, missed, seq);
        }
        catch_up.resumed = Some(false);
        if catch_up.wants_snapshot {
            catch_up.stage = Stage::BeforeSnapshot;
        }
    }

    /// Queues a commit of the past; `false` when there is no place for it.
    fn tell_commit(&mut self, id: ConnectionId, subject: &Subject, commit: &crate::Commit) -> bool {
        let Some(connection) = self.connections.get_mut(id) else { return false };
        let surface = connection.surface;
        let Some(catch_up) = connection.catch_up(subject) else { return false };
        let matcher =
            catch_up.matcher.get_or_insert_with(|| Box::new(Matcher::new(&catch_up.filter)));
        if concerns(commit, matcher) {
            // The log holds JSON objects only.
            let frame = encode_commit(commit, &self.config.epoch, self.config.shape, surface);
            if let Ok(frame) = frame {
                if !self.outlet.fits(&connection.queue, frame.cost()) {
                    if let Some(catch_up) = connection.catch_up(subject) {
                        catch_up.stage = Stage::Behind { when_empty: true };
                    }
                    return false;
                }
                self.outlet.push(id, connection, frame);
            }
        }
        if let Some(catch_up) = connection.catch_up(subject) {
            catch_up.cursor = commit.seq;
            catch_up.stage = BEHIND;
        }
        true
    }

    /// Queues documents of the snapshot; `true` once it is complete.
    fn tell_documents(&mut self, id: ConnectionId, subject: &Subject) -> bool {
        let Subject::Collection(collection) = subject else { return false };
        let Some(connection) = self.connections.get_mut(id) else { return false };
        while self.outlet.is_low(&connection.queue) {
            let surface = connection.surface;
            let Some(CatchUp { stage: Stage::Telling(snapshot), .. }) =
                connection.catch_up(subject)
            else {
                return false;
            };
            let Some(document) = snapshot.documents.next() else {
                let (seq, count) = (snapshot.seq, snapshot.count);
                if let Some(catch_up) = connection.catch_up(subject) {
                    (catch_up.stage, catch_up.cursor) = (BEHIND, seq);
                }
                self.greet(id, subject, seq, Some(count));
                return true;
            };
            snapshot.bytes -= document.bytes();
            self.outlet.release(document.bytes());
            match document.frame(collection, surface, self.config.shape) {
                Some(frame) => self.outlet.push(id, connection, frame),
                // The log holds JSON objects only.
                None => snapshot.count -= 1,
            }
        }
        false
    }

    /// Says that the subscription stands, from `seq` on.
    fn greet(&mut self, id: ConnectionId, subject: &Subject, seq: u64, snapshot: Option<u64>) {
        let Subject::Collection(collection) = subject else { return };
        let Some(connection) = self.connections.get_mut(id) else { return };
        let surface = connection.surface;
        let Some(catch_up) = connection.catch_up(subject) else { return };
        if core::mem::replace(&mut catch_up.is_greeted, true) {
            return;
        }
        let position = Position { epoch: self.config.epoch.clone(), seq };
        let greeting = encode::Greeting {
            collection,
            filters: catch_up.written_filter.as_deref(),
            position: &position,
            resumed: catch_up.resumed,
            snapshot,
        };
        let text = greeting.encode(surface);
        let frame = match surface {
            Surface::Events => {
                // A browser keeps the id, and sends it when it comes back.
                let id = position.to_event_id();
                let text = catch_up.wants_greeting.then_some(&*text);
                Frame::block(Some(&id), text, Weight::Control)
            }
            _ => Frame::message(&text, Weight::Control),
        };
        self.say(id, frame);
    }

    fn go_live(&mut self, id: ConnectionId, subject: &Subject) {
        let Subject::Collection(collection) = subject else { return };
        let Some(connection) = self.connections.get_mut(id) else { return };
        let Some(catch_up) = connection.catch_up(subject) else { return };
        let cursor = catch_up.cursor;
        self.greet(id, subject, cursor, None);
        let (Some(topic), Some(connection)) =
            (self.topics.get_mut(collection), self.connections.get_mut(id))
        else {
            return;
        };
        // The greeting may have been one answer too many.
        let Some(catch_up) = connection.catch_up(subject) else { return };
        topic.filters.insert(id, &catch_up.filter);
        let state = if cursor > topic.seq { TieState::After(cursor) } else { TieState::Live };
        connection.set_state(subject, state);
    }

    /// Says that events up to `seq` were left out.
    pub(crate) fn tell_lag(
        &mut self,
        id: ConnectionId,
        subject: &Subject,
        missed: Option<u64>,
        seq: u64,
    ) {
        let Some(connection) = self.connections.get(id) else { return };
        let is_gateway = connection.surface == Surface::Gateway;
        let (mut lagged, epoch) = (Lagged { missed, ..Lagged::default() }, self.epoch_of(subject));
        match subject {
            Subject::Collection(name) if is_gateway => lagged.collection = Some(name.clone()),
            Subject::Room(name) if is_gateway => lagged.room = Some(name.clone()),
            _ => {}
        }
        lagged.position = epoch.map(|epoch| Position { epoch, seq });
        self.say_text(id, &encode::lagged(&lagged));
    }
}

impl Stage {
    const fn is_history(&self) -> bool {
        matches!(self, Self::ReadingHistory)
    }

    const fn is_snapshot(&self) -> bool {
        matches!(self, Self::ReadingSnapshot)
    }
}

impl Connection {
    fn has_snapshot(&self) -> bool {
        self.ties().iter().any(|tie| match &tie.state {
            TieState::CatchingUp(catch_up) => catch_up.is_at_snapshot(),
            _ => false,
        })
    }
}

impl SnapshotDocument {
    /// How much it counts for while it waits.
    fn bytes(&self) -> usize {
        let texts = [&self.id, &self.created_at, &self.updated_at, &self.fields];
        size_of::<Self>() + texts.iter().map(|text| text.len()).sum::<usize>()
    }

    fn frame(&self, collection: &Text, surface: Surface, shape: Shape) -> Option<Frame> {
        let document = StoredDocument {
            collection,
            id: &self.id,
            created_at: &self.created_at,
            updated_at: &self.updated_at,
            fields: &self.fields,
        };
        Some(match surface {
            Surface::Gateway => Frame::message(&document.encode_snapshot_gateway(), Weight::Event),
            Surface::Events => {
                Frame::block(None, Some(&document.encode_snapshot_gateway()), Weight::Event)
            }
            _ => Frame::message(&document.encode_snapshot(shape).ok()?, Weight::Event),
        })
    }
}
