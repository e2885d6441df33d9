//! What other threads may do with a connection.

use std::time::Duration;

use cocobase_driver::{GatewayCommands, Runtime, Sender};
use cocobase_proto::{Published, State, Unpublished};

use super::{Executor, Patience};
use crate::suite::{Command, Handle, Seen};

/// What can be said on a connection.
pub(super) enum Mouth<R: Runtime> {
    None,
    Sender(Sender<R>),
    Gateway(GatewayCommands<R>),
}

pub(super) struct View<E: Executor> {
    pub(super) handle: cocobase_driver::Handle<E::Runtime>,
    pub(super) mouth: Mouth<E::Runtime>,
    pub(super) patience: Patience<E>,
}

/// How long saying something may take.
const PATIENCE: Duration = Duration::from_secs(20);

impl<E: Executor> Handle for View<E> {
    fn name(&self) -> String {
        self.handle.name().to_owned()
    }

    fn state(&self) -> State {
        self.handle.state()
    }

    fn seen(&self) -> Seen {
        let seen = self.handle.statistics();
        Seen {
            events: seen.events,
            bytes_received: seen.bytes_received,
            bytes_sent: seen.bytes_sent,
            reconnects: seen.reconnects,
            gaps: seen.gaps,
            round_trip: seen.round_trip,
        }
    }

    fn close(&self) {
        self.patience.executor.block_on(self.handle.close());
    }

    fn reconnect(&self) {
        self.patience.executor.block_on(async { self.handle.reconnect() });
    }

    fn publish(&self, room: &str, json: &str) -> Result<Published, Option<Unpublished>> {
        let said = async {
            match &self.mouth {
                Mouth::None => Err(None),
                Mouth::Sender(sender) => sender.send_json(json).await.map_err(Some),
                Mouth::Gateway(commands) => commands.publish_json(room, json).await.map_err(Some),
            }
        };
        self.patience.wait(PATIENCE, said).unwrap_or(Err(None))
    }

    fn flush(&self, within: Duration) -> bool {
        let flushed = async {
            match &self.mouth {
                Mouth::None => false,
                Mouth::Sender(sender) => sender.flush().await.is_ok(),
                Mouth::Gateway(commands) => commands.flush().await.is_ok(),
            }
        };
        self.patience.wait(within, flushed).unwrap_or(false)
    }

    fn command(&self, command: Command) -> Result<(), String> {
        let Mouth::Gateway(gateway) = &self.mouth else { return Err("it is no gateway".into()) };
        self.patience.executor.block_on(async {
            match command {
                Command::Subscribe(collection, filter) => gateway.subscribe(&collection, filter),
                Command::Unsubscribe(collection) => gateway.unsubscribe(&collection),
                Command::Join(room) => gateway.join(&room),
                Command::Leave(room) => gateway.leave(&room),
            }
            .map_err(|error| error.to_string())
        })
    }
}
