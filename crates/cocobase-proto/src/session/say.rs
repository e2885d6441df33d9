//! What a session says, and where.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::credentials::Credentials;
use crate::endpoint::BaseUrl;
use crate::filter::Filter;
use crate::rest::{Request, WatchQuery, bearer_header};
use crate::text::Text;
use crate::time::Instant;
use crate::wire::{
    BroadcastHello, ClientMessage, Hello, RoomHello, SelfHostedHello, Surface, encode,
};

use super::event::{Event, Expired, Topic};
use super::link::{Action, Carrier, LinkId};
use super::topics::Watched;
use super::{Phase, Session, WakeReason};

impl Session {
    /// Where the surface is.
    pub(super) fn destination(&self) -> (String, Carrier) {
        let watched = self.topics.watched.values().next();
        let collection = watched.map_or("", |watched| &watched.subscription.collection);
        let room = self.topics.rooms.keys().next().map_or("", |room| room);
        let path = match self.surface {
            Surface::SelfHosted => BaseUrl::self_hosted_watch_path(collection),
            Surface::Broadcast => BaseUrl::BROADCAST_PATH.into(),
            Surface::Room => BaseUrl::room_path(room),
            Surface::Gateway => BaseUrl::GATEWAY_PATH.into(),
            Surface::Events => return self.stream_destination(),
            _ => BaseUrl::collection_watch_path(collection),
        };
        (path, Carrier::WebSocket)
    }

    fn stream_destination(&self) -> (String, Carrier) {
        let (Some(watched), Some(credentials)) =
            (self.topics.watched.values().next(), &self.credentials)
        else {
            return (String::new(), Carrier::WebSocket);
        };
        let query = WatchQuery {
            filter: watched.subscription.filter.clone(),
            greeting: true,
            snapshot: watched.subscription.wants_snapshot,
        };
        let collection = &watched.subscription.collection;
        // The position is known from the greeting on; another server's ids are passed on as they are.
        let last_event_id = match watched.continuity.position() {
            Some(position) => position.to_event_id().into(),
            None => self.last_event_id.clone(),
        };
        let last_event_id =
            (!last_event_id.is_empty() && self.config.resume).then_some(&*last_event_id);
        // A subscription's filter has a wire form, or it would not be one.
        let request = Request::watch(collection, &query, last_event_id);
        let (path, mut headers) =
            request.map(|request| (request.path, request.headers)).unwrap_or_default();
        headers.push(bearer_header(credentials));
        (path, Carrier::EventStream { headers })
    }

    /// The first messages of a link.
    pub(super) fn say_hello(&mut self, link: LinkId) {
        let Some(credentials) = self.credentials.clone() else { return };
        let texts = self.hello(credentials);
        self.actions.extend(texts.into_iter().map(|text| Action::Send { link, text: text.into() }));
    }

    fn hello(&self, credentials: Credentials) -> Vec<String> {
        let hello = match self.surface {
            Surface::Gateway => return self.gateway_hello(credentials),
            Surface::Broadcast => {
                let resume = self.topics.broadcast.as_ref().and_then(|known| known.position());
                let resume = resume.filter(|_| self.config.resume).cloned();
                BroadcastHello { credentials, user: self.user.clone(), resume }.encode()
            }
            Surface::Room => match self.topics.rooms.values().next() {
                Some(room) => RoomHello {
                    credentials,
                    user: room.entry.user.clone(),
                    action: room.action,
                    title: room.entry.title.clone(),
                    resume: room.continuity.position().filter(|_| self.config.resume).cloned(),
                }
                .encode(),
                None => return Vec::new(),
            },
            // That server judges a change by the new document alone: with a filter it would not tell
            // what leaves the filter. So it is asked for everything, and the filter evaluated here.
            Surface::SelfHosted => {
                SelfHostedHello { credentials, actions: Vec::new(), filter: Filter::new() }.encode()
            }
            Surface::Events => return Vec::new(),
            _ => match self.topics.watched.values().next() {
                Some(watched) => Hello {
                    credentials,
                    filter: watched.subscription.filter.clone(),
                    resume: self.resume_position(watched).cloned(),
                    snapshot: watched.subscription.wants_snapshot,
                }
                .encode()
                // A subscription's filter has a wire form, or it would not be one.
                .unwrap_or_default(),
                None => return Vec::new(),
            },
        };
        alloc::vec![hello]
    }

    /// Nothing confirms the documented `auth` and `subscribe`, so they go out together, and a ping
    /// behind them: its answer proves that the server has heard.
    fn gateway_hello(&self, credentials: Credentials) -> Vec<String> {
        let auth = ClientMessage::Auth { credentials, user: self.user.clone() };
        let subscriptions = self.topics.watched.values().map(|watched| self.subscribe(watched));
        let rooms = self.topics.rooms.iter().map(|(room, entered)| {
            let resume = entered.continuity.position().filter(|_| self.config.resume).cloned();
            ClientMessage::Join { room: Cow::Borrowed(&**room), resume }
        });
        core::iter::once(auth)
            .chain(subscriptions)
            .chain(rooms)
            .filter_map(|message| message.encode(Surface::Gateway).ok())
            .chain([encode::PING.into()])
            .collect()
    }

    fn subscribe<'a>(&self, watched: &'a Watched) -> ClientMessage<'a> {
        ClientMessage::Subscribe {
            collection: Cow::Borrowed(&watched.subscription.collection),
            filter: watched.subscription.filter.clone(),
            resume: self.resume_position(watched).cloned(),
            snapshot: watched.subscription.wants_snapshot,
        }
    }

    fn resume_position<'a>(&self, watched: &'a Watched) -> Option<&'a crate::wire::Position> {
        watched.continuity.position().filter(|_| self.config.resume)
    }

    /// Notes that the gateway is to be told of a topic's desired state, if there is a link to tell
    /// it on. Without one, the next link's hello says it.
    pub(super) fn mark(&mut self, topic: Topic, is_known_there: bool) {
        if !matches!(self.phase, Phase::Greeting(_) | Phase::Live(_)) {
            return;
        }
        match self.untold.iter().position(|(untold, _)| *untold == topic) {
            None => self.untold.push_back((topic, is_known_there)),
            // What the server has never heard of need not be taken back.
            Some(at) if self.untold.get(at).is_some_and(|(_, known)| !known) => {
                if !self.topics.contains(&topic) {
                    self.untold.remove(at);
                }
            }
            Some(_) => {}
        }
    }

    /// A subscription is replaced whose answer is still to come: it is ended first, so that the answer
    /// can be told from the next one's. Only a server that confirms the end makes that of use.
    pub(super) fn end_first(&mut self, name: &Text) {
        let Phase::Live(link) = self.phase else { return };
        if !self.ended.is_trusted() {
            return;
        }
        let message = ClientMessage::Unsubscribe { collection: Cow::Borrowed(name) };
        let text = message.encode(self.surface).unwrap_or_default();
        let action = Action::Send { link, text: text.into() };
        if !self.actions.contains(&action) {
            self.actions.push_back(action);
            self.ended.tell(name, self.config.max_topics);
        }
    }

    /// The next topic whose desired state the gateway is to be told.
    pub(super) fn next_untold(&mut self) -> Option<Action> {
        let (Phase::Greeting(link) | Phase::Live(link)) = self.phase else { return None };
        let (topic, _) = self.untold.pop_front()?;
        if let Topic::Collection(name) = &topic
            && !self.topics.watched.contains_key(name)
        {
            self.ended.tell(name, self.config.max_topics);
        }
        let text = self.desired(&topic).encode(self.surface).unwrap_or_default();
        Some(Action::Send { link, text: text.into() })
    }

    fn desired<'a>(&'a self, topic: &'a Topic) -> ClientMessage<'a> {
        match topic {
            Topic::Collection(name) => match self.topics.watched.get(name) {
                Some(watched) => self.subscribe(watched),
                None => ClientMessage::Unsubscribe { collection: Cow::Borrowed(name) },
            },
            Topic::Room(room) if self.topics.rooms.contains_key(room) => {
                ClientMessage::Join { room: Cow::Borrowed(room), resume: None }
            }
            Topic::Room(room) => ClientMessage::Leave { room: Cow::Borrowed(room) },
            Topic::Broadcast | Topic::Everything => ClientMessage::Ping,
        }
    }

    /// The next of the messages that wait, once the link is live.
    pub(super) fn next_message(&mut self) -> Option<Action> {
        let Phase::Live(link) = self.phase else { return None };
        let parcel = self.outbox.pop()?;
        let content = Cow::Borrowed(&*parcel.content);
        let message = match (&parcel.topic, self.surface) {
            (Topic::Room(room), Surface::Gateway) => {
                ClientMessage::Broadcast { room: Cow::Borrowed(room), message: content }
            }
            _ => ClientMessage::Message { content },
        };
        // Only a filter can fail to be encoded, and there is none here.
        let text = message.encode(self.surface).unwrap_or_default();
        Some(Action::Send { link, text: text.into() })
    }

    /// Gives back the messages for a topic that the session no longer leads to.
    pub(super) fn give_back(&mut self, topic: &Topic, now: Instant) {
        for parcel in self.outbox.take_for(topic) {
            let expired = Expired { topic: parcel.topic, content: parcel.content };
            self.tell(Event::Expired(expired), now);
        }
    }

    /// Gives back the messages whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        while let Some(parcel) = self.outbox.pop_expired(now, &self.config.outbox) {
            let expired = Expired { topic: parcel.topic, content: parcel.content };
            self.tell(Event::Expired(expired), now);
        }
        if let Some(expiry) = self.outbox.expiry(&self.config.outbox) {
            self.timers.set(WakeReason::Expiry, expiry);
        }
    }
}
