//! The surfaces that speak HTTP: requests, their bodies and the answers.

use cocobase_proto::filter::Filter;
use cocobase_proto::query::{ListQuery, Order};
use cocobase_proto::rest::{self, Request, WatchQuery, bearer_header, body, credential_header};
use cocobase_proto::{JsonError, Text};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Vector;
use crate::pattern::compare;
use crate::server::{Shown, value};
use crate::shapes::{Access, Letter, Said, string};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestVector {
    call: Call,
    surface: Letter,
    by: Access,
    request: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Call {
    Create { collection: String, fields: Value },
    Get { collection: String, id: String },
    List { collection: String, query: Query },
    Update { collection: String, id: String, fields: Value },
    Delete { collection: String, id: String },
    CreateMany { collection: String, documents: Vec<Value> },
    UpdateMany { collection: String, updates: Value },
    DeleteMany { collection: String, ids: Vec<String> },
    Count { collection: String, query: Query },
    Aggregate { collection: String, field: String, operation: String, query: Query },
    Collections,
    Rooms,
    Watch { collection: String, query: Watch, last_event_id: Option<String> },
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Query {
    filters: Option<Value>,
    sort: Option<String>,
    ascending: bool,
    limit: Option<u64>,
    offset: u64,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Watch {
    filters: Option<Value>,
    greeting: bool,
    snapshot: bool,
}

pub(crate) fn filter(filters: &Option<Value>) -> Result<Filter, String> {
    let json = filters.as_ref().map_or_else(|| "{}".into(), Value::to_string);
    Filter::from_json(&json).map_err(|error| error.to_string())
}

impl Query {
    pub(crate) fn list(&self) -> Result<ListQuery, String> {
        Ok(ListQuery {
            filter: filter(&self.filters)?,
            sort: self.sort.clone(),
            order: if self.ascending { Order::Ascending } else { Order::Descending },
            limit: self.limit,
            offset: self.offset,
        })
    }
}

impl Watch {
    pub(crate) fn build(&self) -> Result<WatchQuery, String> {
        let filter = filter(&self.filters)?;
        Ok(WatchQuery { filter, greeting: self.greeting, snapshot: self.snapshot })
    }
}

impl Call {
    fn request(&self) -> Result<Request, String> {
        let json = |request: Result<Request, JsonError>| request.map_err(|error| error.to_string());
        match self {
            Self::Create { collection, fields } => json(Request::create(collection, fields)),
            Self::Get { collection, id } => Ok(Request::get(collection, id)),
            Self::List { collection, query } => {
                Request::list(collection, &query.list()?).map_err(|error| error.to_string())
            }
            Self::Update { collection, id, fields } => {
                json(Request::update(collection, id, fields))
            }
            Self::Delete { collection, id } => Ok(Request::delete(collection, id)),
            Self::CreateMany { collection, documents } => {
                json(Request::create_many(collection, documents))
            }
            Self::UpdateMany { collection, updates } => {
                json(Request::update_many(collection, updates))
            }
            Self::DeleteMany { collection, ids } => json(Request::delete_many(collection, ids)),
            Self::Count { collection, query } => {
                Request::count(collection, &query.list()?).map_err(|error| error.to_string())
            }
            Self::Aggregate { collection, field, operation, query } => {
                Request::aggregate(collection, field, operation, &query.list()?)
                    .map_err(|error| error.to_string())
            }
            Self::Collections => Ok(Request::collections()),
            Self::Rooms => Ok(Request::rooms()),
            Self::Watch { collection, query, last_event_id } => {
                Request::watch(collection, &query.build()?, last_event_id.as_deref())
                    .map_err(|error| error.to_string())
            }
        }
    }
}

impl Vector for RequestVector {
    fn check(&self) -> Result<(), String> {
        let request = self.call.request()?;
        let credentials = self.by.credentials().ok_or("a request needs credentials")?;
        let header = match self.surface {
            Letter::S => bearer_header(&credentials),
            _ => credential_header(&credentials),
        };
        let headers: Value = request
            .headers
            .iter()
            .chain([&header])
            .map(|(name, value)| ((*name).to_owned(), json!(value)))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let mut found = json!({
            "method": request.method.as_str(),
            "path": in_order(&request.path),
            "headers": headers,
        });
        if let Some(body) = &request.body {
            found["body"] = serde_json::from_str(body).map_err(|error| error.to_string())?;
        }
        let mut expected = self.request.clone();
        expected["path"] = expected["path"].as_str().map(in_order).into();
        compare("request", &expected, &found)
    }
}

/// The path with the pairs of its query string sorted: their order means nothing.
fn in_order(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.into() };
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    format!("{path}?{}", pairs.join("&"))
}

/// What a server makes of the body of a write.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BodyVector {
    of: BodyKind,
    body: Said,
    means: Option<Value>,
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum BodyKind {
    Data,
    Bare,
    Documents,
    Updates,
    DocumentIds,
}

impl Vector for BodyVector {
    fn check(&self) -> Result<(), String> {
        let text = self.body.text();
        let parse = |json: &str| serde_json::from_str::<Value>(json).unwrap_or_default();
        let found = match self.of {
            BodyKind::Data => body::data(&text).map(parse),
            BodyKind::Bare => body::bare(&text).map(parse),
            BodyKind::Documents => {
                body::documents(&text).map(|all| all.into_iter().map(parse).collect())
            }
            BodyKind::Updates => body::updates(&text).map(|all| {
                all.into_iter().map(|(id, fields)| json!([id, parse(fields)])).collect()
            }),
            BodyKind::DocumentIds => body::document_ids(&text).map(|ids| json!(ids)),
        };
        match (found, &self.means, &self.error) {
            (Ok(found), Some(means), None) => compare("meaning", means, &found),
            (Err(error), None, Some(part)) => {
                let said = error.to_string();
                if said.contains(part) { Ok(()) } else { Err(format!("the error is: {said}")) }
            }
            (found, ..) => Err(format!("reading gave {found:?}")),
        }
    }
}

/// What a client makes of an answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerVector {
    to: Question,
    answer: Said,
    /// Absent when the answer cannot be read.
    means: Option<Value>,
    /// Whether our server writes a list of rooms so.
    #[serde(default)]
    written: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    Documents,
    Collections,
    Count,
    Aggregate,
    Rooms,
    RetryAfter,
    /// Anything that was answered with this status.
    Status(u16),
}

impl Vector for AnswerVector {
    fn check(&self) -> Result<(), String> {
        let text = Text::from(self.answer.text());
        let found = match &self.to {
            Question::Documents => rest::documents(&text).ok().map(|all| {
                let shown = |one: &cocobase_proto::Document| json!({"id": string(&one.id()), "document": value(&Shown::from(one))});
                all.iter().map(shown).collect()
            }),
            Question::Collections => rest::collections(&text).ok().map(|all| {
                let shown = |one: &rest::Collection| json!([one.id, one.name, one.created_at]);
                all.iter().map(shown).collect()
            }),
            Question::Count => rest::count(&text).ok().map(Value::from),
            Question::Aggregate => rest::aggregate(&text).ok().map(|json| crate::shapes::json(&json)),
            Question::Rooms => rest::rooms(&text).ok().map(|list| room_list(&list)),
            Question::RetryAfter => rest::retry_after(&text).map(|pause| json!(pause.as_secs())),
            Question::Status(status) => Some(json!(*rest::error_message(*status, &text).message)),
        };
        compare("meaning", &json!(self.means), &json!(found))?;
        if self.written {
            let list = rest::rooms(&text).map_err(|error| error.to_string())?;
            compare("writing", &self.answer.json()?, &crate::shapes::json(&list.encode()))?;
        }
        Ok(())
    }
}

fn room_list(list: &rest::RoomList) -> Value {
    let room = |room: &rest::ListedRoom| {
        let people: Vec<Value> =
            room.participant_list.iter().map(|one| json!([*one.id, string(&one.name)])).collect();
        json!({
            "id": *room.id, "title": string(&room.title), "created_by": string(&room.created_by),
            "participants": room.participants, "people": people,
            "created_at": string(&room.created_at),
        })
    };
    json!({"rooms": list.rooms.iter().map(room).collect::<Vec<_>>(), "total": list.total})
}
