//! Ways to a server, on every adapter: one list of cases, run by each against the real server behind
//! proxies, TLS and other sockets. The program has installed a provider of cryptography that is of no
//! use to anybody, which must not matter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod peers;
#[path = "../../../cocobase-futures-io/tests/server/support.rs"]
#[allow(dead_code, reason = "not all that its other users need is needed here")]
mod server;

/// The cases for one adapter, each a test by its own name.
macro_rules! cases {
    ($name:ident, $adapter:ident, $block_on:path, $unix:path) => {
        mod $name {
            use $adapter::{Client, Connections, Error, Event, Proxies, Tls};
            use serde_json::{Value, json};
            #[cfg(unix)]
            use {$adapter::Connector, $unix as UnixStream};

            use cocobase_testkit::ways::Certified;

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
            fn proxies_lead_to_the_server() {
                let peers = Peers::start();
                for (scheme, login) in [
                    ("http", ""),
                    ("http", "me:pa%40ss@"),
                    ("socks5", ""),
                    ("socks5", "me:pa%40ss@"),
                    ("socks5h", ""),
                ] {
                    let proxy = peers.ways.proxy(login.trim_end_matches('@')).unwrap();
                    // A name that only the proxy knows.
                    let url = format!("http://db.example:{}", peers.port());
                    let proxies = Proxies::all(format!("{scheme}://{login}{}", proxy.address()));
                    let client = client(&url, Connections::new().proxies(proxies));
                    $block_on(works(&client));
                    let asked = proxy.asked();
                    let whom = format!("db.example:{}", peers.port());
                    assert!(asked.len() >= 3 && asked.iter().all(|to| *to == whom), "{asked:?}");
                }
            }

            #[test]
            fn servers_that_are_excepted_are_reached_without() {
                let peers = Peers::start();
                let proxy = peers.ways.proxy("").unwrap();
                let proxies = Proxies::all(proxy.address().to_string()).except("127.0.0.0/8");
                let url = format!("http://127.0.0.1:{}", peers.port());
                $block_on(works(&client(&url, Connections::new().proxies(proxies))));
                assert!(proxy.asked().is_empty());
            }

            #[test]
            fn a_proxy_that_refuses_is_named_without_the_password() {
                let peers = Peers::start();
                for scheme in ["http", "socks5"] {
                    let proxy = peers.ways.proxy("me:secret").unwrap();
                    let address = format!("{scheme}://me:wrong-word@{}", proxy.address());
                    let connections = Connections::new().proxies(Proxies::all(address));
                    let client = client("https://db.example", connections);
                    let [of_documents, of_watch] = $block_on(fails(&client));
                    assert!(of_watch.contains(&format!("the proxy {}", proxy.address())), "{of_watch}");
                    assert!(!of_documents.contains("wrong-word"), "{of_documents}");
                    assert!(!of_watch.contains("wrong-word"), "{of_watch}");
                }
            }

            #[test]
            fn a_server_is_believed_by_its_certificate() {
                let peers = Peers::start();
                let url = format!("https://localhost:{}", peers.ways.tls(peers.address(), None).unwrap().port());
                let tls = Tls::nobody().and_root(peers.certificate());
                $block_on(works(&client(&url, Connections::new().tls(tls))));
                let [of_documents, of_watch] = $block_on(fails(&client(&url, Connections::new())));
                assert!(of_documents.contains("certificate"), "{of_documents}");
                assert!(of_watch.contains("certificate"), "{of_watch}");
            }

            #[test]
            fn a_client_shows_its_certificate() {
                let peers = Peers::start();
                let me = Certified::new().unwrap();
                let url = format!("https://localhost:{}", peers.ways.tls(peers.address(), Some(&me)).unwrap().port());
                let tls = || Tls::web().and_root(peers.certificate());
                let connections = |tls| Connections::new().tls(tls);
                let with = connections(tls().client_certificate(me.certificate(), me.key()));
                $block_on(works(&client(&url, with)));
                $block_on(fails(&client(&url, connections(tls()))));
                let stranger = Certified::new().unwrap();
                let with = connections(tls().client_certificate(stranger.certificate(), stranger.key()));
                $block_on(fails(&client(&url, with)));
            }

            #[test]
            fn tls_goes_through_a_proxy_that_speaks_tls_itself() {
                let peers = Peers::start();
                let proxy = peers.ways.proxy("me:secret").unwrap();
                let front = peers.ways.tls(proxy.address(), None).unwrap();
                let proxies = Proxies::all(format!("https://me:secret@localhost:{}", front.port()));
                let tls = Tls::nobody().and_root(peers.certificate());
                let url = format!("https://db.example:{}", peers.ways.tls(peers.address(), None).unwrap().port());
                $block_on(works(&client(&url, Connections::new().tls(tls).proxies(proxies))));
                assert!(proxy.asked().len() >= 3);
            }

            #[cfg(unix)]
            #[test]
            fn a_connector_takes_the_place_of_tcp() {
                let peers = Peers::start();
                let path = peers.ways.unix(peers.address()).unwrap();
                let socket = Connector::new(move |to| {
                    assert_eq!(to.to_string(), "nowhere.example:80");
                    UnixStream::connect(path.clone())
                });
                let proxies = Proxies::all("http://nowhere.example");
                let connections = Connections::new().proxies(proxies).connector(socket);
                $block_on(works(&client("http://nowhere.example", connections)));
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
                for scheme in ["http", "socks5"] {
                    let before = proxy.asked().len();
                    let output = std::process::Command::new(std::env::current_exe().unwrap())
                        .args(["--exact", case])
                        .env(URL, format!("https://db.example:{}", peers.ways.tls(peers.address(), None).unwrap().port()))
                        .env("HTTPS_PROXY", format!("{scheme}://{}", proxy.address()))
                        .env("NO_PROXY", "example.com")
                        .env("SSL_CERT_FILE", roots.path())
                        .output()
                        .unwrap();
                    let words = String::from_utf8_lossy(&output.stdout);
                    assert!(output.status.success() && words.contains("1 passed"), "{words}");
                    assert!(proxy.asked().len() >= before + 3);
                }
            }
        }
    };
}

fn tokio_block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Runtime::new().unwrap().block_on(future)
}

cases!(on_tokio, cocobase_tokio, crate::tokio_block_on, tokio::net::UnixStream);
cases!(on_smol, cocobase_smol, smol::block_on, smol::net::unix::UnixStream);
cases!(
    on_async_std,
    cocobase_async_std,
    async_std::task::block_on,
    async_std::os::unix::net::UnixStream
);
