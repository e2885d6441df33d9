//! Byte streams to servers, by TCP or by a connector of the user's.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;

use cocobase_net::proxy::Handshake;
use cocobase_net::{Destination, Step};
use rustix::fd::OwnedFd;
use rustls::{ClientConnection, StreamOwned};

use crate::offload::offload;
use crate::socket::{Socket, ready};

/// How a client makes its connections; its builder takes it. Proxies are those that the environment names, unless you say otherwise.
///
/// ```
/// use cocobase_net::{Proxies, Tls};
/// use cocobase_threads::Connections;
///
/// let connections = Connections::new()
///     .tls(Tls::system())
///     .proxies(Proxies::all("socks5://127.0.0.1:1080"));
/// ```
pub type Connections = cocobase_net::Connections<Connector>;

/// What [`Connections`] become when they are opened.
pub type Network = cocobase_net::Network<Connector>;

/// Where connections come from that are no TCP.
///
/// ```
/// # #[cfg(unix)] {
/// use std::os::unix::net::UnixStream;
/// use cocobase_threads::{Connections, Connector};
///
/// let socket = Connector::new(|_| UnixStream::connect("/run/cocobase.sock"));
/// let connections = Connections::new().connector(socket);
/// # }
/// ```
#[derive(Clone)]
pub struct Connector(Arc<Connect>);

type Connect = dyn Fn(Destination) -> io::Result<Socket> + Send + Sync;

impl Connector {
    /// Calls `connect` for each connection, with the server that it is to lead to. It may block: it
    /// is called on a thread of its own.
    pub fn new<S: Into<OwnedFd>>(
        connect: impl Fn(Destination) -> io::Result<S> + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move |to| Socket::connected(connect(to)?)))
    }
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

/// Bytes both ways, encrypted or not, through proxies or not: a [`Stream`] is one.
pub trait ByteStream: Read + Write + fmt::Debug + Send + Sync {}

impl<S: Read + Write + fmt::Debug + Send + Sync> ByteStream for S {}

/// A connection to a server. Like a [`Socket`], it never blocks.
pub type Stream = Box<dyn ByteStream>;

/// Goes the way to the server of `url`. TLS with it shakes hands along with the first bytes.
///
/// ```
/// use cocobase_threads::{Connections, connect, wait};
///
/// let server = std::net::TcpListener::bind("127.0.0.1:0")?;
/// let network = Connections::new().open().unwrap();
/// let stream = wait(connect(&network, &format!("http://{}", server.local_addr()?)))?;
/// # drop(stream);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When the address is none, or nobody answers there.
pub async fn connect(network: &Network, url: &str) -> io::Result<Stream> {
    Ok(connect_by(network, url).await?.0)
}

/// The same, and the socket that it begins with.
pub(crate) async fn connect_by(network: &Network, url: &str) -> io::Result<(Stream, Socket)> {
    let route = network.route(url).map_err(io::Error::other)?;
    let socket = match network.connector() {
        Some(Connector(connect)) => {
            let connect = Arc::clone(connect);
            offload(move || connect(route.destination)).await??
        }
        None => {
            let socket = reach(&route.host, route.port).await;
            let socket = socket.map_err(|error| route.unreached(error))?;
            network.set_up(socket.options())?;
            socket
        }
    };
    let mut stream: Stream = Box::new(socket.clone());
    for step in route.steps {
        match step {
            Step::Tls(name) => {
                let connection = ClientConnection::new(Arc::clone(network.tls()), name);
                let connection = connection.map_err(io::Error::other)?;
                stream = Box::new(StreamOwned::new(connection, stream));
            }
            Step::Tunnel(handshake) => tunnel(&mut stream, *handshake).await?,
        }
    }
    Ok((stream, socket))
}

async fn reach(host: &str, port: u16) -> io::Result<Socket> {
    Socket::connect(&look_up(host.to_owned(), port).await?).await
}

/// The addresses of a host. A name is looked up on a thread of its own, as that cannot but block.
async fn look_up(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    match host.parse::<IpAddr>() {
        Ok(address) => Ok(vec![SocketAddr::new(address, port)]),
        Err(_) => Ok(offload(move || (host, port).to_socket_addrs()).await??.collect()),
    }
}

async fn tunnel(stream: &mut Stream, mut handshake: Handshake) -> io::Result<()> {
    let mut buffer = [0; 1024];
    loop {
        write_all(stream, &handshake.to_send()).await?;
        if handshake.is_open() {
            return Ok(());
        }
        let len = poll_fn(|_| ready(stream.read(&mut buffer))).await?;
        handshake.receive(buffer.get(..len).unwrap_or_default())?;
    }
}

pub(crate) async fn write_all(stream: &mut Stream, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = poll_fn(|_| ready(stream.write(bytes))).await?;
        bytes = bytes.get(written..).unwrap_or_default();
    }
    poll_fn(|_| ready(stream.flush())).await
}
