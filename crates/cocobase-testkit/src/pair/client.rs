//! A client: the session, its driver, and a user who notes what is told.

use std::collections::BTreeMap;
use std::time::Duration;

use cocobase_proto::live::{LiveEvent, LiveView, ReadId};
use cocobase_proto::wire::Surface;
use cocobase_proto::{
    Access, Action, CloseCause, Credentials, Document, Event, Input, Instant, Position,
    RefusalKind, RoomEntry, RoomMode, Session, State, Subscription, Target, Text, Topic, User,
};

use super::audit::{Audit, Follower, content, same};
use super::link::{Down, Link, Pipe, Up};
use super::plan::{ClientPlan, Right, Watch, live_config};
use super::query::QUERIES;
use super::server::{KEY, content_in};
use super::world::{Happening, Verdict, World};

/// One client of the world.
#[derive(Debug)]
pub(super) struct Client {
    pub(super) plan: ClientPlan,
    pub(super) session: Session,
    pub(super) audit: Audit,
    pub(super) views: BTreeMap<usize, View>,
    viewed: usize,
    /// The link that the driver has.
    pub(super) link: Option<usize>,
    pub(super) asleep_until: Option<Instant>,
    /// How far the client's clock is behind: some clocks stand still while a machine sleeps.
    pub(super) lag: Duration,
    /// Where each of its messages went.
    pub(super) topics_of: BTreeMap<Text, Topic>,
    pub(super) is_refused: bool,
    is_about_to_take: bool,
}

/// A live view, and a list that is kept by what the view tells.
#[derive(Debug)]
pub(super) struct View {
    pub(super) collection: &'static str,
    pub(super) query: usize,
    pub(super) live: LiveView,
    mirror: Vec<Document>,
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

    pub(super) fn view(&mut self, watch: &Watch) -> Result<(), String> {
        let Some(query) = &watch.view else { return Ok(()) };
        let live =
            LiveView::new(query.clone(), live_config()).map_err(|error| error.to_string())?;
        let live = match self.plan.surface {
            Surface::Gateway => live.of_collection(watch.collection),
            _ => live,
        };
        let (collection, query) = (watch.collection, watch.query);
        self.viewed += 1;
        self.views.insert(self.viewed, View { collection, query, live, mirror: Vec::new() });
        Ok(())
    }
}

impl View {
    /// Takes what the view tells, as a program on top of it would.
    fn follow(&mut self) -> Verdict {
        while let Some(event) = self.live.poll_event() {
            match event {
                LiveEvent::Entered { document, at } if at <= self.mirror.len() => {
                    self.mirror.insert(at, document);
                }
                LiveEvent::Changed { document, from, to, .. }
                    if from < self.mirror.len() && to < self.mirror.len() =>
                {
                    self.mirror.remove(from);
                    self.mirror.insert(to, document);
                }
                LiveEvent::Left { from, .. } if from < self.mirror.len() => {
                    self.mirror.remove(from);
                }
                LiveEvent::Reset => self.mirror = self.live.documents().cloned().collect(),
                LiveEvent::Current | LiveEvent::Stale | LiveEvent::Overflow { .. } => {}
                event => return Err(format!("a view tells {event:?} of {}", self.mirror.len())),
            }
        }
        Ok(())
    }

    /// What is shown, which must be what was told.
    pub(super) fn shown(&self) -> Result<Vec<Document>, String> {
        let shown: Vec<Document> = self.live.documents().cloned().collect();
        same(&self.mirror, &shown).map_err(|problem| format!("told otherwise: {problem}"))?;
        Ok(shown)
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
}

/// # The driver
impl World {
    pub(super) fn wake_client(&mut self, at: usize) -> Verdict {
        let oversleeps = self.injected.oversleeps();
        let Some(client) = self.clients.get_mut(at).filter(|_| !oversleeps) else { return Ok(()) };
        let now = client.clock(self.now);
        client.session.handle_timeout(now);
        let next = client.session.poll_timeout();
        if next.is_some_and(|next| next.at <= now) {
            return Err(format!("client {at}: {next:?} is due again after it was served"));
        }
        self.drive(at)
    }

    /// Does what the session wants and tells the user, until there is nothing more.
    pub(super) fn drive(&mut self, at: usize) -> Verdict {
        loop {
            let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
            match client.session.poll_action() {
                Some(action) => self.act(at, action)?,
                None => break,
            }
        }
        self.take_events(at, false)
    }

    fn act(&mut self, at: usize, action: Action) -> Verdict {
        self.say(|_| format!("client {at}: {}", show(&action)));
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        match action {
            Action::Open { link: id, path, carrier } => {
                if client.link.is_some() {
                    return Err(format!("client {at}: opens a second link"));
                }
                let link = self.links.len();
                client.link = Some(link);
                self.links.push(Link {
                    client: at,
                    id,
                    path,
                    carrier,
                    connection: None,
                    incarnation: 0,
                    epoch: Text::default(),
                    up: Pipe::new(now),
                    down: Pipe::new(now),
                    is_open: true,
                    is_expiring: false,
                    window: client.plan.window,
                    piece: client.plan.piece,
                });
                self.send_up(link, Up::Connect);
            }
            Action::Send { link: id, text } => {
                let Some(link) = client.link else { return Ok(()) };
                if self.links.get(link).is_none_or(|link| link.id != id) {
                    return Err(format!("client {at}: sends on a link that it gave up"));
                }
                let content = content_in(&text);
                if let Some(content) = &content {
                    let topic = client.topics_of.get(content).unwrap_or(&Topic::Everything);
                    let sent = client.audit.sent(topic, content);
                    sent.map_err(|problem| format!("client {at}: {problem}"))?;
                    self.board.sent(content.clone(), link);
                }
                if !self.injected.loses(content.is_some()) {
                    self.send_up(link, Up::Text(text));
                }
            }
            Action::Close { link: id } => {
                let Some(link) = client.link else { return Ok(()) };
                if let Some(link) = self.links.get_mut(link).filter(|link| link.id == id) {
                    link.is_open = false;
                    client.link = None;
                }
                self.send_up(link, Up::Gone);
            }
        }
        Ok(())
    }

    /// Tells the user. A slow one takes events only when it is its time.
    pub(super) fn take_events(&mut self, at: usize, is_time: bool) -> Verdict {
        let (now, calm) = (self.now, self.is_calm);
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        if is_time {
            client.is_about_to_take = false;
        } else if client.plan.is_slow && !calm {
            if !std::mem::replace(&mut client.is_about_to_take, true) {
                let (least, most) = (Duration::from_millis(50), Duration::from_secs(3));
                let pause = self.random.between(least, most);
                self.agenda.enter(now + pause, Happening::Take(at));
            }
            return Ok(());
        }
        while let Some(client) = self.clients.get_mut(at)
            && let Some(event) = client.session.poll_event()
        {
            self.tell(at, &event).map_err(|problem| format!("client {at}: {problem}"))?;
        }
        self.look_at_views(at)
    }

    fn tell(&mut self, at: usize, event: &Event) -> Verdict {
        self.say(|_| format!("client {at}: is told {event:?}"));
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let incarnation = client.link.and_then(|link| self.links.get(link));
        let epoch = match incarnation {
            Some(link) if link.incarnation != 0 => link.epoch.clone(),
            _ => self.server.epoch.clone(),
        };
        client.audit.note(event, &epoch, &self.store, &mut self.board)?;
        for view in client.views.values_mut() {
            view.live.handle_event(event);
        }
        match event {
            Event::CredentialsNeeded { .. } => {
                let (least, most) = (Duration::ZERO, Duration::from_secs(2));
                let pause = self.random.between(least, most);
                self.agenda.enter(now + pause, Happening::Provide(at));
            }
            Event::Refused(refusal) => {
                client.is_refused = true;
                let may_be = match refusal.kind {
                    RefusalKind::Credentials => client.plan.right != Right::Key,
                    RefusalKind::Room => client.plan.mode == RoomMode::Join,
                    _ => false,
                };
                if !may_be {
                    return Err(format!("was refused: {refusal:?}"));
                }
            }
            Event::TopicRefused { .. }
            | Event::ServerError(_)
            | Event::Malformed(_)
            | Event::Unknown(_)
            | Event::Undecodable(_) => return Err(format!("was told {event:?}")),
            _ => {}
        }
        Ok(())
    }

    /// Takes what the views tell and asks for the lists that they want.
    fn look_at_views(&mut self, at: usize) -> Verdict {
        let now = self.now;
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        for (number, view) in &mut client.views {
            view.follow().map_err(|problem| format!("client {at}: {problem}"))?;
            if let Some(read) = view.live.poll_read() {
                let (least, most) = client.plan.latency;
                let delay = self.random.between(least, most);
                let read = Happening::ReadList { client: at, view: *number, id: read.id };
                self.agenda.enter(now + delay, read);
            }
        }
        Ok(())
    }
}

/// # Inputs of the session
impl World {
    pub(super) fn at_client(&mut self, at: usize) -> Verdict {
        let now = self.now;
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        let Some(client) = self.clients.get(link.client) else { return Ok(()) };
        let held = client.asleep_until.unwrap_or_default().max(link.down.held_until);
        if held > now {
            self.agenda.enter(held, Happening::AtClient(at));
            return Ok(());
        }
        let Some(item) = link.down.receive(now) else { return Ok(()) };
        self.say(|_| format!("client's link {at}: {item:?}"));
        self.hear(at, item)?;
        self.go_on(at)
    }

    fn hear(&mut self, at: usize, item: Down) -> Verdict {
        let Some(link) = self.links.get_mut(at) else { return Ok(()) };
        let (owner, is_open, piece) = (link.client, link.is_open, link.piece);
        // A driver may have read a little more from a link before it was told to close it.
        if !is_open && !self.random.chance(30) {
            return Ok(());
        }
        let id = self.injected.link_id(link.id, is_open);
        let Some(client) = self.clients.get_mut(owner) else { return Ok(()) };
        let id = match id {
            Some(id) => id,
            None => match client.link.and_then(|link| self.links.get(link)) {
                Some(link) => link.id,
                None => return Ok(()),
            },
        };
        let now = client.clock(self.now);
        match item {
            Down::Opened => client.session.handle_input(id, Input::Opened, now),
            Down::Refused { status, retry_after } => {
                let body = Text::default();
                let refused = Input::Refused { status, retry_after, body };
                client.session.handle_input(id, refused, now);
                self.over(owner, at);
            }
            Down::Text(text) => client.session.handle_input(id, Input::Text(text), now),
            Down::Bytes(bytes) => {
                let size = if piece == 0 { bytes.len().max(1) } else { piece };
                for start in (0..bytes.len()).step_by(size) {
                    let part = bytes.slice(start..bytes.len().min(start + size));
                    client.session.handle_input(id, Input::Bytes(part), now);
                }
            }
            Down::Ping => {
                client.session.handle_input(id, Input::Alive, now);
                if is_open {
                    self.send_up(at, Up::Pong);
                }
            }
            Down::Pong => client.session.handle_input(id, Input::Alive, now),
            Down::Closed(cause) => {
                if is_open {
                    self.over(owner, at);
                }
                if let Some(client) = self.clients.get_mut(owner) {
                    client.session.handle_input(id, Input::Closed(cause), now);
                }
            }
        }
        self.drive(owner)
    }

    /// The driver's end of a link is gone.
    fn over(&mut self, owner: usize, at: usize) {
        if let Some(link) = self.links.get_mut(at) {
            link.is_open = false;
        }
        if let Some(client) = self.clients.get_mut(owner)
            && client.link == Some(at)
        {
            client.link = None;
        }
        self.send_up(at, Up::Gone);
    }

    pub(super) fn provide(&mut self, at: usize) -> Verdict {
        let (fails, expired) = match self.is_calm {
            true => (false, false),
            false => (self.random.chance(20), self.random.chance(10)),
        };
        let Some(client) = self.clients.get_mut(at) else { return Ok(()) };
        let now = client.clock(self.now);
        if fails {
            client.session.credentials_unavailable("none at the moment", now);
        } else {
            let key = if expired { "expired" } else { KEY };
            client.session.set_credentials(Credentials::ApiKey(key.into()), now);
        }
        self.drive(at)
    }

    pub(super) fn awake(&mut self, at: usize) -> Verdict {
        let now = self.now;
        if let Some(client) = self.clients.get_mut(at)
            && client.asleep_until.is_some_and(|until| until <= now)
        {
            client.asleep_until = None;
        }
        self.say(|_| format!("client {at}: is awake"));
        Ok(())
    }

    pub(super) fn read_list(&mut self, at: usize, number: usize, id: ReadId) {
        let now = self.now;
        let Some(client) = self.clients.get(at) else { return };
        let Some(view) = client.views.get(&number).filter(|view| view.live.is_wanted(id)) else {
            return;
        };
        let (least, most) = client.plan.latency;
        let (collection, query) = (view.collection, view.query);
        if self.server.hub().is_none() || (!self.is_calm && self.random.chance(10)) {
            // The request failed; the driver makes it again.
            let retry = Happening::ReadList { client: at, view: number, id };
            self.agenda.enter(now + Duration::from_secs(1), retry);
            return;
        }
        let says_position = self.random.chance(80);
        let position = says_position.then(|| self.store.position(collection));
        let documents = self.list(collection, query);
        let delay = self.random.between(least, most);
        let list = Happening::List { client: at, view: number, id, documents, position };
        self.agenda.enter(now + delay, list);
    }

    pub(super) fn list(&self, collection: &str, query: usize) -> Vec<Document> {
        let history = self.store.present(collection);
        history.map(|one| super::audit::wanted(one.documents(), query)).unwrap_or_default()
    }

    pub(super) fn give_list(
        &mut self,
        at: usize,
        number: usize,
        id: ReadId,
        documents: Vec<Document>,
        position: Option<Position>,
    ) -> Verdict {
        self.say(|_| format!("client {at}: list of {} at {position:?}", documents.len()));
        if let Some(client) = self.clients.get_mut(at)
            && let Some(view) = client.views.get_mut(&number)
        {
            view.live.handle_list(id, documents, position);
        }
        self.look_at_views(at)
    }

    pub(super) fn is_live(&self, at: usize) -> bool {
        self.clients.get(at).is_some_and(|client| client.session.state() == State::Live)
    }
}

/// # The network
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

fn show(action: &Action) -> String {
    match action {
        Action::Send { text, .. } => format!("sends {text}"),
        action => format!("{action:?}"),
    }
}
