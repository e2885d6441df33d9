//! What is asked once: documents, collections, rooms.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use cocobase_proto::Credentials;
use cocobase_proto::filter::Filter;
use serde_json::{Value, json};

use crate::peer::{Scene, header};
use crate::suite::adapter::{Access, Entry, Question};
use crate::suite::messages::request;
use crate::suite::stage::{KEY, Outcome, Stage, hold, room, same};
use crate::suite::world::{World, id};

fn create(fields: &Value) -> Question {
    Question::Create("posts".into(), fields.to_string())
}

fn get(id: &str) -> Question {
    Question::Get("posts".into(), id.to_owned())
}

fn field<'a>(document: &'a Value, name: &str) -> &'a Value {
    document
        .get("data")
        .and_then(|data| data.get(name))
        .or_else(|| document.get(name))
        .unwrap_or(&Value::Null)
}

pub(crate) fn documents_are_created_read_updated_and_deleted(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let ask = |question| stage.ask(world.url(), question);
    let document = ask(create(&json!({"n": 1, "title": "Hello"})))??;
    let id = id(&document);
    same!(world.list()?, std::slice::from_ref(&id));
    same!(field(&ask(get(&id))??, "title"), &json!("Hello"));
    let fields = json!({"n": 2}).to_string();
    let updated = ask(Question::Update("posts".into(), id.clone(), fields))??;
    same!((field(&updated, "n"), field(&updated, "title")), (&json!(2), &json!("Hello")));
    same!(ask(Question::Delete("posts".into(), id.clone()))??, Value::Null);
    same!(world.list()?.len(), 0);
    hold!(ask(get(&id))?.is_err(), "it is still there");
    Ok(())
}

pub(crate) fn documents_are_listed_with_a_filter(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let ids = (0..10).map(|n| world.create(n)).collect::<Outcome<Vec<_>>>()?;
    let list = |filter| {
        let list = stage.ask(world.url(), Question::List("posts".into(), filter))??;
        Ok::<_, crate::suite::stage::Failure>(
            list.as_array().into_iter().flatten().map(id).collect::<Vec<_>>(),
        )
    };
    same!(list(Filter::new())?, ids);
    same!(list(Filter::new().gte("n", 7))?, ids[7..]);
    same!(list(Filter::new().eq("n", 70))?.len(), 0);
    Ok(())
}

pub(crate) fn every_value_comes_back_as_it_left(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let fields = json!({
        "words": "Grüße, Ωmega, 你好, 🦀, \n\"\\\u{0}",
        "numbers": [0, -1, 1.5, 1e300, 9_007_199_254_740_993_i64],
        "rest": {"yes": true, "nothing": null, "empty": [{}, []]},
        "large": "0123456789abcdef".repeat(4 << 10),
    });
    let document = stage.ask(world.url(), create(&fields))??;
    let document = stage.ask(world.url(), get(&id(&document)))??;
    for name in ["words", "numbers", "rest", "large"] {
        same!(Some(field(&document, name)), fields.get(name));
    }
    Ok(())
}

pub(crate) fn collections_are_listed(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    world.create(1)?;
    stage.ask(world.url(), Question::Create("a/b ?".into(), r#"{"n":1}"#.into()))??;
    let mut names = stage.ask(world.url(), Question::Collections)??;
    if let Some(names) = names.as_array_mut() {
        names.sort_by_key(ToString::to_string);
    }
    same!(names, json!(["a/b ?", "posts"]));
    Ok(())
}

pub(crate) fn rooms_are_listed(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    same!(stage.ask(world.url(), Question::Rooms)??, json!([]));
    stage.needs_websockets("a room is made over a WebSocket")?;
    let mut general = world.open(stage, room(Entry::Create("General".into())))?;
    general.ready()?;
    same!(stage.ask(world.url(), Question::Rooms)??, json!(["general"]));
    Ok(())
}

/// Why there is no answer, which must not show the key.
fn denied(stage: &Stage<'_>, url: String, question: Question) -> Outcome<String> {
    let Err(why) = stage.ask(url, question)? else {
        return Err("there was an answer".to_owned().into());
    };
    hold!(!why.contains(KEY), "the key is shown: {why}");
    Ok(why)
}

pub(crate) fn what_is_not_there_is_told(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    let no_fields = || "{}".to_owned();
    for question in [
        get("nobody"),
        Question::Update("posts".into(), "nobody".into(), no_fields()),
        Question::Delete("posts".into(), "nobody".into()),
    ] {
        let why = denied(stage, world.url(), question)?;
        hold!(why.contains("404") || why.to_lowercase().contains("not found"), "{why}");
    }
    Ok(())
}

pub(crate) fn a_wrong_key_is_told(stage: &mut Stage<'_>) -> Outcome {
    let world = World::start()?;
    stage.access = Access::Given(Credentials::ApiKey("a wrong key".into()));
    for question in [create(&json!({})), Question::Rooms, Question::Collections] {
        let why = denied(stage, world.url(), question)?;
        hold!(!why.contains("a wrong key"), "the key is shown: {why}");
    }
    same!(world.list()?.len(), 0);
    Ok(())
}

pub(crate) fn a_server_that_is_not_there_is_told(stage: &mut Stage<'_>) -> Outcome {
    let address = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
    denied(stage, format!("http://{address}"), get("a")).map(drop)
}

pub(crate) fn a_server_in_trouble_is_told(stage: &mut Stage<'_>) -> Outcome {
    let elsewhere = [("Location", "http://127.0.0.1:1/")];
    let scenes = [
        Scene::new().answer(503, &[("Retry-After", "1")], "busy"),
        Scene::new().answer(307, &elsewhere, ""),
        Scene::new().answer(200, &[("Content-Type", "application/json")], "nonsense"),
        Scene::new().request().raw("SSH-2.0-OpenSSH_9.6\r\n\r\n").hang_up(),
        Scene::new().request().raw("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").hang_up(),
        Scene::new().request().hang_up(),
    ];
    let count = scenes.len();
    for (number, scene) in scenes.into_iter().enumerate() {
        let peer = stage.peer([scene])?;
        let why = denied(stage, peer.url(), create(&json!({"n": number})))?;
        hold!(!why.is_empty() && number < count, "no reason is given");
        // What may have been carried out is not repeated.
        same!(peer.connections(), 1);
    }
    Ok(())
}

pub(crate) fn a_provider_is_asked_once_more(stage: &mut Stage<'_>) -> Outcome {
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    stage.access = Access::Asked(Arc::new(move |refused| {
        let number = counter.fetch_add(1, Ordering::SeqCst);
        let name = if refused { "renewed" } else { "first" };
        Ok(Credentials::Token(format!("{name}-{number}").into()))
    }));
    let json = [("Content-Type", "application/json")];
    let peer = stage.peer([
        Scene::new().answer(401, &json, r#"{"error":true,"message":"Invalid token"}"#),
        Scene::new().answer(200, &json, r#"{"id":"a","data":{"n":1}}"#),
    ])?;
    same!(id(&stage.ask(peer.url(), get("a"))??), "a");
    same!(header(&request(&peer.heard(), 1), "authorization"), Some("Bearer renewed-1"));
    same!(asked.load(Ordering::SeqCst), 2);
    Ok(())
}
