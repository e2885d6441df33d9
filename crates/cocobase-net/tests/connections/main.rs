//! What a process brings to the ways to a server: variables of its environment, and a provider of
//! cryptography that is of no use to anybody, which must not matter. The ways themselves are cases of
//! the adapter suite (`connections`).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod peers;
#[path = "../../../cocobase-futures-io/tests/server/support.rs"]
#[allow(dead_code, reason = "not all that its other users need is needed here")]
mod server;

/// The cases for one adapter, each a test by its own name.
macro_rules! cases {
    ($name:ident, $($adapter:ident)::+, $block_on:path) => {
        mod $name {
            use $($adapter)::+::{Client, Connections, Error, Event, Proxies, Tls};
            use serde_json::{Value, json};

            use crate::peers::Peers;
            use crate::server::{KEY, soon};

            fn client(url: &str, connections: Connections) -> Client {
                let builder = Client::builder(url).api_key(KEY).connections(connections);
                builder.allow_insecure().build().unwrap()
            }

            /// All three kinds of connections: documents, WebSocket, event stream.
            async fn works(client: &Client) {
                let users = client.collection("users");
                let mut watches = [
                    soon(users.watch::<Value>()).await.unwrap(),
                    soon(users.clone().events().watch::<Value>()).await.unwrap(),
                ];
                soon(users.create(&json!({"name": "Alice"}))).await.unwrap();
                for watch in &mut watches {
                    let new = loop {
                        match soon(watch.next()).await.unwrap() {
                            Event::Created(new) => break new,
                            Event::Connected(_) => {}
                            other => panic!("{other:?}"),
                        }
                    };
                    assert_eq!(new.document["name"], "Alice");
                }
            }

            /// Why documents cannot be had, and why a watch is not connected.
            async fn fails(client: &Client) -> [String; 2] {
                let users = client.collection("users");
                let error = soon(users.create(&json!({}))).await.unwrap_err();
                let Error::Transport(of_documents) = error else { panic!("{error:?}") };
                let event = soon(users.stream::<Value>().unwrap().next()).await.unwrap();
                let Event::Disconnected(lost) = event else { panic!("{event:?}") };
                [of_documents, lost.cause.to_string()]
            }

            #[test]
            fn a_proxy_that_is_not_there_is_named() {
                let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
                let address = nobody.local_addr().unwrap();
                drop(nobody);
                let proxies = Proxies::all(format!("http://me:secret@{address}"));
                let client = client("https://db.example", Connections::new().proxies(proxies));
                let [of_documents, of_watch] = $block_on(fails(&client));
                assert!(of_watch.contains(&format!("the proxy {address}: ")), "{of_watch}");
                assert!(!of_watch.contains("secret") && !of_documents.contains("secret"));
            }

            #[test]
            fn a_server_is_believed_by_its_certificate() {
                let peers = Peers::start();
                let url = peers.secured("localhost");
                let tls = Tls::nobody().and_root(peers.certificate());
                $block_on(works(&client(&url, Connections::new().tls(tls))));
                let [of_documents, of_watch] = $block_on(fails(&client(&url, Connections::new())));
                assert!(of_documents.contains("certificate"), "{of_documents}");
                assert!(of_watch.contains("certificate"), "{of_watch}");
            }

            #[test]
            fn what_cannot_be_used_is_told_at_once() {
                let built = |connections: Connections| {
                    Client::builder("https://db.example").api_key(KEY).connections(connections).build()
                };
                let secret = "me:secret@p";
                for connections in [
                    Connections::new().proxies(Proxies::all(format!("socks4://{secret}"))),
                    Connections::new().proxies(Proxies::all(format!("http://{secret}:x"))),
                    Connections::new().tls(Tls::nobody().and_root(secret)),
                ] {
                    let error = built(connections).unwrap_err();
                    assert!(matches!(error, Error::Runtime(_)), "{error:?}");
                    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
                }
            }

            /// The case runs itself in another process, as only a new one can be given variables.
            #[test]
            fn the_environment_names_proxies_and_roots() {
                const URL: &str = "COCOBASE_TEST_URL";
                if let Ok(url) = std::env::var(URL) {
                    crate::peers::useless_provider();
                    $block_on(works(&client(&url, Connections::new().tls(Tls::system()))));
                    return;
                }
                let peers = Peers::start();
                let proxy = peers.ways.proxy("").unwrap();
                let roots = tempfile::NamedTempFile::new().unwrap();
                std::fs::write(roots.path(), peers.certificate()).unwrap();
                let case = concat!(stringify!($name), "::the_environment_names_proxies_and_roots");
                for (scheme, except, host, asked) in [
                    ("http", "example.com", "db.example", 3),
                    ("socks5", "example.com", "db.example", 3),
                    ("http", "example.com, localhost", "localhost", 0),
                ] {
                    let before = proxy.asked().len();
                    let output = std::process::Command::new(std::env::current_exe().unwrap())
                        .args(["--exact", case])
                        .env(URL, peers.secured(host))
                        .env("HTTPS_PROXY", format!("{scheme}://{}", proxy.address()))
                        .env("NO_PROXY", except)
                        .env("SSL_CERT_FILE", roots.path())
                        .output()
                        .unwrap();
                    let words = String::from_utf8_lossy(&output.stdout);
                    assert!(output.status.success() && words.contains("1 passed"), "{words}");
                    let asked_now = proxy.asked().len() - before;
                    assert!(asked_now >= asked && (asked > 0 || asked_now == 0), "{asked_now}");
                }
            }
        }
    };
}

/// The adapter for plain threads, whose connections the driver's own types use as well.
mod threads {
    pub(crate) use cocobase_blocking::{Connections, Error, Event, Proxies, Tls};
    pub(crate) type Client = cocobase_driver::Client<cocobase_blocking::Threads>;
}

fn tokio_block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

cases!(on_tokio, cocobase_tokio, crate::tokio_block_on);
cases!(on_smol, cocobase_smol, smol::block_on);
cases!(on_async_std, cocobase_async_std, async_std::task::block_on);
cases!(on_threads, crate::threads, cocobase_threads::wait);
