//! The server, and what may stand before it, on a runtime of their own.

use std::net::SocketAddr;
use std::sync::{Arc, Once};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

use crate::proxy::Proxy;
use crate::server::Server;

/// A certificate that vouches for itself, and its key.
pub(crate) struct Certified(rcgen::CertifiedKey<rcgen::KeyPair>);

impl Certified {
    pub(crate) fn new() -> Self {
        let names = ["localhost", "db.example"].map(str::to_owned);
        Self(rcgen::generate_simple_self_signed(names).unwrap())
    }

    pub(crate) fn pem(&self) -> String {
        self.0.cert.pem()
    }

    pub(crate) fn key(&self) -> String {
        self.0.signing_key.serialize_pem()
    }

    fn der(&self) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = PrivatePkcs8KeyDer::from(self.0.signing_key.serialize_der());
        (self.0.cert.der().clone(), key.into())
    }
}

/// Ends with all that it has started when it is dropped.
pub(crate) struct Peers {
    server: Server,
    certified: Certified,
    runtime: Runtime,
}

impl Peers {
    pub(crate) fn start() -> Self {
        useless_provider();
        Self {
            server: Server::in_memory(),
            certified: Certified::new(),
            runtime: Runtime::new().unwrap(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.server.port()
    }

    /// The certificate of all that speaks TLS here.
    pub(crate) fn certificate(&self) -> String {
        self.certified.pem()
    }

    /// A proxy that asks for this `name:password`, unless it is empty.
    pub(crate) fn proxy(&self, login: &str) -> Proxy {
        self.runtime.block_on(Proxy::start(login))
    }

    /// The server by TLS, for everybody or for one client.
    pub(crate) fn tls(&self, client: Option<&Certified>) -> SocketAddr {
        self.relay(self.server_address(), client)
    }

    /// Whatever is at `address` by TLS.
    pub(crate) fn tls_before(&self, address: SocketAddr) -> SocketAddr {
        self.relay(address, None)
    }

    /// The server by a Unix socket.
    #[cfg(unix)]
    pub(crate) fn unix(&self, path: &std::path::Path) {
        let address = self.server_address();
        let _context = self.runtime.enter();
        let listener = tokio::net::UnixListener::bind(path).unwrap();
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, address));
            }
        });
    }

    fn server_address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.server.port()).into()
    }

    fn relay(&self, to: SocketAddr, client: Option<&Certified>) -> SocketAddr {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = match client {
            Some(client) => {
                let mut roots = RootCertStore::empty();
                roots.add(client.der().0).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().unwrap())
            }
            None => config.with_no_client_auth(),
        };
        let (certificate, key) = self.certified.der();
        let config = config.with_single_cert(vec![certificate], key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = self.runtime.block_on(TcpListener::bind("localhost:0")).unwrap();
        let address = listener.local_addr().unwrap();
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let accepting = acceptor.accept(stream);
                tokio::spawn(async move {
                    // A client that does not believe us, or that we do not believe, ends here.
                    if let Ok(stream) = accepting.await {
                        carry(stream, to).await;
                    }
                });
            }
        });
        address
    }
}

/// Carries bytes both ways until either side ends.
async fn carry(mut stream: impl AsyncRead + AsyncWrite + Unpin, to: SocketAddr) {
    let mut other = TcpStream::connect(to).await.unwrap();
    // How it ends is for both sides to judge.
    let _ = copy_bidirectional(&mut stream, &mut other).await;
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
