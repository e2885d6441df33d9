//! The task that owns the hub: it takes commits from the log and hands payloads to connections.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use cocobase_hub::{Hub, SubscriberId};
use cocobase_proto::filter::Filter;
use cocobase_proto::{Shape, Text};
use tokio::sync::mpsc;

use super::outbox::{self, Inbox, Lag, Outbox};
use crate::log::Tail;

/// How to reach the task. Cloning it is cheap; the task ends when the last one is gone.
#[derive(Debug, Clone)]
pub(crate) struct RouterHandle {
    commands: mpsc::Sender<Command>,
    last_id: Arc<AtomicU64>,
    queue_bytes: usize,
}

#[derive(Debug)]
enum Command {
    Subscribe { id: SubscriberId, collection: Text, filter: Filter, outbox: Outbox },
    Unsubscribe(SubscriberId),
}

/// A standing subscription.
#[derive(Debug)]
pub(crate) struct Subscription {
    pub(crate) inbox: Inbox,
    pub(crate) lag: Lag,
    id: SubscriberId,
}

/// How many commands may wait.
const COMMANDS: usize = 256;

/// Starts the task. Each subscriber's queue holds at most `queue_bytes`.
pub(crate) fn start(tail: Tail, epoch: Text, shape: Shape, queue_bytes: usize) -> RouterHandle {
    let mut hub = Hub::new(epoch, shape);
    for (collection, seq) in tail.positions() {
        hub.set_position(collection.clone(), *seq);
    }
    let (commands, inbox) = mpsc::channel(COMMANDS);
    tokio::spawn(Task { hub, outboxes: BTreeMap::new() }.run(tail, inbox));
    RouterHandle { commands, last_id: Arc::default(), queue_bytes }
}

impl RouterHandle {
    /// Asks for a subscription. That it stands is said by its inbox.
    pub(crate) async fn subscribe(&self, collection: Text, filter: Filter) -> Subscription {
        let id = SubscriberId(self.last_id.fetch_add(1, Ordering::Relaxed));
        let (outbox, inbox, lag) = outbox::channel(self.queue_bytes);
        let command = Command::Subscribe { id, collection, filter, outbox };
        // If the task is gone, the inbox is at its end, which says so.
        let _ = self.commands.send(command).await;
        Subscription { inbox, lag, id }
    }

    pub(crate) async fn unsubscribe(&self, subscription: &Subscription) {
        let _ = self.commands.send(Command::Unsubscribe(subscription.id)).await;
    }
}

struct Task {
    hub: Hub,
    outboxes: BTreeMap<SubscriberId, Outbox>,
}

impl Task {
    /// Ends when the log is closed or nobody can send commands any more.
    async fn run(mut self, mut tail: Tail, mut commands: mpsc::Receiver<Command>) {
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command),
                    None => break,
                },
                commits = tail.next() => match commits {
                    Some(commits) => {
                        for commit in &commits {
                            self.hub.publish(commit);
                            self.deliver();
                        }
                    }
                    None => break,
                },
            }
        }
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Subscribe { id, collection, filter, outbox } => {
                outbox.subscribed(self.hub.subscribe(id, collection, &filter));
                self.outboxes.insert(id, outbox);
            }
            Command::Unsubscribe(id) => self.forget(id),
        }
    }

    fn deliver(&mut self) {
        while let Some(delivery) = self.hub.poll_delivery() {
            for id in delivery.receivers {
                let kept_up = self
                    .outboxes
                    .get(&id)
                    .is_some_and(|outbox| outbox.push(delivery.payload.clone()));
                if !kept_up {
                    self.forget(id);
                }
            }
        }
    }

    fn forget(&mut self, id: SubscriberId) {
        self.hub.unsubscribe(id);
        self.outboxes.remove(&id);
    }
}
