//! What must be true whenever nothing is on its way any more.

use std::collections::{BTreeMap, BTreeSet};

use cocobase_proto::query::Order;
use cocobase_proto::wire::Surface;
use cocobase_proto::{Document, Position, State, Text, Topic};

use super::audit::{same, wanted};
use super::lists::View;
use super::plan::ROOMS;
use super::world::{Verdict, World};

impl World {
    /// Why the world is not at rest, if it is not.
    pub(super) fn unrest(&self) -> Option<String> {
        let Some(hub) = self.server.hub() else { return Some("there is no server".into()) };
        let mut open = 0;
        for (at, client) in self.clients.iter().enumerate() {
            match client.session.state() {
                State::Closed => continue,
                State::Live => {}
                state => return Some(format!("client {at} is {state:?}")),
            }
            let link = client.link.and_then(|link| self.links.get(link));
            match link {
                Some(link) if link.is_half_open() => {
                    return Some(format!("client {at} does not notice that its link is dead"));
                }
                Some(_) => open += 1,
                None => return Some(format!("client {at} is live without a link")),
            }
            if let Some(view) = client.views.values().find(|view| !view.live.is_current()) {
                return Some(format!("client {at}: a view of {} is not current", view.collection));
            }
        }
        let connections = hub.connections();
        (connections != open).then(|| {
            let links = self.server.links();
            format!("the hub has {connections} connections, the server {links:?}, clients {open}")
        })
    }

    /// Everything is as the model says.
    pub(super) fn check(&mut self) -> Verdict {
        for (at, client) in self.clients.iter_mut().enumerate() {
            if client.session.state() == State::Closed {
                continue;
            }
            client
                .audit
                .check_quiet(&self.store)
                .map_err(|problem| format!("client {at}: {problem}"))?;
            for view in client.views.values() {
                let Some(history) = self.store.present(view.collection) else { continue };
                let expected = wanted(history.documents(), view.query);
                check_view(view, expected)
                    .map_err(|problem| format!("client {at}: its view {problem}"))?;
            }
        }
        self.check_topic(&Topic::Broadcast)?;
        for room in ROOMS {
            self.check_topic(&Topic::Room(room.into()))?;
        }
        self.check_people()
    }

    /// All who are in a room have heard the same.
    fn check_topic(&mut self, topic: &Topic) -> Verdict {
        let mut furthest: Option<Position> = None;
        let live = |client: &&mut super::client::Client| client.session.state() == State::Live;
        for client in self.clients.iter_mut().filter(live) {
            let Some(position) = client.audit.position_in(topic)? else { continue };
            let is_further = furthest
                .as_ref()
                .is_none_or(|most| most.epoch != position.epoch || most.seq < position.seq);
            if is_further {
                furthest = Some(position);
            }
        }
        let Some(furthest) = furthest else { return Ok(()) };
        for (at, client) in self.clients.iter_mut().enumerate() {
            if client.session.state() == State::Live {
                client
                    .audit
                    .check_heard(topic, &furthest, &self.board)
                    .map_err(|problem| format!("client {at}: {problem}"))?;
            }
        }
        Ok(())
    }

    /// Those in a room, the list of rooms and everyone's view agree.
    fn check_people(&self) -> Verdict {
        let Some(hub) = self.server.hub() else { return Ok(()) };
        let list = hub.rooms();
        let mut listed: BTreeMap<&Text, BTreeSet<&Text>> = BTreeMap::new();
        for room in &list.rooms {
            let people: BTreeSet<&Text> = room.participant_list.iter().map(|one| &one.id).collect();
            if room.participants != Some(people.len() as u64) {
                return Err(format!(
                    "{room:?} counts {:?} and lists {people:?}",
                    room.participants
                ));
            }
            listed.insert(&room.id, people);
        }
        if list.total != listed.len() as u64 {
            return Err(format!("{} rooms, of which {:?} are listed", list.total, listed.keys()));
        }
        for room in ROOMS {
            let room = Text::from(room);
            let mut present = BTreeSet::new();
            let mut members = Vec::new();
            for (at, client) in self.clients.iter().enumerate() {
                let is_in = client.audit.topics().contains(&Topic::Room(room.clone()));
                let view = client.session.room(&room);
                let (true, Some(view), State::Live) = (is_in, view, client.session.state()) else {
                    continue;
                };
                if !view.is_current() {
                    return Err(format!("client {at}: never entered {room}"));
                }
                let Some(me) = view.me() else {
                    return Err(format!("client {at}: does not know who it is in {room}"));
                };
                if client.plan.user.is_some_and(|user| *me != user) {
                    return Err(format!("client {at}: is {me} in {room}"));
                }
                present.insert(me);
                members.push((at, client, view));
            }
            let listed = listed.get(&room).cloned().unwrap_or_default();
            if listed != present {
                return Err(format!("{room} lists {listed:?}, there are {present:?}"));
            }
            for (at, client, view) in members {
                // Only a room's own surface tells of comings and goings.
                if client.plan.surface != Surface::Room {
                    continue;
                }
                let seen: BTreeSet<&Text> = view.participants().map(|(id, _)| id).collect();
                if seen != present || view.count() != present.len() as u64 {
                    return Err(format!(
                        "client {at}: sees {seen:?} ({}) in {room}, there are {present:?}",
                        view.count()
                    ));
                }
                let told: Option<BTreeSet<&Text>> =
                    client.audit.people.get(&room).map(|people| people.iter().collect());
                let may_have_missed = client.plan.config.max_events < 100;
                if told.as_ref() != Some(&present) && !may_have_missed {
                    return Err(format!("client {at}: was told of {told:?} in {room}"));
                }
            }
        }
        Ok(())
    }
}

fn check_view(view: &View, mut expected: Vec<Document>) -> Verdict {
    let query = view.live.query();
    let number = |document: &Document| {
        let n = document.to_map().ok().and_then(|map| map.get("n")?.as_u64());
        n.unwrap_or_default()
    };
    // Ids order like creation.
    expected.sort_by_key(Document::id);
    if query.sort.is_some() {
        match query.order {
            Order::Ascending => expected.sort_by_key(number),
            Order::Descending => {
                expected
                    .sort_by_key(|document| (std::cmp::Reverse(number(document)), document.id()));
            }
        }
    }
    let shown = view.shown()?;
    if query.sort.is_none() && query.order == Order::Descending {
        // Without a field to sort by, the order is that of creation, either way.
        let ids = |list: &[Document]| list.iter().map(Document::id).collect::<Vec<_>>();
        if ids(&shown) != ids(&expected) {
            expected.reverse();
        }
    }
    if let Some(limit) = query.limit {
        expected.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    same(&shown, &expected)
}
