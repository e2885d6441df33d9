//! The view itself.

use alloc::sync::Arc;
use core::fmt;

use crate::document::Document;
use crate::filter::{FilterError, Matcher};
use crate::query::ListQuery;
use crate::session::{Event, GapCause, Topic};
use crate::text::Text;
use crate::wire::{Greeting, Position};

use super::event::{LeftCause, LiveEvent, Outlet};
use super::read::{Asked, Read, ReadId};
use super::row::Row;
use super::set::{Frame, Set};

/// The bounds of a [`LiveView`].
///
/// ```
/// use cocobase_proto::live::LiveConfig;
/// let small = LiveConfig { max_documents: 100, ..LiveConfig::default() };
/// assert_eq!(small.spare, 16);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveConfig {
    /// How many documents may be held: 10,000 (our decision). Those on top, last in the order, are
    /// left out, which [`LiveEvent::Overflow`] tells.
    pub max_documents: usize,
    /// How many documents behind a limit are kept, to move up when one before it leaves: 16 (our
    /// decision).
    pub spare: usize,
    /// How many documents may change while a list is on its way: 10,000 (our decision). When there
    /// are more, the list is asked for again.
    pub max_late: usize,
    /// How many events may wait to be polled: 1,024 (our decision). When there are more, they give
    /// way to one [`LiveEvent::Reset`].
    pub max_events: usize,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self { max_documents: 10_000, spare: 16, max_late: 10_000, max_events: 1024 }
    }
}

/// The documents of a collection that match a filter now: all of them, or the first ones in an
/// order. See the [module's documentation](super) for how it is kept right.
///
/// ```
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::live::{LiveConfig, LiveEvent, LiveView};
/// use cocobase_proto::query::ListQuery;
/// use cocobase_proto::{Change, Document, Event, Greeting};
///
/// let query = ListQuery {
///     filter: Filter::new().gte("mag", 4),
///     sort: Some("mag".into()),
///     limit: Some(2),
///     ..ListQuery::default()
/// };
/// let mut view = LiveView::new(query, LiveConfig::default())?;
///
/// // The link is live, and the server sent no snapshot: the view wants a list.
/// view.handle_event(&Event::Connected(Greeting::default()));
/// let read = view.poll_read().unwrap();
/// assert_eq!(read.query.to_query()?, "mag_gte=4&sort=mag&order=desc&limit=19");
/// let quake = |json: &str| Document::new(json.into());
/// let list = vec![quake(r#"{"id":"a","mag":7.1}"#), quake(r#"{"id":"b","mag":5.0}"#)];
/// view.handle_list(read.id, list, None);
///
/// // Changes follow.
/// let document = quake(r#"{"id":"c","mag":6.2}"#);
/// view.handle_event(&Event::Created(Change { collection: None, document, old: None, seq: None }));
///
/// // Whoever applies what is told has the same documents.
/// let mut mirror: Vec<Document> = Vec::new();
/// while let Some(event) = view.poll_event() {
///     match event {
///         LiveEvent::Entered { document, at } => mirror.insert(at, document),
///         LiveEvent::Changed { document, from, to, .. } => {
///             mirror.remove(from);
///             mirror.insert(to, document);
///         }
///         LiveEvent::Left { from, .. } => drop(mirror.remove(from)),
///         LiveEvent::Reset => mirror = view.documents().cloned().collect(),
///         _ => {}
///     }
/// }
/// let ids: Vec<_> = mirror.iter().filter_map(Document::id).collect();
/// assert_eq!(ids, ["a", "c"]);
/// assert!(view.is_current() && view.documents().eq(&mirror));
/// # Ok::<(), cocobase_proto::filter::FilterError>(())
/// ```
#[derive(Clone)]
pub struct LiveView {
    /// The collection that an event must name, on a gateway.
    collection: Option<Text>,
    query: ListQuery,
    matcher: Matcher,
    config: LiveConfig,
    set: Set,
    /// The set was once equal to the server's.
    has_base: bool,
    /// The changes up to here are in the set, as far as it was not stale.
    followed: Option<Position>,
    is_flowing: bool,
    /// The gateway confirms subscriptions, so its `Connected` does not mean that changes flow.
    is_confirmed: bool,
    snapshot: Option<Gathering>,
    needs_read: bool,
    asked: Option<Asked>,
    reads: u64,
    was_current: bool,
    has_told_overflow: bool,
    events: Outlet,
}

/// A snapshot on its way.
#[derive(Debug, Clone)]
struct Gathering {
    set: Set,
    count: u64,
    is_void: bool,
}

/// # Life
impl LiveView {
    /// A view of the documents that `query` asks for, behind a session that is about one collection.
    /// The query's `offset` is not used: a view begins with the first document.
    ///
    /// # Errors
    ///
    /// When the filter has no wire form, or `sort` is no field name.
    pub fn new(query: ListQuery, config: LiveConfig) -> Result<Self, FilterError> {
        query.to_query()?;
        Ok(Self {
            collection: None,
            matcher: Matcher::new(&query.filter),
            query: ListQuery { offset: 0, ..query },
            set: Set::unknown(),
            has_base: false,
            followed: None,
            is_flowing: false,
            is_confirmed: false,
            snapshot: None,
            needs_read: true,
            asked: None,
            reads: 0,
            was_current: false,
            has_told_overflow: false,
            events: Outlet::new(config.max_events),
            config,
        })
    }

    /// The same view behind a gateway's session: only events that name `collection` count.
    ///
    /// ```
    /// # use cocobase_proto::live::{LiveConfig, LiveView};
    /// # use cocobase_proto::query::ListQuery;
    /// let view = LiveView::new(ListQuery::default(), LiveConfig::default())?.of_collection("users");
    /// # Ok::<(), cocobase_proto::filter::FilterError>(())
    /// ```
    #[must_use]
    pub fn of_collection(mut self, collection: impl Into<Text>) -> Self {
        self.collection = Some(collection.into());
        self
    }
}

/// # Inputs
impl LiveView {
    /// Takes an event of the session. Give it all of them, in order; it passes over what does not
    /// concern it.
    pub fn handle_event(&mut self, event: &Event) {
        match event {
            Event::Connected(greeting) if !self.is_confirmed => self.greet(greeting),
            Event::Subscribed(greeting) if self.is_mine(greeting.collection.as_ref()) => {
                self.is_confirmed = true;
                self.greet(greeting);
            }
            Event::Snapshot(part) if self.is_mine(part.collection.as_ref()) => {
                self.gather(&part.document);
            }
            Event::Created(change) | Event::Updated(change)
                if self.is_mine(change.collection.as_ref()) =>
            {
                self.change(change.document.id(), Some(&change.document), change.seq);
            }
            Event::Deleted(deleted) if self.is_mine(deleted.collection.as_ref()) => {
                self.change(deleted.id.clone(), None, deleted.seq);
            }
            Event::Gap(gap) if self.is_about_me(&gap.topic) => {
                self.void_snapshot();
                if gap.cause == GapCause::Overflow {
                    // That changes flow again, and in which history, may be among what found no
                    // room.
                    self.is_flowing = true;
                    self.followed = None;
                }
                self.ask();
            }
            Event::Disconnected(_) => {
                self.snapshot = None;
                self.stop();
            }
            Event::Refused(_) => self.stop(),
            Event::TopicRefused { topic, .. } if self.is_about_me(topic) => self.stop(),
            Event::Unsubscribed { collection } if self.is_mine(Some(collection)) => self.stop(),
            _ => {}
        }
        self.settle();
    }

    /// Takes the answer to a [`Read`]: the documents, and the position that the server says with
    /// them. A list that comes in pages is handed over whole; if their positions differ, something
    /// changed in between and the first one is to be read again. A request that fails is made again
    /// by the driver, as long as it [is wanted](Self::is_wanted); an answer that is no longer wanted
    /// changes nothing.
    pub fn handle_list(
        &mut self,
        id: ReadId,
        documents: impl IntoIterator<Item = Document>,
        position: Option<Position>,
    ) {
        if !self.is_wanted(id) {
            return;
        }
        let Some(asked) = self.asked.take() else { return };
        if asked.accepts(position.as_ref()) {
            self.rebase_on_list(asked, documents, position);
        } else {
            self.needs_read = true;
        }
        self.settle();
    }
}

/// # Outputs
impl LiveView {
    /// What became of the view, next in order.
    pub fn poll_event(&mut self) -> Option<LiveEvent> {
        self.events.pop()
    }

    /// A list to be read now, if there is one. It is asked for once; at most one is wanted at a time.
    /// Its limit is one more than the documents that the view may hold: a server that gives fewer at
    /// once is read page by page.
    pub fn poll_read(&mut self) -> Option<Read> {
        if !self.is_flowing || !self.needs_read || self.asked.is_some() {
            return None;
        }
        self.needs_read = false;
        self.reads += 1;
        let id = ReadId(self.reads);
        self.asked = Some(Asked::new(id, self.followed.clone()));
        let limit = u64::try_from(self.frame().keep).unwrap_or(u64::MAX).saturating_add(1);
        Some(Read { id, query: ListQuery { limit: Some(limit), ..self.query.clone() } })
    }
}

/// # Getters
impl LiveView {
    /// The documents that are shown, in order.
    pub fn documents(&self) -> impl ExactSizeIterator<Item = &Document> {
        self.set.shown(self.frame().limit).iter().map(|row| &row.document)
    }

    /// Whether the view is what the server's own list would be, as far as events have arrived.
    #[must_use]
    pub const fn is_current(&self) -> bool {
        self.has_base && self.is_flowing && !self.needs_read && self.asked.is_none()
    }

    /// Whether the answer to this request is still awaited.
    #[must_use]
    pub fn is_wanted(&self, id: ReadId) -> bool {
        self.asked.as_ref().is_some_and(|asked| asked.id == id)
    }

    /// What the view shows.
    #[must_use]
    pub const fn query(&self) -> &ListQuery {
        &self.query
    }
}

/// # Transitions
impl LiveView {
    /// Changes flow from now on.
    fn greet(&mut self, greeting: &Greeting) {
        self.is_flowing = true;
        let gathered = self.snapshot.take();
        if let Some(count) = greeting.snapshot {
            self.followed.clone_from(&greeting.position);
            let gathered = match gathered {
                Some(gathered) => gathered,
                None => Gathering { set: Set::empty(), count: 0, is_void: false },
            };
            if gathered.count == count && !gathered.is_void {
                (self.needs_read, self.asked) = (false, None);
                self.rebase(gathered.set);
            } else {
                self.ask();
            }
        } else if greeting.resumed != Some(true) {
            let is_unmoved = self.followed.is_some() && self.followed == greeting.position;
            if !is_unmoved {
                self.followed.clone_from(&greeting.position);
                self.ask();
            }
        }
    }

    fn gather(&mut self, document: &Document) {
        let mut gathered = self.snapshot.take().unwrap_or_else(|| Gathering {
            set: Set::empty(),
            count: 0,
            is_void: false,
        });
        gathered.count += 1;
        self.add(&mut gathered.set, document);
        self.snapshot = Some(gathered);
    }

    fn change(&mut self, id: Option<Text>, document: Option<&Document>, seq: Option<u64>) {
        // Nothing should come between the documents of a snapshot; if it does, which of them is
        // older cannot be told.
        self.void_snapshot();
        if let (Some(seq), Some(followed)) = (seq, &mut self.followed) {
            if seq <= followed.seq {
                return;
            }
            followed.seq = seq;
        }
        let Some(id) = id else {
            return match document {
                Some(document) => self.events.push(LiveEvent::Unusable(document.clone())),
                None => self.ask(),
            };
        };
        if let Some(asked) = &mut self.asked {
            asked.note(&id, document, seq, self.config.max_late);
        }
        let row = document.and_then(|document| self.row(document, &self.set));
        let cause = if document.is_some() { LeftCause::Unmatched } else { LeftCause::Deleted };
        let Self { set, events, query, config, .. } = self;
        let mut tell = |event| events.push(event);
        let runs_short = set.replace(&id, row, cause, frame(query, config), &mut tell);
        // A list on its way brings the next one along, or else this is found out again.
        self.needs_read |= runs_short && self.asked.is_none();
    }

    fn rebase_on_list(
        &mut self,
        asked: Asked,
        documents: impl IntoIterator<Item = Document>,
        position: Option<Position>,
    ) {
        let mut set = Set::empty();
        for document in documents {
            self.add(&mut set, &document);
        }
        let included = match (&mut self.followed, &position) {
            (Some(followed), Some(position)) if followed.epoch == position.epoch => {
                followed.seq = followed.seq.max(position.seq);
                Some(position.seq)
            }
            _ => None,
        };
        for (id, document) in asked.after(included) {
            let row = document.as_ref().and_then(|document| self.row(document, &set));
            self.needs_read |= set.replace(&id, row, LeftCause::Missed, self.frame(), &mut |_| {});
        }
        self.rebase(set);
    }

    fn rebase(&mut self, set: Set) {
        let old = core::mem::replace(&mut self.set, set);
        self.has_base = true;
        let Self { set, events, query, config, .. } = self;
        set.tell_from(&old, frame(query, config), &mut |event| events.push(event));
    }

    /// Adds a document of a list or a snapshot.
    fn add(&mut self, set: &mut Set, document: &Document) {
        let Some(id) = document.id() else {
            return self.events.push(LiveEvent::Unusable(document.clone()));
        };
        let row = self.row(document, set);
        set.replace(&id, row, LeftCause::Missed, self.frame(), &mut |_| {});
    }

    fn row(&self, document: &Document, set: &Set) -> Option<Arc<Row>> {
        let id = document.id()?;
        let former = set.get(&id).or_else(|| self.set.get(&id));
        let former = former.map(|row| &**row);
        Row::read(document, &self.matcher, self.query.sorting(), former).map(Arc::new)
    }

    /// The server's list is wanted; one on its way is too old.
    fn ask(&mut self) {
        self.needs_read = true;
        self.asked = None;
    }

    fn stop(&mut self) {
        self.is_flowing = false;
        self.needs_read |= self.asked.take().is_some();
    }

    fn void_snapshot(&mut self) {
        if let Some(gathered) = &mut self.snapshot {
            gathered.is_void = true;
        }
    }

    /// Tells what has become of the view as a whole.
    fn settle(&mut self) {
        let is_current = self.is_current();
        if core::mem::replace(&mut self.was_current, is_current) != is_current {
            self.events.push(if is_current { LiveEvent::Current } else { LiveEvent::Stale });
        }
        let max = self.config.max_documents;
        let wanted = self.query.limit.unwrap_or(u64::MAX);
        let overflows = self.has_base
            && !self.set.is_whole()
            && wanted > u64::try_from(max).unwrap_or(u64::MAX);
        if overflows && !self.has_told_overflow {
            self.events.push(LiveEvent::Overflow { max });
        }
        self.has_told_overflow = overflows;
    }

    fn frame(&self) -> Frame<'_> {
        frame(&self.query, &self.config)
    }

    fn is_mine(&self, collection: Option<&Text>) -> bool {
        self.collection.as_ref().is_none_or(|mine| collection == Some(mine))
    }

    fn is_about_me(&self, topic: &Topic) -> bool {
        match (&self.collection, topic) {
            (Some(mine), Topic::Collection(name)) => mine == name,
            (_, topic) => matches!(topic, Topic::Collection(_) | Topic::Everything),
        }
    }
}

fn frame<'a>(query: &'a ListQuery, config: &LiveConfig) -> Frame<'a> {
    let wanted =
        query.limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let max = config.max_documents;
    let keep = wanted.saturating_add(config.spare).min(max);
    Frame { sorting: query.sorting(), limit: wanted.min(max), keep }
}

impl fmt::Debug for LiveView {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LiveView")
            .field("query", &self.query)
            .field("documents", &self.documents().len())
            .field("is_current", &self.is_current())
            .finish_non_exhaustive()
    }
}
