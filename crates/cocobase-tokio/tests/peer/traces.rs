//! What goes out by `tracing`: enough to follow a connection, nothing of what it carries.

use std::io;
use std::sync::{Arc, Mutex};

use cocobase_tokio::{Event, Filter, SessionConfig};
use serde_json::{Value, json};
use tracing::level_filters::LevelFilter;

use crate::support::{Peer, soon};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_connection_can_be_followed_and_keeps_its_secrets() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let peer = Peer::start().await;
    let client = peer.builder().api_key("the-key").session_config(SessionConfig {
        backoff_initial: std::time::Duration::from_millis(1),
        ..SessionConfig::default()
    });
    let mut watch = client
        .build()
        .unwrap()
        .collection("users")
        .filter(Filter::new().eq("name", "the-filter"))
        .named("my-watch")
        .stream::<Value>()
        .unwrap();
    let serve = async {
        for _ in 0..2 {
            let mut server = peer.socket().await;
            server.hear().await;
            server.say(json!({"event": "connected"})).await;
            server.say(json!({"event": "create", "data": {"id": "1", "x": "the-payload"}})).await;
        }
    };
    let follow = async {
        let mut changes = 0;
        while changes < 2 {
            changes += usize::from(matches!(watch.next().await, Some(Event::Created(_))));
        }
    };
    soon(async { tokio::join!(serve, follow) }).await;
    drop(watch);

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let ours: Vec<&str> = log.lines().filter(|line| line.contains("cocobase_driver")).collect();
    for (level, words) in [
        ("DEBUG", "connecting"),
        ("DEBUG", "live"),
        ("INFO", "disconnected"),
        ("WARN", "gap"),
        ("DEBUG", "closing"),
    ] {
        let is_told = |line: &&str| {
            line.contains(level) && line.contains(words) && line.contains("\"my-watch\"")
        };
        assert!(ours.iter().any(is_told), "{level} {words}: {ours:#?}");
    }
    for secret in ["the-key", "the-filter", "the-payload"] {
        assert!(!ours.iter().any(|line| line.contains(secret)), "{secret}: {ours:#?}");
    }
}
