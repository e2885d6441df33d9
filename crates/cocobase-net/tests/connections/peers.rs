//! The server, and what may stand before it.

use std::net::SocketAddr;
use std::sync::Once;

use cocobase_testkit::ways::Ways;
use rustls::crypto::{CryptoProvider, ring};

use crate::server::Server;

/// Ends with all that it has started when it is dropped.
pub(crate) struct Peers {
    pub(crate) ways: Ways,
    server: Server,
}

impl Peers {
    pub(crate) fn start() -> Self {
        useless_provider();
        Self { ways: Ways::start().unwrap(), server: Server::in_memory() }
    }

    /// The address of the server by TLS, with this name for it.
    pub(crate) fn secured(&self, host: &str) -> String {
        let server = SocketAddr::from(([127, 0, 0, 1], self.server.port()));
        format!("https://{host}:{}", self.ways.tls(server, None).unwrap().port())
    }

    /// The certificate of all that speaks TLS here.
    pub(crate) fn certificate(&self) -> String {
        self.ways.certified().certificate()
    }
}

/// What a program may have installed for its process: here, one with which no TLS is possible.
pub(crate) fn useless_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let provider = CryptoProvider {
            cipher_suites: Vec::new(),
            kx_groups: Vec::new(),
            ..ring::default_provider()
        };
        provider.install_default().expect("it is the first one");
    });
}
