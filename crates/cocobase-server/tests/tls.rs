//! All surfaces over TLS, and what is said when there can be none.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]
#![allow(dead_code, unreachable_pub, reason = "not every test needs all of `support`")]

mod support;

use std::fs;
use std::path::Path;
use std::sync::Arc;

use cocobase_server::{Config, Error, Server, TlsConfig, TlsError};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use reqwest::Certificate;
use rustls::pki_types::ServerName;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use support::socket::Socket;
use support::stream::Stream;
use support::{KEY, Running, config};

/// A server with a certificate for `localhost`, and the certificate.
async fn secured(folder: &Path) -> (Running, CertifiedKey<KeyPair>) {
    let certified = generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let tls = TlsConfig { cert: folder.join("cert.pem"), key: folder.join("key.pem") };
    fs::write(&tls.cert, certified.cert.pem()).unwrap();
    fs::write(&tls.key, certified.signing_key.serialize_pem()).unwrap();
    (Running::start(Config { tls: Some(tls), ..config() }).await, certified)
}

fn client(certified: &CertifiedKey<KeyPair>) -> reqwest::Client {
    let _ = support::client();
    let certificate = Certificate::from_der(certified.cert.der()).unwrap();
    reqwest::Client::builder().tls_certs_only([certificate]).build().unwrap()
}

async fn socket(server: &Running, certified: &CertifiedKey<KeyPair>, path: &str) -> Socket {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(server.address).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    Socket::over(stream, &format!("wss://localhost:{}{path}", server.address.port())).await
}

#[tokio::test]
async fn every_kind_of_connection_works() {
    let folder = tempfile::tempdir().unwrap();
    let (server, certified) = secured(folder.path()).await;
    let client = client(&certified);
    let base = format!("https://localhost:{}", server.address.port());

    let mut watcher = socket(&server, &certified, "/realtime/collections/users").await;
    watcher.say(&json!({"api_key": KEY})).await;
    assert_eq!(watcher.hear().await["event"], "connected");
    let request = client.get(format!("{base}/realtime/sse/users?greeting=true"));
    let mut stream = Stream::open(request.bearer_auth(KEY)).await;
    assert_eq!(stream.event().await.1["type"], "subscribed");

    let documents: Vec<Value> =
        (0..500).map(|n| json!({"n": n, "filler": "x".repeat(1_000)})).collect();
    let answer = client
        .post(format!("{base}/collections/users/batch/documents/create"))
        .header("x-api-key", KEY)
        .json(&json!({"documents": documents}))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 201);
    for n in 0..500 {
        assert_eq!(watcher.hear().await["data"]["n"], n);
        assert_eq!(stream.event().await.1["document"]["data"]["n"], n);
    }
    watcher.hears_nothing().await;
    watcher.0.close(None).await.unwrap();
    assert!(watcher.message().await.is_some_and(|message| message.is_close()));

    let mut stranger = socket(&server, &certified, "/realtime/collections/users").await;
    stranger.say(&json!({"api_key": "wrong"})).await;
    assert_eq!(stranger.hear_end().await, (json!({"error": "Invalid API key"}), 1008));
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn one_who_does_not_read_slows_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let (server, certified) = secured(folder.path()).await;
    let client = client(&certified);
    let mut slow = socket(&server, &certified, "/realtime/collections/users").await;
    slow.say(&json!({"api_key": KEY})).await;
    let mut quick = socket(&server, &certified, "/realtime/collections/users").await;
    quick.say(&json!({"api_key": KEY})).await;
    assert_eq!(quick.hear().await["event"], "connected");
    let filler = json!({"documents": vec![json!({"filler": "x".repeat(20_000)}); 100]});
    let url = format!(
        "https://localhost:{}/collections/users/batch/documents/create",
        server.address.port()
    );
    for round in 0..10 {
        let answer = client.post(&url).header("x-api-key", KEY).json(&filler).send().await.unwrap();
        assert_eq!(answer.status(), 201);
        for n in 1..=100 {
            assert_eq!(quick.hear().await["seq"], round * 100 + n);
        }
    }
    assert_eq!(slow.hear().await["event"], "connected");
    let (mut last, mut all_missed) = (0, 0);
    while last < 1_000 {
        let event = slow.hear().await;
        let missed = event["missed"].as_u64();
        all_missed += missed.unwrap_or(0);
        last += missed.unwrap_or(1);
        assert_eq!(event["seq"], last, "what is not told is counted");
    }
    assert!((1..1_000).contains(&all_missed), "{all_missed}");
    drop(client);
    server.stop().await;
}

#[tokio::test]
async fn a_server_that_stops_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (server, certified) = secured(folder.path()).await;
    let mut watcher = socket(&server, &certified, "/realtime/collections/users").await;
    watcher.say(&json!({"api_key": KEY})).await;
    assert_eq!(watcher.hear().await["event"], "connected");
    let url = format!("https://localhost:{}/realtime/sse/users", server.address.port());
    let mut stream = Stream::open(client(&certified).get(url).bearer_auth(KEY)).await;
    assert!(stream.block().await.unwrap().starts_with("id: "));
    let stopped = server.begin_stop();
    assert_eq!(watcher.hear_close().await, 1001);
    assert_eq!(stream.block().await, None);
    drop((watcher, stream));
    stopped.await.unwrap();
}

#[tokio::test]
async fn plain_http_is_no_way_in() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _) = secured(folder.path()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn files_that_will_not_do_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let pair = || generate_simple_self_signed(vec!["localhost".into()]).unwrap();
    let (one, two) = (pair(), pair());
    let cert = file("cert.pem", &one.cert.pem());
    let key = file("key.pem", &one.signing_key.serialize_pem());
    let other = file("other.pem", &two.signing_key.serialize_pem());
    let empty = file("empty.pem", "");
    let broken = file("broken.pem", "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n");
    let missing = folder.path().join("missing.pem");
    for (cert, key, named, is_it) in [
        (&missing, &key, &missing, (|it| matches!(it, TlsError::Unreadable { .. })) as fn(&_) -> _),
        (&cert, &missing, &missing, |it| matches!(it, TlsError::Unreadable { .. })),
        (&empty, &key, &empty, |it| matches!(it, TlsError::NoCertificate { .. })),
        (&key, &key, &key, |it| matches!(it, TlsError::NoCertificate { .. })),
        (&broken, &key, &broken, |it| matches!(it, TlsError::NotPem { .. })),
        (&cert, &empty, &empty, |it| matches!(it, TlsError::NoKey { .. })),
        (&cert, &cert, &cert, |it| matches!(it, TlsError::NoKey { .. })),
        (&cert, &other, &other, |it| matches!(it, TlsError::Mismatch { .. })),
    ] {
        let tls = Some(TlsConfig { cert: cert.clone(), key: key.clone() });
        let error = Server::bind(Config { tls, ..config() }).await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(&*named.to_string_lossy()), "{text}");
        let Error::Tls(error) = error else { panic!("{error:?}") };
        assert!(is_it(&error), "{error:?}");
    }
}
