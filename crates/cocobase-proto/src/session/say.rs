//! What a session says, and where.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use crate::credentials::Credentials;
use crate::endpoint::BaseUrl;
use crate::rest::{Request, WatchQuery, bearer_header};
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
        let last_event_id =
            (!self.last_event_id.is_empty() && self.config.resume).then_some(&*self.last_event_id);
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
            Surface::SelfHosted => match self.topics.watched.values().next() {
                Some(watched) => {
                    let filter = &watched.subscription.filter;
                    SelfHostedHello { credentials, actions: &[], filter }.encode()
                }
                None => return Vec::new(),
            },
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

    pub(super) fn subscribe<'a>(&self, watched: &'a Watched) -> ClientMessage<'a> {
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

    /// Sends a message of the gateway, if there is a link to send it on. Without one, the next
    /// link's hello says it.
    pub(super) fn say(&mut self, message: &ClientMessage<'_>) {
        if let Phase::Greeting(link) | Phase::Live(link) = self.phase
            && let Ok(text) = message.encode(Surface::Gateway)
        {
            self.actions.push_back(Action::Send { link, text: text.into() });
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
