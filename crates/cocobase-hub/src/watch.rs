//! The subscriptions to collections: beginning and end.

use alloc::boxed::Box;

use cocobase_proto::filter::Filter;
use cocobase_proto::{Position, Text};

use crate::catch_up::{CatchUp, Stage};
use crate::connection::{Subject, TieState};
use crate::connections::ConnectionId;
use crate::hub::Hub;

/// What a client wants to know of a collection.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) collection: Text,
    pub(crate) filter: Filter,
    /// The same as the client wrote it.
    pub(crate) written_filter: Option<Text>,
    /// Where the client was when it lost its last connection.
    pub(crate) resume: Option<Position>,
    pub(crate) wants_snapshot: bool,
    pub(crate) wants_greeting: bool,
}

impl Hub {
    /// Subscribes a connection, or gives it another subscription in place of the one it has.
    pub(crate) fn watch(&mut self, id: ConnectionId, watch: Watch) {
        let subject = Subject::Collection(watch.collection.clone());
        self.untie(id, &subject);
        let Some(connection) = self.connections.get_mut(id) else { return };
        let topic = self.topics.entry(watch.collection.clone()).or_default();
        topic.watchers += 1;

        let resumes = watch.resume.map(|from| {
            let is_known = from.epoch == self.config.epoch && from.seq <= topic.seq;
            is_known.then_some(from.seq)
        });
        let can_resume = matches!(resumes, Some(Some(_)));
        let stage = match watch.wants_snapshot && !can_resume {
            true => Stage::BeforeSnapshot,
            false => Stage::Behind { when_empty: false },
        };
        let catch_up = CatchUp {
            filter: watch.filter,
            matcher: None,
            written_filter: watch.written_filter,
            wants_greeting: watch.wants_greeting,
            wants_snapshot: watch.wants_snapshot,
            // Whether the history reaches back so far is known once it is read.
            resumed: resumes.map(|from| from.is_some()),
            is_greeted: false,
            cursor: resumes.flatten().unwrap_or(topic.seq),
            stage,
        };
        connection.tie(subject, TieState::CatchingUp(Box::new(catch_up)));
        self.go_on(id, &watch.collection);
    }

    /// Ends what a connection is told of a subject; `false` if it was told nothing.
    pub(crate) fn untie(&mut self, id: ConnectionId, subject: &Subject) -> bool {
        let tie = self.connections.get_mut(id).and_then(|connection| connection.untie(subject));
        let is_there = tie.is_some();
        if let Some(tie) = tie {
            self.untied(id, tie);
        }
        is_there
    }
}
