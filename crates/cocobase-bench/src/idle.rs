//! Memory of an idle watch.

use std::process::Command;

use futures_util::{SinkExt, StreamExt, TryStreamExt, stream};
use tungstenite::Message;

use crate::child::Server;
use crate::quake::Quake;
use crate::{Outcome, system, targets};

const WATCHES: usize = 5_000;
const GOAL: f64 = 1.15;
const AT_ONCE: usize = 64;

/// Each in a process of its own.
pub(crate) fn measure() -> Outcome<()> {
    let server = Server::start()?;
    let held = |who: &str| -> Outcome<f64> {
        let output = Command::new(std::env::current_exe()?)
            .args(["--hold", who, &server.address])
            .stderr(std::process::Stdio::inherit())
            .output()?;
        let text = String::from_utf8(output.stdout)?;
        text.trim().parse().map_err(|_| format!("{who} came to nothing: {text}").into())
    };
    let (floor, ours, spawned) = (held("alone")?, held("pulled")?, held("spawned")?);
    let ratio = ours / floor;
    let verdict = if ratio <= GOAL { "met" } else { "NOT MET" };
    println!(
        "{WATCHES} idle watches in one process: KiB each\n\
         tokio-tungstenite        {:.2}\n\
         cocobase-tokio           {:.2}  × {ratio:.2}, goal {GOAL}: {verdict}\n\
         cocobase-tokio, spawned  {:.2}  × {:.2}",
        floor / 1024.0,
        ours / 1024.0,
        spawned / 1024.0,
        spawned / floor,
    );
    Ok(())
}

/// Holds the watches, and prints what each takes.
pub(crate) fn hold(who: &str, address: &str) -> Outcome<()> {
    system::allow_files()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client =
        cocobase_tokio::Client::builder(format!("http://{address}")).api_key("k").build()?;
    let quakes = client.collection("idle");
    let numbers = || stream::iter(0..WATCHES);
    let taken = runtime.block_on(async {
        let before = system::memory()?;
        let after = match who {
            "alone" => {
                let url = targets::url(address, "idle");
                let one = |_| alone(url.clone());
                let all: Vec<_> =
                    numbers().map(one).buffer_unordered(AT_ONCE).try_collect().await?;
                let after = system::memory()?;
                drop(all);
                after
            }
            _ => {
                let one = async |_: usize| -> Outcome<_> {
                    let watch = quakes.watch::<Quake>().await?;
                    Ok(if who == "spawned" { watch.spawn()? } else { watch })
                };
                let all: Vec<_> =
                    numbers().map(one).buffer_unordered(AT_ONCE).try_collect().await?;
                tokio::task::yield_now().await;
                let after = system::memory()?;
                drop(all);
                after
            }
        };
        Ok::<_, Box<dyn std::error::Error>>(after.saturating_sub(before))
    })?;
    println!("{}", taken as f64 / WATCHES as f64);
    Ok(())
}

type Socket =
    tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>;

async fn alone(url: String) -> Outcome<Socket> {
    let config = Some(cocobase_net::websocket::config());
    let (mut socket, _) = tokio_tungstenite::connect_async_with_config(url, config, true).await?;
    socket.send(Message::text(targets::HELLO)).await?;
    socket.next().await.ok_or("no greeting")??;
    Ok(socket)
}
