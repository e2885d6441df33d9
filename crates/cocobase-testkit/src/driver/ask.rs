//! Questions that are answered once.

use cocobase_driver::{Client, Error, Runtime};
use cocobase_proto::Document;
use cocobase_proto::query::ListQuery;
use serde_json::{Value, json};

use crate::suite::Question;

pub(super) async fn ask<R: Runtime>(
    client: &Client<R>,
    question: Question,
) -> Result<String, Error> {
    let realtime = client.realtime();
    Ok(match question {
        Question::Create(collection, fields) => {
            shown(&realtime.collection(collection).create(&value(&fields)).await?)
        }
        Question::Get(collection, id) => shown(&realtime.collection(collection).get(&id).await?),
        Question::Update(collection, id, fields) => {
            shown(&realtime.collection(collection).update(&id, &value(&fields)).await?)
        }
        Question::Delete(collection, id) => {
            realtime.collection(collection).delete(&id).await?;
            Value::Null
        }
        Question::List(collection, filter) => {
            let query = ListQuery { filter, ..ListQuery::default() };
            realtime.collection(collection).list(&query).await?.iter().map(shown).collect()
        }
        Question::Collections => {
            client.collections().await?.into_iter().map(|one| Value::from(one.name)).collect()
        }
        Question::Rooms => {
            let list = realtime.rooms().await?;
            list.rooms.iter().map(|room| json!(room.id.as_str())).collect()
        }
    }
    .to_string())
}

fn shown(document: &Document) -> Value {
    value(document.json())
}

fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_default()
}
