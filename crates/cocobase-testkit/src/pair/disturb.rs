//! What may happen to a world before it is left in peace.

use std::time::Duration;

use cocobase_proto::Topic;
use cocobase_proto::wire::Surface;

use super::plan::{ClientPlan, ROOMS, watch};
use super::store::COLLECTIONS;
use super::world::{Happening, Verdict, World};

#[derive(Debug, Clone, Copy)]
enum Disturbance {
    Write,
    Burst,
    Publish,
    Cut,
    Stall,
    Suspend,
    NetworkChange,
    Reconnect,
    Refuse,
    Restart,
    Forget,
    Change,
    Arrive,
    Leave,
    Nothing,
}

const CHOICES: &[(u64, Disturbance)] = &[
    (34, Disturbance::Write),
    (8, Disturbance::Burst),
    (22, Disturbance::Publish),
    (9, Disturbance::Cut),
    (4, Disturbance::Stall),
    (3, Disturbance::Suspend),
    (2, Disturbance::NetworkChange),
    (2, Disturbance::Reconnect),
    (2, Disturbance::Refuse),
    (3, Disturbance::Restart),
    (3, Disturbance::Forget),
    (7, Disturbance::Change),
    (1, Disturbance::Arrive),
    (1, Disturbance::Leave),
    (2, Disturbance::Nothing),
];

impl World {
    /// Some disturbances, with time between them.
    pub(super) fn disturb(&mut self) -> Verdict {
        self.is_calm = false;
        for _ in 0..5 + self.random.index(20) {
            let pause = match self.random.index(20) {
                0 => self.random.between(Duration::ZERO, Duration::from_secs(100)),
                1..=5 => self.random.between(Duration::ZERO, Duration::from_secs(3)),
                6..=12 => self.random.between(Duration::ZERO, Duration::from_millis(200)),
                _ => Duration::ZERO,
            };
            self.run_for(pause)?;
            if let Some(disturbance) = self.random.weighted(CHOICES) {
                self.disturb_by(disturbance)?;
            }
        }
        Ok(())
    }

    /// No more disturbances: what was held back goes on.
    pub(super) fn calm(&mut self) -> Verdict {
        self.is_calm = true;
        self.refusals = 0;
        for at in 0..self.links.len() {
            if let Some(link) = self.links.get_mut(at) {
                link.up.held_until = self.now;
                link.down.held_until = self.now;
            }
        }
        self.say(|_| "calm".into());
        self.run_to_rest()
    }

    fn disturb_by(&mut self, disturbance: Disturbance) -> Verdict {
        let now = self.now;
        let at = self.random.index(self.clients.len());
        let link = self.clients.get(at).and_then(|client| client.link);
        let is_awake = self.clients.get(at).is_some_and(|client| client.asleep_until.is_none());
        match disturbance {
            Disturbance::Write => self.write_changes(1),
            Disturbance::Burst => {
                let count = 3 + self.random.index(20);
                self.write_changes(count);
            }
            Disturbance::Publish if is_awake => return self.publish_something(at),
            Disturbance::Cut => {
                if let Some(link) = link {
                    self.say(|_| format!("link {link} is cut"));
                    self.cut(link)?;
                }
            }
            Disturbance::Stall => {
                let until = now + self.random.between(Duration::ZERO, Duration::from_secs(20));
                let (up, down) = (self.random.chance(20), self.random.chance(90));
                if let Some(link) = link.and_then(|link| self.links.get_mut(link)) {
                    link.up.held_until = if up { until } else { now };
                    link.down.held_until = if down { until } else { now };
                    self.say(|_| format!("client {at}: its link stalls until {until:?}"));
                }
            }
            Disturbance::Suspend if is_awake => self.suspend(at),
            Disturbance::NetworkChange if is_awake => {
                if let Some(client) = self.clients.get_mut(at) {
                    client.session.network_changed(client.clock(now));
                }
                return self.drive(at);
            }
            Disturbance::Reconnect if is_awake => {
                if let Some(client) = self.clients.get_mut(at) {
                    client.session.reconnect(client.clock(now));
                }
                return self.drive(at);
            }
            Disturbance::Refuse => self.refusals = 1 + self.random.index(4) as u32,
            Disturbance::Restart => return self.restart(),
            Disturbance::Forget => self.forget_history(),
            Disturbance::Change if is_awake => return self.change_topics(at),
            Disturbance::Arrive if self.clients.len() < 6 => {
                let plan = ClientPlan::random(&mut self.random);
                return self.add_client(plan);
            }
            Disturbance::Leave if is_awake => return self.leave_world(at),
            _ => {}
        }
        Ok(())
    }

    fn write_changes(&mut self, count: usize) {
        // While the server is down nobody can write.
        if self.server.hub().is_none() {
            return;
        }
        let collection = COLLECTIONS.get(self.random.index(2)).copied().unwrap_or_default();
        for _ in 0..count {
            let Some(commit) = self.store.write(collection, &mut self.random) else { return };
            let late = self.random.between(Duration::ZERO, Duration::from_millis(30));
            let incarnation = self.server.incarnation;
            self.agenda.enter(self.now + late, Happening::Tail { incarnation, collection });
            self.say(|_| {
                format!("store: {collection} {} {:?} {}", commit.seq, commit.kind, commit.id)
            });
        }
    }

    fn publish_something(&mut self, at: usize) -> Verdict {
        let Some(client) = self.clients.get(at) else { return Ok(()) };
        let topics = client.audit.topics();
        let Some(topic) = self.random.pick(&topics).cloned() else { return Ok(()) };
        for _ in 0..1 + self.random.index(3) {
            self.publish(at, topic.clone())?;
        }
        Ok(())
    }

    fn suspend(&mut self, at: usize) {
        let time = self.random.between(Duration::from_secs(1), Duration::from_secs(200));
        let stands_still = self.random.chance(50);
        let Some(client) = self.clients.get_mut(at) else { return };
        client.asleep_until = Some(self.now + time);
        if stands_still {
            client.lag += time;
        }
        self.agenda.enter(self.now + time, Happening::Awake(at));
        self.say(|_| format!("client {at}: sleeps {time:?}, its clock too: {stands_still}"));
    }

    fn restart(&mut self) -> Verdict {
        if self.server.hub().is_none() {
            return Ok(());
        }
        let is_gentle = self.random.chance(40);
        self.say(|_| format!("server: stops, gently: {is_gentle}"));
        self.stop_server(is_gentle)?;
        if self.random.chance(15) {
            let keeps_documents = self.random.chance(50);
            self.store.begin_again(keeps_documents);
        }
        let pause = self.random.between(Duration::ZERO, Duration::from_secs(10));
        self.agenda.enter(self.now + pause, Happening::Start);
        Ok(())
    }

    fn forget_history(&mut self) {
        let kept = self.plan.kept;
        let collection = COLLECTIONS.get(self.random.index(2)).copied().unwrap_or_default();
        if let Some(history) = self.store.present_mut(collection) {
            let end = history.end();
            history.forget_up_to(end.saturating_sub(kept));
        }
        self.say(|_| format!("store: forgets the history of {collection} but for {kept}"));
    }

    /// A gateway's user wants something else.
    fn change_topics(&mut self, at: usize) -> Verdict {
        let is_gateway =
            self.clients.get(at).is_some_and(|client| client.plan.surface == Surface::Gateway);
        if !is_gateway || !self.is_live(at) {
            return Ok(());
        }
        // What was heard before is about what was wanted before.
        self.take_events(at, true)?;
        let room = ROOMS.get(self.random.index(2)).copied().unwrap_or_default();
        let number = self.random.index(2);
        let collection = COLLECTIONS.get(number).copied().unwrap_or_default();
        let topics = self.clients.get(at).map(|client| client.audit.topics()).unwrap_or_default();
        let is_in = topics.contains(&Topic::Room(room.into()));
        match self.random.index(4) {
            0 | 1 if is_in => {
                let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
                if client.session.leave(room).is_ok() {
                    client.audit.leave(&room.into());
                }
                self.say(|_| format!("client {at}: leaves {room}"));
            }
            0 | 1 => {
                self.say(|_| format!("client {at}: joins {room}"));
                self.join(at, room);
            }
            _ => {
                let Some(new) = watch(number, &mut self.random) else { return Ok(()) };
                let replaces = self.random.chance(50);
                let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
                if replaces && client.audit.is_confirmed(collection) {
                    self.say(|_| format!("client {at}: subscribes anew to {new:?}"));
                    self.replace(at, &new)?;
                } else if client.audit.follows(collection) {
                    client.views.retain(|_, view| view.collection != collection);
                    let _ = client.session.unsubscribe_from(collection);
                    client.audit.unfollow(collection);
                    self.say(|_| format!("client {at}: unsubscribes from {collection}"));
                } else {
                    self.say(|_| format!("client {at}: subscribes to {new:?}"));
                    self.watch(at, &new)?;
                }
            }
        }
        self.drive(at)
    }

    fn leave_world(&mut self, at: usize) -> Verdict {
        if let Some(client) = self.clients.get_mut(at) {
            client.session.close();
            client.audit.end();
            client.views.clear();
        }
        self.say(|_| format!("client {at}: closes"));
        self.drive(at)
    }
}
