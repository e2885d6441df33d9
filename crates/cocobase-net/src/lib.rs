//! What the adapters share below the core: which way a connection goes ([`Connections`]), the
//! [`proxy`]s on it, [`tls`], [`http`] and [`websocket`]s as the core hears of them.
//!
//! Nothing here opens a socket or waits for one: bytes go in and bytes come out, so that the same code
//! serves every runtime and plain threads. Programs use an adapter, such as `cocobase-tokio`; this
//! crate is for those who write one.
//!
//! ```
//! use cocobase_net::{Connections, Proxies, Step, Tls};
//!
//! let connections: Connections = Connections::new().proxies(Proxies::all("socks5://127.0.0.1:1080"));
//! let network = connections.open()?;
//! // What an adapter does: connect to the first address, then take the steps.
//! let route = network.route("wss://example.com/feed")?;
//! assert_eq!((route.host.as_str(), route.port), ("127.0.0.1", 1080));
//! assert!(matches!(route.steps[..], [Step::Tunnel(_), Step::Tls(_)]));
//! # Ok::<(), String>(())
//! ```

#![forbid(unsafe_code)]

mod destination;
pub mod http;
mod network;
pub mod proxy;
pub mod tls;
pub mod websocket;

pub use destination::Destination;
pub use network::{Connections, Network, Route, Step};
pub use proxy::Proxies;
pub use tls::Tls;

/// The socket of any runtime, to be [set up](Network::set_up).
pub use socket2::SockRef;
