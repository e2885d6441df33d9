//! A client: the session, its driver, and a user who notes what is told.

use std::collections::BTreeMap;
use std::time::Duration;

use cocobase_proto::wire::Surface;
use cocobase_proto::{
    Access, Credentials, Instant, RoomEntry, RoomMode, Session, State, Subscription, Target, Text,
    Topic, User,
};

use super::audit::{Audit, Follower, content};
use super::lists::View;
use super::plan::{ClientPlan, Right, Watch};
use super::query::QUERIES;
use super::server::KEY;
use super::world::{Verdict, World};

/// One client of the world.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) plan: ClientPlan,
    pub(super) session: Session,
    pub(super) audit: Audit,
    pub(super) views: BTreeMap<usize, View>,
    pub(super) viewed: usize,
    /// The link that the driver has.
    pub(super) link: Option<usize>,
    pub(super) asleep_until: Option<Instant>,
    /// How far the client's clock is behind: some clocks stand still while a machine sleeps.
    pub(super) lag: Duration,
    /// Where each of its messages went.
    pub(super) topics_of: BTreeMap<Text, Topic>,
    pub(super) is_refused: bool,
    pub(super) is_about_to_take: bool,
}

impl Client {
    /// The time by the client's clock.
    pub(super) fn clock(&self, now: Instant) -> Instant {
        now.earlier(self.lag)
    }

    /// When it next wants to be woken.
    pub(super) fn next_at(&self) -> Option<Instant> {
        let due = self.session.poll_timeout().map(|wakeup| wakeup.at + self.lag + self.plan.slack);
        due.filter(|_| self.asleep_until.is_none())
    }
}

pub(super) fn subscription(watch: &Watch) -> Result<Subscription, String> {
    let filter = QUERIES.get(watch.query).map(|query| (query.filter)()).unwrap_or_default();
    let subscription =
        Subscription::new(watch.collection, filter).map_err(|error| error.to_string())?;
    Ok(if watch.snapshot { subscription.with_snapshot() } else { subscription })
}

/// # Coming and going
impl World {
    pub(super) fn add_client(&mut self, plan: ClientPlan) -> Verdict {
        let user = User {
            id: plan.user.map(Text::from),
            name: plan.user.map(|user| format!("{user}'s name").into()),
        };
        let only = plan.watches.first();
        let target = match (plan.surface, only) {
            (Surface::Collection, Some(watch)) => Target::Collection(subscription(watch)?),
            (Surface::Events, Some(watch)) => Target::Events(subscription(watch)?),
            (Surface::Room, _) => {
                let room = plan.rooms.first().copied().unwrap_or_default();
                let entry = match plan.mode {
                    RoomMode::Join => RoomEntry::join(room),
                    RoomMode::Create => RoomEntry::create(room, "a title"),
                    RoomMode::JoinOrCreate => RoomEntry::join_or_create(room, "a title"),
                };
                Target::Room(match (user.id, user.name) {
                    (Some(id), Some(name)) => entry.by(id, name),
                    _ => entry,
                })
            }
            (Surface::Broadcast, _) => Target::Broadcast(user),
            _ => Target::Gateway(user),
        };
        let access = match plan.right {
            Right::Key => Access::Fixed(Credentials::ApiKey(KEY.into())),
            Right::WrongKey => Access::Fixed(Credentials::ApiKey("wrong".into())),
            Right::Provider => Access::Ask,
        };
        let seed = self.random.bits();
        let session = Session::new(target, access, plan.config.clone(), seed, self.now);
        let (watches, rooms, surface) = (plan.watches.clone(), plan.rooms.clone(), plan.surface);
        let at = self.clients.len();
        self.say(|_| format!("client {at}: starts on {surface:?} {watches:?} {rooms:?}"));
        self.clients.push(Client {
            plan,
            session,
            audit: Audit::new(surface == Surface::Gateway),
            views: BTreeMap::new(),
            viewed: 0,
            link: None,
            asleep_until: None,
            lag: Duration::ZERO,
            topics_of: BTreeMap::new(),
            is_refused: false,
            is_about_to_take: false,
        });
        for watch in &watches {
            self.watch(at, watch)?;
        }
        match surface {
            Surface::Broadcast => self.listen(at, Topic::Broadcast),
            Surface::Room => rooms
                .first()
                .into_iter()
                .for_each(|room| self.listen(at, Topic::Room((*room).into()))),
            _ => {
                for room in rooms {
                    self.join(at, room);
                }
            }
        }
        self.drive(at)
    }

    /// The user watches a collection; on a gateway, from now on.
    pub(super) fn watch(&mut self, at: usize, watch: &Watch) -> Verdict {
        let coalesces = self.plan.hub.overflow == cocobase_hub::Overflow::Coalesce;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        if client.plan.surface == Surface::Gateway
            && client.session.subscribe_to(subscription(watch)?, client.clock(self.now)).is_err()
        {
            return Ok(());
        }
        let Watch { collection, query, snapshot, .. } = *watch;
        client.audit.follow(Follower::new(collection, query, snapshot, coalesces));
        client.view(watch)
    }

    /// A gateway's user watches the same collection otherwise.
    pub(super) fn replace(&mut self, at: usize, watch: &Watch) -> Verdict {
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let subscription = subscription(watch)?;
        let is_same = client.audit.wants(watch.collection, watch.query, watch.snapshot);
        // The same subscription once more changes nothing.
        if is_same || client.session.subscribe_to(subscription, client.clock(now)).is_err() {
            return Ok(());
        }
        client.views.retain(|_, view| view.collection != watch.collection);
        client.audit.replace_query(watch.collection, watch.query, watch.snapshot);
        client.view(watch)
    }

    fn listen(&mut self, at: usize, topic: Topic) {
        if let Some(client) = self.clients.get_mut(at) {
            client.audit.listen(topic);
        }
    }

    pub(super) fn join(&mut self, at: usize, room: &'static str) {
        if let Some(client) = self.clients.get_mut(at)
            && client.session.join(room).is_ok()
        {
            client.audit.listen(Topic::Room(room.into()));
        }
    }

    pub(super) fn publish(&mut self, at: usize, topic: Topic) -> Verdict {
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let content = content(at, client.audit.next_number());
        let now = client.clock(self.now);
        let published = client.session.publish(topic.clone(), content.clone(), now);
        match &published {
            Ok(_) => {
                client.topics_of.insert(content.clone(), topic);
                client.audit.published(content.clone());
            }
            Err(unpublished) if unpublished.content != content => {
                return Err(format!("{content} came back as {}", unpublished.content));
            }
            Err(_) => {}
        }
        self.say(|_| format!("client {at}: publishes {content}: {published:?}"));
        self.drive(at)
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.clients.get(at).is_some_and(|client| client.session.state() == State::Live)
    }
}
