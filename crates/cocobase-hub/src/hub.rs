//! Who is told of which change.

use alloc::collections::BTreeMap;
use alloc::collections::VecDeque;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use cocobase_proto::filter::{Filter, Matcher};
use cocobase_proto::wire::encode::{CollectionEvent, StoredDocument};
use cocobase_proto::{ChangeKind, JsonError, Metadata, Position, Shape, Text};
use serde_json::{Map, Value};

use crate::commit::Commit;
use crate::filter_set::FilterSet;

/// The number that the shell gives to a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(pub u64);

/// Routes commits to subscribers: one payload per commit, shared by all who receive it.
///
/// An update is delivered when the document matched before *or* matches now, so that a live view
/// learns what left it; a delete when the last known document matched.
///
/// ```
/// use cocobase_hub::{Commit, Hub, SubscriberId};
/// use cocobase_proto::filter::Filter;
/// use cocobase_proto::{ChangeKind, Shape};
///
/// let mut hub = Hub::new("e1".into(), Shape::Flat);
/// let alice = SubscriberId(1);
/// let position = hub.subscribe(alice, "users".into(), &Filter::new().eq("status", "active"));
/// assert_eq!(position.seq, 0);
///
/// hub.publish(&Commit {
///     collection: "users".into(),
///     seq: 1,
///     kind: ChangeKind::Created,
///     id: "doc_1".into(),
///     created_at: "2024-01-15T10:30:00Z".into(),
///     updated_at: "2024-01-15T10:30:00Z".into(),
///     data: r#"{"status":"active"}"#.into(),
///     old: None,
/// });
/// let delivery = hub.poll_delivery().unwrap();
/// assert_eq!(delivery.receivers, [alice]);
/// ```
#[derive(Debug)]
pub struct Hub {
    epoch: Text,
    shape: Shape,
    collections: BTreeMap<Text, Topic>,
    subscribers: BTreeMap<SubscriberId, Text>,
    deliveries: VecDeque<Delivery>,
}

/// One collection, as far as the hub knows it.
#[derive(Debug, Default)]
struct Topic {
    seq: u64,
    filters: FilterSet,
}

/// One payload and those who are to get it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event, encoded.
    pub payload: Text,
    /// The subscribers, in the order of their numbers.
    pub receivers: Vec<SubscriberId>,
}

impl Hub {
    /// A hub for the history called `epoch`, which writes documents in `shape`.
    #[must_use]
    pub const fn new(epoch: Text, shape: Shape) -> Self {
        Self {
            epoch,
            shape,
            collections: BTreeMap::new(),
            subscribers: BTreeMap::new(),
            deliveries: VecDeque::new(),
        }
    }

    /// Tells the hub how far a collection's history reaches, before its first subscriber comes.
    pub fn set_position(&mut self, collection: Text, seq: u64) {
        let topic = self.collections.entry(collection).or_default();
        topic.seq = topic.seq.max(seq);
    }

    /// Adds a subscriber, or gives one that is there another subscription. Every commit published
    /// after this call that matches is delivered; the answer is the position before the first.
    pub fn subscribe(&mut self, id: SubscriberId, collection: Text, filter: &Filter) -> Position {
        self.unsubscribe(id);
        let topic = self.collections.entry(collection.clone()).or_default();
        topic.filters.insert(id, filter);
        self.subscribers.insert(id, collection);
        Position { epoch: self.epoch.clone(), seq: topic.seq }
    }

    /// Forgets a subscriber. One that is not there is no trouble.
    pub fn unsubscribe(&mut self, id: SubscriberId) {
        if let Some(collection) = self.subscribers.remove(&id)
            && let Some(topic) = self.collections.get_mut(&collection)
        {
            topic.filters.remove(id);
        }
    }

    /// Routes a commit. Commits of one collection must come in the order of their numbers; one that
    /// has been routed before is left aside.
    pub fn publish(&mut self, commit: &Commit) {
        let topic = self.collections.entry(commit.collection.clone()).or_default();
        if commit.seq <= topic.seq {
            return;
        }
        topic.seq = commit.seq;
        if topic.filters.is_empty() {
            return;
        }
        // The log holds JSON objects only; anything else has no subscribers.
        if let Ok(Some(delivery)) = route(commit, &mut topic.filters, self.shape) {
            self.deliveries.push_back(delivery);
        }
    }

    /// The next payload to hand out. After `None` it stays `None` until the next commit.
    pub fn poll_delivery(&mut self) -> Option<Delivery> {
        self.deliveries.pop_front()
    }

    /// How many subscribers there are.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.subscribers.len()
    }
}

fn route(
    commit: &Commit,
    filters: &mut FilterSet,
    shape: Shape,
) -> Result<Option<Delivery>, JsonError> {
    let mut receivers = Vec::new();
    if filters.needs_documents() {
        let new = commit.metadata().flat_view(&commit.data)?;
        let old = commit.old.as_ref().map(|old| commit.metadata().flat_view(old)).transpose()?;
        filters.collect(old.as_ref(), &new, &mut receivers);
    } else {
        filters.collect_unfiltered(&mut receivers);
    }
    if receivers.is_empty() {
        return Ok(None);
    }
    let payload = encode(commit, shape)?;
    Ok(Some(Delivery { payload, receivers }))
}

/// The event that tells of a commit, if it concerns those who want what `matcher` wants.
pub(crate) fn event_for(commit: &Commit, matcher: &Matcher, shape: Shape) -> Option<Text> {
    let fits = |fields: &Text| {
        commit.metadata().flat_view(fields).is_ok_and(|view| matcher.matches(&view))
    };
    let concerns = fits(&commit.data) || commit.old.as_ref().is_some_and(fits);
    // The log holds JSON objects only.
    concerns.then(|| encode(commit, shape).ok()).flatten()
}

fn encode(commit: &Commit, shape: Shape) -> Result<Text, JsonError> {
    let old = match (commit.kind, &commit.old) {
        (ChangeKind::Updated, Some(old)) => Some(former_values(old, &commit.data)?),
        _ => None,
    };
    let document = StoredDocument {
        collection: &commit.collection,
        id: &commit.id,
        created_at: &commit.created_at,
        updated_at: &commit.updated_at,
        fields: &commit.data,
    };
    let event =
        CollectionEvent { kind: commit.kind, document, old: old.as_deref(), seq: commit.seq };
    Ok(event.encode(shape)?.into())
}

/// The fields whose values differ, with the values they had; `null` for those that were not there.
fn former_values(old: &str, new: &str) -> Result<String, JsonError> {
    let mut old = Metadata::default().flat_view(old)?;
    let new = Metadata::default().flat_view(new)?;
    let added: Vec<&String> = new.keys().filter(|key| !old.contains_key(*key)).collect();
    let mut former: Map<String, Value> =
        added.into_iter().map(|key| (key.clone(), Value::Null)).collect();
    old.retain(|key, value| new.get(key) != Some(value));
    former.append(&mut old);
    Ok(Value::Object(former).to_string())
}

#[cfg(test)]
mod tests {
    use cocobase_proto::filter::Filter;

    use super::*;

    const A: SubscriberId = SubscriberId(1);
    const B: SubscriberId = SubscriberId(2);

    fn hub() -> Hub {
        Hub::new("e".into(), Shape::Flat)
    }

    fn commit(seq: u64, kind: ChangeKind, data: &str, old: Option<&str>) -> Commit {
        Commit {
            collection: "users".into(),
            seq,
            kind,
            id: "doc_1".into(),
            created_at: "t".into(),
            updated_at: "u".into(),
            data: data.into(),
            old: old.map(Text::from),
        }
    }

    fn receivers(hub: &mut Hub) -> Vec<SubscriberId> {
        let delivery = hub.poll_delivery();
        assert_eq!(hub.poll_delivery(), None);
        delivery.map(|delivery| delivery.receivers).unwrap_or_default()
    }

    #[test]
    fn each_subscriber_gets_what_its_filter_lets_through() {
        let mut hub = hub();
        hub.subscribe(A, "users".into(), &Filter::new().eq("status", "active"));
        hub.subscribe(B, "users".into(), &Filter::new());
        hub.subscribe(SubscriberId(3), "posts".into(), &Filter::new());

        let (active, premium) = (r#"{"status":"active"}"#, r#"{"status":"premium"}"#);
        for (kind, data, old, expected) in [
            (ChangeKind::Created, active, None, &[A, B][..]),
            (ChangeKind::Created, premium, None, &[B]),
            (ChangeKind::Updated, premium, Some(active), &[A, B]),
            (ChangeKind::Updated, active, Some(premium), &[A, B]),
            (ChangeKind::Updated, premium, Some(premium), &[B]),
            (ChangeKind::Deleted, active, None, &[A, B]),
            (ChangeKind::Deleted, premium, None, &[B]),
        ] {
            let seq = hub.collections["users"].seq + 1;
            hub.publish(&commit(seq, kind, data, old));
            assert_eq!(receivers(&mut hub), expected, "{kind:?} {data} {old:?}");
        }
    }

    #[test]
    fn a_commit_is_routed_once() {
        let mut hub = hub();
        hub.set_position("users".into(), 4);
        let position = hub.subscribe(A, "users".into(), &Filter::new());
        assert_eq!(position, Position { epoch: "e".into(), seq: 4 });
        for (seq, expected) in [(4, 0), (5, 1), (5, 0), (6, 1)] {
            hub.publish(&commit(seq, ChangeKind::Created, "{}", None));
            assert_eq!(receivers(&mut hub).len(), expected, "{seq}");
        }
        assert_eq!(hub.subscribe(B, "users".into(), &Filter::new()).seq, 6);
    }

    #[test]
    fn who_has_left_is_forgotten() {
        let mut hub = hub();
        hub.subscribe(A, "users".into(), &Filter::new().eq("a", 1));
        hub.subscribe(A, "users".into(), &Filter::new());
        hub.subscribe(B, "users".into(), &Filter::new());
        assert_eq!(hub.subscribers(), 2);
        hub.unsubscribe(A);
        hub.unsubscribe(A);
        hub.publish(&commit(1, ChangeKind::Created, "{}", None));
        assert_eq!(receivers(&mut hub), [B]);
        hub.unsubscribe(B);
        hub.publish(&commit(2, ChangeKind::Created, "{}", None));
        assert_eq!(receivers(&mut hub), []);
    }

    #[test]
    fn an_update_tells_the_former_values_of_what_changed() {
        for (old, new, expected) in [
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"b":3}"#, r#"{"b":2}"#),
            (r#"{"a":1}"#, r#"{"a":1,"b":3}"#, r#"{"b":null}"#),
            (r#"{"a":{"x":1}}"#, r#"{"a":{"x":2}}"#, r#"{"a":{"x":1}}"#),
            (r#"{"a":1}"#, r#"{"a":1}"#, "{}"),
        ] {
            assert_eq!(former_values(old, new).unwrap(), expected);
        }
    }
}
