//! Who consumes events: each adapter, and each library alone.

use cocobase_net::websocket;
use futures_util::{Sink, SinkExt, Stream, StreamExt};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message};

use crate::Outcome;
use crate::quake::{Bare, Quake};

/// Watches `burst-N` at an address to its end. Answers with the sum of what it has decoded.
type Consume = fn(&str, u64) -> Outcome<f64>;

pub(crate) struct Target {
    pub(crate) name: &'static str,
    /// What it is compared with.
    pub(crate) floor: &'static str,
    /// The figure to reach.
    pub(crate) goal: Option<f64>,
    pub(crate) consume: Consume,
}

pub(crate) const ALL: [Target; 10] = [
    Target { name: TOKIO, floor: TOKIO, goal: None, consume: tokio_alone },
    Target {
        name: "cocobase-tokio, pulled",
        floor: TOKIO,
        goal: Some(1.10),
        consume: tokio_pulled,
    },
    Target {
        name: "cocobase-tokio, spawned",
        floor: TOKIO,
        goal: Some(1.35),
        consume: tokio_spawned,
    },
    Target { name: ASYNC_STD, floor: ASYNC_STD, goal: None, consume: async_std_alone },
    Target {
        name: "cocobase-async-std",
        floor: ASYNC_STD,
        goal: Some(1.10),
        consume: async_std_pulled,
    },
    Target { name: SMOL, floor: SMOL, goal: None, consume: smol_alone },
    Target { name: "cocobase-smol", floor: SMOL, goal: Some(1.10), consume: smol_pulled },
    Target { name: BLOCKING, floor: BLOCKING, goal: None, consume: blocking_alone },
    Target {
        name: "cocobase-blocking, pulled",
        floor: BLOCKING,
        goal: Some(1.10),
        consume: blocking_pulled,
    },
    Target {
        name: "cocobase-blocking, spawned",
        floor: BLOCKING,
        goal: Some(1.35),
        consume: blocking_spawned,
    },
];

const TOKIO: &str = "tokio-tungstenite";
const ASYNC_STD: &str = "async-tungstenite on async-std";
const SMOL: &str = "async-tungstenite on smol";
const BLOCKING: &str = "tungstenite";

pub(crate) const HELLO: &str = r#"{"api_key":"k"}"#;

pub(crate) fn url(address: &str, collection: &str) -> String {
    format!("ws://{address}/realtime/collections/{collection}")
}

/// Small buffers, as the adapters have them.
fn config() -> Option<WebSocketConfig> {
    Some(websocket::config())
}

fn tokio_alone(address: &str, count: u64) -> Outcome<f64> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let url = url(address, &format!("burst-{count}"));
        let (socket, _) = tokio_tungstenite::connect_async_with_config(url, config(), true).await?;
        alone(socket, count).await
    })
}

fn async_std_alone(address: &str, count: u64) -> Outcome<f64> {
    async_std::task::block_on(async {
        let stream = async_std::net::TcpStream::connect(address).await?;
        let url = url(address, &format!("burst-{count}"));
        let connected = async_tungstenite::client_async_with_config(url, stream, config());
        alone(connected.await?.0, count).await
    })
}

fn smol_alone(address: &str, count: u64) -> Outcome<f64> {
    smol::block_on(async {
        let stream = smol::net::TcpStream::connect(address).await?;
        let url = url(address, &format!("burst-{count}"));
        let connected = async_tungstenite::client_async_with_config(url, stream, config());
        alone(connected.await?.0, count).await
    })
}

/// The loop that one would write by hand.
async fn alone<S>(mut socket: S, count: u64) -> Outcome<f64>
where
    S: Stream<Item = Result<Message, Error>> + Sink<Message, Error = Error> + Unpin,
{
    socket.send(Message::text(HELLO)).await?;
    let greeting = socket.next().await.ok_or("no greeting")??;
    assert!(greeting.is_text());
    let mut sum = 0.0;
    for _ in 0..count {
        match socket.next().await.ok_or("it ended")?? {
            Message::Text(text) => sum += serde_json::from_str::<Bare>(&text)?.data.mag,
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(sum)
}

fn tokio_pulled(address: &str, count: u64) -> Outcome<f64> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let client = cocobase_tokio::Client::builder(format!("http://{address}")).api_key("k");
        let client = client.build()?;
        let watch = client.collection(format!("burst-{count}")).watch::<Quake>().await?;
        watched(watch, count).await
    })
}

fn tokio_spawned(address: &str, count: u64) -> Outcome<f64> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let client = cocobase_tokio::Client::builder(format!("http://{address}")).api_key("k");
        let client = client.build()?;
        let watch = client.collection(format!("burst-{count}")).watch::<Quake>().await?.spawn()?;
        watched(watch, count).await
    })
}

fn async_std_pulled(address: &str, count: u64) -> Outcome<f64> {
    async_std::task::block_on(async {
        let client = cocobase_async_std::Client::builder(format!("http://{address}")).api_key("k");
        let client = client.build()?;
        let watch = client.collection(format!("burst-{count}")).watch::<Quake>().await?;
        watched(watch, count).await
    })
}

fn smol_pulled(address: &str, count: u64) -> Outcome<f64> {
    smol::block_on(async {
        let client = cocobase_smol::Client::builder(format!("http://{address}")).api_key("k");
        let client = client.build()?;
        let watch = client.collection(format!("burst-{count}")).watch::<Quake>().await?;
        watched(watch, count).await
    })
}

fn blocking_alone(address: &str, count: u64) -> Outcome<f64> {
    let stream = std::net::TcpStream::connect(address)?;
    let url = url(address, &format!("burst-{count}"));
    let (mut socket, _) = tungstenite::client::client_with_config(url, stream, config())?;
    socket.send(Message::text(HELLO))?;
    assert!(socket.read()?.is_text());
    let mut sum = 0.0;
    for _ in 0..count {
        match socket.read()? {
            Message::Text(text) => sum += serde_json::from_str::<Bare>(&text)?.data.mag,
            other => return Err(format!("{other:?}").into()),
        }
    }
    Ok(sum)
}

fn blocking_pulled(address: &str, count: u64) -> Outcome<f64> {
    let client = cocobase_blocking::Client::builder(format!("http://{address}")).api_key("k");
    let watch = client.build()?.collection(format!("burst-{count}")).watch::<Quake>()?;
    iterated(watch, count)
}

fn blocking_spawned(address: &str, count: u64) -> Outcome<f64> {
    let client = cocobase_blocking::Client::builder(format!("http://{address}")).api_key("k");
    let watch = client.build()?.collection(format!("burst-{count}")).watch::<Quake>()?;
    iterated(watch.spawn()?, count)
}

fn iterated(events: impl IntoIterator<Item = Event>, count: u64) -> Outcome<f64> {
    let (mut sum, mut seen) = (0.0, 0);
    for event in events {
        if let Some(mag) = magnitude(event)? {
            sum += mag;
            seen += 1;
        }
        if seen == count {
            return Ok(sum);
        }
    }
    Err("it ended".into())
}

type Event = cocobase_tokio::Event<cocobase_tokio::Typed<Quake>>;

async fn watched(mut watch: impl Stream<Item = Event> + Unpin, count: u64) -> Outcome<f64> {
    let (mut sum, mut seen) = (0.0, 0);
    while seen < count {
        if let Some(mag) = magnitude(watch.next().await.ok_or("it ended")?)? {
            sum += mag;
            seen += 1;
        }
    }
    Ok(sum)
}

fn magnitude(event: Event) -> Outcome<Option<f64>> {
    match event {
        Event::Created(change) => Ok(Some(change.document.mag)),
        Event::Connected(_) => Ok(None),
        other => Err(format!("{other:?}").into()),
    }
}
