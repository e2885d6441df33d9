//! A server that does the least: it greets, and writes prepared bytes.

use std::collections::VecDeque;
use std::io::{self, BufRead};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tungstenite::handshake::derive_accept_key;

use crate::quake::{text_frame, write_frame};
use crate::{Outcome, system};

/// So many bytes go out in one write.
const BLOCK: usize = 64 << 10;

/// Says on standard output where it listens, and answers questions from standard input until that
/// ends: `drop` ends all connections, `accepts` tells how many have come since, and how many of
/// them within 100 ms at most.
pub(crate) fn serve() -> Outcome<()> {
    system::allow_files()?;
    system::stay_on(0)?;
    let (questions, asked) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if questions.blocking_send(line).is_err() {
                return;
            }
        }
    });
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(run(asked))
}

async fn run(mut asked: mpsc::Receiver<String>) -> Outcome<()> {
    let listener = tokio::net::TcpSocket::new_v4()?;
    listener.bind(([127, 0, 0, 1], 0).into())?;
    let listener: TcpListener = listener.listen(4096)?;
    println!("{}", listener.local_addr()?);
    let mut connections = JoinSet::new();
    let mut accepted: Vec<Instant> = Vec::new();
    let mut lives = 1;
    loop {
        tokio::select! {
            stream = listener.accept() => {
                accepted.push(Instant::now());
                connections.spawn(connection(stream?.0, lives));
            }
            Some(_) = connections.join_next() => {}
            question = asked.recv() => match question.as_deref() {
                None => return Ok(()),
                Some("drop") => {
                    connections.shutdown().await;
                    lives += 1;
                    println!("{}", accepted.len());
                    accepted.clear();
                }
                Some(_) => println!("{} {}", accepted.len(), densest(&accepted)),
            },
        }
    }
}

/// How many lie within 100 ms at most.
fn densest(accepted: &[Instant]) -> usize {
    let mut window = VecDeque::new();
    let mut most = 0;
    for at in accepted {
        window.push_back(*at);
        while window.front().is_some_and(|first| *first + Duration::from_millis(100) <= *at) {
            window.pop_front();
        }
        most = most.max(window.len());
    }
    most
}

/// Greets who comes, in an epoch for each of the server's lives. Of a collection called `burst-N` it
/// tells N events, of any other none.
async fn connection(mut stream: TcpStream, life: u32) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head);
    let field = |name: &str| {
        let mut lines = head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value)
    };
    let accept = derive_accept_key(field("sec-websocket-key").as_bytes());
    let path = head.split(' ').nth(1).unwrap_or_default();
    let events = path.rsplit_once("burst-").and_then(|(_, count)| count.parse().ok()).unwrap_or(0);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
         sec-websocket-accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;

    // What the hello says does not matter here.
    let mut sink = [0; 1024];
    if stream.read(&mut sink).await? == 0 {
        return Ok(());
    }
    let mut frames = Vec::new();
    let greeting =
        format!(r#"{{"event":"connected","collection_id":"quakes","epoch":"e{life}","seq":0}}"#);
    text_frame(&greeting, &mut frames);
    let mut scratch = String::new();
    for seq in 1..=events {
        write_frame(seq, &mut scratch, &mut frames);
        if frames.len() > BLOCK {
            stream.write_all(&frames).await?;
            frames.clear();
        }
    }
    stream.write_all(&frames).await?;
    drop(frames);
    while stream.read(&mut sink).await? > 0 {}
    Ok(())
}
