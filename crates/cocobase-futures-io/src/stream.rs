//! Byte streams to servers, by TCP or by a connector of the user's.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_net::TcpStream;
use cocobase_driver::BoxFuture;
use cocobase_net::proxy::Handshake;
use cocobase_net::{Destination, SockRef, Step};
use futures_io::{AsyncRead, AsyncWrite};
use futures_rustls::TlsConnector;
use futures_util::{AsyncReadExt as _, AsyncWriteExt as _};

/// How a client makes its connections; `ClientBuilder::connections` takes it. Proxies are those that
/// the environment names, unless you say otherwise.
///
/// ```
/// use cocobase_futures_io::{Connections, Proxies, Tls};
///
/// let connections = Connections::new()
///     .tls(Tls::web())
///     .proxies(Proxies::all("socks5://127.0.0.1:1080").except("intranet.example"));
/// ```
pub type Connections = cocobase_net::Connections<Connector>;

pub(crate) type Network = cocobase_net::Network<Connector>;

/// Where byte streams come from that are no TCP.
///
/// ```
/// # #[cfg(unix)] {
/// use async_net::unix::UnixStream;
/// use cocobase_futures_io::{Connections, Connector};
///
/// let socket = Connector::new(|_| UnixStream::connect("/run/cocobase.sock"));
/// let connections = Connections::new().connector(socket);
/// # }
/// ```
#[derive(Clone)]
pub struct Connector(Arc<Connect>);

type Connect = dyn Fn(Destination) -> BoxFuture<io::Result<Box<dyn ByteStream>>> + Send + Sync;

pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

impl Connector {
    /// Calls `connect` for each connection, with the server that it is to lead to.
    pub fn new<F, Fut, S>(connect: F) -> Self
    where
        F: Fn(Destination) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = io::Result<S>> + Send + 'static,
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        Self(Arc::new(move |to| {
            let connecting = connect(to);
            Box::pin(async { Ok(Box::new(connecting.await?) as Box<dyn ByteStream>) })
        }))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

pub(crate) async fn connect(network: &Network, url: &str) -> io::Result<Box<dyn ByteStream>> {
    let route = network.route(url).map_err(io::Error::other)?;
    let mut stream: Box<dyn ByteStream> = match network.connector() {
        Some(Connector(connect)) => connect(route.destination).await?,
        None => {
            let stream = TcpStream::connect((route.host.as_str(), route.port)).await;
            let stream = stream.map_err(|error| route.unreached(error))?;
            network.set_up(SockRef::from(&stream))?;
            Box::new(stream)
        }
    };
    for step in route.steps {
        match step {
            Step::Tls(name) => {
                let tls = TlsConnector::from(Arc::clone(network.tls()));
                stream = Box::new(tls.connect(name, stream).await?);
            }
            Step::Tunnel(handshake) => tunnel(&mut stream, *handshake).await?,
        }
    }
    Ok(stream)
}

async fn tunnel(stream: &mut Box<dyn ByteStream>, mut handshake: Handshake) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        stream.write_all(&handshake.to_send()).await?;
        stream.flush().await?;
        if handshake.is_open() {
            return Ok(());
        }
        let len = stream.read(&mut buffer).await?;
        handshake.receive(buffer.get(..len).unwrap_or_default())?;
    }
}
