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

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    pub(crate) fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.port()).into()
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
