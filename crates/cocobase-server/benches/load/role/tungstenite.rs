//! What one writes with tokio-tungstenite: a task for each connection, which takes the events from
//! a broadcast channel and sends them.

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::accept_async_with_config;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

use super::publishing::{ANSWER, Requests};
use crate::traffic::{GREETING, event};
use crate::trouble::Outcome;

/// The default of 128 KiB would cost ten times the CPU time.
const BUFFER: usize = 4 << 10;

/// More than the client ever leaves under way.
const CHANNEL: usize = 4096;

pub(super) fn play() -> Outcome<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let subscribers = TcpListener::bind(("127.0.0.1", 0)).await?;
        let publishers = TcpListener::bind(("127.0.0.1", 0)).await?;
        let (end, mut ended) = tokio::sync::oneshot::channel::<()>();
        super::report(subscribers.local_addr()?, publishers.local_addr()?, || drop(end))?;
        let events = broadcast::Sender::new(CHANNEL);
        loop {
            tokio::select! {
                _ = &mut ended => return Ok(()),
                accepted = subscribers.accept() => {
                    tokio::spawn(subscriber(accepted?.0, events.subscribe()));
                }
                accepted = publishers.accept() => {
                    tokio::spawn(publisher(accepted?.0, events.clone()));
                }
            }
        }
    })
}

async fn subscriber(
    stream: TcpStream,
    mut events: broadcast::Receiver<Utf8Bytes>,
) -> Result<(), Error> {
    stream.set_nodelay(true)?;
    let config = WebSocketConfig::default().read_buffer_size(BUFFER).write_buffer_size(BUFFER);
    let mut socket = accept_async_with_config(stream, Some(config)).await?;
    if socket.next().await.transpose()?.is_none() {
        return Ok(());
    }
    socket.send(Message::text(GREETING)).await?;
    loop {
        tokio::select! {
            message = socket.next() => if message.transpose()?.is_none() {
                return Ok(());
            },
            // A receiver that lags ends, and the client sees that.
            event = events.recv() => match event {
                Ok(event) => socket.send(Message::Text(event)).await?,
                Err(_) => return Ok(()),
            },
        }
    }
}

async fn publisher(mut stream: TcpStream, events: broadcast::Sender<Utf8Bytes>) {
    let event = Utf8Bytes::from(event());
    let mut requests = Requests::default();
    let mut buffer = Vec::with_capacity(64 << 10);
    while let Ok(1..) = stream.read_buf(&mut buffer).await {
        requests.push(&buffer);
        buffer.clear();
        while let Some(count) = requests.next() {
            for _ in 0..count {
                // Without receivers there is nobody to tell.
                let _ = events.send(event.clone());
            }
            if stream.write_all(ANSWER).await.is_err() {
                return;
            }
        }
    }
}
