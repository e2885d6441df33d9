//! TLS for the suite's own requests.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::{Certified, words};

/// Speaks TLS with whoever has this certificate.
#[derive(Debug, Clone)]
pub(crate) struct Secure(Arc<ClientConfig>);

impl Secure {
    pub(crate) fn new(certified: &Certified) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        roots.add(certified.der().0).map_err(words)?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(words)?;
        Ok(Self(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
    }

    pub(crate) fn over(&self, stream: TcpStream) -> Result<impl Read + Write + use<>, String> {
        let name = ServerName::try_from("localhost").map_err(words)?;
        let connection = ClientConnection::new(Arc::clone(&self.0), name).map_err(words)?;
        Ok(StreamOwned::new(connection, stream))
    }
}
