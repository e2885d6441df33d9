//! Live views, and the lists that they ask for.

use std::time::Duration;

use cocobase_proto::live::{LiveEvent, LiveView, ReadId};
use cocobase_proto::wire::Surface;
use cocobase_proto::{Document, Position};

use super::audit::{same, wanted};
use super::client::Client;
use super::plan::{Watch, live_config};
use super::world::{Happening, Verdict, World};

/// A live view, and a list that is kept by what the view tells.
#[derive(Debug)]
pub(super) struct View {
    pub(super) collection: &'static str,
    pub(super) query: usize,
    pub(super) live: LiveView,
    mirror: Vec<Document>,
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

impl Client {
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

impl World {
    /// Takes what the views tell and asks for the lists that they want.
    pub(super) fn look_at_views(&mut self, at: usize) -> Verdict {
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
        history.map(|one| wanted(one.documents(), query)).unwrap_or_default()
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
}
