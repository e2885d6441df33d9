//! A commit as each dialect tells it.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use cocobase_proto::filter::Matcher;
use cocobase_proto::wire::Surface;
use cocobase_proto::wire::encode::{CollectionEvent, StoredDocument};
use cocobase_proto::{ChangeKind, JsonError, Metadata, Position, Shape, Text};
use serde_json::{Map, Value};

use crate::commit::Commit;
use crate::encoded::Encoded;
use crate::frame::{Frame, Weight};

/// The frames of one commit. The log holds JSON objects only; of anything else there is none.
pub(crate) fn encoded(
    commit: &Commit,
    epoch: &Text,
    shape: Shape,
) -> Encoded<impl Fn(Surface) -> Option<Frame>> {
    Encoded::new(move |surface| encode(commit, epoch, shape, surface).ok())
}

/// Whether a commit concerns those who want what `matcher` wants: an update does when the document
/// matched before *or* matches now, a delete when the last known document matched.
pub(crate) fn concerns(commit: &Commit, matcher: &Matcher) -> bool {
    let fits = |fields: &Text| {
        commit.metadata().flat_view(fields).is_ok_and(|view| matcher.matches(&view))
    };
    fits(&commit.data) || commit.old.as_ref().is_some_and(fits)
}

/// The commit as `surface` tells it.
pub(crate) fn encode(
    commit: &Commit,
    epoch: &Text,
    shape: Shape,
    surface: Surface,
) -> Result<Frame, JsonError> {
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
    let weight = Weight::Document { collection: commit.collection.clone(), id: commit.id.clone() };
    Ok(match surface {
        Surface::Gateway => Frame::message(&event.encode_gateway(), weight),
        Surface::Events => {
            let id = Position { epoch: epoch.clone(), seq: commit.seq }.to_event_id();
            Frame::block(Some(&id), Some(&event.encode_gateway()), weight)
        }
        _ => Frame::message(&event.encode(shape)?, weight),
    })
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
    use super::*;

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

    #[test]
    fn each_dialect_is_encoded_once() {
        let commit = Commit {
            collection: "users".into(),
            seq: 7,
            kind: ChangeKind::Created,
            id: "doc_1".into(),
            created_at: "t".into(),
            updated_at: "u".into(),
            data: "{\"a\":\n1}".into(),
            old: None,
        };
        let epoch = Text::from("e");
        let mut event = encoded(&commit, &epoch, Shape::Flat);
        for (surface, start) in [
            (Surface::Collection, r#"{"event":"create","collection_id":"users","data":{"#),
            (Surface::Gateway, r#"{"type":"event","collection":"users","event":"created","#),
            (Surface::Events, r#"{"type":"event","collection":"users","event":"created","#),
        ] {
            let frame = event.frame(surface).unwrap().clone();
            assert!(frame.text().unwrap().starts_with(start), "{frame:?}");
            let again = event.frame(surface).unwrap();
            assert_eq!(frame.bytes().as_ptr(), again.bytes().as_ptr());
        }
        assert!(event.frame(Surface::Events).unwrap().bytes().starts_with(b"id: e:7\ndata: {"));
        let odd = Commit { data: "[]".into(), ..commit.clone() };
        assert_eq!(encoded(&odd, &epoch, Shape::Flat).frame(Surface::Collection), None);
    }
}
