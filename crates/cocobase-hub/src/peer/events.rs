//! Surface S: one collection by server-sent events.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use cocobase_proto::rest::WatchQuery;
use cocobase_proto::wire::{ErrorMessage, Surface};
use cocobase_proto::{Credentials, Instant, Position, Text};

use super::{Asking, Phase, Wish};
use crate::action::HubAction;
use crate::connection::Connection;
use crate::connections::ConnectionId;
use crate::hub::Hub;
use crate::watch::Watch;

pub(super) fn watch(
    collection: Text,
    query: WatchQuery,
    written_filter: Option<String>,
    last_event_id: Option<&str>,
) -> Watch {
    // An id that is none of ours names an event that nobody can go on from.
    let foreign = || Position { epoch: Text::default(), seq: 0 };
    let resume = last_event_id
        .filter(|id| !id.is_empty())
        .map(|id| Position::from_event_id(id).unwrap_or_else(foreign));
    Watch {
        collection,
        filter: query.filter,
        written_filter: written_filter.map(Text::from),
        resume,
        wants_snapshot: query.snapshot,
        wants_greeting: query.greeting || query.snapshot,
    }
}

impl Hub {
    pub(super) fn enter_stream(
        &mut self,
        watch: Watch,
        credentials: Option<Credentials>,
        now: Instant,
    ) -> ConnectionId {
        let asking = Asking { wish: Wish::Watch(watch), early: Vec::new(), early_bytes: 0 };
        let phase = Phase::Asking(Box::new(asking));
        let id = self.connections.insert(Connection::new(Surface::Events, phase, now));
        match credentials {
            Some(credentials) => {
                self.actions.push_back(HubAction::Authenticate { id, credentials });
                self.watch_life(id, now);
            }
            None => self.refuse(id, &ErrorMessage::new(ErrorMessage::API_KEY_REQUIRED)),
        }
        id
    }
}
