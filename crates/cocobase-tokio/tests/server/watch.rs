//! Watching a collection, and its documents.

use cocobase_server::log::Data;
use cocobase_tokio::{
    Client, Credentials, Error, Event, Fault, Filter, GapCause, ListQuery, Missed, RefusalKind,
    SessionConfig, State, Watch,
};
use serde_json::json;

use crate::support::{KEY, Quake, Running, next, soon};

#[tokio::test]
async fn changes_arrive_typed_filtered_and_in_order() {
    let server = Running::in_memory().await;
    let quakes = server.client().collection("quakes");
    let mut strong =
        quakes.clone().filter(Filter::new().gte("mag", 4.5)).watch::<Quake>().await.unwrap();
    assert_eq!(strong.state(), State::Live);

    quakes.create(&json!({"mag": 1.0})).await.unwrap();
    let document = quakes.create(&json!({"mag": 5.0, "place": "Alaska"})).await.unwrap();
    let id = document.id().unwrap();
    quakes.update(&id, &json!({"mag": 2.0})).await.unwrap();
    quakes.update(&id, &json!({"mag": 6.0})).await.unwrap();
    quakes.delete(&id).await.unwrap();

    let Event::Connected(greeting) = next(&mut strong).await else { panic!() };
    assert_eq!(greeting.filters.unwrap(), r#"{"mag_gte":4.5}"#);
    let Event::Created(change) = next(&mut strong).await else { panic!() };
    assert_eq!((change.document.mag, change.document.id().unwrap()), (5.0, id.clone()));
    let Event::Updated(change) = next(&mut strong).await else { panic!() };
    assert_eq!(change.document.mag, 2.0, "it has left the filter, and the watcher is told");
    assert_eq!(change.old.unwrap(), r#"{"mag":5.0}"#);
    let Event::Updated(change) = next(&mut strong).await else { panic!() };
    assert_eq!(change.seq, Some(4));
    let Event::Deleted(deleted) = next(&mut strong).await else { panic!() };
    assert_eq!(deleted.id.unwrap(), id);

    soon(strong.close()).await;
    server.stop().await;
}

#[tokio::test]
async fn documents_are_created_read_listed_changed_and_deleted() {
    let server = Running::in_memory().await;
    let client = server.client();
    let users = client.collection("a/b ?");
    let ada = users.create(&json!({"name": "Ada", "age": 36})).await.unwrap();
    users.create_many(&[json!({"name": "Bob"}), json!({"name": "Eve"})], None).await.unwrap();
    let id = ada.id().unwrap();
    users.update(&id, &json!({"age": 37})).await.unwrap();
    let read = users.get(&id).await.unwrap().to_map().unwrap();
    assert_eq!((&read["name"], &read["age"]), (&json!("Ada"), &json!(37)));

    let query =
        ListQuery { filter: Filter::new().starts_with("name", "e"), ..ListQuery::default() };
    let list = users.list(&query).await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(client.collections().await.unwrap()[0].name, "a/b ?");

    users.delete(&id).await.unwrap();
    let error = users.get(&id).await.unwrap_err();
    assert!(matches!(&error, Error::Status { status: 404, .. }), "{error}");
    server.stop().await;
}

#[tokio::test]
async fn a_document_that_does_not_fit_is_told_and_the_watch_goes_on() {
    let server = Running::in_memory().await;
    let quakes = server.client().collection("quakes");
    let mut watch = quakes.watch::<Quake>().await.unwrap();
    quakes.create(&json!({"mag": "strong"})).await.unwrap();
    quakes.create(&json!({"mag": 3.0})).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    let Event::Undecodable(undecodable) = next(&mut watch).await else { panic!() };
    assert!(undecodable.document.json().contains("strong"));
    assert!(matches!(next(&mut watch).await, Event::Created(_)));
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_key_is_refused_everywhere() {
    let server = Running::in_memory().await;
    let url = format!("http://{}", server.address);
    let quakes = Client::builder(url).api_key("wrong").build().unwrap().collection("quakes");
    let error = soon(quakes.watch::<Quake>()).await.unwrap_err();
    let Error::Refused(refusal) = &error else { panic!("{error}") };
    assert_eq!(refusal.kind, RefusalKind::Credentials);
    assert!(!error.to_string().contains("wrong"), "{error}");
    assert!(matches!(quakes.create(&json!({})).await, Err(Error::Refused(_))));

    let mut watch = quakes.stream::<Quake>().unwrap();
    assert!(matches!(next(&mut watch).await, Event::Refused(_)));
    assert!(soon(watch.next()).await.is_none());
    server.stop().await;
}

#[tokio::test]
async fn a_provider_gets_a_second_chance() {
    let server = Running::in_memory().await;
    let client = Client::builder(format!("ws://{}", server.address))
        .token_provider(|refused| async move {
            Ok(Credentials::Token(if refused { KEY } else { "expired" }.into()))
        })
        .build()
        .unwrap();
    let mut watch = soon(client.collection("quakes").watch::<Quake>()).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    server.stop().await;
}

/// A watch that has seen one change, while its server was stopped and started again and two more
/// were made.
async fn restarted(config: SessionConfig) -> (tempfile::TempDir, Running, Watch<Quake>) {
    let folder = tempfile::tempdir().unwrap();
    let data = || Data::Folder(folder.path().into());
    let server = Running::start(([127, 0, 0, 1], 0).into(), data(), KEY).await;
    let address = server.address;
    let url = format!("http://{address}");
    let client = Client::builder(url).api_key(KEY).session_config(config).build().unwrap();
    let quakes = client.collection("quakes");
    let mut watch = quakes.watch::<Quake>().await.unwrap();
    quakes.create(&json!({"mag": 1.0})).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    assert!(matches!(next(&mut watch).await, Event::Created(_)));
    server.stop().await;
    let Event::Disconnected(fault) = next(&mut watch).await else { panic!() };
    assert!(matches!(fault.cause, Fault::Closed { code: Some(1001), .. }), "{fault}");

    let server = Running::start(address, data(), KEY).await;
    for mag in [2.0, 3.0] {
        quakes.create(&json!({"mag": mag})).await.unwrap();
    }
    (folder, server, watch)
}

#[tokio::test]
async fn a_restarted_server_tells_what_was_missed() {
    let (_folder, server, mut watch) = restarted(SessionConfig::default()).await;
    let mut seen = Vec::new();
    while seen.len() < 2 {
        match next(&mut watch).await {
            Event::Created(change) => seen.push(change.seq.unwrap()),
            Event::Connected(greeting) => assert_eq!(greeting.resumed, Some(true)),
            Event::Disconnected(_) => {}
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(seen, [2, 3]);
    server.stop().await;
}

#[tokio::test]
async fn without_resuming_a_restart_leaves_a_gap() {
    let config = SessionConfig { resume: false, ..SessionConfig::default() };
    let (_folder, server, mut watch) = restarted(config).await;
    let gap = loop {
        match next(&mut watch).await {
            Event::Gap(gap) => break gap,
            Event::Disconnected(_) | Event::Connected(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((gap.missed, gap.cause), (Missed::Known(2), GapCause::Reconnected));
    server.stop().await;
}

#[tokio::test]
async fn waiting_until_a_watch_is_live_again_loses_no_gap() {
    let server = Running::in_memory().await;
    let config = SessionConfig { resume: false, ..SessionConfig::default() };
    let url = format!("http://{}", server.address);
    let client = Client::builder(url).api_key(KEY).session_config(config).build().unwrap();
    let quakes = client.collection("quakes");
    let mut watch = quakes.watch::<Quake>().await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    let mut other = quakes.watch::<Quake>().await.unwrap();
    assert!(matches!(next(&mut other).await, Event::Connected(_)));
    quakes.create(&json!({"mag": 1.0})).await.unwrap();
    // What is stored is told a moment later.
    assert!(matches!(next(&mut other).await, Event::Created(_)));
    watch.reconnect();
    soon(watch.ready()).await.unwrap();
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));

    // The gap waits to be taken while the next connection is made.
    watch.reconnect();
    soon(watch.ready()).await.unwrap();
    let Event::Gap(gap) = next(&mut watch).await else { panic!() };
    assert_eq!(gap.missed, Missed::Known(1));
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    server.stop().await;
}

#[tokio::test]
async fn dropping_a_question_loses_no_answer() {
    let server = Running::in_memory().await;
    let quakes = server.client().collection("quakes");
    let mut watch = quakes.watch::<Quake>().await.unwrap();
    let writes = tokio::spawn(async move {
        for n in 0..50 {
            quakes.create(&json!({"mag": n})).await.unwrap();
        }
    });
    assert!(matches!(next(&mut watch).await, Event::Connected(_)));
    let mut seen = Vec::new();
    let mut polls = 0;
    while seen.len() < 50 {
        polls += 1;
        assert!(polls < 1_000_000, "{seen:?}");
        // The first poll of `next` often finds nothing; it is dropped then.
        tokio::select! {
            biased;
            event = watch.next() => match event.unwrap() {
                Event::Created(change) => seen.push(change.document.mag as u64),
                other => panic!("{other:?}"),
            },
            () = tokio::task::yield_now() => {}
        }
    }
    assert_eq!(seen, (0..50).collect::<Vec<_>>());
    writes.await.unwrap();
    server.stop().await;
}

#[test]
fn keys_do_not_travel_unencrypted_to_other_machines() {
    for url in ["http://example.org", "ws://10.0.0.1:4200"] {
        let builder = || Client::builder(url).api_key(KEY);
        assert!(matches!(builder().build(), Err(Error::Insecure)), "{url}");
        assert!(builder().allow_insecure().build().is_ok());
    }
    for url in ["http://localhost:4200", "https://example.org", "wss://example.org"] {
        assert!(Client::builder(url).api_key(KEY).build().is_ok(), "{url}");
    }
    assert!(matches!(Client::builder("http://[::1]").build(), Err(Error::NoCredentials)));
    assert!(matches!(Client::builder("nowhere").api_key(KEY).build(), Err(Error::Address(_))));
}
