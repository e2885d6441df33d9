//! The list of rooms (surface L).

use alloc::string::String;
use alloc::vec::Vec;

use serde::Deserialize;

use crate::json::{JsonError, from_object};
use crate::text::Text;
use crate::wire::encode::push_participants;
use crate::wire::raw::Raw;
use crate::wire::write::ObjectWriter;
use crate::wire::{Participant, keys, participants};

/// The rooms of a project. See [`rooms`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoomList {
    /// The rooms that were listed.
    pub rooms: Vec<ListedRoom>,
    /// How many there are.
    pub total: u64,
}

/// A room in a list. See [`rooms`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListedRoom {
    /// Its id, which stands in its address.
    pub id: Text,
    /// Its title for people.
    pub title: Option<Text>,
    /// The id of the user who made it.
    pub created_by: Option<Text>,
    /// How many are in it.
    pub participants: Option<u64>,
    /// Who is in it, if the server says.
    pub participant_list: Vec<Participant>,
    /// When it was made: seconds since 1970, or what else the server writes.
    pub created_at: Option<Text>,
}

/// Reads the answer to [`Request::rooms`](super::Request::rooms), in the documented dialect or in
/// that of the vendor's self-hosted server. An entry without an id is left out.
///
/// # Errors
///
/// When the answer is neither an object with `rooms` nor an array.
///
/// ```
/// use cocobase_proto::rest::rooms;
///
/// let documented = r#"{"rooms":[{"id":"general","title":"General","created_by":"u1","participants":1,
///     "participant_list":[{"id":"u1","name":"Ada"}],"created_at":1705315800}],"total":1}"#;
/// let list = rooms(&documented.into()).unwrap();
/// assert_eq!(list.total, 1);
/// assert_eq!(list.rooms[0].participant_list[0].name.as_deref(), Some("Ada"));
///
/// let self_hosted = r#"{"rooms":[{"room_id":"general","connections":3}]}"#;
/// let list = rooms(&self_hosted.into()).unwrap();
/// assert_eq!((&*list.rooms[0].id, list.rooms[0].participants), ("general", Some(3)));
/// ```
pub fn rooms(answer: &Text) -> Result<RoomList, JsonError> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        rooms: Vec<Raw<'a>>,
        #[serde(borrow, default)]
        total: Raw<'a>,
    }
    let body: Body<'_> = if answer.trim_start().starts_with('[') {
        Body { rooms: serde_json::from_str(answer)?, total: Raw::default() }
    } else {
        from_object(answer)?
    };
    let rooms: Vec<ListedRoom> =
        body.rooms.into_iter().filter_map(|item| room(answer, item)).collect();
    let total = body.total.integer().unwrap_or(rooms.len() as u64);
    Ok(RoomList { rooms, total })
}

fn room(answer: &Text, item: Raw<'_>) -> Option<ListedRoom> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Body<'a> {
        #[serde(borrow)]
        id: Raw<'a>,
        #[serde(borrow)]
        room_id: Raw<'a>,
        #[serde(borrow)]
        title: Raw<'a>,
        #[serde(borrow)]
        created_by: Raw<'a>,
        #[serde(borrow)]
        participants: Raw<'a>,
        #[serde(borrow)]
        connections: Raw<'a>,
        #[serde(borrow)]
        participant_list: Raw<'a>,
        #[serde(borrow)]
        created_at: Raw<'a>,
    }
    let body: Body<'_> = from_object(item.json()?).ok()?;
    let share = |value: Raw<'_>| value.scalar().map(|part| answer.slice_of(&part));
    Some(ListedRoom {
        id: share(body.id).or_else(|| share(body.room_id))?,
        title: share(body.title),
        created_by: share(body.created_by),
        participants: body.participants.integer().or_else(|| body.connections.integer()),
        participant_list: participants(answer, body.participant_list).unwrap_or_default(),
        created_at: share(body.created_at),
    })
}

impl RoomList {
    /// The JSON of this list in the documented dialect.
    ///
    /// ```
    /// use cocobase_proto::rest::{ListedRoom, RoomList};
    ///
    /// let room = ListedRoom {
    ///     id: "general".into(),
    ///     participants: Some(0),
    ///     created_at: Some("1705315800".into()),
    ///     ..ListedRoom::default()
    /// };
    /// assert_eq!(
    ///     RoomList { rooms: vec![room], total: 1 }.encode(),
    ///     concat!(
    ///         r#"{"rooms":[{"id":"general","participants":0,"participant_list":[],"#,
    ///         r#""created_at":1705315800}],"total":1}"#,
    ///     ),
    /// );
    /// ```
    #[must_use]
    pub fn encode(&self) -> String {
        let mut out = String::new();
        let mut object = ObjectWriter::new(&mut out);
        let list = object.key(keys::ROOMS);
        list.push('[');
        for (at, room) in self.rooms.iter().enumerate() {
            if at > 0 {
                list.push(',');
            }
            room.push(list);
        }
        list.push(']');
        object.number(keys::TOTAL, self.total).end();
        out
    }
}

impl ListedRoom {
    fn push(&self, out: &mut String) {
        let mut object = ObjectWriter::new(out);
        object
            .string(keys::ID, &self.id)
            .maybe_string(keys::TITLE, self.title.as_deref())
            .maybe_string(keys::CREATED_BY, self.created_by.as_deref())
            .maybe_number(keys::PARTICIPANTS, self.participants);
        push_participants(object.key(keys::PARTICIPANT_LIST), &self.participant_list);
        match self.created_at.as_deref() {
            Some(seconds) if is_number(seconds) => {
                object.json(keys::CREATED_AT, seconds);
            }
            other => {
                object.maybe_string(keys::CREATED_AT, other);
            }
        }
        object.end();
    }
}

/// Whether the text is a JSON number and nothing else: JSON allows blanks around it.
fn is_number(text: &str) -> bool {
    text.trim() == text && serde_json::from_str::<serde_json::Number>(text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_back_as_it_was() {
        for time in ["1705315800", "1.5", "2024-01-15T10:30:00Z", " 7", "7\n", "", "1e999", "-"] {
            let room = ListedRoom { created_at: Some(time.into()), ..ListedRoom::default() };
            let list = RoomList { rooms: alloc::vec![room], total: 1 };
            assert_eq!(rooms(&list.encode().into()).unwrap(), list, "{time:?}");
        }
    }

    #[test]
    fn odd_lists_are_read_as_far_as_they_go() {
        for (json, ids, total) in [
            (r#"{"rooms":[],"total":0}"#, &[][..], 0),
            (r#"{"rooms":[]}"#, &[], 0),
            (r#"[{"room_id":"a"},{"id":"b"}]"#, &["a", "b"], 2),
            (r#"{"total":9.0,"rooms":[{"id":7,"participants":"many"}]}"#, &["7"], 9),
            (
                r#"{"rooms":[null,1,[],{},{"title":"t"},{"id":"a","participant_list":7}]}"#,
                &["a"],
                1,
            ),
        ] {
            let list = rooms(&json.into()).unwrap();
            let found: Vec<&str> = list.rooms.iter().map(|room| &*room.id).collect();
            assert_eq!((&found[..], list.total), (ids, total), "{json}");
        }
        for json in ["", "{}", "7", r#"{"rooms":7}"#, r#"{"rooms":[}"#] {
            assert!(rooms(&json.into()).is_err(), "{json}");
        }
    }
}
