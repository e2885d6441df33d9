//! TCP and TLS that never block: who finds nothing to do has the thread wait.

use std::future::poll_fn;
use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::task::Poll;

use rustix::event::PollFlags;
use rustls::{ClientConnection, StreamOwned};
use socket2::{Domain, Protocol, Socket, Type};
use tungstenite::http::Uri;
use tungstenite::stream::MaybeTlsStream;

use crate::wait;

/// A connection.
#[derive(Debug)]
pub(crate) struct Tcp(Arc<TcpStream>);

/// The same, with TLS where the address asks for it.
pub(crate) type Stream = MaybeTlsStream<Tcp>;

/// Connects to the host of an address. Its name is looked up on a thread of its own, as that cannot
/// but block.
pub(crate) async fn connect(uri: &Uri) -> io::Result<Tcp> {
    let (host, port) = (host(uri), uri.port_u16().unwrap_or(if is_secure(uri) { 443 } else { 80 }));
    let addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => wait::offload(move || (host, port).to_socket_addrs()).await??.collect(),
    };
    connect_to(&addresses).await
}

/// Begins TLS, whose handshake takes place along with the first bytes.
pub(crate) fn secure(tcp: Tcp, uri: &Uri, tls: &Arc<rustls::ClientConfig>) -> io::Result<Stream> {
    if !is_secure(uri) {
        return Ok(MaybeTlsStream::Plain(tcp));
    }
    let name = host(uri).try_into().map_err(io::Error::other)?;
    let connection = ClientConnection::new(Arc::clone(tls), name).map_err(io::Error::other)?;
    Ok(MaybeTlsStream::Rustls(StreamOwned::new(connection, tcp)))
}

fn is_secure(uri: &Uri) -> bool {
    matches!(uri.scheme_str(), Some("wss" | "https"))
}

fn host(uri: &Uri) -> String {
    // An IPv6 address stands in brackets there, and nowhere else.
    uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned()
}

/// Connects to the first of these addresses that answers.
pub(crate) async fn connect_to(addresses: &[SocketAddr]) -> io::Result<Tcp> {
    let mut last = io::Error::other("the host has no address");
    for address in addresses {
        let attempt = async {
            let tcp = Tcp::start(*address)?;
            poll_fn(|_| ready(tcp.connected())).await?;
            Ok(tcp)
        };
        match attempt.await {
            Ok(tcp) => return Ok(tcp),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What would block is pending: the thread has been told what to wait for.
pub(crate) fn ready<T>(done: io::Result<T>) -> Poll<io::Result<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
        done => Poll::Ready(done),
    }
}

impl Tcp {
    fn start(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        // That it is under way is told as an error; how it ends, by `connected`.
        let _ = socket.connect(&address.into());
        Ok(Self(Arc::new(socket.into())))
    }

    fn connected(&self) -> io::Result<()> {
        if let Some(error) = self.0.take_error()? {
            return Err(error);
        }
        match self.0.peer_addr() {
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {
                wait::for_socket(&self.0, PollFlags::OUT);
                Err(io::ErrorKind::WouldBlock.into())
            }
            answer => answer.map(|_| ()),
        }
    }

    /// Whether the other side is silent and there: what an unused connection should be.
    pub(crate) fn is_idle(&self) -> bool {
        self.0.peek(&mut [0]).is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock)
    }

    fn noting<T>(&self, what: PollFlags, done: io::Result<T>) -> io::Result<T> {
        if done.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::WouldBlock) {
            wait::for_socket(&self.0, what);
        }
        done
    }
}

impl Read for Tcp {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.noting(PollFlags::IN, (&*self.0).read(buffer))
    }
}

impl Write for Tcp {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.noting(PollFlags::OUT, (&*self.0).write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
