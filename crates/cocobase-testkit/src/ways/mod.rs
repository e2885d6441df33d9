//! What may stand between a client and its server: TLS, proxies that are asked for the way, other
//! sockets. All of it is real, and on this machine.

mod certified;
mod proxy;
mod secure;
#[cfg(target_os = "linux")]
mod sockets;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;

pub use certified::Certified;
pub use proxy::ForwardProxy;
pub(crate) use secure::Secure;
#[cfg(target_os = "linux")]
pub(crate) use sockets::sockets_to;

/// Ways to servers, on a runtime of their own. Dropping it ends all that it has started.
///
/// ```
/// use cocobase_testkit::server::RealServer;
/// use cocobase_testkit::ways::Ways;
///
/// let server = RealServer::start("a-key")?;
/// let ways = Ways::start()?;
/// let proxy = ways.proxy("me:secret")?;
/// println!("https://{} leads there", ways.tls(server.address(), None)?);
/// println!("the proxy socks5://me:secret@{} was asked for {:?}", proxy.address(), proxy.asked());
/// # Ok::<(), String>(())
/// ```
#[derive(Debug)]
pub struct Ways {
    certified: Certified,
    /// Where Unix sockets are.
    folder: TempDir,
    runtime: Runtime,
}

impl Ways {
    /// Starts with nothing.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn start() -> Result<Self, String> {
        let runtime = Runtime::new().map_err(words)?;
        let folder = tempfile::tempdir().map_err(words)?;
        Ok(Self { certified: Certified::new()?, folder, runtime })
    }

    /// Whom a client has to believe, to believe those who speak TLS here.
    #[must_use]
    pub const fn certified(&self) -> &Certified {
        &self.certified
    }

    /// A proxy that speaks HTTP and SOCKS 5 and asks for this `name:password`, unless it is empty.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn proxy(&self, login: &str) -> Result<ForwardProxy, String> {
        self.runtime.block_on(ForwardProxy::start(login)).map_err(words)
    }

    /// Where whatever is at `to` can be had by TLS, with the name `localhost`: by everybody, or by the
    /// one client that shows this certificate.
    ///
    /// # Errors
    ///
    /// Says what the system lacks.
    pub fn tls(&self, to: SocketAddr, client: Option<&Certified>) -> Result<SocketAddr, String> {
        let acceptor = TlsAcceptor::from(Arc::new(self.config(client)?));
        let listening = TcpListener::bind("localhost:0");
        let listener = self.runtime.block_on(listening).map_err(words)?;
        let address = listener.local_addr().map_err(words)?;
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let accepting = acceptor.accept(stream);
                tokio::spawn(async move {
                    // A client that does not believe us, or that we do not believe, ends here.
                    carry(accepting.await?, to).await
                });
            }
        });
        Ok(address)
    }

    /// The Unix socket that leads to whatever is at `to`.
    ///
    /// # Errors
    ///
    /// Says why there can be no socket.
    #[cfg(unix)]
    pub fn unix(&self, to: SocketAddr) -> Result<PathBuf, String> {
        let _context = self.runtime.enter();
        let path = self.folder.path().join(to.port().to_string());
        let listener = tokio::net::UnixListener::bind(&path).map_err(words)?;
        self.runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(carry(stream, to));
            }
        });
        Ok(path)
    }

    fn config(&self, client: Option<&Certified>) -> Result<ServerConfig, String> {
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(words)?;
        let config = match client {
            Some(client) => {
                let mut roots = RootCertStore::empty();
                roots.add(client.der().0).map_err(words)?;
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                config.with_client_cert_verifier(verifier.build().map_err(words)?)
            }
            None => config.with_no_client_auth(),
        };
        let (certificate, key) = self.certified.der();
        config.with_single_cert(vec![certificate], key).map_err(words)
    }
}

/// Carries bytes both ways until either side ends.
async fn carry(mut stream: impl AsyncRead + AsyncWrite + Unpin, to: SocketAddr) -> io::Result<()> {
    let mut other = TcpStream::connect(to).await?;
    copy_bidirectional(&mut stream, &mut other).await.map(drop)
}

fn words(error: impl ToString) -> String {
    error.to_string()
}
