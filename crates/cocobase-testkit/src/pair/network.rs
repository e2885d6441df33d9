//! What is on its way, and how links break.

use std::time::Duration;

use cocobase_proto::CloseCause;

use super::link::{Down, Up};
use super::world::{Happening, Verdict, World};

impl World {
    pub(super) fn send_up(&mut self, at: usize, item: Up) {
        let delay = self.delay(at);
        let now = self.now;
        if let Some(arrival) = self.links.get_mut(at).and_then(|it| it.up.send(item, delay, now)) {
            self.agenda.enter(arrival, Happening::AtServer(at));
        }
    }

    pub(super) fn send_down(&mut self, at: usize, item: Down) {
        let delay = self.delay(at);
        let now = self.now;
        if let Some(arrival) = self.links.get_mut(at).and_then(|it| it.down.send(item, delay, now))
        {
            self.agenda.enter(arrival, Happening::AtClient(at));
        }
    }

    fn delay(&mut self, link: usize) -> Duration {
        let client = self.links.get(link).and_then(|link| self.clients.get(link.client));
        let (least, most) = client.map(|client| client.plan.latency).unwrap_or_default();
        self.random.between(least, most)
    }

    /// Breaks a link: each end is told, or finds out.
    pub(super) fn cut(&mut self, at: usize) -> Verdict {
        let (tells_client, tells_server) = (self.random.chance(70), self.random.chance(70));
        let keeps = self.random.index(4);
        let half = self.random.index(60);
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        if link.is_half_open() {
            return Ok(());
        }
        let is_stream = link.is_stream();
        link.up.lose(keeps);
        link.down.lose(keeps);
        if is_stream && let Some(Down::Bytes(bytes)) = link.down.last_mut() {
            bytes.truncate(half);
        }
        if tells_client {
            self.send_down(at, Down::Closed(CloseCause::Io("broken".into())));
        }
        if tells_server {
            self.send_up(at, Up::Gone);
        }
        if let Some(link) = self.links.get_mut(at) {
            link.up.is_dead = true;
            link.down.is_dead = true;
        }
        self.go_on(at)
    }

    /// The server's socket may take more than before.
    pub(super) fn go_on(&mut self, at: usize) -> Verdict {
        match self.links.get(at).and_then(|link| link.connection) {
            Some(id) => {
                self.flush(id)?;
                self.serve()
            }
            None => Ok(()),
        }
    }
}
