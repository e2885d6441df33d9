//! How a server is set up.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use cocobase_hub::Overflow;
use cocobase_proto::{Secret, Shape};

use crate::limits::Limits;
use crate::log::Data;
use crate::tls::TlsConfig;

/// How a server is set up.
///
/// ```
/// use cocobase_server::{Config, log::Data};
///
/// let config = Config {
///     data: Data::Folder("/var/lib/cocobase".into()),
///     keys: vec!["coco_1234".into()],
///     ..Config::default()
/// };
/// assert_eq!(config.listen.to_string(), "127.0.0.1:4200");
/// assert!(!format!("{config:?}").contains("coco_1234"));
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The address to listen on; port 0 takes a free one. Default: `127.0.0.1:4200`.
    pub listen: SocketAddr,
    /// Speak TLS only, with this certificate. Default: plain HTTP.
    pub tls: Option<TlsConfig>,
    /// Where the data is kept. Default: in memory.
    pub data: Data,
    /// The keys that are accepted. Without any, one is made at the first start and kept in the
    /// file `api-key` of the data folder: see [`Server::generated_key`](crate::Server::generated_key).
    pub keys: Vec<Secret>,
    /// The project, as the greeting of a broadcast says it. Default: `default`.
    pub project_id: String,
    /// How events on `/realtime/collections/C` show documents. Default: flat.
    pub shape: Shape,
    /// What happens to a client that takes its events too slowly. Default: it is told that it lagged.
    pub overflow: Overflow,
    /// At least so many changes of each collection can be resumed from. Default: 100,000.
    pub history: u64,
    /// The data file grows to at most so many bytes; then writes are refused. Default: no bound.
    pub max_data_bytes: Option<u64>,
    /// How long requests and connections may go on after the server was told to stop. Default: 10 s.
    pub drain: Duration,
    /// The bounds of what clients may ask for.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 4200)),
            tls: None,
            data: Data::Memory,
            keys: Vec::new(),
            project_id: "default".into(),
            shape: Shape::Flat,
            overflow: Overflow::default(),
            history: 100_000,
            max_data_bytes: None,
            drain: Duration::from_secs(10),
            limits: Limits::default(),
        }
    }
}
