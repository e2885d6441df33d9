//! The real server, in this process.

use std::net::SocketAddr;

use cocobase_server::log::Data;
use cocobase_server::{Config, Server};
use cocobase_sse::{Client, Error, Event, Filter, LiveEvent, Order, RefusalKind};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::peer::soon;

const KEY: &str = "coco_test";

#[derive(Debug, Deserialize)]
struct Quake {
    mag: f64,
}

/// A server that runs until it is stopped.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Running {
    async fn start(listen: SocketAddr, data: Data) -> Self {
        let config = Config { listen, data, keys: vec![KEY.into()], ..Config::default() };
        let server = Server::bind(config).await.unwrap();
        let address = server.local_addr();
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(server.run(async { stopped.await.unwrap_or_default() }));
        Self { address, stop, task }
    }

    async fn in_memory() -> Self {
        Self::start(([127, 0, 0, 1], 0).into(), Data::Memory).await
    }

    fn client(&self) -> Client {
        Client::builder(format!("http://{}", self.address)).api_key(KEY).build().unwrap()
    }

    async fn stop(self) {
        drop(self.stop);
        self.task.await.unwrap();
    }
}

#[tokio::test]
async fn changes_come_filtered_and_typed_and_documents_can_be_written() {
    let server = Running::in_memory().await;
    let client = server.client();
    let quakes = client.collection("quakes");
    let strong = quakes.clone().filter(Filter::new().gte("mag", 5.0));
    let mut watch = soon(strong.watch::<Quake>()).await.unwrap();
    for mag in [4.0, 5.5, 6.0] {
        quakes.create(&json!({ "mag": mag })).await.unwrap();
    }
    assert!(matches!(soon(watch.next()).await, Some(Event::Connected(_))));
    for (mag, seq) in [(5.5, 2), (6.0, 3)] {
        let Some(Event::Created(change)) = soon(watch.next()).await else { panic!() };
        assert_eq!((change.document.mag, change.seq), (mag, Some(seq)));
    }
    assert_eq!(client.collections().await.unwrap().len(), 1);
    assert!(client.rooms().await.unwrap().rooms.is_empty());
    drop(watch);
    server.stop().await;
}

#[tokio::test]
async fn a_live_view_stays_current() {
    let server = Running::in_memory().await;
    let quakes = server.client().collection("quakes").sort("mag", Order::Descending).limit(2);
    for mag in [4.0, 5.0, 6.0] {
        quakes.create(&json!({ "mag": mag })).await.unwrap();
    }
    let mut live = soon(quakes.live::<Quake>()).await.unwrap();
    let shown = |live: &cocobase_sse::Live<Quake>| -> Vec<f64> {
        live.values().map(|quake| quake.unwrap().mag).collect()
    };
    assert_eq!(shown(&live), [6.0, 5.0]);
    quakes.create(&json!({ "mag": 7.0 })).await.unwrap();
    while !matches!(soon(live.next()).await, Some(LiveEvent::Entered { .. })) {}
    assert_eq!(shown(&live), [7.0, 6.0]);
    drop(live);
    server.stop().await;
}

#[tokio::test]
async fn what_happened_while_the_link_was_down_comes_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let data = || Data::Folder(folder.path().into());
    let server = Running::start(([127, 0, 0, 1], 0).into(), data()).await;
    let address = server.address;
    let quakes = server.client().collection("quakes");
    let mut watch = soon(quakes.watch::<Quake>()).await.unwrap();
    quakes.create(&json!({"mag": 1.0})).await.unwrap();
    assert!(matches!(soon(watch.next()).await, Some(Event::Connected(_))));
    assert!(matches!(soon(watch.next()).await, Some(Event::Created(_))));
    server.stop().await;
    assert!(matches!(soon(watch.next()).await, Some(Event::Disconnected(_))));

    let server = Running::start(address, data()).await;
    server.client().collection("quakes").create(&json!({"mag": 2.0})).await.unwrap();
    loop {
        match soon(watch.next()).await.unwrap() {
            Event::Disconnected(_) | Event::Connected(_) => {}
            Event::Created(change) => break assert_eq!(change.document.mag, 2.0),
            other => panic!("{other:?}"),
        }
    }
    drop(watch);
    server.stop().await;
}

#[tokio::test]
async fn a_wrong_key_is_refused() {
    let server = Running::in_memory().await;
    let url = format!("http://{}", server.address);
    let client = Client::builder(url).api_key("wrong").build().unwrap();
    let watch = soon(client.collection("quakes").watch::<Value>()).await;
    let Error::Refused(refusal) = watch.unwrap_err() else { panic!() };
    assert_eq!(refusal.kind, RefusalKind::Credentials);
    assert!(!refusal.to_string().contains("wrong"), "{refusal}");
    server.stop().await;
}
