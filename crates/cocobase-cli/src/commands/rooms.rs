//! `cocobase rooms`.

use cocobase_proto::Participant;
use cocobase_proto::rest::ListedRoom;
use comfy_table::{Cell, CellAlignment, LineStyle, Table, presets};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::args::Rooms;
use crate::connect::{client, failure};
use crate::exit::End;
use crate::fields::printable;
use crate::output::{DIM, counted, line, paint, remark};

/// How many names of those in a room are shown.
const NAMES: usize = 5;

/// Lists the rooms.
pub(crate) async fn run(args: Rooms) -> Result<(), End> {
    let list = client(&args.connection)?.rooms().await.map_err(|error| failure(&error))?;
    if args.json {
        for room in &list.rooms {
            line(object(room))?;
        }
        return Ok(());
    }
    if !list.rooms.is_empty() {
        line(table(&list.rooms))?;
    }
    remark(paint(DIM, counted(list.total, "room")));
    Ok(())
}

fn table(rooms: &[ListedRoom]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()));
    let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
    table.set_header(["room", "title", "here", "who", "since"].map(Cell::new));
    for room in rooms {
        let title = room.title.as_deref().unwrap_or_default();
        let here = room.participants.map_or_else(|| "?".into(), |count| count.to_string());
        table.add_row([
            Cell::new(printable(&room.id)),
            Cell::new(printable(title)),
            right(here),
            Cell::new(who(&room.participant_list)),
            Cell::new(room.created_at.as_deref().map_or_else(String::new, since)),
        ]);
    }
    table
}

fn who(people: &[Participant]) -> String {
    let name = |one: &Participant| printable(one.name.as_ref().unwrap_or(&one.id));
    let names: Vec<String> = people.iter().take(NAMES).map(name).collect();
    let rest = people.len().saturating_sub(NAMES);
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    names.join(", ") + &more
}

/// Seconds since 1970 as a time; anything else as it is.
fn since(created_at: &str) -> String {
    let seconds = created_at.parse::<f64>().ok().map(|seconds| seconds as i64);
    match seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()) {
        Some(time) => time.to_string(),
        None => printable(created_at),
    }
}

fn object(room: &ListedRoom) -> Value {
    let person = |one: &Participant| json!({"id": one.id.as_str(), "name": one.name.as_deref()});
    let created_at = room.created_at.as_deref().map(|at| match at.parse::<serde_json::Number>() {
        Ok(seconds) => Value::Number(seconds),
        Err(_) => Value::from(at),
    });
    json!({
        "id": room.id.as_str(),
        "title": room.title.as_deref(),
        "created_by": room.created_by.as_deref(),
        "participants": room.participants,
        "participant_list": room.participant_list.iter().map(person).collect::<Vec<_>>(),
        "created_at": created_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowd_is_cut_short_and_a_time_is_one() {
        let person = |id: usize| Participant { id: id.to_string().into(), name: None };
        let crowd: Vec<Participant> = (0..7).map(person).collect();
        assert_eq!(who(&crowd), "0, 1, 2, 3, 4 and 2 more");
        assert_eq!(who(&crowd[..1]), "0");
        assert_eq!(since("1705315800"), "2024-01-15T10:50:00Z");
        assert_eq!(since("yesterday"), "yesterday");
    }

    #[test]
    fn a_room_is_an_object_with_the_documented_keys() {
        let room = ListedRoom {
            id: "general".into(),
            participants: Some(1),
            created_at: Some("1705315800".into()),
            ..ListedRoom::default()
        };
        assert_eq!(
            object(&room),
            json!({"id":"general","title":null,"created_by":null,"participants":1,
                "participant_list":[],"created_at":1705315800})
        );
    }
}
