//! The WebSockets that are open: how many there are, and how they learn that the server stops.

use std::time::Duration;

use tokio::sync::watch;

/// All open WebSockets of a server.
#[derive(Debug)]
pub(crate) struct Sockets {
    /// Each socket holds a receiver, so that counting them counts the sockets.
    stopping: watch::Sender<bool>,
    limit: usize,
}

/// The right to be open, and the news that the server stops.
#[derive(Debug)]
pub(crate) struct Socket {
    stopping: watch::Receiver<bool>,
}

impl Sockets {
    pub(crate) fn new(limit: usize) -> Self {
        Self { stopping: watch::Sender::new(false), limit }
    }

    /// Lets one more in, unless there are too many or the server stops.
    pub(crate) fn enter(&self) -> Option<Socket> {
        if *self.stopping.borrow() || self.stopping.receiver_count() >= self.limit {
            return None;
        }
        Some(Socket { stopping: self.stopping.subscribe() })
    }

    /// Tells all sockets to close and waits until they have, at most for `patience`.
    pub(crate) async fn stop(&self, patience: Duration) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(patience, self.stopping.closed()).await.is_err() {
            tracing::warn!(sockets = self.stopping.receiver_count(), "connections were cut off");
        }
    }
}

impl Socket {
    /// Waits until the server stops. Cancel-safe.
    pub(crate) async fn stopping(&mut self) {
        // The sender lives as long as the server.
        let _ = self.stopping.wait_for(|stopping| *stopping).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_are_counted_and_told() {
        let sockets = Sockets::new(2);
        let (mut one, two) = (sockets.enter().unwrap(), sockets.enter().unwrap());
        assert!(sockets.enter().is_none(), "the third is one too many");
        drop(two);
        let three = sockets.enter().unwrap();
        drop(three);
        let leaves = async {
            one.stopping().await;
            drop(one);
        };
        tokio::join!(sockets.stop(Duration::from_secs(60)), leaves);
        assert!(sockets.enter().is_none());
    }
}
